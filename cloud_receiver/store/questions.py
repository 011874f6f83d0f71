"""Questions that are asked for every message or changed day: built once, then only asked.

SQLAlchemy takes several times as long to build, key and fill a query as the database takes to
answer it for one employee-day. A `Question` is the same query as text, kept per database.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from types import NoneType
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Delete,
    Select,
    Table,
    Update,
    bindparam,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

_PLAIN: Final = (str, int, NoneType)
_named: Any = namedtuple
_Asked = Select[*tuple[Any, ...]] | CompoundSelect[Any] | Delete | Update


class Among(ColumnElement[bool]):
    """The condition that a text column is one of a list, which is one parameter however long.

    Unlike `in_`, its text does not depend on how many there are, and no limit on the number
    of parameters is near.
    """

    inherit_cache = False

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        self.tested = column
        self.values: BindParameter[Any] = bindparam(name)


@compiles(Among, "sqlite")
def _among_json(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    tested = compiler.process(element.tested, **options)
    values = compiler.process(element.values)
    return f"{tested} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled


@compiles(Among, "postgresql")
def _among_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    tested = compiler.process(element.tested, **options)
    return f"{tested} = ANY({compiler.process(element.values)}::varchar[])"


class Question:
    """A query of text and whole numbers, asked with the names of its parameters.

    What comes back is as the driver gives it: SQLite's booleans are 0 and 1.
    """

    def __init__(self, query: _Asked) -> None:
        self._query: Final = query
        self._texts: dict[str, _Text] = {}

    def ask(self, connection: Connection, **asked: Any) -> Sequence[Any]:
        """Return all rows."""
        return self._text(connection).rows(connection, asked)

    def tuples(self, connection: Connection, **asked: Any) -> list[tuple[Any, ...]]:
        """Return all rows as the driver has them, for many at a time: in order, without names."""
        return self._text(connection).tuples(connection, asked)

    def each(self, connection: Connection, **asked: Any) -> Iterator[Any]:
        """Yield the rows one by one, for who may stop at the first that will do."""
        return self._text(connection).each(connection, asked)

    def ask_one(self, connection: Connection, **asked: Any) -> Any:
        """Return the first column of the first row, None where there is no row."""
        return self._text(connection).one(connection, asked)

    def do(self, connection: Connection, **asked: Any) -> int:
        """Delete or change what it is about; return how many rows that were."""
        return self._text(connection).do(connection, asked)

    def _text(self, connection: Connection) -> _Text:
        dialect = connection.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            kind = _SqliteText if dialect.name == "sqlite" else _Text
            text = self._texts[dialect.name] = kind(self._query, dialect)
        return text


class OfPairs:
    """A query or deletion of the rows of some pairs of values, wherever both are columns.

    It is asked a first or a second value at a time, whichever are fewer: SQLite reads the whole
    table for a list of pairs; one value and a list use the index.
    """

    def __init__(
        self, query: Select[Any] | Delete, first: ColumnElement[str], second: ColumnElement[str]
    ) -> None:
        one: BindParameter[str] = bindparam("one")
        self._of_first: Final = Question(query.where(first == one, Among(second, "many")))
        self._of_second: Final = Question(query.where(second == one, Among(first, "many")))

    def ask(self, connection: Connection, pairs: Iterable[tuple[str, str]]) -> Iterator[Any]:
        """Yield the rows of pairs."""
        for question, one, many in self._parts(pairs):
            yield from question.ask(connection, one=one, many=many)

    def do(self, connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
        """Delete the rows of pairs."""
        for question, one, many in self._parts(pairs):
            question.do(connection, one=one, many=many)

    def _parts(self, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[Question, str, list[str]]]:
        firsts: defaultdict[str, list[str]] = defaultdict(list)
        seconds: defaultdict[str, list[str]] = defaultdict(list)
        for first, second in pairs:
            firsts[first].append(second)
            seconds[second].append(first)
        by_second = len(seconds) < len(firsts)
        question = self._of_second if by_second else self._of_first
        for one, many in (seconds if by_second else firsts).items():
            yield question, one, many


class OfDays(OfPairs):
    """The same of employee-days, each (employee id, work date)."""

    def __init__(self, query: Select[Any] | Delete, table: Table) -> None:
        super().__init__(query, table.c.employee_id, table.c.work_date)


class OfPeople:
    """The rows of some people, by person; on SQLite each person's as one text, half the work.

    Args:
        columns: of one table, which has `employee_id`.
        order: the places among `columns` that the rows are ordered by.
    """

    def __init__(
        self,
        columns: Sequence[ColumnElement[Any]],
        condition: ColumnElement[bool],
        person: ColumnElement[Any],
        order: Sequence[int],
    ) -> None:
        these = Among(person, "people") & condition
        self._rows: Final = Question(select(person, *columns).where(these))
        as_text = func.json_group_array(func.json_array(*columns))
        self._texts: Final = Question(select(person, as_text).where(these).group_by(person))
        self._order: Final = itemgetter(*order)

    def ask(
        self, connection: Connection, people: Iterable[str]
    ) -> Mapping[str, list[tuple[Any, ...]]]:
        """Return the rows of each person that has any, in order."""
        found = self._from_texts(connection, people)
        if found is None:
            found = defaultdict(list)
            for who, *row in self._rows.tuples(connection, people=people):
                found[who].append(tuple(row))
        for rows in found.values():
            rows.sort(key=self._order)  # nearly all are
        return found

    def _from_texts(
        self, connection: Connection, people: Iterable[str]
    ) -> dict[str, list[tuple[Any, ...]]] | None:
        if connection.dialect.name != "sqlite":
            return None
        try:
            texts = self._texts.tuples(connection, people=people)
        except DBAPIError:
            return None  # a value is of no kind that JSON has
        return {who: _DECODED(text) for who, text in texts}


_DECODED: Final = msgspec.json.Decoder(list[tuple[Any, ...]]).decode


class _Text:
    """A query as the driver of one database takes it."""

    def __init__(self, query: _Asked, dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)
        self._text = str(compiled)
        self._fixed = dict(compiled.params)
        self._wanted = {name for name, bind in compiled.binds.items() if bind.required}
        self._order = compiled.positiontup or ()

    def rows(self, connection: Connection, asked: dict[str, Any]) -> Sequence[Any]:
        rows: Sequence[Any] = self._run(connection, asked).all()
        return rows

    def tuples(self, connection: Connection, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._run(connection, asked) as result:
            rows: list[tuple[Any, ...]] = result.cursor.fetchall()
            return rows

    def each(self, connection: Connection, asked: dict[str, Any]) -> Iterator[Any]:
        with self._run(connection, asked) as rows:
            yield from rows

    def one(self, connection: Connection, asked: dict[str, Any]) -> Any:
        return self._run(connection, asked).scalar()

    def do(self, connection: Connection, asked: dict[str, Any]) -> int:
        return int(self._run(connection, asked).rowcount)

    def _run(self, connection: Connection, asked: dict[str, Any]) -> Any:
        filled = {
            name: value if isinstance(value, _PLAIN) else list(value)
            for name, value in self._values(asked).items()
        }
        return connection.exec_driver_sql(self._text, filled)

    def _values(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked.keys() >= self._wanted, f"{self._wanted - asked.keys()} must be said"
        return self._fixed | asked


class _SqliteText(_Text):
    """A query as SQLite takes it, asked without SQLAlchemy, which takes longer than SQLite does."""

    _row: Callable[[Iterable[Any]], Any] | None = None

    def rows(self, connection: Connection, asked: dict[str, Any]) -> Sequence[Any]:
        return list(self.each(connection, asked))

    def tuples(self, connection: Connection, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._cursor(connection, asked) as cursor:
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def each(self, connection: Connection, asked: dict[str, Any]) -> Iterator[Any]:
        with self._cursor(connection, asked) as cursor:
            if self._row is None:
                names = [column[0] for column in cursor.description]
                self._row = _named("Row", names, rename=True)._make
            yield from map(self._row, cursor)

    def one(self, connection: Connection, asked: dict[str, Any]) -> Any:
        with self._cursor(connection, asked) as cursor:
            row = cursor.fetchone()
            return row and row[0]

    def do(self, connection: Connection, asked: dict[str, Any]) -> int:
        with self._cursor(connection, asked) as cursor:
            return int(cursor.rowcount)

    @contextmanager
    def _cursor(self, connection: Connection, asked: dict[str, Any]) -> Iterator[Any]:
        """Give the driver's cursor with the answer; what goes wrong is told as SQLAlchemy tells it."""
        values = self._values(asked)
        filled = tuple([
            value if isinstance(value, _PLAIN) else json.dumps(list(value))
            for value in map(values.__getitem__, self._order)
        ])  # fmt: skip
        if not connection.in_transaction():
            connection.begin()  # as its first statement would
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, filled)
            yield cursor
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                self._text, filled, error, sqlite3.Error, dialect=connection.dialect
            ) from error
        finally:
            cursor.close()
