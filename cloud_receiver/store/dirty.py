"""The employee-days to judge: now, at an instant, or when a store's feed is complete.

A day stands in `dirty` until it is judged, and afterwards for as long as time or data that
has not come yet may still change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, Select, bindparam, case, delete, func, select

from cloud_receiver.domain.attendance import Awaited
from cloud_receiver.domain.employee_day import Assessment
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.workday import local_date, shift_date
from cloud_receiver.store import archive, tables
from cloud_receiver.store.engine import insert_ignore, try_turns, upsert_rows
from cloud_receiver.store.questions import Among, OfDays, Question

MAX_DAYS: Final = 1000
"""At a time: bounds the transaction, the lists in its queries and, where several evaluators share
a PostgreSQL, the locks each holds."""
NEVER_UTC_MS: Final = 2**62
_PEOPLE_AT_ONCE: Final = 100
_PERSON: Final = "evaluation/"
SALES_DRIVERS: Final = ("posfile",)
"""Kinds of sources that bring sales and say nothing about attendance."""


def mark(connection: Connection, keys: Iterable[DayKey], now_utc_ms: int) -> None:
    """Have days judged as soon as possible."""
    rows = [(employee_id, work_date, now_utc_ms) for employee_id, work_date in sorted(set(keys))]
    upsert_rows(connection, tables.dirty, ("employee_id", "work_date", "due_utc_ms"), rows)


def mark_for_later(connection: Connection, due: Mapping[DayKey, int]) -> None:
    """Have days judged at an instant, unless they are in the queue already."""
    rows = [
        {"employee_id": employee_id, "work_date": work_date, "due_utc_ms": due_utc_ms}
        for (employee_id, work_date), due_utc_ms in sorted(due.items())
    ]
    insert_ignore(connection, tables.dirty, rows)


def mark_people(connection: Connection, people: Collection[str], now_utc_ms: int) -> None:
    """Have every day of people judged anew that is stored, and every rostered one that has begun."""
    mark(connection, days_of(connection, people, now_utc_ms), now_utc_ms)


def days_of(connection: Connection, people: Collection[str], now_utc_ms: int) -> list[DayKey]:
    """Return every day of people that is stored, and every rostered one that has begun."""
    until = local_date(now_utc_ms, "UTC")
    rows = _ALL_OF_PEOPLE.ask(connection, people=sorted(people), until=until)
    return [(row[0], row[1]) for row in rows]


_rostered, _stored = tables.roster.c, tables.day_fact.c
_ALL_OF_PEOPLE: Final = Question(
    select(_rostered.employee_id, _rostered.work_date)
    .where(Among(_rostered.employee_id, "people"), _rostered.work_date <= bindparam("until"))
    .union(
        select(_stored.employee_id, _stored.work_date).where(Among(_stored.employee_id, "people"))
    )
)


def mark_store(connection: Connection, store_id: str, now_utc_ms: int) -> None:
    """Have every stored day of a store judged anew."""
    fact = tables.day_fact.c
    query = select(fact.employee_id, fact.work_date).where(fact.store_id == store_id)
    mark(connection, [(row[0], row[1]) for row in connection.execute(query)], now_utc_ms)


def mark_store_between(
    connection: Connection, store_id: str, from_utc_ms: int, to_utc_ms: int, now_utc_ms: int
) -> None:
    """Have the stored days of a store judged anew that a stretch of time may reach into."""
    first = shift_date(local_date(from_utc_ms, "UTC"), -2)
    last = shift_date(local_date(to_utc_ms, "UTC"), 2)
    archive.hold_online(connection, first)
    fact = tables.day_fact.c
    query = select(fact.employee_id, fact.work_date).where(
        fact.store_id == store_id, fact.work_date.between(first, last)
    )
    mark(connection, [(row[0], row[1]) for row in connection.execute(query)], now_utc_ms)


def dates_due(connection: Connection, employee_id: str, now_utc_ms: int) -> list[str]:
    """Return the work dates of a person that are to be judged as soon as possible, in order."""
    rows = _DUE_OF_PEOPLE.ask(connection, now=now_utc_ms, people=[employee_id])
    return [row[1] for row in rows]


def by_employee(
    connection: Connection, now_utc_ms: int, days_at_once: int
) -> Iterator[list[DayKey]]:
    """Yield all days that are due, people with all of theirs, about so many days at a time."""
    last = ""
    while people := [row[0] for row in _DUE_PEOPLE.ask(connection, now=now_utc_ms, after=last)]:
        last = people[-1]
        together: list[DayKey] = []
        rows = _DUE_OF_PEOPLE.ask(connection, now=now_utc_ms, people=people)
        for _, of_person in groupby(rows, key=itemgetter(0)):
            together += [(row[0], row[1]) for row in of_person]
            if len(together) >= days_at_once:
                yield together
                together = []
        if together:
            yield together


_day: Final = tables.dirty.c
_is_due: Final = _day.due_utc_ms <= bindparam("now")
_of_people: Final = Among(_day.employee_id, "people") & _is_due
_due_of_people: Final = (
    select(_day.employee_id, _day.work_date)
    .where(_of_people)
    .order_by(_day.employee_id, _day.work_date)
)
_DUE_PEOPLE: Final = Question(
    select(_day.employee_id)
    .where(_is_due, _day.employee_id > bindparam("after"))
    .distinct()
    .order_by(_day.employee_id)
    .limit(_PEOPLE_AT_ONCE)
)
_DUE_OF_PEOPLE: Final = Question(_due_of_people)
_COUNTED: Final = Question(
    select(_day.employee_id, func.count()).where(_of_people).group_by(_day.employee_id)
)
_KEPT_OF_PEOPLE: Final = Question(_due_of_people.limit(MAX_DAYS).with_for_update(skip_locked=True))


def due(connection: Connection, now_utc_ms: int) -> list[DayKey]:
    """Return the days to judge now, at most `MAX_DAYS`; keep them.

    The longest waiting come first; where more wait, all that is due of who waits longest.

    Another evaluator is given others, and of other people: a day's streak builds on the days
    before it, so all that is judged of a person at a time is judged in one place.

    Somebody who marks a day while it is being judged waits for the end of the transaction,
    so that no mark is lost.
    """
    by_time, by_feed = _due_queries()
    locks = connection.dialect.name != "sqlite"
    with connection.begin_nested() if locks else nullcontext() as look:
        waiting = by_time.ask(connection, now=now_utc_ms)
        if look is not None and len(waiting) == MAX_DAYS:
            look.rollback()  # not all of them are kept
    if len(waiting) == MAX_DAYS:
        return _whole_people(connection, list(dict.fromkeys(row[0] for row in waiting)), now_utc_ms)
    keys = {(row[0], row[1]): None for row in (*waiting, *by_feed.ask(connection))}
    some = list(keys)[:MAX_DAYS]
    ours = _ours(connection, {employee_id for employee_id, _ in some})
    return [key for key in some if key[0] in ours]


def _ours(connection: Connection, people: Iterable[str]) -> set[str]:
    """Return those of some people whom nobody else has in hand, and take them in hand."""
    turns = try_turns(connection, sorted(f"{_PERSON}{employee_id}" for employee_id in people))
    return {name.removeprefix(_PERSON) for name in turns}


def _whole_people(connection: Connection, people: Sequence[str], now_utc_ms: int) -> list[DayKey]:
    """Return what is due of the first of some people, at most `MAX_DAYS`; keep it.

    A day changes the runs and counts that later days show: those that are judged with it are
    written once.
    """
    counted = dict(map(tuple, _COUNTED.ask(connection, people=people, now=now_utc_ms)))
    ours: set[str] = set()
    some: list[str] = []
    days = 0
    for employee_id in people:
        some.append(employee_id)
        days += counted.get(employee_id, 0)
        if days >= MAX_DAYS or employee_id == people[-1]:
            ours |= _ours(connection, some)
            some, days = [], sum(counted.get(one, 0) for one in ours)
            if days >= MAX_DAYS:
                break
    rows = _KEPT_OF_PEOPLE.ask(connection, people=sorted(ours), now=now_utc_ms)
    return [(row[0], row[1]) for row in rows]


@lru_cache(maxsize=1)
def _due_queries() -> tuple[Question, Question]:
    """Return the questions for what time and what data make due."""
    feed = _feeds().subquery()
    query = select(_day.employee_id, _day.work_date).with_for_update(
        of=tables.dirty, skip_locked=True
    )
    # what came in together is judged a person at a time, so that runs are counted on once
    by_time = query.where(_is_due).order_by(_day.due_utc_ms, _day.employee_id, _day.work_date)
    by_feed = query.join(feed, feed.c.store_id == _day.awaits_store_id).where(
        _day.awaits_utc_ms < feed.c.complete_utc_ms
    )
    return Question(by_time.limit(MAX_DAYS)), Question(by_feed.limit(MAX_DAYS))


def complete(connection: Connection) -> dict[str, int]:
    """Return up to when each store's attendance feed is complete: its slowest terminal's mark."""
    return {row[0]: row[1] for row in _complete_query().ask(connection)}


@lru_cache(maxsize=1)
def _complete_query() -> Question:
    return Question(_feeds())


def _feeds() -> Select[tuple[str, int]]:
    source = tables.source.c
    in_service = source.retired_utc_ms.is_(None)
    slowest = func.min(case((in_service, func.coalesce(source.complete_utc_ms, 0))))
    # where nothing is in service any more, whoever retired the last one vouched until then
    vouched = func.max(source.retired_utc_ms)
    return (
        select(source.store_id, func.coalesce(slowest, vouched).label("complete_utc_ms"))
        .where(source.driver.not_in(SALES_DRIVERS))
        .group_by(source.store_id)
    )


def postpone(connection: Connection, keys: Iterable[DayKey], until_utc_ms: int) -> None:
    """Have days that are due looked at later, and by then whatever data they wait for."""
    looks = {key: NextLook(until_utc_ms, None) for key in keys}
    settle(connection, looks)


@dataclass(frozen=True, slots=True)
class NextLook:
    """When a judged day is due again: at an instant, when a feed is complete, or never."""

    at_utc_ms: int | None
    awaited: Awaited | None

    @classmethod
    def after(cls, day: Assessment) -> NextLook:
        """Return when a day is due again that was judged; one that is none is not until it is."""
        if day.is_empty:
            return cls(None, None)
        return cls(day.look_again_utc_ms, day.awaited)

    @property
    def columns(self) -> tuple[int, str | None, int | None] | None:
        """Return what the queue says of it, None when the day leaves the queue."""
        if self.at_utc_ms is None and self.awaited is None:
            return None
        due_utc_ms = NEVER_UTC_MS if self.at_utc_ms is None else self.at_utc_ms
        if self.awaited is None:
            return due_utc_ms, None, None
        return due_utc_ms, self.awaited.store_id, self.awaited.beyond_utc_ms


def settle(connection: Connection, looks: Mapping[DayKey, NextLook]) -> None:
    """Take judged days out of the queue, or leave them in it until their next look."""
    done = []
    waiting = []
    for (employee_id, work_date), look in sorted(looks.items()):
        if look.columns is None:
            done.append((employee_id, work_date))
        else:
            waiting.append((employee_id, work_date, *look.columns))
    _SETTLED.do(connection, done)
    upsert_rows(connection, tables.dirty, tables.dirty.columns.keys(), waiting)


_SETTLED: Final = OfDays(delete(tables.dirty), tables.dirty)
