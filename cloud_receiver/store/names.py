"""The names people know things by: stores, people, devices; reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.store import tables
from cloud_receiver.store.questions import Among, Question
from sync.errors import DakaError


@dataclass(frozen=True, slots=True)
class Store:
    """A store; `zone` is its IANA time zone."""

    store_id: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works, or worked, in a store.

    Attributes:
        active: works here today.
        left_date: the first date no longer there, behind or ahead; None: none is said.
    """

    employee_id: str
    name: str
    store_id: str
    active: bool
    left_date: str | None = None

    def works_on(self, date: str) -> bool:
        """Tell whether the person works here on a date, as far as it is said today."""
        return self.active if self.left_date is None else date < self.left_date


PERSON: Final = tuple(tables.employee.c[name] for name in Person.__dataclass_fields__)
"""The columns of a `Person`."""


def stores(connection: Connection) -> list[Store]:
    """Return all stores by id."""
    store = tables.store.c
    query = select(store.store_id, store.name, store.zone).order_by(store.store_id)
    return [Store(*row) for row in connection.execute(query)]


def zone(connection: Connection, store_id: str) -> str:
    """Return the time zone of a store.

    Raises:
        DakaError: there is no such store.
    """
    found = connection.scalar(
        select(tables.store.c.zone).where(tables.store.c.store_id == store_id)
    )
    if found is None:
        raise DakaError(f"there is no store {store_id!r}: import stores first")
    return str(found)


def has_employee(connection: Connection, employee_id: str) -> bool:
    """Tell whether there is, or was, such an employee."""
    who = tables.employee.c.employee_id
    return connection.scalar(select(who).where(who == employee_id)) is not None


def people(connection: Connection) -> list[Person]:
    """Return everybody by home store and name."""
    who = tables.employee.c
    query = select(*PERSON)
    rows = connection.execute(query.order_by(who.store_id, who.name, who.employee_id))
    return [Person(*row) for row in rows]


def person(connection: Connection, employee_id: str) -> Person | None:
    """Return somebody, None when there is no such id."""
    query = select(*PERSON).where(tables.employee.c.employee_id == employee_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Person(*row)


def people_like(connection: Connection, text: str, limit: int) -> list[Person]:
    """Return people whose name or id holds `text`, whatever its case, by name."""
    who = tables.employee.c
    wanted = who.name.icontains(text, autoescape=True) | who.employee_id.icontains(
        text, autoescape=True
    )
    query = select(*PERSON).where(wanted)
    rows = connection.execute(query.order_by(who.name, who.employee_id).limit(limit))
    return [Person(*row) for row in rows]


def employee_names(connection: Connection) -> dict[str, str]:
    """Return each employee's name by id."""
    return dict(_NAMES.tuples(connection))


def names_of(connection: Connection, employee_ids: Collection[str]) -> dict[str, str]:
    """Return the names of some people by id."""
    return {row[0]: row[1] for row in _NAMES_OF.ask(connection, people=list(employee_ids))}


_NAMES: Final = Question(select(tables.employee.c.employee_id, tables.employee.c.name))
_NAMES_OF: Final = Question(
    select(tables.employee.c.employee_id, tables.employee.c.name).where(
        Among(tables.employee.c.employee_id, "people")
    )
)


def device_names(connection: Connection) -> dict[str, str]:
    """Return what a device is called in its box's settings, by its serial number."""
    source = tables.source.c
    rows = connection.execute(select(source.source_id, source.name))
    return dict(map(tuple, rows))
