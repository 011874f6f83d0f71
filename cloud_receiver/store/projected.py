"""What journal rows come to: punches and sales with a person and an instant. Reads only.

Written they are by `store.projection`, and compared with what stands by `store.journal_proof`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import msgspec
from sqlalchemy import Connection

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.receipts import TillLine, refers_to
from cloud_receiver.domain.schedule import Nearby, around, shifts_near, work_date_of
from cloud_receiver.domain.workday import (
    MAX_CLOCK_OFFSET_MS,
    effective_utc_ms,
    is_believable,
    local_date,
    local_to_utc_ms,
    utc_ms,
)
from cloud_receiver.store import boots, tables
from cloud_receiver.store.archive import texts
from cloud_receiver.store.directory import Directory
from cloud_receiver.store.organisation import UNKNOWN_ZONE
from cloud_receiver.store.problems import Letter
from sync.records import SaleKind


class Touched(msgspec.Struct, frozen=True, gc=False):
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


_read_punch: Final = msgspec.json.Decoder(Touched).decode
_read_line: Final = msgspec.json.Decoder(TillLine).decode
_SOLD: Final = SaleKind.SALE.value
RecordT = TypeVar("RecordT")
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


class Told(NamedTuple, Generic[RecordT]):
    """Journal rows of one kind, column by column, and their records."""

    entry_nos: Sequence[int]
    record_ids: Sequence[str]
    box_ids: Sequence[str]
    records: Sequence[RecordT]


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


def touches_told(entries: Sequence[Journaled]) -> Told[Touched]:
    """Return what journal rows of punches say."""
    return _told(entries, [_read_punch(entry.body) for entry in entries])


def _told(entries: Sequence[Journaled], records: Sequence[RecordT]) -> Told[RecordT]:
    return Told(
        [entry.entry_no for entry in entries],
        [entry.record_id for entry in entries],
        [entry.box_id for entry in entries],
        records,
    )


def punch_rows(directory: Directory, told: Told[Touched]) -> list[tuple[Any, ...]]:
    """Return what journal rows of punches come to: the values of `PunchRow`.

    Column by column: of millions, a row that is never named costs a third of one that is.
    """
    punches = told.records
    if not punches:
        return []
    stores, serials, users = (
        [punch.store_id for punch in punches],
        [punch.device_serial for punch in punches],
        [punch.user_id for punch in punches],
    )
    locals_ = [punch.device_time for punch in punches]
    offsets = [punch.clock_offset_ms for punch in punches]
    book, zones = directory.badge_book(set(zip(stores, users, strict=True))), directory.zones
    ahead = _Ahead(directory.connection, told)
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
            told.record_ids, told.entry_nos, stores, serials, users, map(holders.get, asked),
            locals_, instants, [punch.state_code for punch in punches],
            [punch.verify_code for punch in punches], strict=True,
        )
    )  # fmt: skip


class _Ahead:
    """How far boxes' own clocks were ahead when they read something."""

    def __init__(self, connection: Connection, told: Told[Touched]) -> None:
        self._told = told
        seen = {(box_id, punch.boot_id) for box_id, punch in self._touches()}
        self._began = boots.began_of(connection, seen)

    def _touches(self) -> Iterator[tuple[str, Touched]]:
        return zip(self._told.box_ids, self._told.records, strict=True)

    def of_all(self) -> Iterator[tuple[int, int]]:
        """Yield the place of each touch that was read by a box whose clock was ahead, and by how much."""
        if not self._began:
            return
        for place, (box_id, punch) in enumerate(self._touches()):
            began = self._began.get((box_id, punch.boot_id))
            if began is None:
                continue
            received = datetime.fromisoformat(punch.received_at_utc)
            ahead_ms = utc_ms(received) - (began + punch.boottime_ms)
            if abs(ahead_ms) > MAX_CLOCK_OFFSET_MS:
                yield place, ahead_ms


def sale_rows(
    directory: Directory, told: Told[TillLine]
) -> tuple[list[tuple[Any, ...]], list[DayKey | None]]:
    """Return what till lines come to before they are tied to others, and their employee-days.

    Column by column, see `punch_rows`: the values of `SaleRow`.
    """
    lines = told.records
    if not lines:
        return [], []
    stores, sellers, kinds, locals_ = (
        [line.store_id for line in lines],
        [line.seller_code for line in lines],
        [line.line_kind for line in lines],
        [line.sold_at for line in lines],
    )
    book, zones = directory.seller_book(set(zip(stores, sellers, strict=True))), directory.zones
    dates = [local[:10] for local in locals_]
    asked = list(zip(stores, sellers, dates, strict=True))
    known = {key: book.holder(*key) for key in set(asked)}
    holders = list(map(known.get, asked))
    instants = [
        local_to_utc_ms(local, zones.get(store_id, UNKNOWN_ZONE))
        for local, store_id in zip(locals_, stores, strict=True)
    ]
    acts = list(zip(holders, stores, instants, locals_, strict=True))
    days = days_of(directory, acts)
    work_dates = [day[1] if day else date for day, date in zip(days, dates, strict=True)]
    backs = [
        "" if kind == _SOLD else refers_to(line) for kind, line in zip(kinds, lines, strict=True)
    ]
    rows = zip(
        told.record_ids, told.entry_nos, stores, sellers, holders, kinds, work_dates, instants,
        [line.amount_fen for line in lines], [line.quantity_milli for line in lines],
        [line.register_id for line in lines], [line.receipt_id for line in lines],
        [line.line_no for line in lines], [line.item_code for line in lines], backs,
        repeat(None), repeat(0),
    )  # fmt: skip
    return list(rows), days


def believable_sales(
    entries: Sequence[Journaled],
) -> tuple[Told[TillLine], list[tuple[Letter, int]]]:
    """Return the lines that can be dated; the others are shown and stay in the journal."""
    believed, sales = [], []
    letters = []
    for entry in entries:
        sale = _read_line(entry.body)
        if is_believable(sale.sold_at):
            believed.append(entry)
            sales.append(sale)
        else:
            letter = Letter(
                topic=f"journal/{entry.entry_no}",
                code="clock",
                detail=f"sold_at {sale.sold_at}: set the till's clock right",
                raw=entry.body.encode(),
            )
            letters.append((letter, entry.received_utc_ms))
    return _told(believed, sales), letters


def days_of(directory: Directory, acts: Sequence[Act | _Plain]) -> list[DayKey | None]:
    """Return the employee-day of each act; None without a person or a date to be believed."""
    zones = directory.zones
    dates = [
        _calendar_date(at_utc_ms, local, zones.get(store_id, UNKNOWN_ZONE)) if who else None
        for who, store_id, at_utc_ms, local in acts
    ]
    known = {date for date in dates if date is not None}
    if not known:
        return [None for _ in acts]
    people = {act[0] for act in acts if act[0]}
    rosters = directory.rosters(people, around(min(known))[0], around(max(known))[-1])
    nearby: dict[DayKey, Nearby] = {}
    shared: dict[tuple[int, ...], Nearby] = {}  # many people have the same roster days
    found: list[DayKey | None] = []
    for (who, store_id, at_utc_ms, _), work_date in zip(acts, dates, strict=True):
        if who is None or work_date is None:
            found.append(None)
            continue
        key = who, work_date
        if at_utc_ms is not None:
            near = nearby.get(key)
            if near is None:
                own = rosters.get(who, {})
                same = tuple(map(id, map(own.get, around(work_date))))
                near = shared.get(same)
                if near is None:
                    near = shared[same] = shifts_near(own, work_date)
                nearby[key] = near
            if not near.begins_utc_ms < at_utc_ms < near.ends_utc_ms:
                owned = work_date_of(near.shifts, at_utc_ms, store_id, work_date)
                if owned != work_date:
                    key = who, owned
        found.append(key)
    return found


def _calendar_date(at_utc_ms: int | None, local: str, zone: str) -> str | None:
    if at_utc_ms is not None:
        return local_date(at_utc_ms, zone)
    return local[:10] if is_believable(local) else None
