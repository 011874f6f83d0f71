"""What a member's days of a campaign come to: kept while days are judged, and counted anew. Pure.

Everything here is a sum over the days whose facts name the campaign, so that a day which changed
only moves what it was and what it is now; scores and places are computed from the sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from cloud_receiver.domain.day_texts import BROKEN

Key = tuple[str, str]
"""(campaign id, employee id)."""


class Day(msgspec.Struct, frozen=True):
    """Of a day's facts what a campaign counts."""

    employee_id: str
    work_date: str
    campaign_id: str = ""
    store_id: str = ""
    scene: str = ""
    team: str = ""
    scheduled: bool = False
    full_attendance: bool = False
    late_min: int = 0
    early_min: int = 0
    missing_card: bool = False
    absent: bool = False
    sales_fen: int = 0
    target_fen: int = 0
    feedback_count: int = 0
    feedback_sum_milli: int = 0


class _Point(msgspec.Struct, frozen=True):
    at_utc_ms: int | None = None


class _Evidence(msgspec.Struct, frozen=True):
    points: tuple[_Point, ...] = ()


_OF_NONE: Final = '"campaign_id":""'
_read_day: Final = msgspec.json.Decoder(Day).decode
_read_evidence: Final = msgspec.json.Decoder(_Evidence).decode


class Numbers(NamedTuple):
    """The sums themselves.

    Attributes:
        known_days: days that name the campaign; rest days and days to come among them.
        days, clean_days: scheduled ones, and those of them without anything amiss.
        came_days, came_sales_fen: days with a touch, and what was sold on them.
    """

    known_days: int = 0
    days: int = 0
    clean_days: int = 0
    late_count: int = 0
    early_count: int = 0
    missing_count: int = 0
    absent_count: int = 0
    sales_fen: int = 0
    target_fen: int = 0
    feedback_count: int = 0
    feedback_sum_milli: int = 0
    came_days: int = 0
    came_sales_fen: int = 0


NOTHING: Final = Numbers()


class Seen(NamedTuple):
    """A day of a campaign: who and when, where the person was, and what it adds."""

    key: Key
    work_date: str
    places: tuple[str, str, str]
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Sums:
    """What a member's days come to.

    Attributes:
        last_date: the last of them.
        places: store, scene and team of that day, which are the member's in rankings.
    """

    numbers: Numbers
    last_date: str
    places: tuple[str, str, str]


def seen(facts: str, evidence: str) -> Seen | None:
    """Return what a day, as stored, is to its campaign; None: it belongs to none, or is unreadable."""
    if _OF_NONE in facts:
        return None
    try:
        day, proof = _read_day(facts), _read_evidence(evidence)
    except BROKEN:
        return None
    if not day.campaign_id:
        return None
    came = any(point.at_utc_ms is not None for point in proof.points)
    numbers = Numbers(
        known_days=1,
        days=int(day.scheduled),
        clean_days=int(day.scheduled and day.full_attendance),
        late_count=int(day.late_min > 0),
        early_count=int(day.early_min > 0),
        missing_count=int(day.missing_card),
        absent_count=int(day.absent),
        sales_fen=day.sales_fen,
        target_fen=day.target_fen,
        feedback_count=day.feedback_count,
        feedback_sum_milli=day.feedback_sum_milli,
        came_days=int(came),
        came_sales_fen=day.sales_fen if came else 0,
    )
    places = day.store_id, day.scene, day.team
    return Seen((day.campaign_id, day.employee_id), day.work_date, places, numbers)


def added(numbers: Numbers, more: Iterable[int], sign: int = 1) -> Numbers:
    """Return numbers with others added, or taken off."""
    return Numbers(*[one + sign * other for one, other in zip(numbers, more, strict=True)])


def summed(days: Iterable[Seen]) -> dict[Key, Sums]:
    """Return what days come to, by campaign and member."""
    found: dict[Key, Sums] = {}
    for day in days:
        found[day.key] = with_day(found.get(day.key), day)
    return found


def with_day(kept: Sums | None, day: Seen) -> Sums:
    """Return sums with one more day."""
    if kept is None:
        return Sums(day.numbers, day.work_date, day.places)
    numbers = added(kept.numbers, day.numbers)
    if day.work_date < kept.last_date:
        return Sums(numbers, kept.last_date, kept.places)
    return Sums(numbers, day.work_date, day.places)


class Moved:
    """What days that changed do to the sums of one member."""

    def __init__(self) -> None:
        self._numbers = NOTHING
        self._gone: set[str] = set()
        self._newest: Seen | None = None

    def take(self, day: Seen) -> None:
        """Take a day off, as it was."""
        self._numbers = added(self._numbers, day.numbers, -1)
        self._gone.add(day.work_date)

    def put(self, day: Seen) -> None:
        """Add a day, as it is."""
        self._numbers = added(self._numbers, day.numbers)
        self._gone.discard(day.work_date)
        if self._newest is None or day.work_date > self._newest.work_date:
            self._newest = day

    def on(self, kept: Sums | None) -> Sums:
        """Return the sums with these changes; where the last day went, `places` must be looked up."""
        numbers = added(kept.numbers if kept else NOTHING, self._numbers)
        newest = self._newest
        if newest is not None and (kept is None or newest.work_date >= kept.last_date):
            return Sums(numbers, newest.work_date, newest.places)
        if kept is None or kept.last_date in self._gone:
            return Sums(numbers, "", ("", "", ""))
        return Sums(numbers, kept.last_date, kept.places)


def moved(changed: Iterable[tuple[Seen | None, Seen | None]]) -> dict[Key, Moved]:
    """Return what days that changed move: each as it was and as it is, None where it was not."""
    found: defaultdict[Key, Moved] = defaultdict(Moved)
    for before, after in changed:
        if before is not None:
            found[before.key].take(before)
        if after is not None:
            found[after.key].put(after)
    return found
