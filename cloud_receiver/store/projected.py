"""What journal rows come to: punches and sales with a person and an instant. Reads only.

Written they are by `store.projection`, and compared with what stands by `store.journal_proof`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Connection

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.receipts import TillLine, refers_to
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
from cloud_receiver.store.organisation import UNKNOWN_ZONE, Site
from cloud_receiver.store.problems import Letter
from sync.records import SaleKind


class _Touched(msgspec.Struct, frozen=True, gc=False):
    """A `sync.records.Punch` as far as it matters here; read much faster than all of it."""

    device_serial: str
    user_id: str
    device_time: str
    state_code: int
    verify_code: int
    store_id: str
    received_at_utc: str
    boot_id: str
    boottime_ms: int
    clock_offset_ms: int | None


_read_punch: Final = msgspec.json.Decoder(_Touched).decode
_read_line: Final = msgspec.json.Decoder(TillLine).decode
_SOLD: Final = SaleKind.SALE.value
_PUNCHED: Final = attrgetter(
    *("store_id", "device_serial", "user_id", "device_time", "clock_offset_ms", "state_code"),
    "verify_code",
)
_SOLD_AS: Final = attrgetter(
    *("store_id", "seller_code", "line_kind", "sold_at", "amount_fen", "quantity_milli"),
    *("register_id", "receipt_id", "line_no", "item_code"),
)
_Plain = tuple[str | None, str, int | None, str]


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
) -> list[tuple[Any, ...]]:
    """Return what journal rows of punches come to: the values of `PunchRow`.

    Column by column: of millions, a row that is never named costs a third of one that is.
    """
    if not entries:
        return []
    punches = [_read_punch(entry.body) for entry in entries]
    stores, serials, users, locals_, offsets, states, verifies = zip(
        *map(_PUNCHED, punches), strict=True
    )
    book = organisation.badge_book(connection, set(stores), set(users))
    zones = {store_id: site.zone for store_id, site in sites.items()}
    ahead = _Ahead(connection, entries, punches)
    dates = [local[:10] for local in locals_]
    instants = [
        effective_utc_ms(local, zone, offset_ms) if zone else None
        for local, zone, offset_ms in zip(locals_, map(zones.get, stores), offsets, strict=True)
    ]
    for place, ahead_ms in ahead.of_all():
        zone = zones.get(stores[place])
        if zone:
            at = effective_utc_ms(locals_[place], zone, offsets[place], ahead_ms)
            instants[place] = at
            if at is not None:
                dates[place] = local_date(at, zone)
    asked = list(zip(stores, serials, users, dates, strict=True))
    holders = {key: book.holder(*key) for key in set(asked)}
    return list(
        zip(
            [entry.record_id for entry in entries], [entry.entry_no for entry in entries],
            stores, serials, users, map(holders.get, asked), locals_, instants, states, verifies,
            strict=True,
        )
    )  # fmt: skip


class _Ahead:
    """How far boxes' own clocks were ahead when they read something."""

    def __init__(
        self, connection: Connection, entries: Sequence[Journaled], punches: Sequence[_Touched]
    ) -> None:
        self._entries = entries
        self._punches = punches
        self._began = boots.began_of(
            connection,
            {(entry.box_id, punch.boot_id) for entry, punch in zip(entries, punches, strict=True)},
        )

    def of_all(self) -> Iterator[tuple[int, int]]:
        """Yield the place of each touch that was read by a box whose clock was ahead, and by how much."""
        if not self._began:
            return
        for place, (entry, punch) in enumerate(zip(self._entries, self._punches, strict=True)):
            began = self._began.get((entry.box_id, punch.boot_id))
            if began is None:
                continue
            received = datetime.fromisoformat(punch.received_at_utc)
            ahead_ms = utc_ms(received) - (began + punch.boottime_ms)
            if abs(ahead_ms) > MAX_CLOCK_OFFSET_MS:
                yield place, ahead_ms


def sale_rows(
    connection: Connection, sales: Sequence[tuple[Journaled, TillLine]], sites: dict[str, Site]
) -> tuple[list[tuple[Any, ...]], list[DayKey | None]]:
    """Return what till lines come to before they are tied to others, and their employee-days.

    Column by column, see `punch_rows`: the values of `SaleRow`.
    """
    if not sales:
        return [], []
    entries, lines = zip(*sales, strict=True)
    stores, sellers, kinds, locals_, amounts, quantities, registers, receipts, numbers, items = zip(
        *map(_SOLD_AS, lines), strict=True
    )
    book = organisation.seller_book(connection, set(stores), set(sellers))
    zones = {store_id: site.zone for store_id, site in sites.items()}
    dates = [local[:10] for local in locals_]
    asked = list(zip(stores, sellers, dates, strict=True))
    known = {key: book.holder(*key) for key in set(asked)}
    holders = list(map(known.get, asked))
    instants = [
        local_to_utc_ms(local, zones.get(store_id, UNKNOWN_ZONE))
        for local, store_id in zip(locals_, stores, strict=True)
    ]
    acts = list(zip(holders, stores, instants, locals_, strict=True))
    days = days_of(connection, acts, sites)
    work_dates = [day[1] if day else date for day, date in zip(days, dates, strict=True)]
    backs = [
        "" if kind == _SOLD else refers_to(line) for kind, line in zip(kinds, lines, strict=True)
    ]
    rows = zip(
        [entry.record_id for entry in entries], [entry.entry_no for entry in entries], stores,
        sellers, holders, kinds, work_dates, instants, amounts, quantities, registers, receipts,
        numbers, items, backs, repeat(None), repeat(0),
    )  # fmt: skip
    return list(rows), days


def believable_sales(
    entries: Sequence[Journaled],
) -> tuple[list[tuple[Journaled, TillLine]], list[tuple[Letter, int]]]:
    """Return the lines that can be dated; the others are shown and stay in the journal."""
    sales = []
    letters = []
    for entry in entries:
        sale = _read_line(entry.body)
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
    connection: Connection, acts: Sequence[Act | _Plain], sites: dict[str, Site]
) -> list[DayKey | None]:
    """Return the employee-day of each act; None without a person or a date to be believed."""
    zones = {store_id: site.zone for store_id, site in sites.items()}
    dates = [
        _calendar_date(at_utc_ms, local, zones.get(store_id, UNKNOWN_ZONE)) if who else None
        for who, store_id, at_utc_ms, local in acts
    ]
    known = {date for date in dates if date is not None}
    if not known:
        return [None for _ in acts]
    people = {act[0] for act in acts if act[0]}
    first, last = around(min(known))[0], around(max(known))[-1]
    rosters = organisation.rosters(connection, people, first, last, sites)
    nearby: dict[DayKey, tuple[PlannedShift, ...]] = {}
    found: list[DayKey | None] = []
    for (who, store_id, at_utc_ms, _), work_date in zip(acts, dates, strict=True):
        if who is None or work_date is None:
            found.append(None)
            continue
        key = who, work_date
        if at_utc_ms is not None:
            shifts = nearby.get(key)
            if shifts is None:
                shifts = nearby[key] = shifts_around(rosters.get(who, {}), work_date)
            owned = work_date_of(shifts, at_utc_ms, store_id, work_date)
            if owned != work_date:
                key = who, owned
        found.append(key)
    return found


def _calendar_date(at_utc_ms: int | None, local: str, zone: str) -> str | None:
    if at_utc_ms is not None:
        return local_date(at_utc_ms, zone)
    return local[:10] if is_believable(local) else None
