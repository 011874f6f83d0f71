"""What of a person's stored days must be written anew after some of them were judged again.

Pure. A day changes when its own facts or evidence do, or when the run of clean days before
it does; whatever comes out as it is stored is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

import msgspec

from cloud_receiver.domain.day_marks import marks
from cloud_receiver.domain.day_texts import BROKEN, is_sound
from cloud_receiver.domain.employee_day import Assessment
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.tallies import DayMark, Standing, Tally, tallies

Evidence = dict[str, Any]


class _Seen(DayMark, frozen=True):
    clean_streak_days: int = 0
    clean_streak_strict_days: int = 0
    late_month_count: int = 0
    early_month_count: int = 0
    missing_month_count: int = 0
    absent_month_count: int = 0
    overtime_over_month_min: int = 0


_READ_SEEN: Final = msgspec.json.Decoder(_Seen)
_TALLIED: Final = Tally._fields
_MARKED: Final = itemgetter(*DayMark.__struct_fields__)


def seen_in(facts: str) -> tuple[DayMark, Tally] | None:
    """Return what a day of these facts, as JSON, is to runs and counts, and what it shows of them.

    None: the text is not that of facts.
    """
    try:
        seen = _READ_SEEN.decode(facts)
    except BROKEN:
        return None
    return seen, Tally(*[getattr(seen, name) for name in _TALLIED])


@dataclass(frozen=True, slots=True)
class StoredDay:
    """An employee-day as it was last written; `facts` and `evidence` are JSON text."""

    employee_id: str
    work_date: str
    facts: str
    evidence: str
    input_hash: str
    revision: int

    def seen(self) -> tuple[DayMark, Tally] | None:
        """Return what the day is to runs and counts, and what it shows of them, if it can be read."""
        return seen_in(self.facts)

    @property
    def is_sound(self) -> bool:
        """Tell whether both texts are of the shape the judge writes."""
        return is_sound(self.facts, self.evidence)


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
            "facts": facts,
            "evidence": evidence,
            "input_hash": content_hash(facts, evidence),
            "revision": self.stored.revision + 1 if self.stored else 1,
            "computed_utc_ms": now_utc_ms,
            **columns(self.facts, self.evidence),
        }


def columns(facts: Mapping[str, FactValue], evidence: Evidence) -> dict[str, Any]:
    """Return what of a day has a column of its own in `day_fact`."""
    own = {name: facts[name] for name in ("store_id", "status", "final")}
    return {**own, **marks(facts, evidence)}


def document(content: Mapping[str, Any]) -> str:
    """Return facts or evidence as stored: equal content is equal text."""
    return msgspec.json.encode(content).decode()


def content_hash(facts: str, evidence: str) -> str:
    """Return the identity of what a day's outcomes are computed from."""
    return sha256(f"{facts}\n{evidence}".encode()).hexdigest()


def revise(
    before: Standing, old: Mapping[str, StoredDay], new: Mapping[str, Assessment]
) -> Iterator[Change]:
    """Yield the days of one person that changed, the ones gone first, then by date.

    Args:
        before: what the first of `new` counts on from.
        old: by date, all that are stored from the first date of `new` on; but for those of `new`
            they are sound.
        new: by date, the days that were judged again.
    """
    gone = {date for date, day in new.items() if day.is_empty}
    for date in sorted(gone & old.keys()):
        yield Change(date, {}, {}, old[date])
    first = min(new)
    dates = sorted({date for date in old if date >= first} | new.keys())
    dates = [date for date in dates if date not in gone]
    run = [(date, mark_of(new[date]) if date in new else _seen(old[date])[0]) for date in dates]
    for date, told in zip(dates, tallies(before, run), strict=True):
        if date in new:
            change = _judged(date, new[date], told, old.get(date))
        else:
            change = _recounted(date, old[date], told)
        if change:
            yield change


def _seen(stored: StoredDay) -> tuple[DayMark, Tally]:
    seen = stored.seen()
    assert seen is not None, "days that are not sound are judged, not counted on"
    return seen


def mark_of(day: Assessment) -> DayMark:
    """Return what a day that was judged is to runs and counts."""
    return DayMark(*_MARKED(day.facts))


def _judged(date: str, day: Assessment, tally: Tally, stored: StoredDay | None) -> Change | None:
    facts = {**day.facts, **tally._asdict()}
    if stored is not None:
        texts = document(facts), document(day.evidence)
        as_stored = (stored.facts, stored.evidence) == texts
        if as_stored and stored.input_hash:  # empty: the rules are to speak again
            return None
    return Change(date, facts, day.evidence, stored)


def _recounted(date: str, stored: StoredDay, tally: Tally) -> Change | None:
    if _seen(stored)[1] == tally:
        return None
    facts = json.loads(stored.facts) | tally._asdict()
    return Change(date, facts, json.loads(stored.evidence), stored)
