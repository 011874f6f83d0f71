"""The clock as an argument: one protocol, the machine's clock, and a fast one for demonstrations.

Nothing else in Daka reads a clock. Wall time is for records, `monotonic_s` for timers:
timers always run in real seconds, also when a demonstration lets days pass in minutes.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_WIRE_UTC = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-9]{2}){2}\.[0-9]{1,6}Z"
)
_MADE = datetime(2026, 1, 1, tzinfo=UTC)
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What a shell needs to know about time."""

    @property
    def boot_id(self) -> str:
        """Name this boot of the machine; with `boottime_ms` it re-dates records later."""

    def now_utc(self) -> datetime:
        """Return the wall clock, aware, in UTC."""

    def boottime_ms(self) -> int:
        """Return milliseconds since boot, suspend included."""

    def monotonic_s(self) -> float:
        """Return seconds for timers; never goes back."""


def _read_boot_id() -> str:
    try:
        return _BOOT_ID_FILE.read_text().strip()
    except OSError:  # not Linux: a constant is honest, it only disables re-dating
        return "unknown-boot"


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    boot_id: str

    @classmethod
    def of_this_boot(cls) -> SystemClock:
        """Return the clock of the running machine."""
        return cls(boot_id=_read_boot_id())

    def now_utc(self) -> datetime:
        """Return the wall clock, aware, in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def boottime_ms(self) -> int:
        """Return milliseconds since boot (Linux CLOCK_BOOTTIME)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def monotonic_s(self) -> float:
        """Return seconds for timers."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A demonstration's clock: wall time runs `speed` times as fast from `wall_start_utc`.

    Every process of one demonstration is given the same three numbers and so agrees.
    Before `real_start_s` it stands still: the play has not begun.

    Args:
        real_start_s: `time.time()` at which the demonstration's wall clock read
            `wall_start_utc`.
        speed: simulated seconds per real second, > 0.
    """

    wall_start_utc: datetime
    real_start_s: float
    speed: float
    boot_id: str = "demo-boot"

    def now_utc(self) -> datetime:
        """Return the demonstration's wall clock."""
        return self.wall_start_utc + timedelta(seconds=self._elapsed_s())

    def boottime_ms(self) -> int:
        """Return simulated milliseconds since the demonstration's start."""
        return int(self._elapsed_s() * 1000)

    def monotonic_s(self) -> float:
        """Return real seconds for timers."""
        return time.monotonic()

    def _elapsed_s(self) -> float:
        return max(0.0, time.time() - self.real_start_s) * self.speed


def is_set(now: datetime) -> bool:
    """Tell whether a clock can be right: no box lives before its software was made."""
    return now >= _MADE


def utc_text(instant: datetime) -> str:
    """Return the wire form of an instant: ``2026-11-23T08:59:59.123Z``.

    >>> utc_text(datetime(2026, 11, 23, 8, 59, 59, 123456, tzinfo=UTC))
    '2026-11-23T08:59:59.123Z'
    """
    assert instant.tzinfo is not None, "a naive instant has no meaning on the wire"
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def parse_utc(text: str) -> datetime:
    """Read the wire form of an instant; the inverse of `utc_text`.

    Raises:
        ValueError: it is none.
    """
    if not _WIRE_UTC.fullmatch(text):  # `fromisoformat` reads much else, and is fast
        raise ValueError(f"{text!r} is no instant like 2026-11-23T08:59:59.123Z")
    return datetime.fromisoformat(text)
