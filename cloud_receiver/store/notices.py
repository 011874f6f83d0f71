"""The queue of notices: written with the ledger, emptied by the channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select, update

from cloud_receiver.domain.notices import Notice
from cloud_receiver.store.tables import notice


class NoticeState(StrEnum):
    """Where a notice stands; the values are what the database stores."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotice:
    """A notice on its way through one channel.

    Attributes:
        attempts: how often sending was tried so far.
    """

    notice_no: int
    notice: Notice
    attempts: int
    created_utc_ms: int


def queue(
    connection: Connection, notices: Sequence[Notice], channels: Sequence[str], now_utc_ms: int
) -> None:
    """Queue notices for every channel, due at once; part of the caller's transaction."""
    rows = [
        {
            "notice_id": one.notice_id,
            "employee_id": one.employee_id,
            "text_zh": one.text_zh,
            "text_en": one.text_en,
            "document": one.document,
            "channel": channel,
            "state": NoticeState.PENDING.value,
            "attempts": 0,
            "next_try_utc_ms": now_utc_ms,
            "last_error": "",
            "created_utc_ms": now_utc_ms,
        }
        for one in notices
        for channel in channels
    ]
    if rows:
        connection.execute(insert(notice), rows)


def due_notices(
    connection: Connection, channel: str, now_utc_ms: int, limit: int
) -> list[QueuedNotice]:
    """Return the notices to send now, oldest first.

    A person's later notices wait for the earlier one that is being tried again, so that no
    correction arrives before what it corrects; other people's go on.
    """
    earlier = notice.alias()
    waits_behind = exists().where(
        earlier.c.state == NoticeState.PENDING,
        earlier.c.channel == channel,
        earlier.c.employee_id == notice.c.employee_id,
        earlier.c.notice_no < notice.c.notice_no,
        earlier.c.next_try_utc_ms > now_utc_ms,
    )
    query = (
        select(notice)
        .where(
            notice.c.state == NoticeState.PENDING,
            notice.c.channel == channel,
            notice.c.next_try_utc_ms <= now_utc_ms,
            ~waits_behind,
        )
        .order_by(notice.c.notice_no)
        .limit(limit)
    )
    return [_queued(row) for row in connection.execute(query)]


def _queued(row: Any) -> QueuedNotice:
    return QueuedNotice(
        notice_no=row.notice_no,
        notice=Notice(
            notice_id=row.notice_id,
            employee_id=row.employee_id,
            text_zh=row.text_zh,
            text_en=row.text_en,
            document=row.document,
        ),
        attempts=row.attempts,
        created_utc_ms=row.created_utc_ms,
    )


def mark_sent(connection: Connection, one: QueuedNotice, now_utc_ms: int) -> None:
    """Note that the channel took the notice."""
    _mark(connection, one, state=NoticeState.SENT, sent_utc_ms=now_utc_ms, last_error="")


def mark_waiting(
    connection: Connection, one: QueuedNotice, next_try_utc_ms: int, error: str
) -> None:
    """Note a failed attempt and when to try again."""
    _mark(connection, one, next_try_utc_ms=next_try_utc_ms, last_error=error)


def mark_failed(connection: Connection, one: QueuedNotice, error: str) -> None:
    """Give the notice up; it stays in the table with its reason, to be shown and requeued."""
    _mark(connection, one, state=NoticeState.FAILED, last_error=error)


def _mark(connection: Connection, one: QueuedNotice, **values: int | str) -> None:
    this = notice.c.notice_no == one.notice_no
    connection.execute(update(notice).where(this).values(attempts=one.attempts + 1, **values))


def requeue_failed(connection: Connection, channel: str, now_utc_ms: int) -> int:
    """Give the failed notices of a channel another chance; return how many."""
    failed = and_(notice.c.state == NoticeState.FAILED, notice.c.channel == channel)
    again = {
        "state": NoticeState.PENDING,
        "attempts": 0,
        "next_try_utc_ms": now_utc_ms,
        "created_utc_ms": now_utc_ms,
    }
    return connection.execute(update(notice).where(failed).values(**again)).rowcount
