"""What of a person's stored days must be written anew after some of them were judged again.

Pure. A day changes when its own facts or evidence do, or when the run of clean days before
it does; whatever comes out as it is stored is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from cloud_receiver.domain.employee_day import STREAK, Assessment, StreakDay, streaks
from cloud_receiver.domain.facts import FactValue

Evidence = dict[str, Any]


class _Seen(msgspec.Struct):
    scheduled: bool
    full_attendance: bool
    clean_streak_days: int


_READ_SEEN: Final = msgspec.json.Decoder(_Seen)


@dataclass(frozen=True, slots=True)
class StoredDay:
    """An employee-day as it was last written; `facts` and `evidence` are JSON text."""

    employee_id: str
    work_date: str
    facts: str
    evidence: str
    input_hash: str
    revision: int

    def streak(self) -> tuple[StreakDay, int]:
        """Return what the day is to a streak, and the streak it shows."""
        seen = _READ_SEEN.decode(self.facts)
        return StreakDay(seen.scheduled, seen.full_attendance), seen.clean_streak_days


@dataclass(frozen=True, slots=True)
class Change:
    """A day to write; `facts` is empty when there is no such day any more.

    Attributes:
        stored: the day as it was, None when it is new.
    """

    work_date: str
    facts: dict[str, FactValue]
    evidence: Evidence
    stored: StoredDay | None

    def row(self, now_utc_ms: int) -> dict[str, Any]:
        """Return the whole row of `day_fact`."""
        facts, evidence = document(self.facts), document(self.evidence)
        return {
            "employee_id": self.facts["employee_id"],
            "work_date": self.work_date,
            "store_id": self.facts["store_id"],
            "status": self.facts["status"],
            "final": self.facts["final"],
            "facts": facts,
            "evidence": evidence,
            "input_hash": content_hash(facts, evidence),
            "revision": self.stored.revision + 1 if self.stored else 1,
            "computed_utc_ms": now_utc_ms,
        }


def document(content: Mapping[str, Any]) -> str:
    """Return facts or evidence as stored: equal content is equal text."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def content_hash(facts: str, evidence: str) -> str:
    """Return the identity of what a day's outcomes are computed from."""
    return sha256(f"{facts}\n{evidence}".encode()).hexdigest()


def revise(
    before_days: int, old: Mapping[str, StoredDay], new: Mapping[str, Assessment]
) -> Iterator[Change]:
    """Yield the days of one person that changed, the ones gone first, then by date.

    Args:
        before_days: the streak on the last scheduled day before the first of `new`.
        old: by date, all that are stored from the first date of `new` on.
        new: by date, the days that were judged again.
    """
    gone = {date for date, day in new.items() if day.is_empty}
    for date in sorted(gone & old.keys()):
        yield Change(date, {}, {}, old[date])
    first = min(new)
    dates = sorted({date for date in old if date >= first} | new.keys())
    dates = [date for date in dates if date not in gone]
    run = [_streak_day(new[date]) if date in new else old[date].streak()[0] for date in dates]
    for date, length in zip(dates, streaks(before_days, run), strict=True):
        if date in new:
            change = _judged(date, new[date], length, old.get(date))
        else:
            change = _recounted(date, old[date], length)
        if change:
            yield change


def _streak_day(day: Assessment) -> StreakDay:
    return StreakDay(bool(day.facts["scheduled"]), bool(day.facts["full_attendance"]))


def _judged(date: str, day: Assessment, length: int, stored: StoredDay | None) -> Change | None:
    facts = {**day.facts, STREAK: length}
    if stored is not None:
        texts = document(facts), document(day.evidence)
        as_stored = (stored.facts, stored.evidence) == texts
        if as_stored and stored.input_hash == content_hash(*texts):
            return None
    return Change(date, facts, day.evidence, stored)


def _recounted(date: str, stored: StoredDay, length: int) -> Change | None:
    if stored.streak()[1] == length:
        return None
    facts = json.loads(stored.facts)
    return Change(date, {**facts, STREAK: length}, json.loads(stored.evidence), stored)
