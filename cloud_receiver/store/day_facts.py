"""Employee-days as they were judged: read for streaks, written when they changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.revision import StoredDay, seen_in
from cloud_receiver.domain.tallies import NOTHING, Standing, Tally
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import archive, dirty, tables
from cloud_receiver.store.engine import upsert_rows
from cloud_receiver.store.questions import Among, OfDays, Question

LOOK_BACK_DAYS: Final = 31
"""How far before a day `history` reads."""


_STORED: Final = tuple(tables.day_fact.c[name] for name in StoredDay.__dataclass_fields__)


def history(
    connection: Connection, first_dates: Mapping[str, str]
) -> dict[str, dict[str, StoredDay]]:
    """Return each person's days by date, from a month before their first date to the last."""
    since = shift_date(min(first_dates.values()), -LOOK_BACK_DAYS)
    found: defaultdict[str, dict[str, StoredDay]] = defaultdict(dict)
    for row in _HISTORY.ask(connection, people=list(first_dates), since=since):
        found[row[0]][row[1]] = StoredDay(*row)
    return found


_HISTORY: Final = Question(
    select(*_STORED)
    .where(
        Among(tables.day_fact.c.employee_id, "people"),
        tables.day_fact.c.work_date >= bindparam("since"),
    )
    .order_by(tables.day_fact.c.employee_id, tables.day_fact.c.work_date)
)


def newcomers(connection: Connection, first_dates: Mapping[str, str]) -> set[str]:
    """Return who surely has no days but those that `history` gives; asked once for all of them."""
    if archive.removed_through(connection):
        return set()
    since = shift_date(min(first_dates.values()), -LOOK_BACK_DAYS)
    return {row[0] for row in _NEWCOMERS.ask(connection, people=list(first_dates), since=since)}


_NEWCOMERS: Final = Question(
    select(tables.employee.c.employee_id).where(
        Among(tables.employee.c.employee_id, "people"),
        ~exists().where(
            tables.day_fact.c.employee_id == tables.employee.c.employee_id,
            tables.day_fact.c.work_date < bindparam("since"),
        ),
    )
)


def tally_before(
    connection: Connection,
    employee_id: str,
    first_date: str,
    known: Mapping[str, StoredDay],
    *,
    is_new: bool,
) -> Standing:
    """Return what a person's days count on from on a date.

    Runs are those of the last scheduled day, however long ago.

    Args:
        known: of the person, from `history`: nearly always the answer is among them.
        is_new: there are no others, see `newcomers`.
    """
    earlier = sorted((date for date in known if date < first_date), reverse=True)
    last_date = earlier[0] if earlier else ""
    last = known[last_date].seen()[1] if last_date else NOTHING
    of_month = [known[date].seen()[0] for date in earlier if date[:7] == last_date[:7]]
    overtime_min = sum(day.overtime_min for day in of_month)
    for date in earlier:
        day, tally = known[date].seen()
        if day.scheduled:
            return Standing(last_date, Tally(*tally[:2], *last[2:]), overtime_min)
    if is_new:
        return Standing(last_date, last, overtime_min)
    before = min([first_date, *known])
    for row in _EARLIER.each(connection, person=employee_id, before=before):
        day, tally = StoredDay(*row).seen()
        if day.scheduled:
            return Standing(last_date, Tally(*tally[:2], *last[2:]), overtime_min)
    removed = archive.last_scheduled(connection, employee_id, before)
    if removed is not None:
        tally = seen_in(removed)[1]
        return Standing(last_date, Tally(*tally[:2], *last[2:]), overtime_min)
    return Standing(last_date, last, overtime_min)


_EARLIER: Final = Question(
    select(*_STORED)
    .where(
        tables.day_fact.c.employee_id == bindparam("person"),
        tables.day_fact.c.work_date < bindparam("before"),
    )
    .order_by(tables.day_fact.c.work_date.desc())
)


def of_days(
    connection: Connection, keys: Collection[DayKey]
) -> dict[DayKey, tuple[dict[str, FactValue], dict[str, Any]]]:
    """Return facts and evidence of some days, as far as they are stored."""
    return {
        (who, date): (json.loads(facts), json.loads(evidence))
        for who, date, facts, evidence in _OF_DAYS.ask(connection, sorted(keys))
    }


def write(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store days, each a whole row of `day_fact`."""
    names = tables.day_fact.columns.keys()
    values = [tuple(row[name] for name in names) for row in rows]
    upsert_rows(connection, tables.day_fact, names, values)


def remove(connection: Connection, keys: Collection[DayKey]) -> None:
    """Take days away on which nothing was planned and nothing happened after all."""
    _REMOVED.do(connection, sorted(keys))


_shown = [tables.day_fact.c[name] for name in ("employee_id", "work_date", "facts", "evidence")]
_OF_DAYS: Final = OfDays(select(*_shown), tables.day_fact)
_REMOVED: Final = OfDays(delete(tables.day_fact), tables.day_fact)


def decide_again(
    connection: Connection, from_date: str, before_date: str | None, now_utc_ms: int
) -> int:
    """Have the rules speak again on days that are judged already; return how many.

    For rules published for the past: the facts stay, the outcomes are computed anew.

    Args:
        before_date: the first date that is left alone, None for no end.
    """
    archive.hold_online(connection, from_date)
    fact = tables.day_fact.c
    chosen = fact.work_date >= from_date
    if before_date is not None:
        chosen = chosen & (fact.work_date < before_date)
    keys = [(row[0], row[1]) for row in connection.execute(
        select(fact.employee_id, fact.work_date).where(chosen))]  # fmt: skip
    connection.execute(update(tables.day_fact).where(chosen).values(input_hash=""))
    dirty.mark(connection, keys, now_utc_ms)
    return len(keys)
