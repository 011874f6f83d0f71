"""What a sender costs while a scenario plays, over all the processes it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import sleep

import psutil

from bench.rig import processor_s

LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Witness:
    """Sums over processes by id; a killed one counts with what was seen of it last.

    Attributes:
        rss_bytes: the largest resident memory of one process.
    """

    pid: Callable[[], int | None]
    rss_bytes: int = 0
    newest_rss_bytes: int = 0
    _spent: dict[int, tuple[float, int]] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        """Return the processor time seen so far."""
        return sum(cpu_s for cpu_s, _ in self._spent.values())

    @property
    def written_bytes(self) -> int:
        """Return what was written to disk so far."""
        return sum(written for _, written in self._spent.values())

    def look(self) -> None:
        """Take a sample."""
        pid = self.pid()
        if pid is None:
            return
        try:
            process = psutil.Process(pid)
            spent_s = processor_s(process)
            written = process.io_counters().write_bytes
            self.newest_rss_bytes = process.memory_info().rss
            self.rss_bytes = max(self.rss_bytes, self.newest_rss_bytes)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return
        self._spent[pid] = (spent_s, written)


@contextmanager
def watching(pid: Callable[[], int | None]) -> Iterator[Witness]:
    """Sample until the block ends."""
    witness, is_over = Witness(pid), threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            witness.look()
            sleep(LOOK_EVERY_S)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        is_over.set()
        thread.join()
        witness.look()
