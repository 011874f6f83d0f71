"""Who said whose an id or a till code is, and when; reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, literal, select, union_all

from cloud_receiver.store.organisation import ANY_DEVICE
from cloud_receiver.store.tables import badge, seller


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A version of a binding.

    Attributes:
        is_seller: a till code, else an id on terminals.
        device_serial: `ANY_DEVICE` for every terminal of the store, and for till codes.
        first_date, last_date: when it holds, both included.
        author: empty where it is older than the keeping of authors.
        is_newest: no later version of it stands in its place.
    """

    is_seller: bool
    store_id: str
    device_serial: str
    code: str
    first_date: str
    version: int
    last_date: str
    employee_id: str
    author: str
    created_utc_ms: int
    is_newest: bool


def held(connection: Connection, *, employee_id: str | None = None, limit: int = 200) -> list[Held]:
    """Return versions of bindings, of one person's ids or of all, the newest first."""
    b, s = badge.c, seller.c
    ids = select(
        literal(0).label("is_seller"), b.store_id, b.device_serial, b.user_id.label("code"),
        b.first_date, b.version, b.last_date, b.employee_id, b.author, b.created_utc_ms,
    )  # fmt: skip
    codes = select(
        literal(1), s.store_id, literal(ANY_DEVICE), s.seller_code,
        s.first_date, s.version, s.last_date, s.employee_id, s.author, s.created_utc_ms,
    )  # fmt: skip
    if employee_id is not None:
        ids, codes = (
            ids.where(b.employee_id == employee_id),
            codes.where(s.employee_id == employee_id),
        )
    both = union_all(ids, codes).subquery()
    order = (both.c.created_utc_ms.desc(), both.c.store_id, both.c.code, both.c.version.desc())
    rows = connection.execute(select(both).order_by(*order).limit(limit)).all()
    newest = _newest(connection, {row.store_id for row in rows})
    return [
        Held(
            **row._asdict() | {"is_seller": bool(row.is_seller)},
            is_newest=newest[bool(row.is_seller), *row[1:5]] == row.version,
        )
        for row in rows
    ]


def _newest(
    connection: Connection, store_ids: set[str]
) -> dict[tuple[bool, str, str, str, str], int]:
    found: dict[tuple[bool, str, str, str, str], int] = {}
    keys = (badge.c.store_id, badge.c.device_serial, badge.c.user_id, badge.c.first_date)
    query = select(*keys, badge.c.version).where(badge.c.store_id.in_(store_ids))
    for row in connection.execute(query.order_by(badge.c.version)):
        found[False, row[0], row[1], row[2], row[3]] = row.version
    codes = (seller.c.store_id, seller.c.seller_code, seller.c.first_date)
    own = select(*codes, seller.c.version).where(seller.c.store_id.in_(store_ids))
    for store_id, code, first_date, version in connection.execute(own.order_by(seller.c.version)):
        found[True, store_id, ANY_DEVICE, code, first_date] = version
    return found
