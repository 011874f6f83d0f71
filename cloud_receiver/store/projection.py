"""From the journal to punches and sales with a person and an instant, in journal order.

The cursor moves in the same transaction as what was written. Who a record belongs to may
become known later: `project_again` resolves records from their first and marks every
employee-day that gained or lost one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, select

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.store import (
    dirty,
    entry_book,
    feed_gaps,
    refunds,
    tables,
)
from cloud_receiver.store.directory import Directory
from cloud_receiver.store.engine import behind_writers, insert_new, try_turns, upsert_rows
from cloud_receiver.store.journal_proof import Found
from cloud_receiver.store.problems import bury
from cloud_receiver.store.projected import (
    JOURNALED,
    Act,
    Journaled,
    PunchRow,
    SaleRow,
    believable_sales,
    days_of,
    punch_rows,
    sale_rows,
    touches_told,
    whole,
)
from cloud_receiver.store.questions import Question
from sync.portions import portions
from sync.records import Gap, Punch, Sale

CURSOR_KEY: Final = "projected_entry_no"
MAX_ENTRIES: Final = 5000  # at a time: bounds the transaction and the lists in its queries
_PUT_RIGHT_AT_ONCE: Final = 500  # some queries name each several times
_READ_GAP: Final = msgspec.json.Decoder(Gap)


Put = Callable[[Connection, Table, Sequence[str], Sequence[tuple[Any, ...]]], None]
"""How rows are written: those of the journal's next rows are not there yet."""


def advance(
    connection: Connection, now_utc_ms: int, at_most: int = MAX_ENTRIES, put: Put = insert_new
) -> int:
    """Project the next journal rows, `at_most` so many; return how many there were.

    None while another evaluator does it: the cursor goes forward one portion at a time.
    """
    if not try_turns(connection, [CURSOR_KEY]):
        return 0
    after = cursor(connection)
    new = _new_rows(connection).ask(connection, after=after, at_most=at_most)
    entries = whole(connection, new)
    if entries:
        _project(connection, entries, now_utc_ms, put)
        moved = [(CURSOR_KEY, str(entries[-1].entry_no))]
        upsert_rows(connection, tables.meta, ("key", "value"), moved)
    return len(entries)


def _new_rows(connection: Connection) -> Question:
    """Return the question for the journal rows after a number, asked in every flush."""
    question = _new_rows_on.get(connection.dialect.name)
    if question is None:
        entry_no = tables.journal.c.entry_no
        query = (
            select(*JOURNALED)
            .where(entry_no > bindparam("after"), behind_writers(connection, tables.journal))
            .order_by(entry_no)
            .limit(bindparam("at_most"))
        )
        question = _new_rows_on[connection.dialect.name] = Question(query)
    return question


_new_rows_on: Final[dict[str, Question]] = {}


def cursor(connection: Connection) -> int:
    """Return the number of the last journal row that was projected, 0 at first."""
    return int(_CURSOR.ask_one(connection) or 0)


_CURSOR: Final = Question(select(tables.meta.c.value).where(tables.meta.c.key == CURSOR_KEY))


def is_bare(connection: Connection) -> bool:
    """Tell whether nothing was projected yet."""
    derived = (tables.punch, tables.sale, tables.entry)
    rows = [connection.execute(select(table.c.record_id).limit(1)).first() for table in derived]
    return not cursor(connection) and not any(rows)


def project_again(
    connection: Connection, table: Table, condition: ColumnElement[bool], now_utc_ms: int
) -> int:
    """Resolve the records of `punch` or `sale` that meet a condition anew; return how many."""
    query = select(*JOURNALED).join(table, table.c.record_id == tables.journal.c.record_id)
    rows = connection.execute(query.where(condition)).all()
    dirty.mark(connection, standing_days(connection, table, condition), now_utc_ms)
    for some in portions(rows, MAX_ENTRIES):
        _project(connection, whole(connection, some), now_utc_ms)
    return len(rows)


def standing_days(
    connection: Connection, table: Table, condition: ColumnElement[bool]
) -> set[DayKey]:
    """Return the employee-days on which projected records stand, by the roster as it is now."""
    bound = condition & table.c.employee_id.is_not(None)
    if table is tables.sale:
        rows = connection.execute(select(table.c.employee_id, table.c.work_date).where(bound))
        return {(employee_id, work_date) for employee_id, work_date in rows}
    columns = (table.c.employee_id, table.c.store_id, table.c.effective_utc_ms, table.c.device_time)
    acts = [Act(*row) for row in connection.execute(select(*columns).where(bound))]
    return {day for day in days_of(Directory(connection), acts) if day}


def _project(
    connection: Connection, entries: Sequence[Journaled], now_utc_ms: int, put: Put = upsert_rows
) -> None:
    directory = Directory(connection)
    days = _project_punches(directory, [e for e in entries if e.kind == Punch.KIND], put)
    days |= _project_sales(directory, [e for e in entries if e.kind == Sale.KIND], put)
    days |= _note(directory, entries, now_utc_ms)
    dirty.mark(connection, days, now_utc_ms)
    told = [(e.record_id, _READ_GAP.decode(e.body)) for e in entries if e.kind == Gap.KIND]
    if told:
        feed_gaps.add(connection, told, now_utc_ms)


def _project_punches(directory: Directory, entries: Sequence[Journaled], put: Put) -> set[DayKey]:
    rows = punch_rows(directory, touches_told(entries))
    put(directory.connection, tables.punch, PunchRow._fields, rows)
    done = [PunchRow._make(row) for row in rows]
    acts = [
        Act(row.employee_id, row.store_id, row.effective_utc_ms, row.device_time) for row in done
    ]
    return {day for day in days_of(directory, acts) if day}


def _note(directory: Directory, entries: Sequence[Journaled], now_utc_ms: int) -> set[DayKey]:
    """Take the entries of people among journal rows into the book; return the days they are about."""
    noted = [(e.entry_no, e.record_id, e.body) for e in entries if entry_book.is_entry(e.kind)]
    if not noted:
        return set()
    about = entry_book.note(directory.connection, noted, now_utc_ms, directory.sites)
    stood = days_of(directory, [Act(*act) for act in about.acts])
    return about.days | {day for day in stood if day}


def put_right(connection: Connection, found: Found, now_utc_ms: int) -> None:
    """Make what a proof found amiss what the journal says, and mark the days that concerns."""
    amiss = (
        (tables.punch, found.punches),
        (tables.sale, found.sales),
        (tables.entry, found.entries),
    )
    for table, record_ids in amiss:
        for some in portions(record_ids, _PUT_RIGHT_AT_ONCE):
            these = table.c.record_id.in_(some)
            if table is not tables.entry:
                dirty.mark(connection, standing_days(connection, table, these), now_utc_ms)
            connection.execute(delete(table).where(these))
    for numbers in portions(found.entry_nos, _PUT_RIGHT_AT_ONCE):
        query = select(*JOURNALED).where(tables.journal.c.entry_no.in_(numbers))
        entries = whole(connection, connection.execute(query).all())
        told = [one for one in entries if entry_book.is_entry(one.kind)]
        _project(
            connection, [one for one in entries if not entry_book.is_entry(one.kind)], now_utc_ms
        )
        entry_book.withdraw(connection, [one.record_id for one in entries])
        _note_again(connection, told, now_utc_ms)


def _note_again(connection: Connection, told: Sequence[Journaled], now_utc_ms: int) -> None:
    """Take entries into the book as if for the first time; mark days where that made a difference."""
    ids = [one.record_id for one in told]
    stood = entry_book.standing(connection, ids)
    days = standing_days(connection, tables.punch, tables.punch.c.record_id.in_(ids))
    entry_book.forget(connection, ids)
    days |= _note(Directory(connection), told, now_utc_ms)
    if entry_book.standing(connection, ids) != stood:
        dirty.mark(connection, days, now_utc_ms)


def redate(connection: Connection, box_id: str, now_utc_ms: int) -> None:
    """Date the touches of a box anew: those without a date, and those that came just now.

    The word of when a boot began comes with a connection's first heartbeat, at most a few
    batches behind its first records.
    """
    found = (*_UNDATED.ask(connection, box_id=box_id), *_RECENT.ask(connection, box_id=box_id))
    record_ids = sorted({record_id for (record_id,) in found})
    for some in portions(record_ids, MAX_ENTRIES):
        these = tables.punch.c.record_id.in_(some)
        project_again(connection, tables.punch, these, now_utc_ms)


_ENTRY: Final = tables.journal.c
_TOUCHES: Final = (
    select(tables.punch.c.record_id)
    .join(tables.journal, _ENTRY.record_id == tables.punch.c.record_id)
    .where(_ENTRY.box_id == bindparam("box_id"))
)
_UNDATED: Final = Question(_TOUCHES.where(tables.IS_UNDATED))
_RECENT: Final = Question(
    _TOUCHES.where(
        _ENTRY.entry_no > select(func.max(_ENTRY.entry_no)).scalar_subquery() - MAX_ENTRIES,
        _ENTRY.kind == Punch.KIND,
    )
)


def _project_sales(directory: Directory, entries: Sequence[Journaled], put: Put) -> set[DayKey]:
    connection = directory.connection
    sales, letters = believable_sales(entries)
    for letter, received_utc_ms in letters:
        bury(connection, [letter], received_utc_ms)
    rows, days = sale_rows(directory, sales)
    put(connection, tables.sale, SaleRow._fields, rows)
    lines = list(zip(sales.record_ids, sales.records, strict=True))
    return {day for day in days if day} | refunds.tie(connection, lines, directory.sites)
