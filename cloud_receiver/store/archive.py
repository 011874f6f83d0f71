"""Old months in Parquet: written and proved, then removed, found by who asks, brought back.

A month is either in the database or in the archive alone, never half. Of a removed month the
days are taken out; of the journal the bodies of touches and sales, the mass of it, while each row stays
as the identity of its record, so that a terminal read again counts once. The ledger stays.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl
from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from cloud_receiver.domain.backtest import empty_days
from cloud_receiver.domain.periods import after, last_date, period_of
from cloud_receiver.domain.revision import seen_in
from cloud_receiver.domain.workday import AFTER_LAST_DATE, FIRST_DATE
from cloud_receiver.store import archive_files, sheaves, tables
from cloud_receiver.store.archive_files import COLUMNS, FACTS, JOURNAL
from cloud_receiver.store.engine import insert_rows, upsert, wait_turn
from cloud_receiver.store.questions import Question
from cloud_receiver.store.sheaves import Kept
from sync.records import Punch, Sale

TURN: Final = "rebuild"
"""Held alone by who rebuilds or removes, shared by who judges."""

MOVED_KINDS: Final = (Punch.KIND, Sale.KIND)
"""Records whose body goes; what people entered stays, for days are judged by it."""

FOLDER_KEY: Final = "archive_folder"
_part: Final = tables.archive_part.c


class Part(NamedTuple):
    """A file of a month; `first_no` and `last_no` are of the journal's rows, else 0.

    Attributes:
        first_who, last_who: of days: the least and the greatest employee id; None: not known.
    """

    kind: str
    month: str
    part_no: int
    file: str
    rows: int
    first_no: int
    last_no: int
    sha256: str
    rows_sha256: str
    written_utc_ms: int
    removed_utc_ms: int | None
    first_who: str | None
    last_who: str | None

    def may_hold(self, employee_id: str) -> bool:
        """Tell whether there may be days of a person in it."""
        if self.first_who is None or self.last_who is None:
            return True
        return self.first_who <= employee_id <= self.last_who


def parts(connection: Connection, kind: str | None = None) -> list[Part]:
    """Return every file of the archive, or of a kind, in the order of its rows."""
    query = select(tables.archive_part).order_by(_part.kind, _part.month, _part.part_no)
    if kind is not None:
        query = query.where(_part.kind == kind)
    return [Part(*row) for row in connection.execute(query)]


def folder_of(connection: Connection) -> Path:
    """Return where the files are."""
    kept = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == FOLDER_KEY))
    assert kept is not None, "there are files, so their folder was noted with them"
    return Path(kept)


def removed_through(connection: Connection) -> str:
    """Return the last month whose days are in the archive alone, ``""`` for none."""
    return str(_REMOVED_THROUGH.ask_one(connection) or "")


_REMOVED_THROUGH: Final = Question(
    select(func.max(_part.month)).where(_part.kind == FACTS, _part.removed_utc_ms.is_not(None))
)


def hold_online(connection: Connection, from_date: str) -> int:
    """Have all days from a date on in the database until the transaction ends; return how many came.

    Raises:
        ArchiveError: a file of them is not there or not what was written.
    """
    wait_turn(connection, TURN, shared=True)
    return bring_back(connection, period_of(from_date))


def bring_back(connection: Connection, from_month: str = "") -> int:
    """Put the days of removed months back, from a month on; return how many.

    Every file is looked at before the first row is written.

    Raises:
        ArchiveError: a file is not there or not what was written.
    """
    if removed_through(connection) < from_month or not removed_through(connection):
        return 0
    folder = folder_of(connection)
    away = [one for one in parts_away(connection, FACTS) if one.month >= from_month]
    for one in away:
        archive_files.sound(folder, one.file, one.sha256)
    for one in away:
        rows = archive_files.read(folder, FACTS, one.file, one.sha256)
        insert_rows(connection, tables.day_fact, COLUMNS[FACTS], rows)
    this = (_part.kind == FACTS) & (_part.month >= from_month)
    connection.execute(update(tables.archive_part).where(this).values(removed_utc_ms=None))
    return sum(one.rows for one in away)


def bring_bodies_back(connection: Connection) -> int:
    """Give the journal's rows their bodies back; return how many there are in those files.

    Raises:
        ArchiveError: a file is not there or not what was written.
    """
    away = parts_away(connection, JOURNAL)
    row = tables.journal.c
    emptied = update(tables.journal).where(
        row.entry_no == bindparam("number"), row.body == "", row.sheaf_no.is_(None)
    )
    for path in _paths(connection, away):
        told = [{"number": no, "text": body} for no, body in archive_files.bodies(path).items()]
        connection.execute(emptied.values(body=bindparam("text")), told)
    connection.execute(
        update(tables.archive_part).where(_part.kind == JOURNAL).values(removed_utc_ms=None)
    )
    return sum(one.rows for one in away)


def needed_from(connection: Connection, first_date: str) -> str:
    """Return the date from which days must be there to judge a date: of its campaigns too."""
    campaign = tables.campaign.c
    earliest = connection.scalar(
        select(func.min(campaign.first_date)).where(campaign.last_date >= first_date)
    )
    return min(first_date, earliest or first_date)


def facts(
    connection: Connection, names: Sequence[str], first_date: str, last_date: str
) -> pl.DataFrame:
    """Return removed days as a frame, in no order, without nulls.

    Raises:
        ArchiveError: a file is not there or not what was written.
    """
    first, last = period_of(first_date), period_of(last_date)
    away = [one for one in parts_away(connection, FACTS) if first <= one.month <= last]
    found = (
        archive_files.facts(path, names, first_date, last_date) for path in _paths(connection, away)
    )
    return pl.concat([empty_days(names), *found])


def last_scheduled(connection: Connection, employee_id: str, before_date: str) -> str | None:
    """Return the facts of a person's last scheduled day before a date that was removed, as JSON.

    Nearly always it is kept at hand, so that neither a newcomer nor who returns needs the archive.

    Raises:
        ArchiveError: a file is not there or not what was written.
    """
    removed, carried = removed_through(connection), tables.carried_day.c
    if not removed:
        return None
    query = select(carried.work_date, carried.facts).where(carried.employee_id == employee_id)
    kept = connection.execute(query).first()
    if kept is None:
        return None
    is_before = kept.work_date < before_date and period_of(kept.work_date) <= removed
    if is_before and seen_in(kept.facts) is not None:
        return str(kept.facts)
    away = [
        one
        for one in parts_away(connection, FACTS)
        if one.month <= period_of(before_date) and one.may_hold(employee_id)
    ]
    for path in _paths(connection, reversed(away)):
        for row in reversed(archive_files.days_of(path, employee_id)):
            if row["work_date"] < before_date and json.loads(row["facts"])["scheduled"]:
                return str(row["facts"])
    return None


class RemovedDay(NamedTuple):
    """A day as its row was: what pages and the API show of it."""

    employee_id: str
    work_date: str
    store_id: str
    status: str
    final: bool
    facts: str
    evidence: str
    input_hash: str
    revision: int
    computed_utc_ms: int


def days(
    connection: Connection, employee_id: str, first_date: str = "", last_date: str = ""
) -> list[RemovedDay]:
    """Return a person's removed days between two work dates, both included, by date; see `each_day`."""
    return list(each_day(connection, employee_id, first_date, last_date))


def each_day(
    connection: Connection, employee_id: str, first_date: str = "", last_date: str = ""
) -> Iterator[RemovedDay]:
    """Yield a person's removed days between two work dates, both included, by date.

    A file is opened when its first day is asked for, and only where it may hold some.

    Args:
        first_date, last_date: empty: no bound.

    Raises:
        ArchiveError: a file is not there or not what was written.
    """
    begin, end = first_date or FIRST_DATE, last_date or AFTER_LAST_DATE
    if removed_through(connection) < period_of(begin):
        return
    away = [
        one
        for one in parts_away(connection, FACTS)
        if period_of(begin) <= one.month <= period_of(end) and one.may_hold(employee_id)
    ]
    for path in _paths(connection, away):
        for row in archive_files.days_of(path, employee_id):
            if begin <= row["work_date"] <= end:
                yield RemovedDay(*[row[name] for name in RemovedDay._fields])


def day(connection: Connection, employee_id: str, work_date: str) -> RemovedDay | None:
    """Return a removed day, None when it is not in the archive alone.

    Raises:
        ArchiveError: its file is not there or not what was written.
    """
    found = days(connection, employee_id, work_date, work_date)
    return found[0] if found else None


def online_from(connection: Connection) -> str:
    """Return the first work date pages and reports count from, ``""`` when nothing was removed."""
    removed = removed_through(connection)
    return f"{after(removed)}-01" if removed else ""


class Bodies:
    """The bodies of journal rows that are in the archive alone; the last file stays at hand."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parts: list[Part] | None = None
        self._at_hand: tuple[str, dict[int, str]] = "", {}

    def of(self, entry_no: int, body: str) -> str:
        """Return what a row says, given what the database has of it.

        Raises:
            ArchiveError: its file is not there or not what was written.
        """
        if body:
            return body
        if self._parts is None:
            self._parts = sorted(
                parts_away(self._connection, JOURNAL), key=lambda one: one.first_no
            )
        place = bisect_right([one.first_no for one in self._parts], entry_no) - 1
        if place < 0 or entry_no > self._parts[place].last_no:
            return body
        one = self._parts[place]
        if self._at_hand[0] != one.file:
            (path,) = _paths(self._connection, [one])
            self._at_hand = one.file, archive_files.bodies(path)
        return self._at_hand[1].get(entry_no, body)


def texts(connection: Connection, rows: Sequence[Any]) -> list[str]:
    """Return the JSON texts of the records of journal rows, wherever they are kept.

    Args:
        rows: with `entry_no`, `seq`, `body` and `sheaf_no`.

    Raises:
        ArchiveError: the file of one is not there or not what was written.
    """
    told = sheaves.texts(connection, [Kept(row.seq, row.body, row.sheaf_no) for row in rows])
    away = sorted((row.entry_no, place) for place, row in enumerate(rows) if not told[place])
    bodies = Bodies(connection)
    for entry_no, place in away:  # in the order of the files
        told[place] = bodies.of(entry_no, "")
    return told


def take_out(connection: Connection, kind: str, month: str, now_utc_ms: int) -> None:
    """Leave the rows of a month to its files, which are known to hold them."""
    own = [one for one in parts(connection, kind) if one.month == month]
    if kind == FACTS:
        _take_days_out(connection, month)
        for path in _paths(connection, own):
            upsert(connection, tables.carried_day, archive_files.last_scheduled(path))
    else:
        _take_bodies_out(connection, own[0].first_no, own[-1].last_no)
    this = (_part.kind == kind) & (_part.month == month)
    connection.execute(update(tables.archive_part).where(this).values(removed_utc_ms=now_utc_ms))


def _take_days_out(connection: Connection, month: str) -> None:
    dates = tables.day_fact.c.work_date.between(f"{month}-01", last_date(month))
    connection.execute(delete(tables.day_fact).where(dates))


def _take_bodies_out(connection: Connection, first_no: int, last_no: int) -> None:
    row, punch, sale = tables.journal.c, tables.punch.c, tables.sale.c
    # these are dated when the box's clock is known
    undated = exists().where(punch.record_id == row.record_id, punch.effective_utc_ms.is_(None))
    # and these tied to a sale that may come later still
    refers = exists().where(sale.record_id == row.record_id, sale.refers_to != "")
    came_in = sheaves.named(connection, first_no, last_no)
    connection.execute(
        update(tables.journal)
        .where(row.entry_no.between(first_no, last_no), row.kind.in_(MOVED_KINDS))
        .where(~undated, ~refers)
        .values(body="", sheaf_no=None)
    )
    sheaves.drop_empty(connection, came_in, first_no, last_no)


def parts_away(connection: Connection, kind: str) -> list[Part]:
    """Return the files that alone hold their rows."""
    return [one for one in parts(connection, kind) if one.removed_utc_ms is not None]


def _paths(connection: Connection, some: Iterable[Part]) -> Iterator[Path]:
    for one in some:
        yield archive_files.sound(folder_of(connection), one.file, one.sha256)
