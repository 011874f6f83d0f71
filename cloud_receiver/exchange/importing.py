"""Files of the organisation into headquarters: good lines land, bad lines are reported.

One transaction a file. Importing the same file again changes nothing and adds no version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, select

from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.headings import COLUMNS, ImportKind, place_columns
from cloud_receiver.exchange.roster_lines import RosterLine, read_line, roster_days
from cloud_receiver.exchange.sheets import Line, read_sheet
from cloud_receiver.store import enrolment, organisation, tables
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Seller, Store
from sync.errors import DakaError

_ENTRIES_AT_ONCE: Final = 5000
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
class Report:
    """What an import did.

    Attributes:
        lines: lines that hold something, headings not counted.
        changed: rows that were new or different; days, for a roster.
        is_dry_run: nothing was written; the rest says what would have happened.
    """

    kind: ImportKind
    source: str
    lines: int
    changed: int
    errors: tuple[LineError, ...]
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What lines may refer to."""

    zones: Mapping[str, str]
    homes: Mapping[str, str]


def import_file(
    engine: Engine, kind: str, path: Path, author: str, now_utc_ms: int, *, dry_run: bool = False
) -> Report:
    """Bring a CSV or XLSX file in.

    Args:
        kind: an `ImportKind` value.
        author: who is answerable for it; kept with roster versions.

    Raises:
        DakaError: the kind or the file as a whole cannot be used.
    """
    if kind not in set(ImportKind):
        raise DakaError(f"cannot import {kind!r}; {', '.join(ImportKind)} can be")
    file = _File(ImportKind(kind), path)
    with write(engine) as connection:
        attempt = connection.begin_nested()
        changed = _IMPORTS[file.kind](connection, file, author, now_utc_ms)
        if dry_run:
            attempt.rollback()
        else:
            attempt.commit()
    errors = tuple(sorted(file.errors, key=lambda error: error.line))
    return Report(file.kind, file.source, len(file.lines), changed, errors, dry_run)


class _File:
    """A file whose lines are read one after the other, errors collected beside them."""

    def __init__(self, kind: ImportKind, path: Path) -> None:
        sheet = read_sheet(path)
        self.kind = kind
        self.source = path.name
        self.lines = sheet.lines
        self.errors: list[LineError] = []
        self._places = place_columns(kind, sheet.headings, self.source)

    def read(self, reader: Callable[[int, Cells], _T]) -> Iterator[_T]:
        """Yield what the reader makes of each line it can use."""
        for line in self.lines:
            try:
                yield reader(line.number, self._cells(line))
            except CellError as error:
                self.refuse(line.number, error)

    def refuse(self, number: int, error: CellError) -> None:
        """Leave a line out."""
        self.errors.append(LineError(self.source, number, error.field, error.zh, error.en))

    def _cells(self, line: Line) -> Cells:
        width = len(line.cells)
        places = {column.name: self._places.get(column.name) for column in COLUMNS[self.kind]}
        return {
            name: line.cells[place] if place is not None and place < width else ""
            for name, place in places.items()
        }


def _known(connection: Connection) -> _Known:
    people = select(tables.employee.c.employee_id, tables.employee.c.store_id)
    return _Known(
        zones={site.store_id: site.zone for site in organisation.sites(connection).values()},
        homes={row.employee_id: row.store_id for row in connection.execute(people)},
    )


def _import_stores(connection: Connection, file: _File, _author: str, now_utc_ms: int) -> int:
    def read(_number: int, cells: Cells) -> Store:
        return Store(
            store_id=fields.name("store_id", cells["store_id"]),
            name=fields.name("name", cells["name"]),
            zone=fields.zone("zone", cells["zone"]),
            scene=fields.scene("scene", cells["scene"]),
            arrivals_by=fields.clock("arrivals_by", cells["arrivals_by"])
            if cells["arrivals_by"]
            else "",
        )

    return enrolment.put_stores(connection, file.read(read), now_utc_ms)


def _import_employees(connection: Connection, file: _File, _author: str, _now: int) -> int:
    known = _known(connection)

    def read(_number: int, cells: Cells) -> Employee:
        return Employee(
            employee_id=fields.name("employee_id", cells["employee_id"]),
            name=fields.name("name", cells["name"]),
            store_id=_store(cells, known),
            language=fields.language("language", cells["language"]),
            active=fields.yes("active", cells["active"]),
        )

    return enrolment.put_employees(connection, file.read(read))


def _import_badges(connection: Connection, file: _File, _author: str, now_utc_ms: int) -> int:
    known = _known(connection)

    def read(_number: int, cells: Cells) -> Badge:
        return Badge(
            store_id=_store(cells, known),
            device_serial=cells["device_serial"] or organisation.ANY_DEVICE,
            user_id=fields.name("user_id", cells["user_id"]),
            employee_id=_person(cells, known),
            **fields.validity(cells),
        )

    return enrolment.bind_badges(connection, file.read(read), now_utc_ms)


def _import_sellers(connection: Connection, file: _File, _author: str, now_utc_ms: int) -> int:
    known = _known(connection)

    def read(_number: int, cells: Cells) -> Seller:
        return Seller(
            store_id=_store(cells, known),
            seller_code=fields.name("seller_code", cells["seller_code"]),
            employee_id=_person(cells, known),
            **fields.validity(cells),
        )

    return enrolment.bind_sellers(connection, file.read(read), now_utc_ms)


def _import_roster(connection: Connection, file: _File, author: str, now_utc_ms: int) -> int:
    known = _known(connection)

    def read(number: int, cells: Cells) -> RosterLine:
        return read_line(number, cells, known.homes, known.zones)

    entries, clashes = roster_days(file.read(read))
    for clash in clashes:
        file.refuse(clash.number, clash.error)
    return sum(
        enrolment.add_roster(connection, some, author, now_utc_ms) for some in _portions(entries)
    )


def _portions(entries: list[RosterEntry]) -> Iterator[list[RosterEntry]]:
    ordered = sorted(entries, key=lambda entry: (entry.employee_id, entry.work_date))
    for start in range(0, len(ordered), _ENTRIES_AT_ONCE):
        yield ordered[start : start + _ENTRIES_AT_ONCE]


def _store(cells: Cells, known: _Known) -> str:
    return fields.one_of("store_id", cells["store_id"], known.zones, "门店", "store")


def _person(cells: Cells, known: _Known) -> str:
    return fields.one_of("employee_id", cells["employee_id"], known.homes, "员工", "employee")


_IMPORTS: Final[dict[ImportKind, Callable[[Connection, _File, str, int], int]]] = {
    ImportKind.STORES: _import_stores,
    ImportKind.EMPLOYEES: _import_employees,
    ImportKind.BADGES: _import_badges,
    ImportKind.SELLERS: _import_sellers,
    ImportKind.ROSTER: _import_roster,
}
