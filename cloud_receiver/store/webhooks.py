"""Who is told of changes by HTTP: subscriptions, how far each was told, and every attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store import change_feed
from cloud_receiver.store.tables import webhook, webhook_delivery
from sync.errors import DakaError

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
        told_through: the last change it was told of, or that did not concern it.
        attempts: failures at the change after it.
    """

    webhook_id: str
    url: str
    secret: str
    kinds: frozenset[ChangeKind]
    told_through: int
    attempts: int
    next_try_utc_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt."""

    delivery_no: int
    webhook_id: str
    change_no: int
    outcome: Fate
    detail: str
    tried_utc_ms: int


def add(
    connection: Connection, url: str, kinds: frozenset[ChangeKind], author: str, now_utc_ms: int
) -> Subscription:
    """Subscribe an address to what changes from now on; its secret is made here.

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
        secret=token_hex(32),
        kinds=kinds,
        told_through=change_feed.last_no(connection),
        attempts=0,
        next_try_utc_ms=0,
    )
    connection.execute(insert(webhook).values(
        webhook_id=one.webhook_id, url=url, secret=one.secret, kinds=json.dumps(sorted(kinds)),
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


def deliveries(connection: Connection, webhook_id: str, limit: int) -> list[Delivery]:
    """Return the last attempts of a subscription, the newest first."""
    log = webhook_delivery
    query = select(log).where(log.c.webhook_id == webhook_id).order_by(log.c.delivery_no.desc())
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
) -> None:
    """Log an attempt; unless it is to be tried again, the subscription goes on to the next."""
    values: dict[str, Any] = {"told_through": change_no, "attempts": 0, "next_try_utc_ms": 0}
    if fate is Fate.LATER:
        values = {"attempts": one.attempts + 1, "next_try_utc_ms": next_try_utc_ms}
    this = webhook.c.webhook_id == one.webhook_id
    if connection.execute(update(webhook).where(this).values(values)).rowcount:
        log(connection, one.webhook_id, change_no, fate, detail, now_utc_ms)


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
        secret=row.secret,
        kinds=frozenset(ChangeKind(kind) for kind in json.loads(row.kinds)),
        told_through=row.told_through,
        attempts=row.attempts,
        next_try_utc_ms=row.next_try_utc_ms,
    )
