"""Whether employee-days stand as they are judged from what is known: judged anew and compared.

Reads only, so several processes may each prove some people. A person is named of whom a day, a
column pages count by, or a next look is not the same; whoever asked has those days judged.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.employee_day import Assessment, assess
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.revision import columns, document, mark_of
from cloud_receiver.domain.tallies import AT_FIRST, tallies
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store import days, dirty, policies, tables
from cloud_receiver.store.dirty import NextLook
from cloud_receiver.store.questions import Among, Question

DAYS_AT_ONCE: Final = 5_000
"""How many employee-days are in memory at a time, as long as one person has not more."""
_fact, _roster, _dirty = tables.day_fact.c, tables.roster.c, tables.dirty.c
_punch, _sale = tables.punch.c, tables.sale.c
_TEXTS: Final = ("facts", "evidence", "input_hash")
_COLUMNS: Final = tuple(
    name
    for name in tables.day_fact.columns.keys()  # noqa: SIM118 - columns, no dict
    if name not in ("employee_id", "work_date", *_TEXTS, "revision", "computed_utc_ms")
)
_STORED: Final = Question(
    select(
        _fact.employee_id, _fact.work_date, *[_fact[name] for name in (*_TEXTS, *_COLUMNS)]
    ).where(Among(_fact.employee_id, "people"))
)  # fmt: skip
_LOOKS: Final = Question(
    select(
        _dirty.employee_id, _dirty.work_date, _dirty.due_utc_ms, _dirty.awaits_store_id,
        _dirty.awaits_utc_ms,
    ).where(Among(_dirty.employee_id, "people"))
)  # fmt: skip
_EVIDENCE: Final = {
    "punches": Question(
        select(_punch.employee_id, func.count())
        .where(
            Among(_punch.employee_id, "people"),
            _punch.effective_utc_ms.is_not(None),
            _punch.withdrawn_utc_ms.is_(None),
        )
        .group_by(_punch.employee_id)
    ),
    "sales": Question(
        select(_sale.employee_id, func.count())
        .where(Among(_sale.employee_id, "people"))
        .group_by(_sale.employee_id)
    ),
}
_BEGUN: Final = Question(
    select(_roster.employee_id, func.count())
    .where(_roster.work_date <= bindparam("until"))
    .group_by(_roster.employee_id)
)
_KEPT: Final = Question(select(_fact.employee_id, func.count()).group_by(_fact.employee_id))


@dataclass(slots=True)
class Unlike:
    """Who has days that do not stand as they are judged.

    Attributes:
        days: how many were judged.
        people: employee ids.
        columns: days whose documents stand, and a column beside them does not.
    """

    days: int = 0
    people: list[str] = field(default_factory=list)
    columns: list[DayKey] = field(default_factory=list)


def parties(connection: Connection, now_utc_ms: int, leave_out: Collection[str]) -> list[list[str]]:
    """Return who has days, but for some, in parties of at most `DAYS_AT_ONCE` days together."""
    until = local_date(now_utc_ms, "UTC")
    size = Counter(dict(map(tuple, _BEGUN.ask(connection, until=until))))
    size |= Counter(dict(map(tuple, _KEPT.ask(connection))))
    found: list[list[str]] = []
    left = 0
    for who, number in sorted(size.items()):
        if who in leave_out:
            continue
        if left < number:
            found.append([])
            left = DAYS_AT_ONCE
        found[-1].append(who)
        left -= number
    return found


def prove(connection: Connection, people: Sequence[str], now_utc_ms: int, policy: Policy) -> Unlike:
    """Judge all days of some people and compare them with what stands.

    Args:
        policy: in force where no version is stored.
    """
    stored: defaultdict[str, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for who, date, *row in _STORED.tuples(connection, people=people):
        stored[who][date] = tuple(row)
    looks = {(row[0], row[1]): tuple(row[2:]) for row in _LOOKS.tuples(connection, people=people)}
    held = {name: dict(map(tuple, asked.ask(connection, people=people)))
            for name, asked in _EVIDENCE.items()}  # fmt: skip
    found = Unlike()
    for who, judged in _judged(connection, people, now_utc_ms, policy):
        found.days += len(judged)
        stands = _Stands(stored.pop(who, {}), looks, now_utc_ms)
        used = {name: sum(len(day.evidence[name]) for day in judged.values()) for name in _EVIDENCE}
        complete = all(used[name] == held[name].pop(who, 0) for name in _EVIDENCE)
        if not stands.are(who, judged) or not complete:
            found.people.append(who)
        found.columns += stands.odd
    # who has touches or lines and no day at all, not even a roster
    found.people += sorted({who for left in held.values() for who in left} - set(found.people))
    return found


def _judged(
    connection: Connection, people: Sequence[str], now_utc_ms: int, policy: Policy
) -> Iterator[tuple[str, dict[str, Assessment]]]:
    complete_utc_ms = dirty.complete(connection)
    book = policies.book(connection, policy)
    by_person: defaultdict[str, dict[str, Assessment]] = defaultdict(dict)
    for inputs in days.load(connection, dirty.days_of(connection, people, now_utc_ms)):
        work_date = inputs.day.work_date
        by_person[inputs.employee_id][work_date] = assess(
            inputs,
            as_of_utc_ms=now_utc_ms,
            complete_utc_ms=complete_utc_ms,
            policy=book.on(work_date),
        )
    yield from by_person.items()


class _Stands:
    """What stands of a person's days."""

    def __init__(
        self,
        stored: Mapping[str, tuple[Any, ...]],
        looks: Mapping[DayKey, tuple[Any, ...]],
        now_utc_ms: int,
    ) -> None:
        self._stored = stored
        self._looks = looks
        self._now_utc_ms = now_utc_ms
        self.odd: list[DayKey] = []

    def are(self, who: str, judged: Mapping[str, Assessment]) -> bool:
        """Tell whether these are the days of the person, all of them and to the byte."""
        dates = [date for date in sorted(judged) if not judged[date].is_empty]
        run = [(date, mark_of(judged[date])) for date in dates]
        same = self._stored.keys() == set(dates)
        for date, tally in zip(dates, tallies(AT_FIRST, run), strict=True):
            day, stands = judged[date], self._stored.get(date)
            if stands is None:
                continue
            told, proven, input_hash, *rest = stands
            facts = day.facts | tally._asdict()
            if told != document(facts) or proven != document(day.evidence) or not input_hash:
                same = False  # its columns must fit what stands, should that turn out to be right
                own = columns(json.loads(told), json.loads(proven))
            else:
                own = columns(facts, day.evidence)
            if rest != [own[name] for name in _COLUMNS]:
                self.odd.append((who, date))
        return same and all(self._is_looked_at((who, date), day) for date, day in judged.items())

    def _is_looked_at(self, key: DayKey, day: Assessment) -> bool:
        """Tell whether a day is in the queue as judging leaves it there."""
        stands = self._looks.get(key)
        is_due = stands is not None and stands[0] <= self._now_utc_ms  # and is judged anyway
        return is_due or stands == NextLook.after(day).columns
