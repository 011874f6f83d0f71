"""The ledger as people read it: filtered, totalled by account, newest first; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Explanation
from cloud_receiver.store.tables import employee, ledger, rule_version, store

PEOPLE_FOUND: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which entries are wanted; None means all.

    Attributes:
        first_date, last_date: work dates, both included.
    """

    first_date: str | None = None
    last_date: str | None = None
    store_id: str | None = None
    employee_id: str | None = None
    rule_id: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry with the names people know.

    Attributes:
        adjusts: the entry it corrects or follows from, None for a first booking.
        kind: a `domain.ledger.Kind`.
        period, for_period: the month it counts in and the month it is about.
    """

    entry_no: int
    entry_id: str
    outcome_key: str
    employee_id: str
    name: str
    store_id: str
    store_name: str
    zone: str
    work_date: str
    account: str
    contra: str
    amount_fen: int
    rule_id: str
    rule_version: int
    row_id: str
    explanation: Explanation
    adjusts: str | None
    booked_utc_ms: int
    kind: str
    period: str
    for_period: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of an account; deductions are negative."""

    account: str
    entries: int
    rewards_fen: int
    deductions_fen: int

    @property
    def net_fen(self) -> int:
        """Return what remains for the employees."""
        return self.rewards_fen + self.deductions_fen


def entries(
    connection: Connection, selection: Selection, limit: int, before_no: int | None = None
) -> list[Entry]:
    """Return entries newest first, at most `limit`, those below `before_no` when given."""
    query = named_entries().where(*_conditions(selection))
    if before_no is not None:
        query = query.where(ledger.c.entry_no < before_no)
    return read_entries(connection, query.order_by(ledger.c.entry_no.desc()).limit(limit))


def entries_of(connection: Connection, outcome_key: str) -> list[Entry]:
    """Return a statement's first booking and all its corrections, oldest first."""
    query = named_entries().where(ledger.c.outcome_key == outcome_key).order_by(ledger.c.entry_no)
    return read_entries(connection, query)


def read_entries(connection: Connection, query: Select[Any]) -> list[Entry]:
    """Run a query over the named entries."""
    return [_entry(row) for row in connection.execute(query).mappings()]


def _entry(row: Mapping[Any, Any]) -> Entry:
    month = row["work_date"][:7]
    told = {
        "explanation": Explanation.from_json(row["explanation"]),
        "kind": row["kind"] or Kind.OUTCOME.value,
        "period": row["period"] or month,
        "for_period": row["for_period"] or month,
    }
    return Entry(**{**row, **told})


def named_entries() -> Select[Any]:
    """Return the query of all entries with the names people know, for `read_entries`."""
    return (
        select(
            ledger,
            func.coalesce(employee.c.name, ledger.c.employee_id).label("name"),
            func.coalesce(store.c.name, ledger.c.store_id).label("store_name"),
            func.coalesce(store.c.zone, "UTC").label("zone"),
        )
        .outerjoin(employee, employee.c.employee_id == ledger.c.employee_id)
        .outerjoin(store, store.c.store_id == ledger.c.store_id)
    )


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    wanted = {
        ledger.c.store_id: selection.store_id,
        ledger.c.employee_id: selection.employee_id,
        ledger.c.rule_id: selection.rule_id,
        ledger.c.account: selection.account,
    }
    found = [column == value for column, value in wanted.items() if value is not None]
    if selection.first_date is not None:
        found.append(ledger.c.work_date >= selection.first_date)
    if selection.last_date is not None:
        found.append(ledger.c.work_date <= selection.last_date)
    return found


def totals(connection: Connection, selection: Selection) -> list[Total]:
    """Return the sums by account of everything selected."""
    amount = ledger.c.amount_fen
    of_days = (
        select(
            ledger.c.work_date,  # first of the index: what is alike stands together, nothing is sorted
            ledger.c.account,
            func.count().label("entries"),
            func.sum(case((amount > 0, amount), else_=0)).label("up"),
            func.sum(case((amount < 0, amount), else_=0)).label("down"),
        )
        .where(*_conditions(selection))
        .group_by(ledger.c.work_date, ledger.c.account)
        .subquery()
    ).c
    rows = connection.execute(
        select(
            of_days.account, func.sum(of_days.entries), func.sum(of_days.up), func.sum(of_days.down)
        )
        .group_by(of_days.account)
        .order_by(of_days.account)
    )
    return [Total(account, int(n), int(up), int(down)) for account, n, up, down in rows]


@dataclass(frozen=True, slots=True)
class Choices:
    """What one may filter by, as (id, name) pairs; rules with their documents.

    Attributes:
        people: those a search found, the first `PEOPLE_FOUND`.
    """

    stores: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]


def person_meant(connection: Connection, text: str) -> str | None:
    """Return the id of whom a text names: by id, or by a name only one person has."""
    who = employee.c
    found = connection.scalars(
        select(who.employee_id)
        .where((who.employee_id == text) | (who.name == text))
        .order_by(who.employee_id != text)
        .limit(2)
    ).all()
    return found[0] if found and (len(found) == 1 or found[0] == text) else None


def choices(connection: Connection, sought: str) -> Choices:
    """Return the stores, the newest rule documents, and people by part of their id or name."""
    who = employee.c
    people = connection.execute(
        select(who.employee_id, who.name)
        .where(who.employee_id.contains(sought, autoescape=True)
               | who.name.contains(sought, autoescape=True))
        .order_by((who.employee_id != sought), (who.name != sought), who.employee_id)
        .limit(PEOPLE_FOUND)
    ).all() if sought else []  # fmt: skip
    shops = connection.execute(select(store.c.store_id, store.c.name).order_by(store.c.store_id))
    rules = connection.execute(
        select(rule_version.c.rule_id, rule_version.c.document).order_by(rule_version.c.version)
    )
    newest = {rule_id: document for rule_id, document in rules}  # noqa: C416  rows, not a dict
    return Choices(
        stores=tuple((key, name) for key, name in shops),
        people=tuple((row[0], row[1]) for row in people),
        rules=tuple(sorted(newest.items())),
    )
