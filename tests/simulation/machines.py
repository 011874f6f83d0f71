"""What the simulated machines stand on: virtual time, clocks that jump, power that fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

_Result = TypeVar("_Result")
WORLD_START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


class PowerCutError(Exception):
    """The machine stops here; nothing after this line happens."""


class LawBrokenError(AssertionError):
    """The simulation found what must never be."""


@dataclass
class World:
    """Time, the same for all machines; only the simulation moves it.

    Attributes:
        turn_of: the machine that does something now, for who reads a trace.
    """

    now_s: float = 1000.0
    turn_of: str = ""


@dataclass
class MachineClock:
    """A machine's clock: its wall may jump, its timers never do."""

    world: World
    jump_s: float = 0.0
    boots: int = 1

    @property
    def boot_id(self) -> str:
        return f"boot-{self.boots}"

    def now_utc(self) -> datetime:
        return WORLD_START + timedelta(seconds=self.world.now_s + self.jump_s)

    def boottime_ms(self) -> int:
        return int(self.world.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.world.now_s


@dataclass
class Fuse:
    """Burns down with each database statement; at its end the power goes."""

    left: int | None = None
    is_after: bool = False

    def light(self, statements: int, *, is_after: bool) -> None:
        self.left, self.is_after = statements, is_after

    def put_out(self) -> None:
        self.left = None

    def burn(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            raise PowerCutError

    def around(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Do something and burn, before it or after it."""
        if not self.is_after:
            self.burn()
        result = work(*arguments)
        if self.is_after:
            self.burn()
        return result


class FusedCursor(sqlite3.Cursor):
    """A cursor of headquarters, which SQLAlchemy asks for; see `FusedConnection`."""

    fuse: Fuse

    def execute(self, *arguments: Any) -> FusedCursor:
        if self.fuse.left is None:
            return super().execute(*arguments)
        return self.fuse.around(super().execute, *arguments)

    def executemany(self, *arguments: Any) -> FusedCursor:
        if self.fuse.left is None:
            return super().executemany(*arguments)
        return self.fuse.around(super().executemany, *arguments)


class FusedConnection(sqlite3.Connection):
    """A SQLite connection whose machine may lose power before or after any statement."""

    fuse = Fuse()

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        if self.fuse.left is None:
            return super().execute(*arguments)
        return self.fuse.around(super().execute, *arguments)

    def commit(self) -> None:
        if not self.fuse.is_after:
            self.fuse.burn()
        super().commit()

    def cursor(self, *_: Any) -> FusedCursor:
        cursor = super().cursor(FusedCursor)
        cursor.fuse = self.fuse
        return cursor


def memory_database(content: bytes, fuse: Fuse) -> FusedConnection:
    """Return a database in memory that outlives the machine's power, as a disk does."""
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=FusedConnection)
    connection.deserialize(content)
    connection.fuse = fuse
    return connection
