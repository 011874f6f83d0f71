"""Whether punches, sales and entries stand as the journal says: computed anew and compared.

Reads only, so several processes may each prove a stretch of the journal. What stands is read in
the order it was written, nearly that of the journal, so that both are read once through; what
is elsewhere is looked up by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection, func, select

from cloud_receiver.store import entry_book, tables
from cloud_receiver.store.directory import Directory
from cloud_receiver.store.journal_portions import journal_portions
from cloud_receiver.store.projected import PunchRow, SaleRow, punch_rows, sale_rows
from cloud_receiver.store.standing_rows import ALWAYS, StandingRows

_OF_TERMINALS: Final = {"source": None, "withdrawn_utc_ms": None}
_ENTRY: Final = ("record_id", "entry_no")
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
    cuts = [0, *((lowest or 0) + step * place for place in range(1, number)), ALWAYS + 1]
    return [(first, after - 1) for first, after in pairwise(cuts)]


def prove(connection: Connection, first: int, last: int) -> Found:
    """Compare the projected rows of a stretch of the journal with what they should be."""
    found = Found()
    directory = Directory(connection, looks_ahead=True)
    punches = StandingRows(
        connection, tables.punch, PunchRow._fields, _OF_TERMINALS, "source IS NULL", first, last
    )
    sales = StandingRows(
        connection, tables.sale, SaleRow._fields, {}, "refers_to = ''", first, last
    )
    noted = StandingRows(connection, tables.entry, _ENTRY, {}, "false", first, last)
    for portion in journal_portions(connection, first, last):
        through = portion.last
        found.records += portion.rows
        ids = [one.record_id for one in portion.others if entry_book.is_entry(one.kind)]
        noted.unlike([], ids, through)
        odd_punches = punches.unlike(punch_rows(directory, portion.punches), ids, through)
        lines, _ = sale_rows(directory, portion.sales)
        tied = [row for row in lines if row[_REFERS_TO]]
        plain = [row for row in lines if not row[_REFERS_TO]] if tied else lines
        odd_sales = sales.unlike(plain, [row[0] for row in tied], through)
        found.punches += [row[0] for row in odd_punches]
        found.sales += [row[0] for row in odd_sales]
        again = [row[1] for row in (*odd_punches, *odd_sales, *tied)]
        found.entry_nos += sorted([*again, *(one.entry_no for one in portion.others)])
    found.punches += punches.beside_the_journal()
    found.sales += sales.beside_the_journal()
    found.entries += noted.beside_the_journal()
    return found
