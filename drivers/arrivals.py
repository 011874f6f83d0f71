"""What a source without memory said, held until the agent has stored it; pure.

A serial line or a bare fingerprint module tells a touch once. Until the cursor of the
reading that carried it comes back, the touch lives here, so that nothing is lost between
`wait` and `read` or when storing fails. What was said while nobody listened is gone for
good; `silence_row` says so instead of letting the gap look like an empty shop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from drivers.contract import Cursor, Rejected
from sync.clock import parse_utc, utc_text

ItemT = TypeVar("ItemT")

MAX_HELD: Final = 20_000
"""Items held for an agent that cannot store; about a month of touches of a busy shop."""
TOLERATED_SILENCE: Final = timedelta(seconds=10)
"""A restart of the agent takes this long; nobody is told about it."""


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


def silence_row(cursor: Cursor | None, listening_since: datetime) -> Rejected | None:
    """Return the trouble to report when nobody listened between `cursor` and now.

    Args:
        cursor: carries ``heard_to``, the last moment the line was known to be open.
        listening_since: when it was opened this time, aware.
    """
    heard_to_text = cursor.get("heard_to") if cursor else None
    if not isinstance(heard_to_text, str):
        return None
    if listening_since - parse_utc(heard_to_text) <= TOLERATED_SILENCE:
        return None
    since_text = utc_text(listening_since)
    return Rejected(
        position=f"{heard_to_text} to {since_text}",
        code="not_listening",
        detail=f"Nobody listened to this device from {heard_to_text} to {since_text}; it keeps "
        "no memory, so touches in between are lost. Ask the people who worked then and enter "
        "their punches by hand.",
        raw=b"",
    )
