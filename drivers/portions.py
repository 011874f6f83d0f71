"""Rows in readings of bearable size, old news apart from today's; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from drivers.contract import PunchRow
from sync.portions import portions as in_portions

MAX_ROWS: Final = 2000
"""Rows of one reading."""
HISTORY_AFTER: Final = timedelta(days=2)
"""What is older than this is history: it must not delay today's."""

ItemT = TypeVar("ItemT")


def portions(items: Sequence[ItemT]) -> Iterator[tuple[ItemT, ...]]:
    """Yield the items in order, at most `MAX_ROWS` at a time."""
    return map(tuple, in_portions(items, MAX_ROWS))


def history_ends(now_utc: datetime, zone: ZoneInfo) -> str:
    """Return the local time before which what happened is history."""
    return (now_utc - HISTORY_AFTER).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def by_age(
    punches: Sequence[PunchRow], now_utc: datetime, zone: ZoneInfo
) -> Iterator[tuple[tuple[PunchRow, ...], bool]]:
    """Yield portions of punches, the oldest days first, each with whether it is history.

    Args:
        zone: in which the terminal shows local time.
    """
    since = history_ends(now_utc, zone)
    for is_history in (True, False):
        part = [punch for punch in punches if (punch.device_time < since) is is_history]
        for portion in portions(part):
            yield portion, is_history
