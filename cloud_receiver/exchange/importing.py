"""Files of the organisation into headquarters: good lines land, bad lines are reported.

One transaction a file. Importing the same file again changes nothing and adds no version.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from cloud_receiver.domain.labour import LabourNote
from cloud_receiver.domain.notices import DEFAULT_CHANNELS
from cloud_receiver.exchange import (
    amounts,
    campaign_lines,
    employee_lines,
    fields,
    history,
    law_lines,
    planning_lines,
)
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.foreign import Form
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.exchange.lines import (
    Cells,
    Errand,
    ImportFile,
    LineError,
    known,
    person_of,
    store_of,
)
from cloud_receiver.exchange.roster_lines import RosterLine, of_who_left, read_line, roster_days
from cloud_receiver.store import (
    assignments,
    contacts,
    enrolment,
    labour,
    organisation,
    shifts,
    tables,
)
from cloud_receiver.store.contacts import Contact
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Badge, RosterEntry, Seller, Store
from sync.errors import ToldError
from sync.portions import portions

_ENTRIES_AT_ONCE: Final = 5000
_STORE_EXTRAS: Final = ("arrivals_by", "latitude_microdeg", "longitude_microdeg", "fence_m")
__all__ = ["LineError", "Report", "import_file"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did.

    Attributes:
        lines: lines that hold something, headings not counted.
        changed: rows that were new or different; days, for a roster.
        is_dry_run: nothing was written; the rest says what would have happened.
        warnings: what of a roster asks more than the law does; it blocks nothing.
    """

    kind: ImportKind
    source: str
    lines: int
    changed: int
    errors: tuple[LineError, ...]
    is_dry_run: bool
    warnings: tuple[LabourNote, ...] = ()


def import_file(
    engine: Engine,
    kind: str,
    path: Path,
    author: str,
    now_utc_ms: int,
    *,
    form: str = Form.DAKA,
    complete_through: str = "",
    dry_run: bool = False,
    channels: Sequence[str] = DEFAULT_CHANNELS,
) -> Report:
    """Bring a CSV, XLSX or JSON file in.

    Args:
        kind: an `ImportKind` value.
        author: who is answerable for it; kept with roster versions and touches.
        form: a `Form` value: whose file it is.
        complete_through: of punches: the last date the file holds all touches of.
        channels: where people are told when their amounts change.

    Raises:
        DakaError: the kind, the form or the file as a whole cannot be used.
    """
    for value, allowed in ((kind, ImportKind), (form, Form)):
        if value not in set(allowed):
            choice = ", ".join(allowed)
            zh, en = f"不能导入“{value}”,可用:{choice}", f"cannot import {value!r}; {choice} can be"
            raise ToldError(zh, en)
    file = ImportFile.opened(ImportKind(kind), path, Form(form))
    with write(engine) as connection:
        attempt = connection.begin_nested()
        changed = bring_in(connection, file, Errand(author, now_utc_ms, channels))
        if complete_through and file.kind is ImportKind.PUNCHES:
            stores = set(history.stores_of(file, connection))
            last_date = fields.day("--complete-through", complete_through).isoformat()
            history.declare_complete(connection, stores, last_date, now_utc_ms)
        if dry_run:
            attempt.rollback()
        else:
            attempt.commit()
    errors = tuple(sorted(file.errors, key=lambda error: error.line))
    return Report(
        file.kind, file.source, len(file.lines), changed, errors, dry_run, tuple(file.warnings)
    )


def import_content(
    engine: Engine, kind: str, name: str, content: bytes, author: str, now_utc_ms: int,
    **more: Any,
) -> Report:  # fmt: skip
    """Bring in a file that was sent: `name` is what it is called; the rest as in `import_file`."""
    with tempfile.TemporaryDirectory(prefix="daka-import-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return import_file(engine, kind, path, author, now_utc_ms, **more)


def bring_in(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Bring lines in, refusing them one by one; return how many rows were new or different."""
    return _IMPORTS[file.kind](connection, file, errand)


def _import_stores(connection: Connection, file: ImportFile, errand: Errand) -> int:
    stored = {row.store_id: row for row in connection.execute(select(tables.store))}
    laws: dict[str, str] = {}
    numbers: dict[str, int] = {}

    def read(number: int, cells: Cells) -> Store:
        entered = Store(
            store_id=fields.name("store_id", cells["store_id"]),
            name=fields.name("name", cells["name"]),
            zone=fields.zone("zone", cells["zone"]),
            scene=fields.scene("scene", cells["scene"]),
            arrivals_by=fields.clock("arrivals_by", cells["arrivals_by"])
            if cells["arrivals_by"]
            else "",
            **fields.fence(cells),
        )
        if cells["jurisdiction"]:
            laws[entered.store_id] = law_lines.law_of(cells)
            numbers[entered.store_id] = number
        stands = stored.get(entered.store_id)
        if stands is None:
            return entered
        # a column the file does not have says nothing about the store
        unsaid = [name for name in _STORE_EXTRAS if not file.has(name)]
        return replace(entered, **{name: getattr(stands, name) for name in unsaid})

    changed = enrolment.put_stores(
        connection, file.read(read), errand.now_utc_ms, author=errand.author
    )
    for store_id in law_lines.put_first(connection, laws, errand):
        zh, en = (
            "适用法规有变,请用 jurisdictions 写明生效日期",
            "another law: say since when, with a file of jurisdictions",
        )
        file.refuse(numbers[store_id], CellError("jurisdiction", zh, en))
    return changed


def _import_badges(connection: Connection, file: ImportFile, errand: Errand) -> int:
    named = known(connection)

    def read(_number: int, cells: Cells) -> Badge:
        return Badge(
            store_id=store_of(cells, named),
            device_serial=cells["device_serial"] or organisation.ANY_DEVICE,
            user_id=fields.name("user_id", cells["user_id"]),
            employee_id=person_of(cells, named),
            **fields.validity(cells),
        )

    return enrolment.bind_badges(connection, file.read(read), errand.author, errand.now_utc_ms)


def _import_sellers(connection: Connection, file: ImportFile, errand: Errand) -> int:
    named = known(connection)

    def read(_number: int, cells: Cells) -> Seller:
        return Seller(
            store_id=store_of(cells, named),
            seller_code=fields.name("seller_code", cells["seller_code"]),
            employee_id=person_of(cells, named),
            **fields.validity(cells),
        )

    return enrolment.bind_sellers(connection, file.read(read), errand.author, errand.now_utc_ms)


def _import_contacts(connection: Connection, file: ImportFile, _errand: Errand) -> int:
    named = known(connection)

    def read(_number: int, cells: Cells) -> Contact:
        service = cells["service"].lower() or contacts.SERVICES[0]
        service = {"钉钉": "dingtalk", "邮箱": "mail", "邮件": "mail"}.get(service, service)
        if service not in contacts.SERVICES:
            allowed = ", ".join(contacts.SERVICES)
            zh, en = f"不认识的渠道,可用:{allowed}", f"unknown service; known: {allowed}"
            raise CellError("service", zh, en)
        return Contact(
            service=service,
            address=fields.name("address", cells["address"]),
            employee_id=person_of(cells, named),
        )

    return contacts.put(connection, list(file.read(read)))


def _import_roster(connection: Connection, file: ImportFile, errand: Errand) -> int:
    named = known(connection)

    in_force = shifts.in_force(connection).values()
    templates = {one.template.name: one.template for one in in_force}
    templates |= {one.template.shift_id: one.template for one in in_force}

    def read(number: int, cells: Cells) -> RosterLine:
        return read_line(number, cells, named, templates)

    lines = list(file.read(read))
    gone = assignments.gone(connection, {key for one in lines for key in one.worked_days})
    entries, clashes = roster_days(one for one in lines if not gone.intersection(one.worked_days))
    for clash in (*clashes, *of_who_left(lines, gone)):
        file.refuse(clash.number, clash.error)
    file.warnings = labour.of_entries(connection, entries)
    return sum(
        enrolment.add_roster(connection, some, errand.author, errand.now_utc_ms)
        for some in _portions(entries)
    )


def _import_targets(connection: Connection, file: ImportFile, errand: Errand) -> int:
    named = known(connection)

    def read(number: int, cells: Cells) -> amounts.Amounts:
        return amounts.read_line(number, cells, named)

    entries = amounts.entries_of(connection, file, file.read(read))
    return sum(
        enrolment.add_roster(connection, some, errand.author, errand.now_utc_ms)
        for some in _portions(entries)
    )


def _portions(entries: list[RosterEntry]) -> Iterator[Sequence[RosterEntry]]:
    ordered = sorted(entries, key=lambda entry: (entry.employee_id, entry.work_date))
    return portions(ordered, _ENTRIES_AT_ONCE)


_IMPORTS: Final[dict[ImportKind, Callable[[Connection, ImportFile, Errand], int]]] = {
    ImportKind.STORES: _import_stores,
    ImportKind.EMPLOYEES: employee_lines.import_employees,
    ImportKind.BADGES: _import_badges,
    ImportKind.SELLERS: _import_sellers,
    ImportKind.ROSTER: _import_roster,
    ImportKind.TARGETS: _import_targets,
    ImportKind.PUNCHES: history.import_punches,
    ImportKind.RESULTS: history.import_results,
    ImportKind.CONTACTS: _import_contacts,
    ImportKind.CAMPAIGNS: campaign_lines.import_campaigns,
    ImportKind.CAMPAIGN_MEMBERS: campaign_lines.import_members,
    ImportKind.TEAMS: campaign_lines.import_teams,
    ImportKind.WAGES: law_lines.import_wages,
    ImportKind.JURISDICTIONS: law_lines.import_jurisdictions,
    ImportKind.SHIFTS: planning_lines.import_shifts,
    ImportKind.HOLIDAYS: planning_lines.import_holidays,
    ImportKind.LEAVES: planning_lines.import_leaves,
}
