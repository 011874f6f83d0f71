"""A reception that is served without a network, and an agent that stores or does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.contract import Reading
from drivers.zkpush.driver import ZkPushDriver
from drivers.zkpush.reception import Answer, Reception
from drivers.zkpush.requests import RequestParser
from drivers.zkpush.settings import ZkPushSettings

HEAD = "Host: box\r\nUser-Agent: iClock Proxy/1.09\r\n"


@dataclass
class StandingClock:
    """A clock that moves when told to."""

    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    timer_s: float = 1000.0
    boot_id: str = "test-boot"

    def now_utc(self) -> datetime:
        return self.now

    def boottime_ms(self) -> int:
        return int(self.timer_s * 1000)

    def monotonic_s(self) -> float:
        return self.timer_s


@dataclass
class Desk:
    """A driver whose terminals are answered in this process, and its agent."""

    clock: StandingClock = field(default_factory=StandingClock)
    serials: tuple[str, ...] = ("A1",)
    commit_s: float = 5.0
    zone: str = "Asia/Shanghai"
    stored: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = ZkPushSettings(
            host="127.0.0.1",
            port=0,
            serials=self.serials,
            source="push",
            commit_s=self.commit_s,
            delay_s=10,
        )
        self.driver = ZkPushDriver(settings, self.clock, self.zone)
        self.reception: Reception = self.driver._reception
        self.cursor: Any = None

    def ask(self, method: str, target: str, body: bytes = b"", headers: str = "") -> Answer:
        """Return the answer to a request, while the agent stores whatever comes."""
        data = f"{method} {target} HTTP/1.1\r\n{HEAD}{headers}Content-Length: {len(body)}\r\n\r\n"
        request = RequestParser().feed(data.encode() + body)
        assert request is not None
        answers: list[Answer] = []
        asking = threading.Thread(
            target=lambda: answers.append(self.reception.answer(request, "192.168.1.9"))
        )
        asking.start()
        while asking.is_alive():
            if self.driver.wait(0.01):
                self.store()
            asking.join(0.01)
        return answers[0]

    def post(self, table: str, body: bytes, serial: str = "A1") -> Answer:
        return self.ask("POST", f"/iclock/cdata?SN={serial}&table={table}&Stamp=9999", body)

    def store(self) -> list[Reading]:
        """Make a pass and keep all of it, as the agent does."""
        seen = []
        for reading in self.driver.read(self.cursor):
            self.cursor = reading.cursor
            seen.append(reading)
        self.stored += seen
        return seen


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def open_desk(**more: Any) -> Desk:
        desk = Desk(**more)
        desks.append(desk)
        desk.store()
        return desk

    yield open_desk
    for desk in desks:
        desk.driver.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()
