"""The journal in portions, as punches and sales are proven from it: column by column.

SQLite gives all bodies of a kind as one text, which is decoded at once: rows of Python's own cost
more than what is computed from them. Where bodies are kept elsewhere, in sheaves or archived, and
on PostgreSQL, they come row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from cloud_receiver.domain.receipts import TillLine
from cloud_receiver.domain.workday import is_believable
from cloud_receiver.store import tables
from cloud_receiver.store.projected import (
    JOURNALED,
    Journaled,
    Told,
    Touched,
    believable_sales,
    touches_told,
    whole,
)
from cloud_receiver.store.questions import Question
from sync.records import Punch, Sale

ROWS_AT_ONCE: Final = 4000
"""Of the journal; what is in memory is a few times as many rows."""
_own: Final = tables.journal.c
_THESE: Final = _own.entry_no.between(bindparam("first"), bindparam("last"))
_NEXT: Final = Question(select(func.min(_own.entry_no)).where(_THESE))
_ROWS: Final = Question(select(*JOURNALED).where(_THESE).order_by(_own.entry_no))
_KINDS: Final = (Punch.KIND, Sale.KIND)
_OTHERS: Final = Question(
    select(_own.entry_no, _own.record_id, _own.kind)
    .where(_THESE, _own.kind != Punch.KIND, _own.kind != Sale.KIND)
    .order_by(_own.entry_no)
)
_OF_KIND: Final = (
    "json_group_array(entry_no) {0}, json_group_array(record_id) {0},"
    " json_group_array(box_id) {0}, coalesce('[' || group_concat(body) {0} || ']', '[]')"
)
_COLUMNS: Final = ", ".join(_OF_KIND.format(f"FILTER (WHERE kind = '{kind}')") for kind in _KINDS)
_AT_ONCE: Final = (
    f"SELECT count(*), count(*) FILTER (WHERE body = ''), {_COLUMNS}"  # noqa: S608 - our names
    " FROM journal WHERE entry_no BETWEEN ? AND ?"
)
_NUMBERS: Final = msgspec.json.Decoder(list[int]).decode
_TEXTS: Final = msgspec.json.Decoder(list[str]).decode
_TOUCHES: Final = msgspec.json.Decoder(list[Touched]).decode
_LINES: Final = msgspec.json.Decoder(list[TillLine]).decode


class Other(NamedTuple):
    """A journal row that is neither a punch nor a line of sale."""

    entry_no: int
    record_id: str
    kind: str


class Portion(NamedTuple):
    """Some rows of the journal, in its order.

    Attributes:
        rows: how many there are.
        last: the number of the last it may have.
        sales: those that can be dated.
    """

    rows: int
    last: int
    punches: Told[Touched]
    sales: Told[TillLine]
    others: list[Other]


def journal_portions(connection: Connection, first: int, last: int) -> Iterator[Portion]:
    """Yield the rows with numbers first..last."""
    begin = _NEXT.ask_one(connection, first=first, last=last)
    while begin is not None:
        end = min(begin + ROWS_AT_ONCE - 1, last)
        yield _at_once(connection, begin, end) or _row_by_row(connection, begin, end)
        begin = _NEXT.ask_one(connection, first=end + 1, last=last)


def _at_once(connection: Connection, first: int, last: int) -> Portion | None:
    """Return a portion read as a few texts; None where it cannot be."""
    if connection.dialect.name != "sqlite":
        return None
    row: Any = connection.exec_driver_sql(_AT_ONCE, (first, last)).first()
    rows, elsewhere, *columns = row
    if elsewhere:
        return None
    numbers, ids, boxes, bodies = columns[:4]
    punches = Told(_NUMBERS(numbers), _TEXTS(ids), _TEXTS(boxes), _TOUCHES(bodies))
    numbers, ids, boxes, bodies = columns[4:]
    sales = Told(_NUMBERS(numbers), _TEXTS(ids), _TEXTS(boxes), _LINES(bodies))
    others = []
    if rows > len(punches.records) + len(sales.records):
        others = [Other(*row) for row in _OTHERS.tuples(connection, first=first, last=last)]
    return Portion(rows, last, punches, _believable(sales), others)


def _believable(sales: Told[TillLine]) -> Told[TillLine]:
    times = [line.sold_at for line in sales.records]
    if not times or (is_believable(min(times)) and is_believable(max(times))):
        return sales
    believed = list(map(is_believable, times))
    columns: list[Any] = [list(compress(own, believed)) for own in sales]
    return Told(*columns)


def _row_by_row(connection: Connection, first: int, last: int) -> Portion:
    rows = [Journaled(*row) for row in _ROWS.tuples(connection, first=first, last=last)]
    entries = whole(connection, rows)
    sales, _ = believable_sales([one for one in entries if one.kind == Sale.KIND])
    return Portion(
        len(entries),
        last,
        touches_told([one for one in entries if one.kind == Punch.KIND]),
        sales,
        [Other(*one[:3]) for one in entries if one.kind not in _KINDS],
    )
