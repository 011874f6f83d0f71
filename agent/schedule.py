"""When a device is read next: pure, time and chance are arguments.

A poll at a fixed pace, sooner after a hint, later and later after failures, and once a
night from the very start, which repairs whatever went unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sync.heartbeat import DeviceStatus

HINT_GAP_S: Final = 0.2
"""A busy terminal hints many times a second; reads keep this distance."""
JITTER: Final = 0.25
_DELAYS_S: Final[dict[DeviceStatus, tuple[float, float]]] = {
    DeviceStatus.DOWN: (1, 60),
    DeviceStatus.BUSY: (5, 120),
    DeviceStatus.MALFORMED: (5, 300),
    DeviceStatus.REFUSED: (60, 600),
}
"""The first and the longest delay after each kind of failure, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When one device is due.

    Attributes:
        poll_s: the distance of two reads without hints or failures.
        due_s: the next read; on the clock that never goes back.
        failures: in a row.
        last_read_s: when the last read began.
        full_on: the local day whose nightly full read is done.
    """

    poll_s: float
    due_s: float = 0.0
    failures: int = 0
    last_read_s: float = float("-inf")
    full_on: date | None = None

    def wait_s(self, now_s: float) -> float:
        """Return how long until the device is due; 0 when it is."""
        return max(0.0, self.due_s - now_s)

    def succeeded(self, began_s: float, now_s: float) -> Timetable:
        """Return the timetable after a read that began at `began_s`."""
        due_s = max(began_s + self.poll_s, now_s)
        return replace(self, due_s=due_s, failures=0, last_read_s=began_s)

    def failed(self, status: DeviceStatus, now_s: float, chance: float) -> Timetable:
        """Return the timetable after a failure.

        Args:
            chance: 0 <= x < 1, spreads the retries of many devices.
        """
        first_s, longest_s = _DELAYS_S[status]
        delay_s = min(first_s * 2.0 ** min(self.failures, 20), longest_s)
        due_s = now_s + delay_s * (1 - JITTER / 2 + JITTER * chance)
        return replace(self, due_s=due_s, failures=self.failures + 1)

    def hinted(self, now_s: float) -> Timetable:
        """Return the timetable after the device said that it has something."""
        soonest_s = max(now_s, self.last_read_s + HINT_GAP_S)
        return replace(self, due_s=min(self.due_s, soonest_s))

    def is_full_due(self, local: datetime, hour: int) -> bool:
        """Tell whether the nightly full read is due; `local` is the store's time."""
        night = _night(local, hour)
        return self.full_on is not None and night > self.full_on

    def full_done(self, local: datetime, hour: int) -> Timetable:
        """Return the timetable after a full read that began at `local`.

        The first read of a start counts as the night's: a box that boots each morning does
        not read its devices twice.
        """
        return replace(self, full_on=_night(local, hour))


def _night(local: datetime, hour: int) -> date:
    """Return the day whose nightly read falls due last before `local`."""
    return (local - timedelta(hours=hour)).date()


def reconnect_delay_s(failures: int, chance: float) -> float:
    """Return the pause before the next attempt to reach the broker: 1 s to 60 s, jittered.

    The whole fleet loses its broker at once; half of the delay is chance.
    """
    return min(2.0 ** min(failures, 10), 60.0) * (0.5 + 0.5 * chance)
