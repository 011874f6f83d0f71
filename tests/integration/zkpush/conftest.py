"""A driver and the agent's half of the contract over a real outbox, for terminals that push."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.ingest import Arrival, Origin, capture_of
from agent.outbox import Outbox
from agent.recovery import open_outbox
from agent.room import Limits
from agent.storage import StorageFullError
from drivers.contract import Cursor, Reading
from drivers.simulators.zkpush import PushSimulator
from drivers.zkpush.driver import ZkPushDriver
from drivers.zkpush.settings import ZkPushSettings
from sync.clock import SystemClock
from sync.topics import Lane

CLOCK = SystemClock.of_this_boot()
START = datetime(2026, 11, 23, 8)
DEADLINE_S = 20.0
ORIGIN = Origin("push", "zkpush", "s001")


class Box:
    """A driver and the agent's half of the contract over a real outbox, in threads."""

    def __init__(self, folder: Path, serials: list[str], **settings: Any) -> None:
        table = {"listen": "127.0.0.1:0", "serials": serials, **settings}
        self.outbox: Outbox = open_outbox(folder / "outbox.db", Limits(), CLOCK.now_utc()).outbox
        self.driver = ZkPushDriver(ZkPushSettings.from_table(table, "test"), CLOCK, "Asia/Shanghai")
        self.driver.listen()
        self.port = self.driver.port
        self.facts: dict[str, str] = {}
        self.is_full = False
        self.dies_before_the_receipt = False
        self._cursor: Cursor | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def punches(self) -> int:
        """Punches stored, today's and old ones."""
        heads = self.outbox.counts.heads
        return heads[Lane.PUNCH] + heads[Lane.BULK] - self.outbox.counts.quarantined

    def terminal(self, serial: str = "A1") -> PushSimulator:
        return PushSimulator(serial, self.port, timeout_s=DEADLINE_S)

    def close(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        self.driver.close()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        self.driver.close()  # the thread may have let terminals in once more
        self.outbox.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for reading in self.driver.read(self._cursor):
                    self._store(reading)
                    if self.dies_before_the_receipt and reading.punches:
                        self.driver.close()
                        return
            except StorageFullError:
                self._stop.wait(0.05)
            self.driver.wait(0.2)

    def _store(self, reading: Reading) -> None:
        if self.is_full:
            raise StorageFullError("the disk is full")
        capture = capture_of(reading, ORIGIN, Arrival.now(CLOCK), None)
        self.outbox.put(capture)
        self._cursor = reading.cursor
        self.facts = dict(reading.facts)


OpenBox = Callable[..., Box]


@pytest.fixture
def open_box(tmp_path: Path) -> Iterator[OpenBox]:
    with ExitStack() as exit_stack:

        def open_box(*serials: str, **settings: Any) -> Box:
            box = Box(tmp_path, list(serials) or ["A1"], **settings)
            exit_stack.callback(box.close)
            return box

        yield open_box


def touched(terminal: PushSimulator, count: int) -> PushSimulator:
    """Let people touch a terminal so many times."""
    for index in range(count):
        terminal.punch(str(1001 + index % 7), START + timedelta(seconds=11 * index))
    return terminal


@pytest.fixture(name="touched")
def _touched() -> Callable[[PushSimulator, int], PushSimulator]:
    return touched
