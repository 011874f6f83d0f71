"""The rows of a table that were written for the journal: read along with it, and compared.

On SQLite the rows of a portion of the journal come as one text. Where that is the text of what
they should be, every one of them stands; elsewhere they are compared one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice, repeat
from operator import itemgetter
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import OperationalError

from cloud_receiver.store import tables
from cloud_receiver.store.engine import stream
from cloud_receiver.store.questions import Among, Question
from sync.portions import portions

ALWAYS: Final = 2**62
"""Beyond all numbers of the journal."""
_AHEAD_ROWS: Final = 80_000
_LOOKED_UP_AT_ONCE: Final = 500
_HELD: Final = Question(
    select(tables.journal.c.record_id).where(Among(tables.journal.c.record_id, "records"))
)
_ID: Final = itemgetter(0)
Row = tuple[Any, ...]


class _Written(Protocol):
    """Rows in the order they were written, which is nearly that of the journal."""

    def along(self, rows: Sequence[Row], beside: int, through: int) -> tuple[bool, list[Row]]:
        """Return whether these rows are the next, and what else must be looked at.

        Args:
            rows: as the next portion of the journal has them.
            beside: how many of the portion's may stand that are not compared.
            through: the portion's last number.
        """

    def rest(self) -> list[Row]:
        """Return some of those that were not read, none when all were."""


class StandingRows:
    """The rows of a table that were written for a stretch of the journal, each in one stretch.

    Args:
        names: of the columns that are compared, the record's id first.
        fixed: further columns, by name, that have one value in all rows that are compared.
        is_plain: the condition, in SQL, of rows that are compared: others stand for something else.
        first, last: numbers of the journal.
    """

    def __init__(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        fixed: Mapping[str, Any],
        is_plain: str,
        first: int,
        last: int,
    ) -> None:
        self._connection = connection
        self._fixed = tuple(fixed.values())
        own = [table.c[name] for name in (*names, *fixed)]
        self._by_id = Question(select(*own).where(Among(table.c.record_id, "records")))
        self._ahead: dict[str, Row] = {}  # read and not asked for yet
        self._beside: list[str] = []
        within = (first, last)
        self._written: _Written
        if connection.dialect.name == "sqlite":
            self._written = _Numbered(connection, table.name, names, fixed, is_plain, within)
        else:
            self._written = _Streamed(connection, table.name, (*names, *fixed), within)

    def unlike(self, rows: Sequence[Row], beside: Collection[str], through: int) -> list[Row]:
        """Return those rows of a portion of the journal, each with its id first, that do not stand so.

        Args:
            beside: ids of rows of the portion that are not to be compared.
            through: the portion's last number.
        """
        stand, read = self._written.along(rows, len(beside), through)
        self._ahead.update(zip(map(_ID, read), read, strict=True))
        for record_id in beside:
            self._ahead.pop(record_id, None)
        unlike = [] if stand else self._compared(rows)
        if len(self._ahead) > _AHEAD_ROWS:
            self._shed()
        return unlike

    def beside_the_journal(self) -> list[str]:
        """Return the ids of rows that no record of the journal is for, once all is compared."""
        while read := self._written.rest():
            self._ahead.update(zip(map(_ID, read), read, strict=True))
            self._shed()
        self._shed()
        return self._beside

    def _compared(self, asked: Sequence[Row]) -> list[Row]:
        rows = [(*row, *self._fixed) for row in asked]
        stands = map(self._ahead.pop, map(_ID, rows), repeat(None))
        odd = [(row, its) for row, its in zip(rows, stands, strict=True) if row != its]
        unlike = [row for row, its in odd if its is not None]
        missed = [row for row, its in odd if its is None]
        for some in portions(missed, _LOOKED_UP_AT_ONCE):
            found = self._by_id.tuples(self._connection, records=[row[0] for row in some])
            its_row = {row[0]: row for row in found}
            unlike += [row for row in some if its_row.get(row[0]) != row]
        return unlike

    def _shed(self) -> None:
        """Forget what was read; what the journal holds is looked up when its turn comes."""
        for some in portions(sorted(self._ahead), _LOOKED_UP_AT_ONCE):
            held = {row[0] for row in _HELD.ask(self._connection, records=some)}
            self._beside += [record_id for record_id in some if record_id not in held]
        self._ahead.clear()


class _Streamed:
    """On PostgreSQL: as they come, one portion ahead."""

    def __init__(
        self, connection: Connection, table: str, names: Sequence[str], within: tuple[int, int]
    ) -> None:
        query = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - our names
        where = "WHERE entry_no BETWEEN {:d} AND {:d}".format(*within)
        self._rows = stream(connection, f"{query} {where}")
        self._ahead = 0

    def along(self, rows: Sequence[Row], beside: int, through: int) -> tuple[bool, list[Row]]:
        del through
        number = len(rows) + beside
        read = list(islice(self._rows, max(0, 2 * number - self._ahead)))
        self._ahead += len(read) - number
        return not rows, read

    def rest(self) -> list[Row]:
        return list(islice(self._rows, _AHEAD_ROWS))


class _Numbered:
    """On SQLite: by their hidden numbers, which follow the journal's but where rows were written late."""

    def __init__(
        self,
        connection: Connection,
        table: str,
        names: Sequence[str],
        fixed: Mapping[str, Any],
        is_plain: str,
        within: tuple[int, int],
    ) -> None:
        self._connection = connection
        these = f"FROM {table} WHERE rowid >= ? AND rowid < ?"
        is_plain = " AND ".join([is_plain, *(f"{name} IS NULL" for name in fixed)])
        text = f"json_group_array(json_array({', '.join(names)}))"
        self._as_text = f"SELECT {text} {these} AND {is_plain}"
        self._all = f"SELECT {', '.join((*names, *fixed))} {these}"
        self._others = f"{self._all} AND NOT ({is_plain})"
        self._is_before = (
            f"SELECT rowid, entry_no < ? FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT 2"  # noqa: S608
        )
        highest = connection.exec_driver_sql(f"SELECT max(rowid) FROM {table}").scalar()  # noqa: S608
        self._next, self._end = 0, (highest or 0) + 1
        first, last = within
        self._next, self._end = self._row_at(first), self._row_at(last + 1)

    def along(self, rows: Sequence[Row], beside: int, through: int) -> tuple[bool, list[Row]]:
        likely = self._next + len(rows) + beside
        most = likely + len(rows) + _LOOKED_UP_AT_ONCE
        span = self._next, min(most, self._row_at(through + 1, likely))
        self._next = span[1]
        if not rows or self._text(span) == msgspec.json.encode(rows).decode():
            return True, self._read(self._others if rows else self._all, span)
        return False, self._read(self._all, span)

    def rest(self) -> list[Row]:
        span = self._next, min(self._next + _AHEAD_ROWS, self._end)
        self._next = span[1]
        return self._read(self._all, span)

    def _text(self, span: tuple[int, int]) -> str | None:
        """Return the plain rows as a text; None where a value is of no kind that JSON has."""
        try:
            text: str = self._connection.exec_driver_sql(self._as_text, span).scalar_one()
        except OperationalError:
            return None
        return text

    def _read(self, query: str, span: tuple[int, int]) -> list[Row]:
        with self._connection.exec_driver_sql(query, span) as result:
            rows: Any = result.cursor.fetchall()
            return list(rows)

    def _row_at(self, entry_no: int, likely: int = 0) -> int:
        """Return from which unread row on the table is about the journal from a number on.

        Found by halving, for where rows were written late their numbers are no guide.

        Args:
            likely: the answer where none were.
        """
        low, high = self._next, self._end
        if entry_no > ALWAYS:
            return high
        if low < likely < high and self._from(likely - 1, entry_no) == [
            (likely - 1, True), (likely, False),
        ]:  # fmt: skip
            return likely
        while low < high:
            middle = (low + high) // 2
            found = self._from(middle, entry_no)
            if found and found[0][1]:
                low = found[0][0] + 1
            else:
                high = middle
        return low

    def _from(self, row: int, entry_no: int) -> list[Row]:
        """Return the next two rows, each with whether it was written for an earlier number."""
        return self._read(self._is_before, (entry_no, row))
