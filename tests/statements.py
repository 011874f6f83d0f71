"""Every statement a database is asked, with its values, however it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Note what is asked of a database while this is open.

    SQLite itself tells what it was given, values filled in: `store.questions` goes to its driver
    past SQLAlchemy. Of PostgreSQL the texts are noted without their values.
    """
    told: list[str] = []
    if engine.dialect.name != "sqlite":
        listened: Any = (engine, "before_cursor_execute", lambda *given: told.append(given[2]))
    else:
        engine.dispose()  # connections that are open already are not traced
        listened = (engine, "connect", lambda raw, _: raw.set_trace_callback(told.append))
    event.listen(*listened)
    try:
        yield told
    finally:
        event.remove(*listened)
        engine.dispose()
