"""From the journal to punches and sales with a person and an instant, in journal order.

The cursor moves in the same transaction as what was written. Who a record belongs to may
become known later: `project_again` resolves records from their first and marks every
employee-day that gained or lost one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, select

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.receipts import refers_to
from cloud_receiver.domain.schedule import around, shifts_around, work_date_of
from cloud_receiver.domain.workday import (
    MAX_CLOCK_OFFSET_MS,
    PlannedShift,
    effective_utc_ms,
    is_believable,
    local_date,
    local_to_utc_ms,
    utc_ms,
)
from cloud_receiver.store import (
    boots,
    dirty,
    entry_book,
    feed_gaps,
    organisation,
    refunds,
    tables,
)  # fmt: skip
from cloud_receiver.store.archive import texts
from cloud_receiver.store.engine import behind_writers, insert_new, try_turns, upsert, upsert_rows
from cloud_receiver.store.organisation import Site, zone_of
from cloud_receiver.store.problems import Letter, bury
from cloud_receiver.store.questions import Question
from sync.portions import portions
from sync.records import Gap, Punch, Sale

CURSOR_KEY: Final = "projected_entry_no"
MAX_ENTRIES: Final = 5000  # at a time: bounds the transaction and the lists in its queries
_READ_PUNCH: Final = msgspec.json.Decoder(Punch)
_READ_SALE: Final = msgspec.json.Decoder(Sale)
_READ_GAP: Final = msgspec.json.Decoder(Gap)
_JOURNALED: Final = (
    tables.journal.c.entry_no,
    tables.journal.c.record_id,
    tables.journal.c.kind,
    tables.journal.c.body,
    tables.journal.c.received_utc_ms,
    tables.journal.c.box_id,
    tables.journal.c.seq,
    tables.journal.c.sheaf_no,
)


Put = Callable[[Connection, Table, Sequence[str], Sequence[tuple[Any, ...]]], None]
"""How rows are written: those of the journal's next rows are not there yet."""


class Journaled(NamedTuple):
    """A journal row as far as it matters here."""

    entry_no: int
    record_id: str
    kind: str
    body: str
    received_utc_ms: int
    box_id: str


class Act(NamedTuple):
    """Something done in a store, at an instant unless its clock cannot be believed.

    Attributes:
        employee_id: None when nobody is bound to the id or code yet.
    """

    employee_id: str | None
    store_id: str
    at_utc_ms: int | None
    local: str


class _PunchRow(NamedTuple):
    record_id: str
    entry_no: int
    store_id: str
    device_serial: str
    user_id: str
    employee_id: str | None
    device_time: str
    effective_utc_ms: int | None
    state_code: int
    verify_code: int


class _SaleRow(NamedTuple):
    record_id: str
    entry_no: int
    store_id: str
    seller_code: str
    employee_id: str | None
    line_kind: str
    work_date: str
    sold_utc_ms: int | None
    amount_fen: int
    quantity_milli: int
    register_id: str
    receipt_id: str
    line_no: int
    item_code: str
    refers_to: str
    original_id: None = None  # a tie is made anew whenever its line is
    days_after: int = 0


def advance(connection: Connection, now_utc_ms: int, at_most: int = MAX_ENTRIES) -> int:
    """Project the next journal rows, `at_most` so many; return how many there were.

    None while another evaluator does it: the cursor goes forward one portion at a time.
    """
    if not try_turns(connection, [CURSOR_KEY]):
        return 0
    entry_no = tables.journal.c.entry_no
    query = (
        select(*_JOURNALED)
        .where(entry_no > cursor(connection), behind_writers(connection, tables.journal))
        .order_by(entry_no)
        .limit(at_most)
    )
    entries = _whole(connection, connection.execute(query).all())
    if entries:
        _project(connection, entries, now_utc_ms, insert_new)
        upsert(connection, tables.meta, [{"key": CURSOR_KEY, "value": str(entries[-1].entry_no)}])
    return len(entries)


def _whole(connection: Connection, rows: Sequence[Any]) -> list[Journaled]:
    """Return journal rows with their bodies, wherever those are kept."""
    if all(row.body for row in rows):
        return cast("list[Journaled]", rows)
    told = texts(connection, rows)
    return [
        Journaled(row.entry_no, row.record_id, row.kind, body, row.received_utc_ms, row.box_id)
        for row, body in zip(rows, told, strict=True)
    ]


def cursor(connection: Connection) -> int:
    """Return the number of the last journal row that was projected, 0 at first."""
    return int(_CURSOR.ask_one(connection) or 0)


_CURSOR: Final = Question(select(tables.meta.c.value).where(tables.meta.c.key == CURSOR_KEY))


def reset(connection: Connection) -> None:
    """Forget all punches, entries and sales; `advance` brings them back from the journal."""
    connection.execute(delete(tables.punch))
    connection.execute(delete(tables.entry))
    connection.execute(delete(tables.sale))
    connection.execute(delete(tables.meta).where(tables.meta.c.key == CURSOR_KEY))


def project_again(
    connection: Connection, table: Table, condition: ColumnElement[bool], now_utc_ms: int
) -> int:
    """Resolve the records of `punch` or `sale` that meet a condition anew; return how many."""
    query = select(*_JOURNALED).join(table, table.c.record_id == tables.journal.c.record_id)
    rows = connection.execute(query.where(condition)).all()
    dirty.mark(connection, standing_days(connection, table, condition), now_utc_ms)
    for some in portions(rows, MAX_ENTRIES):
        _project(connection, _whole(connection, some), now_utc_ms)
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
    return {day for day in _days_of(connection, acts, organisation.sites(connection)) if day}


def _project(
    connection: Connection, entries: Sequence[Journaled], now_utc_ms: int, put: Put = upsert_rows
) -> None:
    sites = organisation.sites(connection)
    days = _project_punches(connection, [e for e in entries if e.kind == Punch.KIND], sites, put)
    days |= _project_sales(connection, [e for e in entries if e.kind == Sale.KIND], sites, put)
    dirty.mark(connection, days, now_utc_ms)
    noted = [(e.entry_no, e.record_id, e.body) for e in entries if entry_book.is_entry(e.kind)]
    if noted:
        about = entry_book.note(connection, noted, now_utc_ms, sites)
        stood = _days_of(connection, [Act(*act) for act in about.acts], sites)
        dirty.mark(connection, about.days | {day for day in stood if day}, now_utc_ms)
    told = [(e.record_id, _READ_GAP.decode(e.body)) for e in entries if e.kind == Gap.KIND]
    if told:
        feed_gaps.add(connection, told, now_utc_ms)


def _project_punches(
    connection: Connection, entries: Sequence[Journaled], sites: dict[str, Site], put: Put
) -> set[DayKey]:
    punches = [_READ_PUNCH.decode(entry.body) for entry in entries]
    book = organisation.badge_book(
        connection, {punch.store_id for punch in punches}, {punch.user_id for punch in punches}
    )
    rows = []
    acts = []
    ahead = _Ahead(connection, entries, punches)
    for entry, punch in zip(entries, punches, strict=True):
        site = sites.get(punch.store_id)
        at_utc_ms = None
        on_date = punch.device_time[:10]
        if site:
            ahead_ms = ahead.of(entry.box_id, punch)
            at_utc_ms = effective_utc_ms(
                punch.device_time, site.zone, punch.clock_offset_ms, ahead_ms
            )
            if ahead_ms and at_utc_ms is not None:
                on_date = local_date(at_utc_ms, site.zone)
        employee_id = book.holder(punch.store_id, punch.device_serial, punch.user_id, on_date)
        acts.append(Act(employee_id, punch.store_id, at_utc_ms, punch.device_time))
        rows.append(
            _PunchRow(
                record_id=entry.record_id,
                entry_no=entry.entry_no,
                store_id=punch.store_id,
                device_serial=punch.device_serial,
                user_id=punch.user_id,
                employee_id=employee_id,
                device_time=punch.device_time,
                effective_utc_ms=at_utc_ms,
                state_code=punch.state_code,
                verify_code=punch.verify_code,
            )
        )
    put(connection, tables.punch, _PunchRow._fields, rows)
    return {day for day in _days_of(connection, acts, sites) if day}


class _Ahead:
    """How far boxes' own clocks were ahead when they read something."""

    def __init__(
        self, connection: Connection, entries: Sequence[Journaled], punches: Sequence[Punch]
    ) -> None:
        self._began = boots.began_of(
            connection,
            {(entry.box_id, punch.boot_id) for entry, punch in zip(entries, punches, strict=True)},
        )

    def of(self, box_id: str, punch: Punch) -> int:
        """Return by how much the box was ahead when it read a touch; 0 where it was right."""
        began = self._began.get((box_id, punch.boot_id))
        if began is None:
            return 0
        received = datetime.fromisoformat(punch.received_at_utc)
        ahead_ms = utc_ms(received) - (began + punch.boottime_ms)
        return ahead_ms if abs(ahead_ms) > MAX_CLOCK_OFFSET_MS else 0


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


def _project_sales(
    connection: Connection, entries: Sequence[Journaled], sites: dict[str, Site], put: Put
) -> set[DayKey]:
    sales = list(_believable_sales(connection, entries))
    book = organisation.seller_book(
        connection, {sale.store_id for _, sale in sales}, {sale.seller_code for _, sale in sales}
    )
    acts = [
        Act(
            book.holder(sale.store_id, sale.seller_code, sale.sold_at[:10]),
            sale.store_id,
            local_to_utc_ms(sale.sold_at, zone_of(sites, sale.store_id)),
            sale.sold_at,
        )
        for _, sale in sales
    ]
    days = _days_of(connection, acts, sites)
    rows = [
        _SaleRow(
            record_id=entry.record_id,
            entry_no=entry.entry_no,
            store_id=sale.store_id,
            seller_code=sale.seller_code,
            employee_id=act.employee_id,
            line_kind=sale.line_kind,
            work_date=day[1] if day else sale.sold_at[:10],
            sold_utc_ms=act.at_utc_ms,
            amount_fen=sale.amount_fen,
            quantity_milli=sale.quantity_milli,
            register_id=sale.register_id,
            receipt_id=sale.receipt_id,
            line_no=sale.line_no,
            item_code=sale.item_code,
            refers_to=refers_to(sale),
        )
        for (entry, sale), act, day in zip(sales, acts, days, strict=True)
    ]
    put(connection, tables.sale, _SaleRow._fields, rows)
    tied = refunds.tie(connection, [(one.record_id, sale) for one, sale in sales], sites)
    return {day for day in days if day} | tied


def _believable_sales(
    connection: Connection, entries: Sequence[Journaled]
) -> Iterator[tuple[Journaled, Sale]]:
    """Yield the lines that can be dated; the others are shown and stay in the journal."""
    for entry in entries:
        sale = _READ_SALE.decode(entry.body)
        if is_believable(sale.sold_at):
            yield entry, sale
        else:
            letter = Letter(
                topic=f"journal/{entry.entry_no}",
                code="clock",
                detail=f"sold_at {sale.sold_at}: set the till's clock right",
                raw=entry.body.encode(),
            )
            bury(connection, [letter], entry.received_utc_ms)


def _days_of(
    connection: Connection, acts: Sequence[Act], sites: dict[str, Site]
) -> list[DayKey | None]:
    """Return the employee-day of each act; None without a person or a date to be believed."""
    dates = [_calendar_date(act, sites) if act.employee_id else None for act in acts]
    known = [date for date in dates if date is not None]
    if not known:
        return [None for _ in acts]
    people = {act.employee_id for act in acts if act.employee_id}
    first, last = around(min(known))[0], around(max(known))[-1]
    rosters = organisation.rosters(connection, people, first, last, sites)
    nearby: dict[DayKey, tuple[PlannedShift, ...]] = {}
    found: list[DayKey | None] = []
    for act, work_date in zip(acts, dates, strict=True):
        if act.employee_id is None or work_date is None:
            found.append(None)
            continue
        if act.at_utc_ms is not None:
            key = act.employee_id, work_date
            shifts = nearby.get(key)
            if shifts is None:
                of_person = rosters.get(act.employee_id, {})
                shifts = nearby[key] = shifts_around(of_person, work_date)
            work_date = work_date_of(shifts, act.at_utc_ms, act.store_id, work_date)
        found.append((act.employee_id, work_date))
    return found


def _calendar_date(act: Act, sites: dict[str, Site]) -> str | None:
    if act.at_utc_ms is not None:
        return local_date(act.at_utc_ms, zone_of(sites, act.store_id))
    return act.local[:10] if is_believable(act.local) else None
