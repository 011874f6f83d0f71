"""Stretches in which touches of a terminal may be lost for good, and who vouched for which.

What seems missing within one is never final (law 9), until the touches are entered by hand
or a person closes the gap: nothing is missing there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, or_, select, update

from cloud_receiver.domain.attendance import Gap
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import dirty
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import feed_gap, journal
from sync import records
from sync.clock import parse_utc


def add(connection: Connection, told: Iterable[tuple[str, records.Gap]], now_utc_ms: int) -> None:
    """Note gaps by record id; the days of their stores are judged anew. Safe to repeat."""
    rows = [
        {
            "record_id": record_id,
            "store_id": gap.store_id,
            "source_id": gap.source,
            "from_utc_ms": utc_ms(parse_utc(gap.from_utc)),
            "to_utc_ms": utc_ms(parse_utc(gap.to_utc)),
        }
        for record_id, gap in told
    ]
    upsert(connection, feed_gap, rows)
    for row in rows:
        _mark(connection, row, now_utc_ms)


def near(
    connection: Connection, begin_utc_ms: int, end_utc_ms: int, known_by_utc_ms: int | None = None
) -> dict[str, list[Gap]]:
    """Return the open gaps that reach into a stretch, by store and in order of time.

    Args:
        known_by_utc_ms: those that were open then; None: those that are.
    """
    asked = {"begin": begin_utc_ms, "end": end_utc_ms}
    if known_by_utc_ms is None:
        rows = _NEAR.ask(connection, **asked)
    else:
        rows = _NEAR_THEN.ask(connection, **asked, known_by=known_by_utc_ms)
    found: defaultdict[str, list[Gap]] = defaultdict(list)
    for store_id, *rest in rows:
        found[store_id].append(Gap(*rest))
    return dict(found)


_ALL_NEAR: Final = (
    select(feed_gap.c.store_id, feed_gap.c.from_utc_ms, feed_gap.c.to_utc_ms, feed_gap.c.record_id)
    .where(feed_gap.c.to_utc_ms > bindparam("begin"), feed_gap.c.from_utc_ms < bindparam("end"))
    .order_by(feed_gap.c.from_utc_ms, feed_gap.c.record_id)
)
_NEAR: Final = Question(_ALL_NEAR.where(feed_gap.c.closed_utc_ms.is_(None)))
_NEAR_THEN: Final = Question(
    _ALL_NEAR.join(journal, journal.c.record_id == feed_gap.c.record_id).where(
        journal.c.received_utc_ms <= bindparam("known_by"),
        or_(feed_gap.c.closed_utc_ms.is_(None), feed_gap.c.closed_utc_ms > bindparam("known_by")),
    )
)


def listed(connection: Connection, *, closed: bool) -> Sequence[RowMapping]:
    """Return gaps, the newest first; those that were closed too if asked for."""
    query = select(feed_gap).order_by(feed_gap.c.from_utc_ms.desc(), feed_gap.c.record_id)
    if not closed:
        query = query.where(feed_gap.c.closed_utc_ms.is_(None))
    return connection.execute(query).mappings().all()


def close(connection: Connection, record_id: str, author: str, now_utc_ms: int) -> bool:
    """Note that somebody vouches that nothing is missing; False: there is no such open gap."""
    this = (feed_gap.c.record_id == record_id) & feed_gap.c.closed_utc_ms.is_(None)
    row = connection.execute(select(feed_gap).where(this)).mappings().first()
    if row is None:
        return False
    told = {"closed_utc_ms": now_utc_ms, "closed_by": author}
    connection.execute(update(feed_gap).where(this).values(told))
    _mark(connection, row, now_utc_ms)
    return True


def _mark(connection: Connection, row: RowMapping | dict[str, object], now_utc_ms: int) -> None:
    span = (int(str(row["from_utc_ms"])), int(str(row["to_utc_ms"])))
    dirty.mark_store_between(connection, str(row["store_id"]), *span, now_utc_ms)
