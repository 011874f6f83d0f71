"""Employee-days as they were judged: read for streaks, written when they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.day_texts import DayDocuments
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.revision import StoredDay, seen_in
from cloud_receiver.domain.tallies import NOTHING, DayMark, Standing, Tally
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
) -> tuple[Standing, list[str]]:
    """Return what a person's days count on from on a date, and days before it that cannot be read.

    Runs are those of the last scheduled day, however long ago. What cannot be read is passed over.

    Args:
        known: of the person, from `history`: nearly always the answer is among them.
        is_new: there are no others, see `newcomers`.
    """
    seen, unreadable = _seen(
        known[date] for date in sorted(known, reverse=True) if date < first_date
    )
    last_date, _, last = seen[0] if seen else ("", None, NOTHING)
    of_month = (day.overtime_min for date, day, _ in seen if date[:7] == last_date[:7])
    standing = Standing(last_date, last, sum(of_month))
    for _, day, tally in seen:
        if day.scheduled:
            return _with_run(standing, tally), unreadable
    if is_new:
        return standing, unreadable
    before = min([first_date, *known])
    for row in _EARLIER.each(connection, person=employee_id, before=before):
        older, broken = _seen([StoredDay(*row)])
        unreadable += broken
        if older and older[0][1].scheduled:
            return _with_run(standing, older[0][2]), unreadable
    removed = archive.last_scheduled(connection, employee_id, before)
    carried = seen_in(removed) if removed is not None else None
    return _with_run(standing, carried[1]) if carried else standing, unreadable


def _seen(stored: Iterable[StoredDay]) -> tuple[list[tuple[str, DayMark, Tally]], list[str]]:
    """Return what days are to runs and counts, and the dates of those that cannot be read."""
    found, unreadable = [], []
    for one in stored:
        seen = one.seen()
        if seen is None:
            unreadable.append(one.work_date)
        else:
            found.append((one.work_date, *seen))
    return found, unreadable


def _with_run(standing: Standing, run: Tally) -> Standing:
    return standing._replace(tally=Tally(*run[:2], *standing.tally[2:]))


_EARLIER: Final = Question(
    select(*_STORED)
    .where(
        tables.day_fact.c.employee_id == bindparam("person"),
        tables.day_fact.c.work_date < bindparam("before"),
    )
    .order_by(tables.day_fact.c.work_date.desc())
)


def of_days(connection: Connection, keys: Collection[DayKey]) -> dict[DayKey, DayDocuments]:
    """Return facts and evidence of some days, as far as they are stored; see `day_texts.read`."""
    return {
        (who, date): day_texts.read(facts, evidence)
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
