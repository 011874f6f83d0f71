"""The queue of notices: written with the ledger, emptied by the channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select, update

from cloud_receiver.domain.notices import (
    Item,
    News,
    Notice,
    Stamp,
    Target,
    TargetKind,
    announcements,
    carries,
    merged,
    message,
)
from cloud_receiver.store.engine import insert_rows, wait_turn
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import employee, notice, store

GATHER_MS: Final = 2_000
LEASE_MS: Final = 60_000
"""How long a courier has notices to itself; several times what sending one may take."""
GROUP_MS: Final = 60_000
"""Channels let a robot speak about twenty times a minute; a group is spoken to once."""
DIGEST_MS: Final = 3_600_000
"""Mail is a digest: everybody gets one at the full hour, if there is anything to say."""


class NoticeState(StrEnum):
    """Where a notice stands; the values are what the database stores."""

    GATHERING = "gathering"  # more may be added until it is due
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


def tell(
    connection: Connection,
    news: Sequence[News],
    channels: Sequence[str],
    now_utc_ms: int,
    *,
    groups: bool = True,
) -> None:
    """Queue news for every channel, and awards among it for the groups of their stores.

    Part of the caller's transaction. An addressee who was told something within the last
    `GATHER_MS` hears of what follows in one message at its end; a group hears once a minute.
    """
    if not news or not channels:
        return
    news = _together(news)
    people = _addressees(connection, news)
    if groups:
        news = [*news, *announcements(news, {key: one.name for key, one in people.items()})]
    zones = dict(_ZONES.ask(connection))
    last = _last_told(connection, [one.target for one in news], channels)
    rows = []
    for one in news:
        kind, store_id = one.target.kind, one.target.id
        person = people.get(one.target.id) if kind is TargetKind.PERSON else None
        zone = zones.get(person.store_id if person else store_id, "UTC")
        language = person.language if person else "zh"
        for channel in (channel for channel in channels if carries(channel, kind)):
            envelope = _Envelope(one, channel, zone, language)
            told = last.get((kind.value, one.target.id, channel))
            if told is not None and told.state == NoticeState.GATHERING:
                _gather(connection, told, envelope)
            elif row := _begun(envelope, told, now_utc_ms):
                rows.append(row)
    _insert(connection, rows)


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows[:1]:  # all have the same columns in the same order
        count = insert_rows(connection, notice, list(row), [tuple(one.values()) for one in rows])
        assert count == len(rows), "a notice has no key it could share"


def _together(news: Sequence[News]) -> list[News]:
    """Return the news with one piece for each addressee."""
    items: dict[Target, tuple[Item, ...]] = {}
    for one in news:
        items[one.target] = items.get(one.target, ()) + one.items
    return [News(target, found) for target, found in items.items()]


@dataclass(frozen=True, slots=True)
class _Envelope:
    news: News
    channel: str
    zone: str
    language: str


_ZONES: Final = Question(select(store.c.store_id, store.c.zone))
_PEOPLE: Final = Question(select(employee).where(Among(employee.c.employee_id, "people")))
_newest: Final = (
    select(func.max(notice.c.notice_no))
    .where(
        notice.c.target_kind == bindparam("kind"),
        Among(notice.c.target_id, "targets"),
        Among(notice.c.channel, "channels"),
    )
    .group_by(notice.c.target_id, notice.c.channel)
)
_LAST_TOLD: Final = Question(
    select(notice).where(notice.c.notice_no.in_(_newest)).with_for_update()
)


def _addressees(connection: Connection, news: Iterable[News]) -> dict[str, Any]:
    ids = {one.target.id for one in news if one.target.kind is TargetKind.PERSON}
    rows = _PEOPLE.ask(connection, people=sorted(ids)) if ids else ()
    return {row.employee_id: row for row in rows}


def _last_told(
    connection: Connection, targets: Sequence[Target], channels: Sequence[str]
) -> dict[tuple[str, str, str], Any]:
    """Return the newest notice of each addressee in each channel; nobody else adds to it now."""
    found: dict[tuple[str, str, str], Any] = {}
    for kind in TargetKind:
        if ids := sorted({one.id for one in targets if one.kind is kind}):
            asked = {"kind": kind.value, "targets": ids, "channels": list(channels)}
            for row in _LAST_TOLD.ask(connection, **asked):
                found[row.target_kind, row.target_id, row.channel] = row
    return found


def _begun(envelope: _Envelope, last: Any, now_utc_ms: int) -> dict[str, Any] | None:
    """Return a new message, to be sent at once or to be added to for a while."""
    target, zone = envelope.news.target, envelope.zone
    number = 1
    if last is not None and _date(last.created_utc_ms, zone) == _date(now_utc_ms, zone):
        number = last.number + 1
    told = _written(envelope, envelope.news.items, number, now_utc_ms)
    if told is None:
        return None
    due_utc_ms = _due_utc_ms(envelope, last, now_utc_ms)
    state = NoticeState.GATHERING if due_utc_ms > now_utc_ms else NoticeState.PENDING
    return told | {
        "channel": envelope.channel,
        "target_kind": target.kind.value,
        "target_id": target.id,
        "language": envelope.language,
        "number": number,
        "state": state.value,
        "attempts": 0,
        "next_try_utc_ms": due_utc_ms,
        "last_error": "",
        "created_utc_ms": now_utc_ms,
    }


def _date(at_utc_ms: int, zone: str) -> str:
    return _local(at_utc_ms, zone, "%Y-%m-%d")


def _gather(connection: Connection, waiting: Any, envelope: _Envelope) -> None:
    """Say what waits and what is new in one; nothing at all when nothing changed in sum."""
    items = merged(msgspec.json.decode(waiting.items, type=list[Item]), envelope.news.items)
    this = notice.c.notice_no == waiting.notice_no
    told = _written(envelope, items, waiting.number, waiting.created_utc_ms)
    if told is None:
        connection.execute(delete(notice).where(this))
    else:
        connection.execute(update(notice).where(this).values(**told))


def _written(
    envelope: _Envelope, items: tuple[Item, ...], number: int, at_utc_ms: int
) -> dict[str, str] | None:
    if not items:
        return None
    stamp = Stamp(_local(at_utc_ms, envelope.zone, "%m-%d %H:%M"), number)
    one = message(News(envelope.news.target, items), stamp, envelope.language)
    return {
        "notice_id": one.notice_id if one.target.kind is TargetKind.PERSON
        else f"group/{one.target.id}/{one.notice_id}",
        "text_zh": one.text_zh,
        "text_en": one.text_en,
        "document": one.document,
        "items": msgspec.json.encode(items).decode(),
    }  # fmt: skip


def _due_utc_ms(envelope: _Envelope, last: Any, now_utc_ms: int) -> int:
    if envelope.channel == "mail":
        return (now_utc_ms // DIGEST_MS + 1) * DIGEST_MS
    if envelope.news.target.kind is TargetKind.GROUP:
        return (now_utc_ms // GROUP_MS + 1) * GROUP_MS
    quiet_until_utc_ms = last.created_utc_ms + GATHER_MS if last is not None else now_utc_ms
    return max(now_utc_ms, min(quiet_until_utc_ms, now_utc_ms + GATHER_MS))


@lru_cache(maxsize=64)
def _local(at_utc_ms: int, zone: str, form: str) -> str:
    return datetime.fromtimestamp(at_utc_ms / 1000, ZoneInfo(zone)).strftime(form)


def queue(
    connection: Connection, notices: Sequence[Notice], channels: Sequence[str], now_utc_ms: int
) -> None:
    """Queue finished notices for every channel, due at once; nothing is gathered with them."""
    rows = [
        {
            "notice_id": one.notice_id,
            "channel": channel,
            "target_kind": one.target.kind.value,
            "target_id": one.target.id,
            "language": one.language,
            "number": 1,
            "items": "[]",
            "text_zh": one.text_zh,
            "text_en": one.text_en,
            "document": one.document,
            "state": NoticeState.PENDING.value,
            "attempts": 0,
            "next_try_utc_ms": now_utc_ms,
            "last_error": "",
            "created_utc_ms": now_utc_ms,
        }
        for one in notices
        for channel in channels
        if carries(channel, one.target.kind)
    ]
    _insert(connection, rows)


def seal(connection: Connection, channel: str, now_utc_ms: int) -> None:
    """Let what was gathered long enough go; nothing is added to it any more."""
    ripe = (
        (notice.c.state == NoticeState.GATHERING)
        & (notice.c.channel == channel)
        & (notice.c.next_try_utc_ms <= now_utc_ms)
    )
    connection.execute(update(notice).where(ripe).values(state=NoticeState.PENDING.value))


def has_ripe(connection: Connection, channel: str, now_utc_ms: int) -> bool:
    """Tell whether `seal` has something to do."""
    ripe = select(notice.c.notice_no).where(
        notice.c.state == NoticeState.GATHERING,
        notice.c.channel == channel,
        notice.c.next_try_utc_ms <= now_utc_ms,
    )
    return connection.execute(ripe.limit(1)).first() is not None


def claim_due(
    connection: Connection, channel: str, now_utc_ms: int, limit: int
) -> list[QueuedNotice]:
    """Return the notices to send now, oldest first, and keep others from them for `LEASE_MS`.

    Whoever claims reports each, or gives it back with `release`; after a crash it comes again
    when the lease has run out. An addressee's later notices wait behind one that is claimed.
    """
    wait_turn(connection, f"notices/{channel}")
    found = due_notices(connection, channel, now_utc_ms, limit)
    _put_off(connection, found, now_utc_ms + LEASE_MS)
    return found


def release(connection: Connection, claimed: Sequence[QueuedNotice], now_utc_ms: int) -> None:
    """Give back notices that were claimed and not tried."""
    _put_off(connection, claimed, now_utc_ms)


def _put_off(connection: Connection, some: Sequence[QueuedNotice], until_utc_ms: int) -> None:
    if some:
        these = notice.c.notice_no.in_([one.notice_no for one in some])
        connection.execute(update(notice).where(these).values(next_try_utc_ms=until_utc_ms))


def due_notices(
    connection: Connection, channel: str, now_utc_ms: int, limit: int
) -> list[QueuedNotice]:
    """Return the notices to send now, oldest first.

    An addressee's later notices wait for the earlier one that is being tried again, so that
    no correction arrives before what it corrects; other people's go on.
    """
    earlier = notice.alias()
    waits_behind = exists().where(
        earlier.c.state == NoticeState.PENDING,
        earlier.c.channel == channel,
        earlier.c.target_kind == notice.c.target_kind,
        earlier.c.target_id == notice.c.target_id,
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
            target=Target(TargetKind(row.target_kind), row.target_id),
            language=row.language,
            text_zh=row.text_zh,
            text_en=row.text_en,
            document=row.document,
        ),
        attempts=row.attempts,
        created_utc_ms=row.created_utc_ms,
    )


def mark_sent(
    connection: Connection, one: QueuedNotice, now_utc_ms: int, reference: str | None = None
) -> None:
    """Note that the channel took the notice, and what to ask for its delivery with."""
    _mark(
        connection, one, state=NoticeState.SENT, sent_utc_ms=now_utc_ms, last_error="",
        reference=reference,
    )  # fmt: skip


def mark_waiting(
    connection: Connection, one: QueuedNotice, next_try_utc_ms: int, error: str
) -> None:
    """Note a failed attempt and when to try again."""
    _mark(connection, one, next_try_utc_ms=next_try_utc_ms, last_error=error)


def mark_failed(connection: Connection, one: QueuedNotice, error: str) -> None:
    """Give the notice up; it stays in the table with its reason, to be shown and requeued."""
    _mark(connection, one, state=NoticeState.FAILED, last_error=error)


def postpone(connection: Connection, one: QueuedNotice, next_try_utc_ms: int) -> None:
    """Let a notice wait without an attempt."""
    this = notice.c.notice_no == one.notice_no
    connection.execute(update(notice).where(this).values(next_try_utc_ms=next_try_utc_ms))


def _mark(connection: Connection, one: QueuedNotice, **values: int | str | None) -> None:
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
        "reference": None,
        "delivery": None,
    }
    return connection.execute(update(notice).where(failed).values(**again)).rowcount
