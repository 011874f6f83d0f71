"""What became of notices that a channel took: asked once, some minutes after they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, update

from cloud_receiver.store.notices import NoticeState
from cloud_receiver.store.tables import notice

ASK_AFTER_MS: Final = 10 * 60_000
ASK_BEFORE_MS: Final = 24 * 3_600_000
"""DingTalk answers for a day."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice whose delivery is not known.

    Attributes:
        attempts: how often it was sent; more than once, and the first may have arrived.
    """

    notice_no: int
    reference: str
    attempts: int


def unknown(connection: Connection, channel: str, now_utc_ms: int, limit: int) -> list[Taken]:
    """Return sent notices to ask for now, oldest first."""
    row = notice.c
    query = (
        select(row.notice_no, row.reference, row.attempts)
        .where(
            row.channel == channel,
            row.state == NoticeState.SENT,
            row.reference.is_not(None),
            row.delivery.is_(None),
            row.sent_utc_ms.between(now_utc_ms - ASK_BEFORE_MS, now_utc_ms - ASK_AFTER_MS),
        )
        .order_by(row.notice_no)
        .limit(limit)
    )
    return [Taken(*one) for one in connection.execute(query)]


def note(connection: Connection, one: Taken, fate: str) -> None:
    """Keep what became of a notice."""
    this = notice.c.notice_no == one.notice_no
    connection.execute(update(notice).where(this).values(delivery=fate))


def note_refused(connection: Connection, one: Taken, detail: str) -> None:
    """Let a notice that did not arrive stand among the failed, to be sent again by hand."""
    this = notice.c.notice_no == one.notice_no
    failed = {"state": NoticeState.FAILED.value, "delivery": "refused", "last_error": detail}
    connection.execute(update(notice).where(this).values(**failed))
