"""The journal: every record once, and the marks that say how far each lane of a box has come.

Append-only. Marks change in the transaction that appends, under a row lock, so that
several receivers may file the batches of one box side by side.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select

from cloud_receiver.store.engine import insert_ignore, insert_rows, upsert_rows
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.sheaves import Kept, texts
from cloud_receiver.store.tables import journal, lane_mark
from sync.portions import portions
from sync.receipt import MAX_RANGES, Mark
from sync.topics import Lane

_LOOK_UP_AT_ONCE: Final = 1000
_CLOCK_STEP_MS: Final = 60 * 60_000


class LaneKey(NamedTuple):
    """One lane of one outbox file of one box."""

    box_id: str
    epoch: str
    lane: Lane


class Entry(NamedTuple):
    """A row to append; the fields are the journal's columns."""

    record_id: str
    kind: str
    store_id: str
    box_id: str
    epoch: str
    lane: str
    seq: int
    body: str
    received_utc_ms: int


def append(connection: Connection, entries: Sequence[Entry]) -> int:
    """Append entries, leaving out records the journal holds; return how many were new."""
    return insert_rows(connection, journal, Entry._fields, entries)


def bodies(connection: Connection, record_ids: Sequence[str]) -> dict[str, str]:
    """Return the journaled JSON text of those records that are there; empty: it is archived."""
    found: dict[str, str] = {}
    for some in portions(record_ids, _LOOK_UP_AT_ONCE):
        rows = _TEXTS.ask(connection, record_ids=some)
        told = texts(connection, [Kept(*row[1:]) for row in rows])
        found.update(zip((row.record_id for row in rows), told, strict=True))
    return found


def known(connection: Connection, record_ids: Sequence[str]) -> set[str]:
    """Return those of these records that the journal holds."""
    found: set[str] = set()
    for some in portions(record_ids, _LOOK_UP_AT_ONCE):
        found.update(row[0] for row in _KNOWN.ask(connection, record_ids=some))
    return found


def first_since(connection: Connection, received_utc_ms: int) -> int:
    """Return a number below which nothing was received since an instant.

    Numbers and times of receipt rise together but for small steps of the clock, so a few
    look-ups by number find it where an index would cost every row.
    """
    since_utc_ms = received_utc_ms - _CLOCK_STEP_MS
    low, high = connection.execute(
        select(func.min(journal.c.entry_no), func.max(journal.c.entry_no))
    ).one()
    low, high = low or 0, (high or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(journal.c.received_utc_ms).where(journal.c.entry_no >= middle)
        received = connection.scalar(query.order_by(journal.c.entry_no).limit(1))
        if received is not None and received < since_utc_ms:
            low = middle + 1
        else:
            high = middle
    return low


def lock_marks(
    connection: Connection, keys: Iterable[LaneKey], now_utc_ms: int
) -> dict[LaneKey, Mark]:
    """Return the marks of these lanes, locked to the end of the transaction.

    A lane that was never heard of begins with an empty mark. Locks are taken in one
    order, whoever asks, so that two receivers never wait for each other.
    """
    marks = {}
    for key in sorted(keys):
        found = _LOCKED.ask(connection, **key._asdict())
        if not found:
            new = {**key._asdict(), "through": 0, "beyond": "[]", "updated_utc_ms": now_utc_ms}
            insert_ignore(connection, lane_mark, [new])
            found = _LOCKED.ask(connection, **key._asdict())
        marks[key] = _mark(*found[0])
    return marks


def save_marks(connection: Connection, marks: Mapping[LaneKey, Mark], now_utc_ms: int) -> None:
    """Store marks that `lock_marks` gave.

    Of the ranges beyond a mark only the lowest are kept: one that is forgotten is sent
    again, and a box that sends every other number cannot fill the table.
    """
    rows = [
        (*key, mark.through, json.dumps(mark.beyond[:MAX_RANGES]), now_utc_ms)
        for key, mark in marks.items()
    ]
    columns = (*LaneKey._fields, "through", "beyond", "updated_utc_ms")
    upsert_rows(connection, lane_mark, columns, rows)


def marks_of(connection: Connection, box_id: str, epoch: str) -> dict[Lane, Mark]:
    """Return the marks of an outbox file, empty ones for lanes never heard of."""
    found = _OF_OUTBOX.ask(connection, box_id=box_id, epoch=epoch)
    known = {lane: _mark(through, beyond) for lane, through, beyond in found}
    return {lane: known.get(lane, Mark()) for lane in Lane}


def last_batch_utc_ms(connection: Connection, box_id: str, epoch: str) -> int | None:
    """Return when a batch of an outbox was filed last; None: never."""
    last: int | None = _LAST_BATCH.ask_one(connection, box_id=box_id, epoch=epoch)
    return last


def _mark(through: int, beyond: str) -> Mark:
    return Mark(through, tuple((low, high) for low, high in json.loads(beyond)))


_IS_OUTBOX: Final = and_(
    lane_mark.c.box_id == bindparam("box_id"), lane_mark.c.epoch == bindparam("epoch")
)
_IS_LANE: Final = and_(_IS_OUTBOX, lane_mark.c.lane == bindparam("lane"))
_LOCKED: Final = Question(
    select(lane_mark.c.through, lane_mark.c.beyond).where(_IS_LANE).with_for_update()
)
_OF_OUTBOX: Final = Question(
    select(lane_mark.c.lane, lane_mark.c.through, lane_mark.c.beyond).where(_IS_OUTBOX)
)
_LAST_BATCH: Final = Question(select(func.max(lane_mark.c.updated_utc_ms)).where(_IS_OUTBOX))
_AMONG: Final = Among(journal.c.record_id, "record_ids")
_KNOWN: Final = Question(select(journal.c.record_id).where(_AMONG))
_TEXTS: Final = Question(
    select(journal.c.record_id, journal.c.seq, journal.c.body, journal.c.sheaf_no).where(_AMONG)
)
