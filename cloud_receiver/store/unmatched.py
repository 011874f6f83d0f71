"""Whose id is this? Terminal users and till codes that nobody is bound to yet; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, and_, func, select

from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.store.tables import IS_NOBODYS, punch, sale


@dataclass(frozen=True, slots=True)
class UnmatchedUser:
    """An id on a terminal without a person; times are the terminal's."""

    store_id: str
    device_serial: str
    user_id: str
    punches: int
    first_device_time: str
    last_device_time: str


@dataclass(frozen=True, slots=True)
class UnmatchedSeller:
    """A till code without a person; instants are UTC milliseconds."""

    store_id: str
    seller_code: str
    sales: int
    amount_fen: int
    first_utc_ms: int
    last_utc_ms: int


def unmatched_users(connection: Connection) -> list[UnmatchedUser]:
    """Return ids with punches and nobody bound, those with the most punches first."""
    count = func.count().label("punches")
    who = (punch.c.store_id, punch.c.device_serial, punch.c.user_id)
    span = func.min(punch.c.device_time), func.max(punch.c.device_time)
    query = select(*who, count, *span).where(IS_NOBODYS).group_by(*who)
    rows = connection.execute(query.order_by(count.desc(), *who))
    return [UnmatchedUser(*row) for row in rows]


def unmatched_users_count(connection: Connection) -> int:
    """Return how many `unmatched_users` returns."""
    who = (punch.c.store_id, punch.c.device_serial, punch.c.user_id)
    found = select(*who).where(IS_NOBODYS).distinct().subquery()
    return int(connection.scalar(select(func.count()).select_from(found)) or 0)


def unmatched_sellers(connection: Connection) -> list[UnmatchedSeller]:
    """Return till codes with sales and nobody bound, those with the most lines first.

    Lines without any code are left out: nobody can be bound to nothing.
    """
    count = func.count().label("sales")
    who = (sale.c.store_id, sale.c.seller_code)
    span = func.min(sale.c.sold_utc_ms), func.max(sale.c.sold_utc_ms)
    query = (
        select(*who, count, func.sum(sale.c.amount_fen), *span)
        .where(sale.c.employee_id.is_(None), sale.c.seller_code != "", sale.c.original_id.is_(None))
        .group_by(*who)
    )
    rows = connection.execute(query.order_by(count.desc(), *who))
    return [UnmatchedSeller(row[0], row[1], row[2], int(row[3]), row[4], row[5]) for row in rows]


def first_open_date(
    connection: Connection, badges: Table, key: Mapping[str, str], first_unmatched: str
) -> str:
    """Return from when on an id may be bound without taking anything from anybody.

    Nobody ever held it: always. Else from the first record nobody holds: an id that went
    from one person to the next keeps what it was to the first.

    Args:
        badges: `badge` or `seller`.
        key: the columns of its primary key but the date.
    """
    held = and_(*(badges.c[name] == value for name, value in key.items()))
    is_held = connection.scalar(select(func.count()).select_from(badges).where(held))
    return first_unmatched[:10] if is_held else FIRST_DATE
