"""Whether punches, sales and entries stand as the journal says: computed anew and compared.

Reads only, so several processes may each prove a stretch of the journal. What stands is read in
the order it was written, nearly that of the journal, so that both are read once through; what
is elsewhere is looked up by its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, repeat
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, func, select

from cloud_receiver.store import entry_book, organisation, tables
from cloud_receiver.store.engine import stream
from cloud_receiver.store.projected import (
    JOURNALED,
    Journaled,
    PunchRow,
    SaleRow,
    believable_sales,
    punch_rows,
    sale_rows,
    whole,
)
from cloud_receiver.store.questions import Among, Question
from sync.portions import portions
from sync.records import Punch, Sale

ROWS_AT_ONCE: Final = 20_000
"""Of the journal; what is in memory is a few times as many rows."""
_ALWAYS: Final = 2**62
_LOOKED_UP_AT_ONCE: Final = 500
_PUNCH: Final = (*PunchRow._fields, "source", "withdrawn_utc_ms")
_ENTRY: Final = ("record_id", "entry_no")
_ROWS: Final = Question(
    select(*JOURNALED)
    .where(tables.journal.c.entry_no.between(bindparam("first"), bindparam("last")))
    .order_by(tables.journal.c.entry_no)
    .limit(ROWS_AT_ONCE)
)
_HELD: Final = Question(
    select(tables.journal.c.record_id).where(Among(tables.journal.c.record_id, "records"))
)
_Row = tuple[Any, ...]
_ID: Final = itemgetter(0)
_REFERS_TO: Final = SaleRow._fields.index("refers_to")


@dataclass(slots=True)
class Found:
    """What is not as it should be, or cannot be told row by row.

    Attributes:
        records: how many of the journal were looked at.
        punches, sales, entries: ids of rows to take away.
        entry_nos: of the journal, to project again: those of rows that are amiss, and those
            whose rows depend on others: entries of people, gaps, lines that take something back.
    """

    records: int = 0
    punches: list[str] = field(default_factory=list)
    sales: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    entry_nos: list[int] = field(default_factory=list)


def stretches(connection: Connection, number: int) -> list[tuple[int, int]]:
    """Cut all numbers of the journal into so many stretches, each (first, last)."""
    entry_no = tables.journal.c.entry_no
    ((lowest, highest),) = connection.execute(select(func.min(entry_no), func.max(entry_no)))
    step = max(1, ((highest or 0) - (lowest or 0)) // number)
    cuts = [0, *((lowest or 0) + step * place for place in range(1, number)), _ALWAYS]
    return [(first, after - 1) for first, after in pairwise(cuts)]


def prove(connection: Connection, first: int, last: int) -> Found:
    """Compare the projected rows of a stretch of the journal with what they should be."""
    found = Found()
    sites = organisation.sites(connection)
    punches = _Standing(connection, tables.punch, _PUNCH, first, last)
    sales = _Standing(connection, tables.sale, SaleRow._fields, first, last)
    noted = _Standing(connection, tables.entry, _ENTRY, first, last)
    at = first
    while rows := _ROWS.tuples(connection, first=at, last=last):
        at = rows[-1][0] + 1
        found.records += len(rows)
        by_kind: dict[str, list[Journaled]] = {Punch.KIND: [], Sale.KIND: []}
        named = [tuple.__new__(Journaled, row) for row in rows]
        for one in whole(connection, named):
            by_kind.setdefault(one.kind, []).append(one)
        said = punch_rows(connection, by_kind.pop(Punch.KIND), sites)
        lines, _ = sale_rows(connection, believable_sales(by_kind.pop(Sale.KIND))[0], sites)
        others = [one for some in by_kind.values() for one in some]
        ids = [one.record_id for one in others if entry_book.is_entry(one.kind)]
        noted.pass_over(ids)
        punches.pass_over(ids)
        tied = [row for row in lines if row[_REFERS_TO]]
        sales.pass_over([row[0] for row in tied])
        odd_punches = punches.unlike([(*row, None, None) for row in said])
        odd_sales = sales.unlike([row for row in lines if not row[_REFERS_TO]] if tied else lines)
        found.punches += [row[0] for row in odd_punches]
        found.sales += [row[0] for row in odd_sales]
        again = [row[1] for row in (*odd_punches, *odd_sales, *tied)]
        found.entry_nos += sorted([*again, *(one.entry_no for one in others)])
    found.punches += punches.beside_the_journal()
    found.sales += sales.beside_the_journal()
    found.entries += noted.beside_the_journal()
    return found


class _Standing:
    """The rows of a table that were written for a stretch of the journal, read along with it."""

    def __init__(
        self, connection: Connection, table: Table, names: Sequence[str], first: int, last: int
    ) -> None:
        self._connection = connection
        self._rows = _written(connection, table, names, first, last)
        own = [table.c[name] for name in names]
        self._by_id = Question(select(*own).where(Among(table.c.record_id, "records")))
        self._ahead: dict[str, _Row] = {}  # read and not asked for yet
        self._beside: list[str] = []

    def pass_over(self, record_ids: Sequence[str]) -> None:
        """Take rows as read that are not to be compared."""
        self._read(len(record_ids))
        for record_id in record_ids:
            self._ahead.pop(record_id, None)

    def unlike(self, rows: Sequence[_Row]) -> list[_Row]:
        """Return those of some rows, each with its id first, that do not stand so."""
        if not rows:
            return []
        self._read(len(rows))
        unlike, missed = self._sorted(rows)
        if missed:
            self._read(len(rows))
            more, missed = self._sorted(missed)
            unlike += more
        for some in portions(missed, _LOOKED_UP_AT_ONCE):
            found = self._by_id.ask(self._connection, records=[row[0] for row in some])
            stands = {row[0]: tuple(row) for row in found}
            unlike += [row for row in some if stands.get(row[0]) != tuple(row)]
        if len(self._ahead) > 4 * ROWS_AT_ONCE:
            self._shed()
        return unlike

    def beside_the_journal(self) -> list[str]:
        """Return the ids of rows that no record of the journal is for, once all is compared."""
        while self._read(ROWS_AT_ONCE):
            self._shed()
        self._shed()
        return self._beside

    def _read(self, number: int) -> int:
        some = list(islice(self._rows, number))
        self._ahead.update(zip(map(_ID, some), some, strict=True))
        return len(some)

    def _sorted(self, rows: Sequence[_Row]) -> tuple[list[_Row], list[_Row]]:
        """Return those that stand differently, and those that were not met yet."""
        stands = map(self._ahead.pop, map(_ID, rows), repeat(None))
        odd = [(row, its) for row, its in zip(rows, stands, strict=True) if row != its]
        unlike = [row for row, its in odd if its is not None]
        return unlike, [row for row, its in odd if its is None]

    def _shed(self) -> None:
        """Forget what was read; what the journal holds is looked up when its turn comes."""
        for some in portions(sorted(self._ahead), _LOOKED_UP_AT_ONCE):
            held = {row[0] for row in _HELD.ask(self._connection, records=some)}
            self._beside += [record_id for record_id in some if record_id not in held]
        self._ahead.clear()


def _written(
    connection: Connection, table: Table, names: Sequence[str], first: int, last: int
) -> Iterator[_Row]:
    """Yield a table's rows of a stretch of the journal; nearly, but each row in one stretch."""
    query = f"SELECT {', '.join(names)} FROM {table.name}"  # noqa: S608 - our names
    if connection.dialect.name != "sqlite":
        return stream(connection, f"{query} WHERE entry_no BETWEEN {first:d} AND {last:d}")
    begin, end = (_row_at(connection, table, number) for number in (first, last + 1))
    return stream(connection, f"{query} WHERE rowid >= {begin:d} AND rowid < {end:d}")


def _row_at(connection: Connection, table: Table, entry_no: int) -> int:
    """Return from which row on a table is about the journal from a number on, by halving."""
    if entry_no in (0, _ALWAYS):
        return entry_no
    query = f"SELECT rowid, entry_no FROM {table.name} WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608
    highest = connection.exec_driver_sql(f"SELECT max(rowid) FROM {table.name}").scalar()  # noqa: S608
    low, high = 0, (highest or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.exec_driver_sql(query, (middle,)).first()
        if row is None or row[1] >= entry_no:
            high = middle
        else:
            low = row[0] + 1
    return low
