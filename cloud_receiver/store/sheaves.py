"""Sheaves in the journal: the bytes as they came, and a narrow row for each record in them.

The row says what is asked of all records: identity, kind, store, where from and when. The
record itself is a line of its sheaf; its place is its number after the first of the batch.
A punch takes about 150 bytes so, indexes included, where its JSON alone took 350.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from cloud_receiver.store.engine import stream
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import journal, journal_sheaf
from sync.envelope import Batch, unfold
from sync.portions import portions
from sync.sheaf import Sheaf, bodies_of

if TYPE_CHECKING:
    from cloud_receiver.store.journal import LaneKey

_AT_ONCE: Final = 50  # sheaves: bounds what is read of them at a time to a few megabytes
_INSERT: Final = (
    "INSERT INTO journal"
    " (record_id, kind, store_id, box_id, epoch, lane, seq, body, received_utc_ms, sheaf_no)"
)
_FROM_JSON: Final = (  # key: the place in the list, from 0
    f"{_INSERT} SELECT value, ?, ?, ?, ?, ?, ? + key, '', ?, ? FROM json_each(?)"  # noqa: S608
    " WHERE true ON CONFLICT DO NOTHING"
)
_FROM_ARRAY: Final = (
    # place: from 1
    f"{_INSERT} SELECT record_id, %s, %s, %s, %s, %s, %s + place, '', %s, %s"  # noqa: S608
    " FROM unnest(%s::text[]) WITH ORDINALITY AS line(record_id, place) ON CONFLICT DO NOTHING"
)


_ADD: Final = insert(journal_sheaf)
_TAKE_AWAY: Final = Question(
    delete(journal_sheaf).where(journal_sheaf.c.sheaf_no == bindparam("sheaf_no"))
)
_PAYLOADS: Final = select(journal_sheaf.c.sheaf_no, journal_sheaf.c.payload).where(
    journal_sheaf.c.sheaf_no.in_(bindparam("sheaf_nos", expanding=True))
)

COLUMNS: Final = (
    "entry_no",
    "record_id",
    "kind",
    "store_id",
    "box_id",
    "epoch",
    "lane",
    "seq",
    "body",
    "received_utc_ms",
)
"""Of a journal row: what was filed, wherever its text is kept."""
_SEQ, _BODY = COLUMNS.index("seq"), COLUMNS.index("body")
_ROWS_AT_ONCE: Final = 1000
_NEAR_ROWS: Final = 100_000


class Kept(NamedTuple):
    """What a journal row says of its record's text."""

    seq: int
    body: str
    sheaf_no: int | None


def append_sheaf(connection: Connection, key: LaneKey, batch: Batch, now_utc_ms: int) -> int:
    """Append the records of a sheaf, leaving out those the journal holds; return how many.

    One statement for all of them: nothing is done once a record but in the database.
    """
    sheaf = batch.content
    assert isinstance(sheaf, Sheaf), "a batch of records that are not alike has no sheaf"
    added = connection.execute(_ADD, {"payload": batch.payload})
    (sheaf_no,) = added.inserted_primary_key or (None,)
    told = (sheaf.kind, sheaf.store_id, key.box_id, key.epoch, str(key.lane))
    if connection.dialect.name == "sqlite":
        query, first = _FROM_JSON, batch.first
        record_ids: object = json.dumps(sheaf.record_ids)
    else:
        query, first = _FROM_ARRAY, batch.first - 1
        record_ids = list(sheaf.record_ids)
    parameters = (*told, first, now_utc_ms, sheaf_no, record_ids)
    new = connection.exec_driver_sql(query, parameters).rowcount
    if not new:  # it came before: its records are where they were filed then
        _TAKE_AWAY.do(connection, sheaf_no=sheaf_no)
    return new


def texts(connection: Connection, rows: Iterable[Kept]) -> list[str]:
    """Return the JSON texts of the records of journal rows, in their order."""
    found: dict[int, str] = {}
    lines: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.sheaf_no is None:
            found[number] = row.body
        else:
            lines[row.sheaf_no].append((number, row.seq))
    for some in portions(sorted(lines), _AT_ONCE):
        for sheaf_no, payload in connection.execute(_PAYLOADS, {"sheaf_nos": some}):
            found.update(_taken_out(payload, lines[sheaf_no]))
    return [found[number] for number in range(len(found))]


def named(connection: Connection, first_no: int, last_no: int) -> list[int]:
    """Return the sheaves in which records of some journal rows are kept."""
    own = journal.c
    query = select(own.sheaf_no).where(own.entry_no.between(first_no, last_no))
    return list(connection.scalars(query.where(own.sheaf_no.is_not(None)).distinct()))


def drop_empty(
    connection: Connection, sheaf_nos: Sequence[int], first_no: int, last_no: int
) -> None:
    """Delete those of some sheaves that no row needs any more.

    Rows of one sheaf are filed by one statement, so they stand together but for what other
    receivers file in that moment.
    """
    near = (max(0, first_no - _NEAR_ROWS), last_no + _NEAR_ROWS)
    empty = sorted(set(sheaf_nos) - set(named(connection, *near)))
    for some in portions(empty, _ROWS_AT_ONCE):
        connection.execute(delete(journal_sheaf).where(journal_sheaf.c.sheaf_no.in_(some)))


def whole_rows(connection: Connection, first_no: int, last_no: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the journal with numbers first_no..last_no as `COLUMNS`, texts and all.

    The text of an archived record is empty, see `store.archive`.
    """
    query = (
        f"SELECT {', '.join(COLUMNS)}, sheaf_no FROM journal"  # noqa: S608 - our names, numbers
        f" WHERE entry_no BETWEEN {first_no:d} AND {last_no:d} ORDER BY entry_no"
    )
    streamed = stream(connection, query)
    while some := list(islice(streamed, _ROWS_AT_ONCE)):
        told = texts(connection, [Kept(row[_SEQ], row[_BODY], row[-1]) for row in some])
        for row, text in zip(some, told, strict=True):
            yield (*row[:_BODY], text, *row[_BODY + 1 : -1])


def _taken_out(payload: bytes, places: Sequence[tuple[int, int]]) -> Iterable[tuple[int, str]]:
    folded = unfold(bytes(payload))
    lines = [folded.lines[seq - folded.first] for _, seq in places]
    bodies = bodies_of(folded.kind, folded.shared, lines)
    return zip((number for number, _ in places), bodies, strict=True)
