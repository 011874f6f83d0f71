"""What a source without memory said, held until the agent has stored it; pure.

A serial line or a bare fingerprint module tells a touch once. Until the cursor of the
reading that carried it comes back, the touch lives here, so that nothing is lost between
`wait` and `read` or when storing fails. What was said while nobody listened is gone for
good; `Listening` says so instead of letting the gap look like an empty shop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from drivers.contract import Cursor, Gap, Rejected
from sync.clock import parse_utc, utc_text

ItemT = TypeVar("ItemT")

MAX_HELD: Final = 20_000
"""Items held for an agent that cannot store; about a month of touches of a busy shop."""
TOLERATED_SILENCE: Final = timedelta(seconds=10)
"""A restart of the agent or of a serial server takes this long; nobody is told about it."""
HEARD_TO_STEP: Final = timedelta(seconds=60)
"""A quiet line moves the cursor this often: every stored cursor wears the SD card."""


@dataclass(frozen=True, slots=True)
class Arrived(Generic[ItemT]):
    """One thing the line said: `ordinal` counts from 1 within one run of the driver."""

    ordinal: int
    item: ItemT


class Arrivals(Generic[ItemT]):
    """Hold items in order of arrival until they are acknowledged.

    Args:
        run: names this run of the driver; ordinals of another run mean nothing here.
    """

    def __init__(self, run: str) -> None:
        self.run = run
        self._held: deque[Arrived[ItemT]] = deque()
        self._last = 0

    @property
    def is_full(self) -> bool:
        """Tell whether the driver must stop taking from the line."""
        return len(self._held) >= MAX_HELD

    @property
    def last_ordinal(self) -> int:
        """The ordinal of the newest item, 0 before the first."""
        return self._last

    def add(self, item: ItemT) -> None:
        """Take an item from the line."""
        self._last += 1
        self._held.append(Arrived(self._last, item))

    def acknowledge(self, cursor: Cursor | None) -> None:
        """Let go of what the reading with this cursor carried: it is stored."""
        if cursor is None or cursor.get("run") != self.run:
            return
        stored = cursor.get("arrival", 0)
        while self._held and self._held[0].ordinal <= stored:
            self._held.popleft()

    def held(self) -> tuple[Arrived[ItemT], ...]:
        """Return what waits to be stored, oldest first."""
        return tuple(self._held)

    def position(self, ordinal: int) -> dict[str, Any]:
        """Return the cursor fields that acknowledge everything up to `ordinal`."""
        return {"run": self.run, "arrival": ordinal}


class Listening:
    """Know since when the line is open, and what gaps there were before."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._first_opened: datetime | None = None
        self._heard_to: datetime | None = None

    def opened(self, now: datetime) -> Gap | None:
        """Say that the line was opened; return the gap since it was last open in this run."""
        gap = _gap(self._heard_to, now, TOLERATED_SILENCE)
        self.since = now
        self._first_opened = self._first_opened or now
        return gap

    def heard(self, now: datetime) -> None:
        """Say that the line was open until now."""
        self._heard_to = now

    def resumed(self, cursor: Cursor) -> Gap | None:
        """Return the gap between an earlier run, which left this cursor, and this one.

        Args:
            cursor: carries ``heard_to``, the last moment the line was known to be open.
        """
        heard_to = cursor.get("heard_to")
        if not isinstance(heard_to, str) or self._first_opened is None:
            return None
        return _gap(parse_utc(heard_to), self._first_opened, TOLERATED_SILENCE + HEARD_TO_STEP)


def heard_to_text(cursor: Cursor | None, now: datetime, *, is_quiet: bool) -> str:
    """Return the ``heard_to`` of the next cursor; a quiet line keeps a recent one.

    Args:
        is_quiet: the reading carries nothing.
    """
    before = cursor.get("heard_to") if cursor else None
    if is_quiet and isinstance(before, str) and now - parse_utc(before) < HEARD_TO_STEP:
        return before
    return utc_text(now)


def _gap(heard_to: datetime | None, opened: datetime, tolerated: timedelta) -> Gap | None:
    if heard_to is None or opened - heard_to <= tolerated:
        return None
    return Gap(utc_text(heard_to), utc_text(opened))


def told_of(gap: Gap) -> Rejected:
    """Return the sentence for people that goes with a gap."""
    stretch = f"{gap.from_utc} to {gap.to_utc}"
    return Rejected(
        position=stretch,
        code="not_listening",
        detail=f"Nobody listened to this device from {stretch}; it keeps no memory, so touches "
        "in between are lost. Ask the people who worked then and enter their punches by hand.",
        raw=b"",
    )
