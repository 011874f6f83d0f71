"""An import file on its way in: its lines read one by one, what was refused beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, select

from cloud_receiver.domain.labour import LabourNote
from cloud_receiver.domain.notices import DEFAULT_CHANNELS
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.foreign import Form, translated
from cloud_receiver.exchange.headings import COLUMNS, ImportKind, place_columns
from cloud_receiver.exchange.sheets import Line, Sheet
from cloud_receiver.store import organisation, tables

_T = TypeVar("_T")
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LineError:
    """A line that was left out: where it is, which column, what is wrong and what to write."""

    source: str
    line: int
    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Known:
    """What lines may refer to.

    Attributes:
        stores: the id of every store by its id and by its name.
    """

    zones: Mapping[str, str]
    homes: Mapping[str, str]
    stores: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Errand:
    """Who brings a file in, when, and where people are told of what it changes."""

    author: str
    now_utc_ms: int
    channels: Sequence[str] = DEFAULT_CHANNELS


def known(connection: Connection) -> Known:
    """Return what is known before the file is read."""
    people = select(tables.employee.c.employee_id, tables.employee.c.store_id)
    stores = connection.execute(select(tables.store.c.store_id, tables.store.c.name)).all()
    return Known(
        zones={site.store_id: site.zone for site in organisation.sites(connection).values()},
        homes={row.employee_id: row.store_id for row in connection.execute(people)},
        stores={row.name: row.store_id for row in stores}
        | {row.store_id: row.store_id for row in stores},
    )


class ImportFile:
    """A file whose lines are read one after the other, errors collected beside them."""

    def __init__(
        self, kind: ImportKind, sheet: Sheet, source: str, form: Form = Form.DAKA,
        content_sha256: str = "",
    ) -> None:  # fmt: skip
        """Find the columns; raises DakaError when the lines cannot be used as a whole."""
        self.kind = kind
        self.form = form
        self.source = source
        self.content_sha256 = content_sha256
        self.lines = sheet.lines
        self.errors: list[LineError] = []
        self.warnings: list[LabourNote] = []
        self._places = place_columns(kind, sheet.headings, source)

    @classmethod
    def opened(cls, kind: ImportKind, path: Path, form: Form) -> ImportFile:
        """Read a file; raises DakaError when it cannot be used as a whole."""
        sheet = translated(kind, path, form)
        return cls(kind, sheet, path.name, form, hashlib.sha256(path.read_bytes()).hexdigest())

    @classmethod
    def typed(cls, kind: ImportKind, cells: Cells) -> ImportFile:
        """Return the line somebody typed into a form as a file of one line."""
        return cls(kind, Sheet(tuple(cells), (Line(1, tuple(cells.values())),)), "")

    def has(self, name: str) -> bool:
        """Tell whether the file has a column."""
        return name in self._places

    def read(self, reader: Callable[[int, Cells], _T]) -> Iterator[_T]:
        """Yield what the reader makes of each line it can use."""
        for line in self.lines:
            try:
                yield reader(line.number, self.cells(line))
            except CellError as error:
                self.refuse(line.number, error)

    def refuse(self, number: int, error: CellError) -> None:
        """Leave a line out."""
        self.errors.append(LineError(self.source, number, error.field, error.zh, error.en))

    def cells(self, line: Line) -> Cells:
        """Return a line's cells by the names of its columns."""
        width = len(line.cells)
        places = {column.name: self._places.get(column.name) for column in COLUMNS[self.kind]}
        return {
            name: line.cells[place] if place is not None and place < width else ""
            for name, place in places.items()
        }


def store_of(cells: Cells, named: Known) -> str:
    """Read the store of a line, by id or by name."""
    text = named.stores.get(cells["store_id"], cells["store_id"])
    return fields.one_of("store_id", text, named.zones, "门店", "store")


def person_of(cells: Cells, named: Known) -> str:
    """Read the person of a line."""
    return fields.one_of("employee_id", cells["employee_id"], named.homes, "员工", "employee")
