"""Up to when each store's feed was complete at any instant: what a day as it was known waits for.

A mark that keeps up moves every few seconds and says nothing new. So a row is written only when a
mark that had fallen behind moves on, or goes back: up to that instant it stood there. Between rows
the feed kept up, to within `BEHIND_MS`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from cloud_receiver.store import dirty
from cloud_receiver.store.engine import insert_ignore, upsert
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import feed_stand, meta

BEHIND_MS: Final = 10 * 60_000
"""A mark that is nearer to the instant keeps up: boxes read each minute and report each half."""
_TOGETHER_MS: Final = 5 * 60_000
"""Steps of a mark that catches up are one row as long as they lie within this time."""
BEGAN_KEY: Final = "feed_history_began_utc_ms"
_stand: Final = feed_stand.c
_LAST_TWO: Final = Question(
    select(_stand.until_utc_ms, _stand.complete_utc_ms)
    .where(_stand.store_id == bindparam("store"))
    .order_by(_stand.until_utc_ms.desc())
    .limit(2)
)
_AFTER: Final = Question(
    select(_stand.store_id, _stand.until_utc_ms, _stand.complete_utc_ms)
    .where(_stand.until_utc_ms > bindparam("at"))
    .order_by(_stand.store_id, _stand.until_utc_ms)
)


class Stand(NamedTuple):
    """A mark that stood still until an instant; `complete_utc_ms` None: there was no feed."""

    until_utc_ms: int
    complete_utc_ms: int | None


@contextmanager
def noted(connection: Connection, now_utc_ms: int) -> Iterator[None]:
    """Keep what the sources that are written within do to the marks of their stores."""
    before = dirty.complete(connection)
    yield
    now = dirty.complete(connection)
    for store_id in sorted(before.keys() | now.keys()):
        stood_utc_ms = before.get(store_id)
        if _is_material(stood_utc_ms, now.get(store_id), now_utc_ms):
            _note(connection, store_id, Stand(now_utc_ms, stood_utc_ms))


def _is_material(stood_utc_ms: int | None, moved_utc_ms: int | None, now_utc_ms: int) -> bool:
    if stood_utc_ms == moved_utc_ms:
        return False
    if stood_utc_ms is None or moved_utc_ms is None or moved_utc_ms < stood_utc_ms:
        return True
    return now_utc_ms - stood_utc_ms > BEHIND_MS


def _note(connection: Connection, store_id: str, stood: Stand) -> None:
    """Write a row, or make the last one longer where a mark catches up in many steps."""
    rows = [Stand(*row) for row in _LAST_TWO.ask(connection, store=store_id)]
    if len(rows) == 2:
        last, before = rows
        is_higher = (last.complete_utc_ms or 0) <= (stood.complete_utc_ms or 0)
        if is_higher and stood.until_utc_ms - before.until_utc_ms < _TOGETHER_MS:
            its = (_stand.store_id == store_id) & (_stand.until_utc_ms == last.until_utc_ms)
            longer = update(feed_stand).where(its).values(until_utc_ms=stood.until_utc_ms)
            connection.execute(longer)
            return
    insert_ignore(connection, feed_stand, [{"store_id": store_id, **stood._asdict()}])


def complete_at(connection: Connection, at_utc_ms: int) -> dict[str, int]:
    """Return up to when each store's feed was complete at an instant, never beyond it."""
    stood: dict[str, int | None] = dict(dirty.complete(connection))
    for store_id, its in stands_after(connection, at_utc_ms).items():
        stood[store_id] = its[0].complete_utc_ms
    return {
        store_id: min(until, at_utc_ms) for store_id, until in stood.items() if until is not None
    }


def complete_since(
    connection: Connection, store_id: str, beyond_utc_ms: int, at_utc_ms: int
) -> int | None:
    """Return when a store's feed that was awaited at an instant was complete beyond another.

    None: it still is not. What passed it while it kept up, did so then.
    """
    passed = max(at_utc_ms, beyond_utc_ms)
    for stand in stands_after(connection, at_utc_ms).get(store_id, ()):
        if (stand.complete_utc_ms or 0) > beyond_utc_ms:
            return passed
        passed = stand.until_utc_ms
    is_complete = dirty.complete(connection).get(store_id, 0) > beyond_utc_ms
    return passed if is_complete else None


def stands_after(connection: Connection, at_utc_ms: int) -> Mapping[str, Sequence[Stand]]:
    """Return by store where its mark stood up to instants after one, in order of time."""
    found: defaultdict[str, list[Stand]] = defaultdict(list)
    for store_id, *stand in _AFTER.ask(connection, at=at_utc_ms):
        found[store_id].append(Stand(*stand))
    return found


def began_utc_ms(connection: Connection) -> int:
    """Return from when on this is kept; 0: with the first source."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == BEGAN_KEY)) or 0)


def prune(connection: Connection, before_utc_ms: int) -> int:
    """Delete what is older than an instant; return how many rows."""
    old = delete(feed_stand).where(_stand.until_utc_ms < before_utc_ms)
    gone = connection.execute(old).rowcount
    if gone:
        upsert(connection, meta, [{"key": BEGAN_KEY, "value": str(before_utc_ms)}])
    return gone
