"""What may not be kept for ever: deleted daily after its time, and reported.

What was concluded stays: that there was a photo, its hash, when it was deleted; a customer's
rating and what it was about. Evidence of an open appeal stays until it is decided. The feed
of changes is cut there, too: who reads it follows within its days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from cloud_receiver.domain.appeals import Event, State
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store import change_feed, feed_history, feedback, feedback_texts
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.photos import EVIDENCE
from cloud_receiver.store.tables import (
    appeal,
    appeal_event,
    meta,
    photo,
    retention_run,
)
from sync.errors import DakaError

_DAY_MS: Final = 24 * 3600 * 1000
FEED_DAYS: Final = 730
"""How long it is kept when which feed was complete: as long as evidence for arbitration."""
AT_ONCE: Final = 500
CHANGES_AT_ONCE: Final = 20_000
"""Rows one run looks at of each kind, so that no transaction is long; the next goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How many days each is kept."""

    photo_days: int = 90
    evidence_days: int = 730  # arbitration asks for two years
    feedback_days: int = 180  # customers' own words
    change_days: int = 90  # how far back other systems may follow what changed


BOUNDS: Final = {
    "photo_days": (1, 90), "evidence_days": (1, 730), "feedback_days": (1, 180), "change_days": (7, 730),
}  # fmt: skip
"""The least and the most of each; people agreed to the most of what is theirs."""
_KEPT_AS: Final = "retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one run deleted."""

    at_utc_ms: int
    photos: int
    kept_for_appeals: int
    texts: int = 0
    changes: int = 0

    @property
    def is_full(self) -> bool:
        """Tell whether there may be more to delete."""
        return AT_ONCE in (self.photos, self.texts) or self.changes == CHANGES_AT_ONCE


def terms(connection: Connection) -> Terms:
    """Return how long each is kept."""
    kept = connection.scalar(select(meta.c.value).where(meta.c.key == _KEPT_AS))
    return Terms() if kept is None else msgspec.json.decode(kept, type=Terms)


def set_terms(connection: Connection, days: Mapping[str, str]) -> Terms:
    """Keep some less long, never longer than people agreed to.

    Raises:
        DakaError: there is no such term, or the days are not within its bounds.
    """
    new = asdict(terms(connection))
    for name, text in days.items():
        if name not in BOUNDS:
            raise DakaError(f"there is no {name!r}; it is one of {', '.join(new)}")
        least, most = BOUNDS[name]
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            agreed = "" if name == "change_days" else ", which people agreed to"
            raise DakaError(f"{name} = {text!r}: it is {least} to {most} days{agreed}")
        new[name] = int(text)
    value = msgspec.json.encode(new).decode()
    upsert(connection, meta, [{"key": _KEPT_AS, "value": value}])
    return Terms(**new)


def run(connection: Connection, now_utc_ms: int) -> Swept:
    """Delete what is due and note what it was."""
    kept_for = terms(connection)
    photos, kept = _photos(connection, now_utc_ms, kept_for)
    feed_history.prune(connection, now_utc_ms - FEED_DAYS * _DAY_MS)
    swept = Swept(
        at_utc_ms=now_utc_ms,
        photos=photos,
        kept_for_appeals=kept,
        texts=feedback_texts.forget(
            connection, now_utc_ms - kept_for.feedback_days * _DAY_MS, now_utc_ms,
            feedback.tags_of, AT_ONCE,
        ),
        changes=change_feed.prune(
            connection, now_utc_ms - kept_for.change_days * _DAY_MS, CHANGES_AT_ONCE
        ),
    )  # fmt: skip
    row = {"at_utc_ms": now_utc_ms, "document": msgspec.json.encode(asdict(swept)).decode()}
    connection.execute(insert(retention_run), [row])
    return swept


def report(connection: Connection, limit: int = 60) -> list[Swept]:
    """Return what runs deleted, newest first."""
    query = select(retention_run.c.document).order_by(retention_run.c.run_no.desc()).limit(limit)
    return [msgspec.json.decode(row, type=Swept) for row in connection.scalars(query)]


def is_done_on(connection: Connection, date: str) -> bool:
    """Tell whether the newest run was on a date (UTC) and left nothing that was due."""
    newest = report(connection, limit=1)
    return any(local_date(one.at_utc_ms, "UTC") == date and not one.is_full for one in newest)


def _photos(connection: Connection, now_utc_ms: int, kept_for: Terms) -> tuple[int, int]:
    row = photo.c
    arrivals_before = now_utc_ms - kept_for.photo_days * _DAY_MS
    evidence_before = now_utc_ms - kept_for.evidence_days * _DAY_MS
    is_due = ((row.purpose != EVIDENCE) & (row.received_utc_ms < arrivals_before)) | (
        (row.purpose == EVIDENCE) & (row.received_utc_ms < evidence_before)
    )
    query = select(row.sha256, row.employee_id).where(row.content.is_not(None), is_due)
    due = connection.execute(query.order_by(row.received_utc_ms).limit(AT_ONCE)).all()
    needed = _evidence(connection)
    gone = [one for one in due if one.sha256 not in needed]
    for one in gone:
        this = (row.sha256 == one.sha256) & (row.employee_id == one.employee_id)
        new = {"content": None, "deleted_utc_ms": now_utc_ms}
        connection.execute(update(photo).where(this).values(new))
    return len(gone), len(due) - len(gone)


def _evidence(connection: Connection) -> set[str]:
    """Return the hashes that open appeals point to."""
    query = select(appeal_event.c.document).join(
        appeal, appeal.c.appeal_id == appeal_event.c.appeal_id
    )
    found: set[str] = set()
    for document in connection.scalars(query.where(appeal.c.state == State.OPEN)):
        found.update(msgspec.json.decode(document, type=Event).attachments)
    return found
