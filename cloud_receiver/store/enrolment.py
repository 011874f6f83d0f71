"""What becomes known about the organisation, and what must be resolved again because of it.

Every function writes only what differs, resolves the records concerned from their first,
and marks the employee-days they stood on and come to, all in the caller's transaction.
Each returns how many rows were new or different.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, insert, select

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import RosterDay, around
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.validity import LAST_DATE, in_force
from cloud_receiver.domain.workday import (
    FIRST_DATE,
    UNPLANNED,
    Shift,
    encode_shifts,
    midnight_utc_ms,
    shift_date,
)
from cloud_receiver.store import (
    assignments,
    change_feed,
    dirty,
    organisation,
    projection,
    tables,
    versions,
)
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.organisation import ANY_DEVICE, UNKNOWN_ZONE
from sync.portions import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store as entered; `zone` is an IANA name, `scene` supermarket, community ...

    Attributes:
        arrivals_by: ``HH:MM`` by which its supervisor records arrivals; empty: never.
        latitude_microdeg, longitude_microdeg, fence_m: where a phone may check in, how far
            around; None: anywhere.
    """

    store_id: str
    name: str
    zone: str
    scene: str
    arrivals_by: str = ""
    latitude_microdeg: int | None = None
    longitude_microdeg: int | None = None
    fence_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """A person as entered; `store_id` is the home store, `language` zh or en.

    Attributes:
        since: from which work date on the home store is this one; empty: of who is known today.
            A move to come changes nothing before its date. Of who left: the first date no longer
            there, tomorrow without one.
    """

    employee_id: str
    name: str
    store_id: str
    language: str = "zh"
    active: bool = True
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """Whose id is this on that terminal; `ANY_DEVICE` means every terminal of the store.

    Attributes:
        first_date, last_date: when it holds, in the store's dates, both included.
    """

    store_id: str
    device_serial: str = ANY_DEVICE
    user_id: str
    employee_id: str
    first_date: str = FIRST_DATE
    last_date: str = LAST_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Whose code is this on the tills of that store, from one date to another."""

    store_id: str
    seller_code: str
    employee_id: str
    first_date: str = FIRST_DATE
    last_date: str = LAST_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """What a person is to do on a date; no shifts mean a rest day.

    Attributes:
        is_planned: False: what was planned is taken back, and it is no rest day either.
    """

    employee_id: str
    work_date: str
    store_id: str
    shifts: tuple[Shift, ...]
    target_fen: int = 0
    subsidy_fen: int = 0
    is_planned: bool = True

    @property
    def document(self) -> str:
        """Return what the roster says of the day, as it is stored."""
        return encode_shifts(self.shifts) if self.is_planned else UNPLANNED


_KEYS_A_QUERY: Final = 1000
_PERSON_CONTENT: Final = ("employee_id", "name", "language")
_ROSTER_CONTENT: Final = (
    "employee_id", "work_date", "store_id", "shift", "target_fen", "subsidy_fen",
)  # fmt: skip


def put_stores(
    connection: Connection, stores: Iterable[Store], now_utc_ms: int, *, author: str = ""
) -> int:
    """Enter stores; another zone or fence places all that happened there anew.

    Args:
        author: who says so; empty: nobody in particular.
    """
    before = organisation.sites(connection)
    changed = put_rows(connection, tables.store, [asdict(one) for one in stores])
    versions.add(connection, tables.store_version, changed, author, now_utc_ms)
    about = [(row["store_id"], row) for row in changed]
    change_feed.tell(connection, ChangeKind.STORE_CHANGED, about, now_utc_ms)
    for row in changed:
        store_id = row["store_id"]
        site = before.get(store_id)
        fence = tuple(row[name] for name in ("latitude_microdeg", "longitude_microdeg", "fence_m"))
        if site is None or (site.zone, site.fence) != (row["zone"], fence):
            for table in (tables.punch, tables.sale):
                condition = table.c.store_id == store_id
                projection.project_again(connection, table, condition, now_utc_ms)
        dirty.mark_store(connection, store_id, now_utc_ms)  # its scene is a fact of its days
    return len(changed)


def put_employees(
    connection: Connection, employees: Iterable[Employee], now_utc_ms: int = 0, *, author: str = ""
) -> int:
    """Enter people; what is said of one for several dates is taken in their order.

    The days of who moves to another home store are judged anew from then on. What is planned of
    who leaves is taken back from then on, for nobody is absent who has left.

    Args:
        author: who says so; empty: nobody in particular.
    """
    told: dict[str, list[Employee]] = {}
    for one in sorted(employees, key=attrgetter("since")):
        told.setdefault(one.employee_id, []).append(one)
    touched: set[str] = set()
    left: dict[str, str] = {}
    for turn in range(max(map(len, told.values()), default=0)):
        some = {who: lines[turn] for who, lines in told.items() if turn < len(lines)}
        homes = {who: one.store_id for who, one in some.items()}
        since = {who: one.since for who, one in some.items() if one.since}
        touched.update(assignments.put(connection, Kind.HOME, homes, author, now_utc_ms, since))
        active = {who: one.active for who, one in some.items()}
        moved, gone = assignments.employ(connection, active, author, now_utc_ms, since)
        touched |= moved
        left |= gone
    stand = assignments.standing(connection, told, now_utc_ms)
    rows = []
    for who, lines in told.items():
        row, own = asdict(lines[-1]), stand[who]
        del row["since"]
        row |= {"active": own.active, "left_date": own.left_date}
        rows.append(row | {"store_id": own.store_id or row["store_id"]})
    changed = put_rows(connection, tables.employee, rows)
    kept = [{name: row[name] for name in _PERSON_CONTENT} for row in changed]
    versions.add(connection, tables.employee_version, kept, author, now_utc_ms)
    _tell_people(connection, changed, now_utc_ms)
    touched |= {row["employee_id"] for row in changed}
    return len(touched | _take_back_plans(connection, left, author, now_utc_ms))


def _take_back_plans(
    connection: Connection, from_date: Mapping[str, str], author: str, now_utc_ms: int
) -> set[str]:
    """Take back what is planned for people who left on a date, until they are there again."""
    sites = organisation.sites(connection)
    entries = []
    for some in portions(sorted(from_date), _KEYS_A_QUERY):
        first = min(from_date[who] for who in some)
        employed = assignments.of_people(connection, Kind.EMPLOYED, some)
        for who, days in organisation.rosters(connection, some, first, LAST_DATE, sites).items():
            gone = (day for date, day in days.items() if date >= from_date[who]
                    and not in_force(employed[who], date))  # fmt: skip
            entries += [nothing(who, day) for day in gone]
    add_roster(connection, entries, author, now_utc_ms)
    return {entry.employee_id for entry in entries}


def nothing(employee_id: str, day: RosterDay) -> RosterEntry:
    """Return the entry that takes a rostered day back."""
    return RosterEntry(
        employee_id=employee_id, work_date=day.work_date, store_id=day.store_id, shifts=(),
        is_planned=False,
    )  # fmt: skip


def take_effect(connection: Connection, now_utc_ms: int) -> int:
    """Let moves to other home stores and leaving whose date has come show; return of how many."""
    stand = assignments.turning(connection, now_utc_ms)
    here = tables.employee.c
    rows = []
    for some in portions(sorted(stand), _KEYS_A_QUERY):
        query = select(tables.employee).where(here.employee_id.in_(some))
        for person in connection.execute(query):
            own = stand[person.employee_id]
            its = own._asdict() | {"store_id": own.store_id or person.store_id}
            rows.append(person._asdict() | its)
    changed = put_rows(connection, tables.employee, rows)
    _tell_people(connection, changed, now_utc_ms)
    return len(changed)


def _tell_people(
    connection: Connection, changed: Iterable[Mapping[str, Any]], now_utc_ms: int
) -> None:
    about = [(row["employee_id"], row) for row in changed]
    change_feed.tell(connection, ChangeKind.EMPLOYEE_CHANGED, about, now_utc_ms)


def bind_badges(
    connection: Connection, badges: Iterable[Badge], author: str, now_utc_ms: int
) -> int:
    """Say whose ids are whose; punches under them are resolved again from the first date on."""
    changed = versions.add(connection, tables.badge, map(asdict, badges), author, now_utc_ms)
    punch = tables.punch.c
    for store_id, first_date, user_ids in _by_store(changed, "user_id"):
        condition = (punch.store_id == store_id) & punch.user_id.in_(user_ids)
        since = punch.device_time >= first_date
        projection.project_again(connection, tables.punch, condition & since, now_utc_ms)
    return len(changed)


def bind_sellers(
    connection: Connection, sellers: Iterable[Seller], author: str, now_utc_ms: int
) -> int:
    """Say whose till codes are whose; sales under them are resolved again from the first date."""
    changed = versions.add(connection, tables.seller, map(asdict, sellers), author, now_utc_ms)
    sale = tables.sale.c
    for store_id, first_date, codes in _by_store(changed, "seller_code"):
        condition = (sale.store_id == store_id) & sale.seller_code.in_(codes)
        # a margin: what is sold at night counts for the date its shift began on
        since = sale.work_date >= shift_date(first_date, -2)
        projection.project_again(connection, tables.sale, condition & since, now_utc_ms)
    return len(changed)


def _by_store(
    rows: Iterable[Mapping[str, Any]], key: str
) -> Iterator[tuple[str, str, Collection[str]]]:
    """Yield each store with the first date and the ids or codes its changed rows are about."""
    by_store: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_store.setdefault(row["store_id"], []).append(row)
    for store_id, of_store in sorted(by_store.items()):
        yield store_id, min(row["first_date"] for row in of_store), {row[key] for row in of_store}


def add_roster(
    connection: Connection, entries: Iterable[RosterEntry], author: str, now_utc_ms: int
) -> int:
    """Add a version of every roster day that differs from the one in force.

    What people did around those days may now belong to another of them, so their punches
    and sales are placed again. A day still to come is judged from its midnight on.
    """
    wanted = {(entry.employee_id, entry.work_date): _roster_row(entry) for entry in entries}
    in_force = _rosters_in_force(connection, wanted)
    rows = []
    for key, content in sorted(wanted.items()):
        version, stored = in_force.get(key, (0, {}))
        if content != stored and (stored or content["shift"] != UNPLANNED):
            stamp = {"version": version + 1, "author": author, "created_utc_ms": now_utc_ms}
            rows.append({**content, **stamp})
    if rows:
        keys = [(row["employee_id"], row["work_date"]) for row in rows]
        happened = _happened_around(keys, tables.punch, tables.punch.c.effective_utc_ms)
        stood = projection.standing_days(connection, tables.punch, happened)
        connection.execute(insert(tables.roster), rows)
        stands = projection.standing_days(connection, tables.punch, happened)
        dirty.mark(connection, stood | stands, now_utc_ms)
        sold = _happened_around(keys, tables.sale, tables.sale.c.sold_utc_ms)
        projection.project_again(connection, tables.sale, sold, now_utc_ms)
        _mark_rostered(connection, rows, now_utc_ms)
        about = [(f"{row['employee_id']}/{row['work_date']}", _told(row)) for row in rows]
        change_feed.tell(connection, ChangeKind.ROSTER_CHANGED, about, now_utc_ms)
    return len(rows)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("version", *_ROSTER_CONTENT) if name != "shift"}
    return {**told, "planned": row["shift"] != UNPLANNED}


def _roster_row(entry: RosterEntry) -> dict[str, Any]:
    return {
        "employee_id": entry.employee_id,
        "work_date": entry.work_date,
        "store_id": entry.store_id,
        "shift": entry.document,
        "target_fen": entry.target_fen,
        "subsidy_fen": entry.subsidy_fen,
    }


def _rosters_in_force(
    connection: Connection, keys: Collection[DayKey]
) -> dict[DayKey, tuple[int, dict[str, Any]]]:
    """Return the newest version and its content of each day that has one."""
    found = {}
    people = sorted({employee_id for employee_id, _ in keys})
    dates = [work_date for _, work_date in keys]
    roster = tables.roster
    for some in portions(people, _KEYS_A_QUERY):
        query = select(roster).where(
            roster.c.employee_id.in_(some), roster.c.work_date.between(min(dates), max(dates))
        )
        for row in connection.execute(query.order_by(roster.c.version)):
            content = {name: getattr(row, name) for name in _ROSTER_CONTENT}
            found[row.employee_id, row.work_date] = (row.version, content)
    return found


def _happened_around(
    keys: Collection[DayKey], table: Table, at_utc_ms: ColumnElement[int]
) -> ColumnElement[bool]:
    dates = [work_date for _, work_date in keys]
    begin = midnight_utc_ms(around(min(dates))[0], UNKNOWN_ZONE)
    end = midnight_utc_ms(shift_date(max(dates), 4), UNKNOWN_ZONE)
    return table.c.employee_id.in_({who for who, _ in keys}) & at_utc_ms.between(begin, end)


def _mark_rostered(
    connection: Connection, rows: Sequence[Mapping[str, Any]], now_utc_ms: int
) -> None:
    sites = organisation.sites(connection)
    begins = {
        (row["employee_id"], row["work_date"]): midnight_utc_ms(
            row["work_date"], organisation.zone_of(sites, row["store_id"])
        )
        for row in rows
    }
    dirty.mark(connection, [key for key, at in begins.items() if at <= now_utc_ms], now_utc_ms)
    dirty.mark_for_later(connection, {key: at for key, at in begins.items() if at > now_utc_ms})


def put_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[dict[str, Any]],
    beside: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Write rows by primary key, those that are new or different, and return them.

    Args:
        beside: columns that say how a row came here; they alone make it no different.
    """
    key_names = [column.name for column in table.primary_key]
    wanted = {tuple(row[name] for name in key_names): row for row in rows}

    def content(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        return tuple(sorted(item for item in row.items() if item[0] not in beside))

    stored = set()
    for some in portions(sorted({key[0] for key in wanted}), _KEYS_A_QUERY):
        query = select(table).where(table.c[key_names[0]].in_(some))
        stored |= {content(row._asdict()) for row in connection.execute(query)}
    changed = [row for row in wanted.values() if content(row) not in stored]
    upsert(connection, table, changed)
    return changed
