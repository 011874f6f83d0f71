"""Processes that prove: each reads what is committed and says what is not as it should be.

One process loads what they need, and they are copies of that one: starting two takes half of
what it takes where each must load its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context
from typing import Final

from sqlalchemy import Connection, Engine

from cloud_receiver.store.day_proof import Unlike
from cloud_receiver.store.engine import open_engine, read
from cloud_receiver.store.journal_proof import Found
from sync.memory import collect_rarely, not_looking

Result = Found | Unlike
Task = Callable[[Connection], Result]
Prove = Callable[[Connection, Sequence[Task]], Iterator[Result]]
"""Runs tasks, on this connection or in the processes; yields what they found as it comes."""
_COPIES: Final = "forkserver"
_LOADED: Final = ["__main__", __name__]
_engines: list[Engine] = []
"""The engine of a process that proves; empty in others."""


@contextmanager
def provers(engine: Engine, number: int) -> Iterator[Prove]:
    """Give what runs tasks: so many processes, that end with this; 0: it is done here."""
    if not number:
        yield lambda connection, tasks: (_done(task, connection) for task in tasks)
        return
    context = get_context(_COPIES if _COPIES in get_all_start_methods() else "spawn")
    if context.get_start_method() == _COPIES:
        context.set_forkserver_preload(_LOADED)
    url = engine.url.render_as_string(hide_password=False)
    pool = ProcessPoolExecutor(number, context, _begin, (url,))

    def in_processes(_: Connection, tasks: Sequence[Task]) -> Iterator[Result]:
        for one in as_completed([pool.submit(_run, task) for task in tasks]):
            yield one.result()

    try:
        for _ in range(number):
            pool.submit(_is_there)  # each starts a process
        yield in_processes
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(url: str) -> None:
    collect_rarely()
    _engines.append(open_engine(url))


def _is_there() -> bool:
    return bool(_engines)


def _run(task: Task) -> Result:
    """Run a task on what is committed; the one who asked keeps others from writing."""
    with read(_engines[0]) as connection:
        return _done(task, connection)


def _done(task: Task, connection: Connection) -> Result:
    with not_looking():
        return task(connection)
