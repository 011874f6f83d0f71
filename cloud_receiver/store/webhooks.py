"""Who is told of changes by HTTP: subscriptions, how far each was told, and every attempt.

Signing secrets are not kept: each is derived from its subscription's id and one master key in
the data folder, so that the database and its backups hold nothing to sign with.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store import change_feed, keyfiles
from cloud_receiver.store.tables import webhook, webhook_delivery
from sync.errors import DakaError

_MASTER: Final = "webhook-master"
KEPT_DELIVERIES: Final = 1000
MAX_DETAIL_CHARS: Final = 300
OFFERED: Final = tuple(kind for kind in ChangeKind if kind is not ChangeKind.WEBHOOK_TEST)


class Fate(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    LATER = "later"  # tried again after a while
    REFUSED = "refused"  # the other side understood and does not want it
    GIVEN_UP = "given_up"  # three days without success


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where a machine is told of changes.

    Attributes:
        kept_secret: of subscriptions made before secrets were derived; else empty.
        told_through: the last change it was told of, or that did not concern it.
        attempts: failures at the change after it.
    """

    webhook_id: str
    url: str
    kept_secret: str = field(repr=False)
    kinds: frozenset[ChangeKind]
    told_through: int
    attempts: int
    next_try_utc_ms: int

    @property
    def shown_url(self) -> str:
        """Return the address without what may be a password in it."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"

    def secret(self, master: bytes) -> str:
        """Return what signs for this subscription; both sides must know it.

        Args:
            master: see `master_key`.
        """
        derived = hmac.new(master, f"webhook/{self.webhook_id}".encode(), "sha256").hexdigest()
        return self.kept_secret or derived


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt."""

    delivery_no: int
    webhook_id: str
    change_no: int
    outcome: Fate
    detail: str
    tried_utc_ms: int


def master_key(data_dir: Path) -> bytes:
    """Return what signing secrets are derived from, made at the first call."""
    return keyfiles.load(data_dir / _MASTER)


def add(
    connection: Connection, url: str, kinds: frozenset[ChangeKind], author: str, now_utc_ms: int
) -> Subscription:
    """Subscribe an address to what changes from now on.

    Raises:
        DakaError: the address is none, or no kind is given.
    """
    if not url.startswith(("http://", "https://")) or not url.isprintable() or " " in url:
        raise DakaError(f"{url!r}: begin the address with https:// or http://")
    if not kinds <= set(OFFERED) or not kinds:
        raise DakaError(f"name at least one kind of: {', '.join(OFFERED)}")
    one = Subscription(
        webhook_id=token_hex(6),
        url=url,
        kept_secret="",
        kinds=kinds,
        told_through=change_feed.last_no(connection),
        attempts=0,
        next_try_utc_ms=0,
    )
    connection.execute(insert(webhook).values(
        webhook_id=one.webhook_id, url=url, secret="", kinds=json.dumps(sorted(kinds)),
        told_through=one.told_through, attempts=0, next_try_utc_ms=0, author=author,
        created_utc_ms=now_utc_ms,
    ))  # fmt: skip
    return one


def remove(connection: Connection, webhook_id: str) -> None:
    """Take a subscription away with its log.

    Raises:
        DakaError: there is none of this id.
    """
    this = webhook.c.webhook_id == webhook_id
    if connection.execute(delete(webhook).where(this)).rowcount == 0:
        raise _unknown(webhook_id)
    connection.execute(delete(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id))


def listed(connection: Connection) -> list[Subscription]:
    """Return every subscription."""
    rows = connection.execute(select(webhook).order_by(webhook.c.created_utc_ms, webhook.c.url))
    return [_subscription(row) for row in rows]


def of_id(connection: Connection, webhook_id: str) -> Subscription:
    """Return a subscription.

    Raises:
        DakaError: there is none of this id.
    """
    this = webhook.c.webhook_id == webhook_id
    row = connection.execute(select(webhook).where(this)).one_or_none()
    if row is None:
        raise _unknown(webhook_id)
    return _subscription(row)


def deliveries(
    connection: Connection, webhook_id: str, limit: int, *, only_failed: bool = False
) -> list[Delivery]:
    """Return the last attempts of a subscription, the newest first."""
    log = webhook_delivery
    query = select(log).where(log.c.webhook_id == webhook_id).order_by(log.c.delivery_no.desc())
    if only_failed:
        query = query.where(log.c.outcome != Fate.SENT)
    return [
        Delivery(**row._asdict() | {"outcome": Fate(row.outcome)})
        for row in connection.execute(query.limit(limit))
    ]


def note(
    connection: Connection,
    one: Subscription,
    change_no: int,
    fate: Fate,
    detail: str,
    now_utc_ms: int,
    *,
    next_try_utc_ms: int = 0,
) -> bool:
    """Log an attempt; unless it is to be tried again, the subscription goes on to the next.

    Returns:
        Whether it stands where `one` says; else it was set back or removed meanwhile.
    """
    values: dict[str, Any] = {"told_through": change_no, "attempts": 0, "next_try_utc_ms": 0}
    if fate is Fate.LATER:
        values = {"attempts": one.attempts + 1, "next_try_utc_ms": next_try_utc_ms}
    row = webhook.c
    this = (row.webhook_id == one.webhook_id) & (row.told_through == one.told_through)
    is_there = connection.execute(update(webhook).where(this).values(values)).rowcount > 0
    if is_there:
        log(connection, one.webhook_id, change_no, fate, detail, now_utc_ms)
    return is_there


def retry(connection: Connection, webhook_id: str, from_change: int | None = None) -> Subscription:
    """Tell a subscription at once what waits; or everything again from a change on.

    Raises:
        DakaError: there is none of this id, the change is yet to come, or is kept no more.
    """
    one = of_id(connection, webhook_id)
    values = {"attempts": 0, "next_try_utc_ms": 0}
    if from_change is not None:
        change_feed.check_kept(connection, from_change - 1)
        if from_change > change_feed.last_no(connection):
            raise DakaError(f"there is no change {from_change} yet: nothing to tell again")
        values["told_through"] = from_change - 1
    connection.execute(update(webhook).where(webhook.c.webhook_id == webhook_id).values(values))
    return of_id(connection, one.webhook_id)


def retry_failed(connection: Connection, webhook_id: str) -> int:
    """Tell a subscription at once what waits, and again from the oldest change it did not take.

    Returns:
        How many of the attempts that are still in the log had failed for good.
    """
    tried, gone = (
        deliveries(connection, webhook_id, KEPT_DELIVERIES),
        change_feed.cut_through(connection),
    )
    taken = {one.change_no for one in tried if one.outcome is Fate.SENT}
    missed = [
        one.change_no
        for one in tried
        if one.outcome in (Fate.REFUSED, Fate.GIVEN_UP)
        and one.change_no not in taken
        and one.change_no > gone
    ]
    retry(connection, webhook_id, min(missed, default=None))
    return len(set(missed))


def log(
    connection: Connection,
    webhook_id: str,
    change_no: int,
    fate: Fate,
    detail: str,
    now_utc_ms: int,
) -> None:
    """Add an attempt to the log and forget the oldest beyond `KEPT_DELIVERIES`."""
    number = connection.execute(
        insert(webhook_delivery)
        .values(
            webhook_id=webhook_id,
            change_no=change_no,
            outcome=fate.value,
            detail=detail[:MAX_DETAIL_CHARS],
            tried_utc_ms=now_utc_ms,
        )
        .returning(webhook_delivery.c.delivery_no)
    ).scalar_one()
    old = webhook_delivery.c.delivery_no <= number - KEPT_DELIVERIES
    connection.execute(delete(webhook_delivery).where(old))


def _unknown(webhook_id: str) -> DakaError:
    return DakaError(f"there is no subscription {webhook_id!r}; daka-hq webhook list shows them")


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        webhook_id=row.webhook_id,
        url=row.url,
        kept_secret=row.secret,
        kinds=frozenset(ChangeKind(kind) for kind in json.loads(row.kinds)),
        told_through=row.told_through,
        attempts=row.attempts,
        next_try_utc_ms=row.next_try_utc_ms,
    )
