"""Customers' own words, beside the journal: after their time they go, and what they were about stays.

The journal is never changed, so it holds a feedback's rating, person and picked tags only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.tables import feedback_text


@dataclass(frozen=True, slots=True)
class Said:
    """A customer's words; `text` is None when they were deleted, `tags` what they were about."""

    text: str | None
    tags: tuple[str, ...]


def keep(connection: Connection, record_id: str, text: str, now_utc_ms: int) -> None:
    """Keep what was said; the same feedback again changes nothing."""
    row = {"record_id": record_id, "text": text, "tags": "[]", "received_utc_ms": now_utc_ms,
           "deleted_utc_ms": None}  # fmt: skip
    insert_ignore(connection, feedback_text, [row])


def of(connection: Connection, record_ids: Collection[str]) -> dict[str, Said]:
    """Return what was said in feedback, by record id; who said nothing is not there."""
    row = feedback_text.c
    query = select(row.record_id, row.text, row.tags).where(row.record_id.in_(record_ids))
    return {
        record_id: Said(text, tuple(json.loads(tags)))
        for record_id, text, tags in connection.execute(query)
    }


def forget(
    connection: Connection,
    before_utc_ms: int,
    now_utc_ms: int,
    tags_of: Callable[[str], Iterable[str]],
    limit: int,
) -> int:
    """Delete the oldest words taken in before an instant; return how many.

    Args:
        tags_of: what words are about, which stays.
    """
    row = feedback_text.c
    query = select(row.record_id, row.text).where(
        row.text.is_not(None), row.received_utc_ms < before_utc_ms
    )
    due = connection.execute(query.order_by(row.received_utc_ms).limit(limit)).all()
    for one in due:
        gone = {"text": None, "tags": json.dumps(sorted(tags_of(one.text))),
                "deleted_utc_ms": now_utc_ms}  # fmt: skip
        connection.execute(update(feedback_text).where(row.record_id == one.record_id).values(gone))
    return len(due)
