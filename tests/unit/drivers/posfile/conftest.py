"""A folder of exports, a clock that stands, and a driver over both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.contract import Cursor, Reading
from drivers.posfile.dialects import parse_map
from drivers.posfile.driver import PosFileDriver
from drivers.posfile.settings import PosFileSettings

TILL = """
[columns]
register_id = "till"
receipt_id = "receipt"
sold_at = "time"
quantity = { constant = "1" }
amount = "amount"
"""


@dataclass
class StandingClock:
    """A clock that moves when told to."""

    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    timer_s: float = 0.0
    boot_id: str = "test-boot"

    def now_utc(self) -> datetime:
        return self.now

    def boottime_ms(self) -> int:
        return int(self.timer_s * 1000)

    def monotonic_s(self) -> float:
        return self.timer_s


@dataclass
class Till:
    """A folder with its driver, and the cursor as an agent would keep it."""

    folder: Path
    clock: StandingClock
    map_text: str = TILL
    settle_s: float = 10.0
    cursor: Cursor | None = None
    seen: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything but the cursor."""
        dialect = parse_map(self.map_text, "till.toml")
        settings = PosFileSettings(
            folder=self.folder,
            dialect=dialect,
            source="till",
            names=dialect.names,
            settle_s=self.settle_s,
        )
        self.driver = PosFileDriver(settings, self.clock, "Asia/Shanghai")

    def read(self) -> list[Reading]:
        """Make a pass and keep its cursor and what was seen, reading by reading."""
        self.seen = []
        for reading in self.driver.read(self.cursor):
            self.cursor = reading.cursor
            self.seen.append(reading)
        return self.seen

    def keys(self) -> list[str]:
        """Make a pass and return what tells its rows apart."""
        return [f"{s.receipt_id}/{s.line_no}={s.amount_fen}" for r in self.read() for s in r.sales]

    def write(self, name: str, *lines: str, end: str = "\n") -> Path:
        path = self.folder / name
        path.write_text("\n".join(["till,receipt,time,amount", *lines]) + end, encoding="utf-8")
        return path

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)


@pytest.fixture
def make_till(tmp_path: Path) -> Callable[..., Till]:
    folder = tmp_path / "exports"
    folder.mkdir()
    return lambda **more: Till(folder, StandingClock(), **more)


@pytest.fixture
def till(make_till: Callable[..., Till]) -> Till:
    return make_till()
