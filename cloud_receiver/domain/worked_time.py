"""Time that is paid: how punches are rounded for it, and never before lateness is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MINUTE_MS: Final = 60_000


class Mode(StrEnum):
    """Which way an instant or a total is rounded."""

    KEEP = "keep"
    DOWN = "down"
    UP = "up"
    CLOSEST = "closest"


@dataclass(frozen=True, slots=True)
class Step:
    """How one quantity is rounded.

    Attributes:
        grace_min: this little beyond a step does not carry to the next one.
    """

    mode: Mode = Mode.KEEP
    interval_min: int = 1
    grace_min: int = 0

    def apply(self, value_ms: int) -> int:
        """Return milliseconds, an instant or a total, on the step."""
        if self.mode is Mode.KEEP or not self.interval_min:
            return value_ms
        interval, grace = self.interval_min * _MINUTE_MS, self.grace_min * _MINUTE_MS
        if self.mode is Mode.DOWN:
            return (value_ms + grace) // interval * interval
        if self.mode is Mode.UP:
            return -(-(value_ms - grace) // interval) * interval
        return (value_ms + interval // 2) // interval * interval


@dataclass(frozen=True, slots=True)
class Rounding:
    """How coming, going and the total between them are rounded for pay."""

    coming: Step = Step()
    going: Step = Step()
    total: Step = Step()

    def worked_ms(self, came_utc_ms: int, left_utc_ms: int) -> int:
        """Return the time that is paid between coming and going."""
        between = self.going.apply(left_utc_ms) - self.coming.apply(came_utc_ms)
        return self.total.apply(max(0, between))


def paired_ms(instants_utc_ms: Sequence[int], rounding: Rounding) -> int:
    """Return the time between every coming and the going after it; an odd last one counts 0."""
    pairs = zip(instants_utc_ms[::2], instants_utc_ms[1::2], strict=False)
    return sum(rounding.worked_ms(came, left) for came, left in pairs)
