"""One person as HR types it: the lines of the import files it comes to, all of them or none.

So a person typed into a form is checked, kept and answered for as one that comes by file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.validity import in_force
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.exchange.importing import bring_in
from cloud_receiver.exchange.lines import Cells, Errand, ImportFile
from cloud_receiver.store import assignments, contacts, dirty, names, organisation
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.tables import employee
from sync.errors import ToldError

IN_HAND: Final = ("name", "store_id", "language", "active")
"""What a line of employees says of a person."""
ADDRESSES: Final = contacts.SERVICES
FIELDS: Final = (*IN_HAND, "team", "user_id", "seller_code", *ADDRESSES)
NO_TEAM: Final = "none"


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a person that was typed.

    Attributes:
        changed: how many rows were new or different.
        wrong: what cannot stand, by the field it stands in; then nothing was written.
        dates: the work dates that are judged anew for it, in order.
        taken: ids and codes that were somebody else's, with whose.
    """

    changed: int = 0
    wrong: tuple[ToldError, ...] = ()
    dates: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Typed:
    """A line, and where its columns stand in the form when they are called otherwise there."""

    kind: ImportKind
    cells: Cells
    places: Mapping[str, str]


def standing(connection: Connection, employee_id: str, date: str) -> dict[str, str] | None:
    """Return what the form shows of somebody who is known, on a date; None: nobody is.

    Who will leave is shown as leaving: to say otherwise is to say that nobody leaves.
    """
    query = select(employee).where(employee.c.employee_id == employee_id)
    person = connection.execute(query).one_or_none()
    if person is None:
        return None
    team = assignments.of_people(connection, Kind.TEAM, [employee_id]).get(employee_id, {})
    addresses = {
        service: contacts.address_of(connection, service, employee_id) or ""
        for service in ADDRESSES
    }
    return {
        "name": person.name,
        "store_id": person.store_id,
        "language": person.language,
        "active": "yes" if person.active and not person.left_date else "no",
        "team": in_force(team, date),
        **addresses,
    }


def save(
    connection: Connection,
    employee_id: str,
    said: Mapping[str, str],
    stood: Mapping[str, str] | None,
    errand: Errand,
) -> Saved:
    """Enter a person, or what is to change of one from a date on.

    Args:
        said: what the form says, by `FIELDS`, and ``since``: a date, from when on the store,
            the team, leaving, the id and the code hold.
        stood: what the form showed: what is as it was shown is not said; None: a new person.

    Raises:
        DakaError: the days it concerns are in the archive.
    """
    if stood is None and names.has_employee(connection, employee_id):
        told = (f"工号“{employee_id}”已有人用", f"{employee_id!r} is somebody's id already")
        return Saved(wrong=(CellError("employee_id", *told),))
    taken = tuple(_taken(connection, employee_id, said))
    queued = set(dirty.dates_due(connection, employee_id, errand.now_utc_ms))
    attempt = connection.begin_nested()
    changed, wrong = 0, dict[str, CellError]()
    for line in _lines(connection, employee_id, said, stood):
        file = ImportFile.typed(line.kind, line.cells)
        changed += bring_in(connection, file, errand)
        for error in file.errors:
            place = line.places.get(error.field, error.field)
            wrong.setdefault(place, CellError(place, error.zh, error.en))
        if line.kind is ImportKind.EMPLOYEES and wrong:
            break  # the other lines are about somebody who is not there
    if wrong:
        attempt.rollback()
        return Saved(wrong=tuple(wrong.values()))
    attempt.commit()
    due = dirty.dates_due(connection, employee_id, errand.now_utc_ms)
    return Saved(changed, (), tuple(date for date in due if date not in queued), taken)


def _taken(
    connection: Connection, employee_id: str, said: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the id and the code a form gives to a person while they are another's, with whose."""
    store_id, user_id, code, since = (
        said.get(name, "") for name in ("store_id", "user_id", "seller_code", "since")
    )
    badges = organisation.badge_book(connection, [store_id], [user_id])
    sellers = organisation.seller_book(connection, [store_id], [code])
    holders = {
        user_id: badges.holder(store_id, organisation.ANY_DEVICE, user_id, since),
        code: sellers.holder(store_id, code, since),
    }
    for held, whose in holders.items():
        if whose not in (None, employee_id):
            yield held, names.names_of(connection, [whose]).get(whose, whose)


def _works(connection: Connection, employee_id: str, date: str) -> str:
    """Return whether somebody works here on a date, empty: today, as the form says it."""
    person = names.person(connection, employee_id)
    is_here = person is not None and person.active
    if date:
        is_here = not assignments.gone(connection, [(employee_id, date)])
    return "yes" if is_here else "no"


def _leaves_on(connection: Connection, employee_id: str) -> str:
    """Return when somebody who works here will leave, empty: it is not said."""
    person = names.person(connection, employee_id)
    return (person.left_date or "") if person is not None and person.active else ""


def _lines(
    connection: Connection,
    employee_id: str,
    said: Mapping[str, str],
    stood: Mapping[str, str] | None,
) -> Iterator[_Typed]:
    since, who = said.get("since", ""), {"employee_id": employee_id}
    shown = stood or {}
    new = {name for name in FIELDS if said.get(name, "") != shown.get(name, "")}
    if stood is None or new.intersection(IN_HAND):
        own = {name: said.get(name, "") for name in IN_HAND}
        is_dated = stood is None or bool(new & {"store_id", "active"})
        if stood is not None and is_dated and "store_id" not in new:  # who leaves moves nowhere
            homes = assignments.of_people(connection, Kind.HOME, [employee_id])
            own["store_id"] = in_force(homes.get(employee_id, {}), since) or own["store_id"]
        if stood is not None and "active" not in new:
            own["active"] = _works(connection, employee_id, since if is_dated else "")
        elif stood is not None and own["active"] == "yes":
            since = max(since, _leaves_on(connection, employee_id))
        cells = {**who, **own, "since": since if is_dated else ""}
        yield _Typed(ImportKind.EMPLOYEES, cells, {})
    if "team" in new:
        cells = {**who, "team": said["team"] or NO_TEAM, "since": since}
        yield _Typed(ImportKind.TEAMS, cells, {})
    for name, kind in (("user_id", ImportKind.BADGES), ("seller_code", ImportKind.SELLERS)):
        if name in new:
            cells = {**who, "store_id": said.get("store_id", ""), name: said[name]}
            yield _Typed(kind, {**cells, "first_date": since}, {"first_date": "since"})
    for service in ADDRESSES:
        if service in new:
            cells = {**who, "service": service, "address": said[service]}
            yield _Typed(ImportKind.CONTACTS, cells, {"address": service})
