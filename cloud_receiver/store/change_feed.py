"""The feed of changes: what other systems follow, written with what changed and read in order.

A reader who goes on from the last number it saw misses nothing and meets nothing twice:
on PostgreSQL numbers of transactions that are still open hold the feed back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store.engine import behind_writers, insert_rows, number_in_order
from cloud_receiver.store.tables import change

MAX_CHANGES: Final = 1000
_COLUMNS: Final = ("kind", "subject", "document", "changed_utc_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that changed.

    Attributes:
        subject: the key of what changed; `document` holds what it was then.
    """

    change_no: int
    kind: ChangeKind
    subject: str
    document: Mapping[str, Any]
    changed_utc_ms: int


def tell(
    connection: Connection,
    kind: ChangeKind,
    changes: Iterable[tuple[str, Mapping[str, Any]]],
    now_utc_ms: int,
) -> None:
    """Add changes, (subject, document) each, in the transaction that makes them."""
    rows = [
        (kind.value, subject, msgspec.json.encode(document).decode(), now_utc_ms)
        for subject, document in changes
    ]
    if rows:
        number_in_order(connection)
        insert_rows(connection, change, _COLUMNS, rows)


def after(
    connection: Connection, change_no: int, kinds: Collection[ChangeKind], limit: int
) -> list[Change]:
    """Return the changes of these kinds beyond a number, oldest first, at most `limit`."""
    query = (
        select(change)
        .where(
            change.c.change_no > change_no,
            change.c.kind.in_(sorted(kinds)),
            behind_writers(connection, change),
        )
        .order_by(change.c.change_no)
        .limit(limit)
    )
    return [
        Change(
            change_no=row.change_no,
            kind=ChangeKind(row.kind),
            subject=row.subject,
            document=json.loads(row.document),
            changed_utc_ms=row.changed_utc_ms,
        )
        for row in connection.execute(query)
    ]


def last_no(connection: Connection) -> int:
    """Return the number up to which the feed is complete now; 0: nothing changed yet."""
    newest = select(func.coalesce(func.max(change.c.change_no), 0)).where(
        behind_writers(connection, change)
    )
    return int(connection.execute(newest).scalar_one())
