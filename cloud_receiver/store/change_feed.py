"""The feed of changes: what other systems follow, written with what changed and read in order.

It is kept for a declared time (`store.retention`, change_days): who comes later is told so.

A reader who goes on from the last number it saw misses nothing and meets nothing twice:
on PostgreSQL numbers of transactions that are still open hold the feed back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select

from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store.engine import behind_writers, insert_rows, number_in_order, upsert
from cloud_receiver.store.tables import change, meta
from sync.errors import ToldError

MAX_CHANGES: Final = 1000
_CUT_AT: Final = "changes_cut_through"
_COLUMNS: Final = ("kind", "subject", "document", "changed_utc_ms")


class GoneError(ToldError):
    """What somebody wants to follow from is kept no more."""

    def __init__(self, after: int, cut_through: int, last: int) -> None:
        super().__init__(
            f"{after} 之后的变化已超过保留期(已删除到第 {cut_through} 号):"
            f"请重新读取所需列表,再从 after={last} 继续",
            f"changes after {after} are kept no more (gone through number {cut_through}): "
            f"read the lists you need anew, then go on from after={last}",
        )


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
    return max(int(connection.execute(newest).scalar_one()), cut_through(connection))


def check_kept(connection: Connection, change_no: int) -> None:
    """Refuse to go on from a number when what followed it is gone.

    Raises:
        GoneError: some of it is kept no more.
    """
    gone = cut_through(connection)
    if change_no < gone:
        raise GoneError(change_no, gone, last_no(connection))


def prune(connection: Connection, before_utc_ms: int, limit: int) -> int:
    """Delete the oldest changes, those before an instant and no gap among them; return how many."""
    number = change.c.change_no
    kept = connection.scalar(
        select(number).where(change.c.changed_utc_ms >= before_utc_ms).order_by(number).limit(1)
    )
    old = select(number).where(behind_writers(connection, change))
    if kept is not None:
        old = old.where(number < kept)
    found = connection.scalars(old.order_by(number).limit(limit)).all()
    if not found:
        return 0
    connection.execute(delete(change).where(number <= found[-1]))
    upsert(connection, meta, [{"key": _CUT_AT, "value": str(found[-1])}])
    return len(found)


def cut_through(connection: Connection) -> int:
    """Return the number up to which changes were deleted; 0: none was."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == _CUT_AT)) or 0)
