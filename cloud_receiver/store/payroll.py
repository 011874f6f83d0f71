"""The payroll file of a month: what the close hands over, item by item, and the log of exports.

Before the close a file is provisional; the close books every sum to `PAYROLL_CLEARING`, and
the file exported then is what payroll pays by. What becomes known later is in the next
month's file, with the month it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, func, insert, select

from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.notices import DEFAULT_CHANNELS
from cloud_receiver.domain.payroll import (
    Change,
    Item,
    Part,
    content_sha256,
    differences,
    items_of,
    totals_fen,
)
from cloud_receiver.domain.periods import parse_period
from cloud_receiver.store import names
from cloud_receiver.store.closing import COUNTED_IN, close_of, close_period
from cloud_receiver.store.ledger import first_open, lock
from cloud_receiver.store.tables import ledger, payroll_export, period_close
from sync.errors import DakaError

_MAX_NUMBER: Final = 2**53 - 1
"""Larger ones no database takes, and somebody only tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file says.

    Attributes:
        is_final: the month is closed; the sums stand in the clearing account of payroll.
        names: of the people in it, as they were called then.
    """

    period: str
    is_final: bool
    items: tuple[Item, ...]
    names: Mapping[str, str]

    @property
    def totals_fen(self) -> Mapping[str, Mapping[Part, int]]:
        """Return each person's sums by part."""
        return totals_fen(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export of a month.

    Attributes:
        changes: against the export of the same month before; empty in the first.
    """

    export_no: int
    content: Content
    content_sha256: str
    author: str
    exported_utc_ms: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """An export as it is listed."""

    export_no: int
    period: str
    is_final: bool
    content_sha256: str
    author: str
    exported_utc_ms: int


def export(connection: Connection, period: str, author: str, now_utc_ms: int) -> Export:
    """Export a month as it stands; when nothing changed since the last time, that one again.

    Raises:
        DakaError: the period is none, or was closed together with a later one.
    """
    assert author, "somebody is answerable"
    lock(connection)
    content = _content(connection, parse_period(period))
    digest = content_sha256(period, is_final=content.is_final, items=content.items)
    last = _last_no(connection, period)
    before = export_of(connection, last) if last is not None else None
    if before is not None and before.content_sha256 == digest:
        return before
    row = {
        "period": period, "is_final": content.is_final, "content_sha256": digest,
        "document": msgspec.json.encode(asdict(content)).decode(),
        "author": author, "exported_utc_ms": now_utc_ms,
    }  # fmt: skip
    number = connection.execute(
        insert(payroll_export).values(row).returning(payroll_export.c.export_no)
    ).scalar_one()
    return export_of(connection, number)


def close_and_export(
    connection: Connection,
    period: str,
    author: str,
    now_utc_ms: int,
    *,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> Export:
    """Close a month, which hands its sums to payroll, and export it; again: export it again.

    Raises:
        DakaError: the month is not over, or was closed together with a later one.
    """
    if close_of(connection, parse_period(period)) is None:
        close_period(connection, period, author, now_utc_ms, channels=channels)
    return export(connection, period, author, now_utc_ms)


def export_of(connection: Connection, export_no: int) -> Export:
    """Return an export as it was made.

    Raises:
        DakaError: there is none of this number.
    """
    own, row = payroll_export.c, None
    if 0 < export_no <= _MAX_NUMBER:
        query = select(payroll_export).where(own.export_no == export_no)
        row = connection.execute(query).one_or_none()
    if row is None:
        raise DakaError(f"there is no payroll export {export_no}; daka-hq payroll list shows them")
    content = msgspec.json.decode(row.document, type=Content)
    earlier = connection.scalar(
        select(own.document)
        .where(own.period == row.period, own.export_no < export_no)
        .order_by(own.export_no.desc())
        .limit(1)
    )
    before = msgspec.json.decode(earlier, type=Content).items if earlier is not None else None
    return Export(
        export_no=row.export_no,
        content=content,
        content_sha256=row.content_sha256,
        author=row.author,
        exported_utc_ms=row.exported_utc_ms,
        changes=differences(before, content.items) if before is not None else (),
    )


def exports(connection: Connection, period: str | None = None) -> list[LogLine]:
    """Return every export, or those of a month, the newest first."""
    own = payroll_export.c
    query = select(
        own.export_no, own.period, own.is_final, own.content_sha256, own.author,
        own.exported_utc_ms,
    ).order_by(own.export_no.desc())  # fmt: skip
    if period is not None:
        query = query.where(own.period == period)
    return [LogLine(**row._asdict()) for row in connection.execute(query)]


def _content(connection: Connection, period: str) -> Content:
    closed = close_of(connection, period)
    if closed is None and period < first_open(connection):
        raise DakaError(f"{period} was closed together with a later month: export that one")
    items = items_of(_entries(connection, period))
    if closed is not None:
        handed = {one.employee_id: (one.bonus_fen, one.subsidy_fen) for one in closed.payments}
        listed = {who: tuple(sums.values()) for who, sums in totals_fen(items).items()}
        assert all(handed.get(who, (0, 0)) == sums for who, sums in listed.items()), "a file"
    known = names.employee_names(connection)
    people = sorted({one.employee_id for one in items})
    return Content(
        period=period,
        is_final=closed is not None,
        items=items,
        names={who: known.get(who, who) for who in people},
    )


def _entries(connection: Connection, period: str) -> list[Entry]:
    """Return what counts in a month, and in months before that were never closed by themselves."""
    before = connection.scalar(
        select(func.coalesce(func.max(period_close.c.period), "")).where(
            period_close.c.period < period
        )
    )
    columns = [ledger.c[name] for name in Entry._fields]
    query = select(*columns).where(before < COUNTED_IN, period >= COUNTED_IN)
    return [Entry(*row) for row in connection.execute(query.order_by(ledger.c.entry_no))]


def _last_no(connection: Connection, period: str) -> int | None:
    own = payroll_export.c
    found = connection.scalar(select(func.max(own.export_no)).where(own.period == period))
    return None if found is None else int(found)
