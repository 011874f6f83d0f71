"""What journal rows come to: punches and sales with a person and an instant. Reads only.

Written they are by `store.projection`, and compared with what stands by `store.journal_proof`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Connection

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
from cloud_receiver.store import boots, organisation, tables
from cloud_receiver.store.archive import texts
from cloud_receiver.store.organisation import Site, zone_of
from cloud_receiver.store.problems import Letter
from sync.records import Punch, Sale

_READ_PUNCH: Final = msgspec.json.Decoder(Punch)
_READ_SALE: Final = msgspec.json.Decoder(Sale)


class Journaled(NamedTuple):
    """A journal row as far as it matters here, with columns' names; `body` may be kept elsewhere."""

    entry_no: int
    record_id: str
    kind: str
    body: str
    received_utc_ms: int
    box_id: str
    seq: int
    sheaf_no: int | None


JOURNALED: Final = tuple(tables.journal.c[name] for name in Journaled._fields)


class Act(NamedTuple):
    """Something done in a store, at an instant unless its clock cannot be believed.

    Attributes:
        employee_id: None when nobody is bound to the id or code yet.
    """

    employee_id: str | None
    store_id: str
    at_utc_ms: int | None
    local: str


class PunchRow(NamedTuple):
    """A row of `punch` as a terminal's touch makes it; the other columns are of touches of people."""

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


class SaleRow(NamedTuple):
    """A row of `sale` before it is tied to the line it takes back."""

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


def whole(connection: Connection, rows: Sequence[Any]) -> list[Journaled]:
    """Return journal rows of the columns `JOURNALED` with their bodies, wherever those are kept."""
    if all(row.body for row in rows):
        return cast("list[Journaled]", rows)
    told = texts(connection, rows)
    return [
        Journaled(
            row.entry_no, row.record_id, row.kind, body, row.received_utc_ms, row.box_id, row.seq,
            row.sheaf_no,
        )
        for row, body in zip(rows, told, strict=True)
    ]  # fmt: skip


def punch_rows(
    connection: Connection, entries: Sequence[Journaled], sites: dict[str, Site]
) -> tuple[list[PunchRow], list[Act]]:
    """Return what journal rows of punches come to, and what was done by whom."""
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
            PunchRow(
                entry.record_id,
                entry.entry_no,
                punch.store_id,
                punch.device_serial,
                punch.user_id,
                employee_id,
                punch.device_time,
                at_utc_ms,
                punch.state_code,
                punch.verify_code,
            )
        )
    return rows, acts


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


def sale_rows(
    connection: Connection, sales: Sequence[tuple[Journaled, Sale]], sites: dict[str, Site]
) -> tuple[list[SaleRow], list[DayKey | None]]:
    """Return what till lines come to before they are tied to others, and their employee-days."""
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
    days = days_of(connection, acts, sites)
    rows = [
        SaleRow(
            entry.record_id,
            entry.entry_no,
            sale.store_id,
            sale.seller_code,
            act.employee_id,
            sale.line_kind,
            day[1] if day else sale.sold_at[:10],
            act.at_utc_ms,
            sale.amount_fen,
            sale.quantity_milli,
            sale.register_id,
            sale.receipt_id,
            sale.line_no,
            sale.item_code,
            refers_to(sale),
        )
        for (entry, sale), act, day in zip(sales, acts, days, strict=True)
    ]
    return rows, days


def believable_sales(
    entries: Sequence[Journaled],
) -> tuple[list[tuple[Journaled, Sale]], list[tuple[Letter, int]]]:
    """Return the lines that can be dated; the others are shown and stay in the journal."""
    sales = []
    letters = []
    for entry in entries:
        sale = _READ_SALE.decode(entry.body)
        if is_believable(sale.sold_at):
            sales.append((entry, sale))
        else:
            letter = Letter(
                topic=f"journal/{entry.entry_no}",
                code="clock",
                detail=f"sold_at {sale.sold_at}: set the till's clock right",
                raw=entry.body.encode(),
            )
            letters.append((letter, entry.received_utc_ms))
    return sales, letters


def days_of(
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
