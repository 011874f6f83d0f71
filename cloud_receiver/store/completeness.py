"""What has been heard of every store, source by source and day by day; reads only.

A day of a source is complete when everything up to its end is in the journal (law 9). What
is not is named: which source, silent since when, and how many judged days it holds up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, func, select

from cloud_receiver.domain.entries import HQ_BOX_ID
from cloud_receiver.domain.workday import IDLE, local_to_utc_ms, midnight_utc_ms, shift_date
from cloud_receiver.store.dirty import SALES_DRIVERS
from cloud_receiver.store.journal import first_since
from cloud_receiver.store.tables import (
    IS_ODD,
    day_fact,
    feed_gap,
    journal,
    punch,
    roster,
    sale,
    source,
    store,
)

ARRIVAL: Final = "arrival"


class Heard(StrEnum):
    """How much of a day a source has told."""

    COMPLETE = "complete"
    PARTLY = "partly"
    NOTHING = "nothing"
    GAP = "gap"  # complete, but touches within it may be lost for good
    TO_COME = "to_come"
    NO_SOURCE = "no_source"  # the store has nothing that reports


@dataclass(frozen=True, slots=True)
class Cell:
    """A source on a date.

    Attributes:
        records: touches of the terminal; of a till source, sale lines of the whole store.
    """

    date: str
    heard: Heard
    records: int


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A source and its days; `source_id` is empty for a store without any.

    Attributes:
        complete_utc_ms: everything up to here is in the journal; None: nothing yet.
    """

    store_id: str
    store_name: str
    zone: str
    source_id: str
    name: str
    driver: str
    complete_utc_ms: int | None
    cells: tuple[Cell, ...]

    @property
    def is_awaited(self) -> bool:
        """Tell whether a day that has begun is not complete."""
        return any(cell.heard in _AWAITED for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """How many employee-days of a store wait for its data, from the earliest on."""

    store_id: str
    days: int
    first_date: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A store whose supervisor should have recorded arrivals by now and has not."""

    store_id: str
    store_name: str
    work_date: str
    by_utc_ms: int
    expected: int


_AWAITED: Final = (Heard.PARTLY, Heard.NOTHING, Heard.NO_SOURCE)


def matrix(
    connection: Connection, first_date: str, last_date: str, now_utc_ms: int
) -> list[FeedRow]:
    """Return every source by store, each date of a stretch told; stores without one as well."""
    dates = [first_date]
    while dates[-1] < last_date:
        dates.append(shift_date(dates[-1], 1))
    stores = connection.execute(select(store).order_by(store.c.store_id)).all()
    sources: dict[str, list[Row[tuple[object, ...]]]] = {one.store_id: [] for one in stores}
    for row in connection.execute(select(source).order_by(source.c.driver, source.c.source_id)):
        if row.store_id in sources and row.box_id != HQ_BOX_ID:
            sources[row.store_id].append(row)
    touches, lines = _touches(connection, dates), _lines(connection, dates)
    gaps = connection.execute(
        select(feed_gap.c.store_id, feed_gap.c.source_id, feed_gap.c.from_utc_ms,
               feed_gap.c.to_utc_ms).where(feed_gap.c.closed_utc_ms.is_(None))
    ).all()  # fmt: skip
    rows = []
    for one in stores:
        for row in sources[one.store_id]:
            spans = [(gap[2], gap[3]) for gap in gaps if gap[:2] == (one.store_id, row.source_id)]
            is_till = row.driver in SALES_DRIVERS
            cells = tuple(
                Cell(
                    date,
                    _heard(date, one.zone, _mark(row), spans, now_utc_ms),
                    lines[one.store_id, date] if is_till else touches[row.source_id, date],
                )
                for date in dates
            )
            rows.append(
                FeedRow(one.store_id, one.name, one.zone, row.source_id, row.name, row.driver,
                        row.complete_utc_ms, cells)
            )  # fmt: skip
        if all(row.driver in SALES_DRIVERS for row in sources[one.store_id]):
            rows.append(_without_source(one, dates, now_utc_ms))
    return rows


def _mark(row: Row[tuple[object, ...]]) -> int:
    """Return up to when a source is complete; whoever retired it vouched until then."""
    return max(row.complete_utc_ms or 0, row.retired_utc_ms or 0)


def _heard(
    date: str, zone: str, mark_utc_ms: int, gaps: Sequence[tuple[int, int]], now_utc_ms: int
) -> Heard:
    begin, end = midnight_utc_ms(date, zone), midnight_utc_ms(shift_date(date, 1), zone)
    if begin > now_utc_ms:
        return Heard.TO_COME
    if any(first < end and last > begin for first, last in gaps):
        return Heard.GAP
    if mark_utc_ms >= min(end, now_utc_ms):
        return Heard.COMPLETE
    return Heard.PARTLY if mark_utc_ms > begin else Heard.NOTHING


def _without_source(one: Row[tuple[object, ...]], dates: Sequence[str], now_utc_ms: int) -> FeedRow:
    cells = tuple(
        Cell(
            date,
            Heard.TO_COME if midnight_utc_ms(date, one.zone) > now_utc_ms else Heard.NO_SOURCE,
            0,
        )
        for date in dates
    )
    return FeedRow(one.store_id, one.name, one.zone, "", "", "", None, cells)


def _touches(connection: Connection, dates: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count touches by terminal and terminal date; a record's id begins with its date."""
    first, last = (date.replace("-", "") for date in (dates[0], shift_date(dates[-1], 1)))
    date = func.substr(punch.c.device_time, 1, 10)
    query = (
        select(punch.c.device_serial, date, func.count())
        .where(punch.c.record_id >= first, punch.c.record_id < last)
        .group_by(punch.c.device_serial, date)
    )
    return Counter({(row[0], row[1]): row[2] for row in connection.execute(query)})


def _lines(connection: Connection, dates: Sequence[str]) -> Counter[tuple[str, str]]:
    query = (
        select(sale.c.store_id, sale.c.work_date, func.count())
        .where(sale.c.work_date.between(dates[0], dates[-1]))
        .group_by(sale.c.store_id, sale.c.work_date)
    )
    return Counter({(row[0], row[1]): row[2] for row in connection.execute(query)})


def awaiting(connection: Connection) -> list[Awaiting]:
    """Return how many employee-days each store's silence holds up, the most first."""
    fact, count = day_fact.c, func.count()
    query = (
        select(fact.store_id, count, func.min(fact.work_date))
        .where(IS_ODD, fact.status == "AwaitingData")
        .group_by(fact.store_id)
    )
    return [Awaiting(*row) for row in connection.execute(query.order_by(count.desc()))]


def forgotten(connection: Connection, work_date: str, now_utc_ms: int) -> list[Forgotten]:
    """Return stores whose supervisor has recorded nobody on a date, though the time is past.

    Only stores with a time set and somebody rostered there that day; a record entered on the
    date counts, whenever it says the person came.
    """
    query = select(store.c.store_id, store.c.name, store.c.zone, store.c.arrivals_by)
    late = []
    for row in connection.execute(
        query.where(store.c.arrivals_by != "").order_by(store.c.store_id)
    ):
        by_utc_ms = local_to_utc_ms(f"{work_date}T{row.arrivals_by}", row.zone)
        if now_utc_ms > by_utc_ms and not _is_recorded(
            connection, row.store_id, row.zone, work_date
        ):
            late.append((row, by_utc_ms))
    if not late:  # what most stores are nearly always; rosters need not be counted then
        return []
    expected = _expected(connection, work_date)
    return [
        Forgotten(row.store_id, row.name, work_date, by_utc_ms, expected[row.store_id])
        for row, by_utc_ms in late
        if expected.get(row.store_id)
    ]


def _is_recorded(connection: Connection, store_id: str, zone: str, work_date: str) -> bool:
    """Tell whether somebody was recorded as come in a store on a date."""
    begin = midnight_utc_ms(work_date, zone)
    end = midnight_utc_ms(shift_date(work_date, 1), zone)
    entered = select(journal.c.entry_no).where(
        journal.c.entry_no >= first_since(connection, begin),
        journal.c.kind == ARRIVAL,
        journal.c.store_id == store_id,
        journal.c.received_utc_ms.between(begin, end),
    )
    return connection.execute(entered.limit(1)).first() is not None


def _expected(connection: Connection, work_date: str) -> Mapping[str, int]:
    """Count the people who are to work in each store on a date, by the newest versions."""
    newest = (
        select(roster.c.employee_id, func.max(roster.c.version).label("version"))
        .where(roster.c.work_date == work_date)
        .group_by(roster.c.employee_id)
        .subquery()
    )
    query = (
        select(roster.c.store_id, func.count())
        .join(
            newest,
            (newest.c.employee_id == roster.c.employee_id) & (newest.c.version == roster.c.version),
        )
        .where(roster.c.work_date == work_date, roster.c.shift.not_in(IDLE))
        .group_by(roster.c.store_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
