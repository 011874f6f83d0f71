"""Which law holds for whom: jurisdictions of stores, wages of people, the shipped law files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, select

from cloud_receiver.domain.law import (
    Jurisdiction,
    Limit,
    cap_bp,
    month_limit,
    parse_jurisdiction,
)
from cloud_receiver.domain.lawfulness import LawfulStore
from cloud_receiver.domain.periods import last_date
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import store, store_law, wage
from sync.errors import DakaError
from sync.places import config_dir

NATIONAL: Final = "cn"
_Value = TypeVar("_Value")
PersonMonth = tuple[str, str]
"""(employee_id, ``YYYY-MM``)."""


@lru_cache(maxsize=8)
def _laws(folder: str) -> Mapping[str, Jurisdiction]:
    found = {}
    for path in sorted(Path(folder).glob("*.toml")):
        law = parse_jurisdiction(path.read_text(encoding="utf-8"), path.name)
        found[law.id] = law
    if NATIONAL not in found:
        raise DakaError(f"{folder}: there is no law with the id {NATIONAL!r}; it stands for all")
    return found


def laws() -> Mapping[str, Jurisdiction]:
    """Return the law files of the configuration by id.

    Raises:
        DakaError: one cannot be used.
    """
    return _laws(str(config_dir() / "law"))


def put_jurisdiction(
    connection: Connection,
    store_id: str,
    jurisdiction: str,
    since: str,
    author: str,
    now_utc_ms: int,
) -> None:
    """Say which law holds in a store from a date on; book its months again afterwards.

    Raises:
        DakaError: there is no such law.
    """
    if jurisdiction not in laws():
        raise DakaError(f"there is no law {jurisdiction!r}; known: {', '.join(sorted(laws()))}")
    row = {"store_id": store_id, "effective_from": since, "jurisdiction": jurisdiction}
    upsert(connection, store_law, [row | {"author": author, "created_utc_ms": now_utc_ms}])


def put_wages(
    connection: Connection, wages: Iterable[tuple[str, str, int]], author: str, now_utc_ms: int
) -> None:
    """Enter (employee, first date, monthly fen); book their months again afterwards."""
    stamp = {"author": author, "created_utc_ms": now_utc_ms}
    rows = [
        {"employee_id": who, "effective_from": since, "monthly_fen": monthly_fen} | stamp
        for who, since, monthly_fen in wages
    ]
    upsert(connection, wage, rows)


def with_wage(connection: Connection, employee_ids: Collection[str]) -> set[str]:
    """Return those of some people whose wage is known."""
    return {row[0] for row in _WITH_WAGE.ask(connection, people=list(employee_ids))}


_WITH_WAGE: Final = Question(select(wage.c.employee_id).where(Among(wage.c.employee_id, "people")))


def limits(
    connection: Connection, months: Mapping[PersonMonth, Collection[str]]
) -> dict[PersonMonth, Limit]:
    """Return what the law lets each person's deductions of a month be.

    Args:
        months: the stores in which the person's deductions of the month arose; the strictest
            of their laws counts, the lowest limit, and no limit where fines are forbidden.
    """
    wages = _wages(connection, {who for who, _ in months})
    places = _jurisdictions(connection, {shop for shops in months.values() for shop in shops})
    book = laws()
    found = {}
    for (who, period), shops in months.items():
        names = {_in_force(places[shop], period) or NATIONAL for shop in shops} or {NATIONAL}
        fen = _in_force(wages[who], period)
        limits_there = [month_limit(book[name], period, fen) for name in sorted(names)]
        found[who, period] = min(limits_there, key=_strictness)
    return found


def _strictness(limit: Limit) -> int:
    return -1 if limit.limit_fen is None else limit.limit_fen


def _wages(
    connection: Connection, employee_ids: Collection[str]
) -> defaultdict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    query = select(wage.c.employee_id, wage.c.effective_from, wage.c.monthly_fen)
    for who, since, fen in connection.execute(query.where(wage.c.employee_id.in_(employee_ids))):
        found[who][since] = fen
    return found


def _jurisdictions(
    connection: Connection, store_ids: Collection[str]
) -> defaultdict[str, dict[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    query = select(store_law.c.store_id, store_law.c.effective_from, store_law.c.jurisdiction)
    for shop, since, name in connection.execute(query.where(store_law.c.store_id.in_(store_ids))):
        found[shop][since] = name
    return found


def _in_force(versions: Mapping[str, _Value], period: str) -> _Value | None:
    """Return what is in force on the last day of a month."""
    begun = [since for since in versions if since <= last_date(period)]
    return versions[max(begun)] if begun else None


def lawful_stores(connection: Connection, on: str) -> list[LawfulStore]:
    """Return every store with what the law in force there on a date makes of deductions."""
    book, period = laws(), on[:7]
    rows = connection.execute(select(store.c.store_id, store.c.name, store.c.scene)).all()
    places = _jurisdictions(connection, [row.store_id for row in rows])
    found = []
    for row in rows:
        name = _in_force(places[row.store_id], period)
        law = book[name or NATIONAL]
        found.append(
            LawfulStore(
                store_id=row.store_id, name=row.name, scene=row.scene,
                law=law.name if name else None, cap_bp=cap_bp(law, period),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: one.store_id)
