"""Which team and home store people have and whether they work here, from a work date on.

In versions, with who said so and when. A move holds from its date, so days before it keep the former team or store (ADR 0030). What
is said of a person first holds always, unless a date is given: there is nothing before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.validity import in_force
from cloud_receiver.domain.workday import FIRST_DATE, local_date, shift_date
from cloud_receiver.store import archive, dirty, organisation, versions
from cloud_receiver.store.organisation import ALWAYS_UTC_MS
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import assignment, day_fact, employee
from sync.portions import portions

_PEOPLE_AT_ONCE: Final = 1000
_DAY_MS: Final = 86_400_000


class Kind(StrEnum):
    """What a person is assigned to."""

    TEAM = "team"
    HOME = "home"
    EMPLOYED = "employed"  # the value is `EMPLOYED`, or empty: left


EMPLOYED: Final = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A version of an assignment.

    Attributes:
        first_date: from when on it holds.
        value: the team, the store or `EMPLOYED`; empty: none.
        author: empty where it is older than the keeping of authors.
        is_newest: no later version stands in its place.
    """

    employee_id: str
    kind: Kind
    first_date: str
    version: int
    value: str
    author: str
    created_utc_ms: int
    is_newest: bool


def of_people(
    connection: Connection,
    kind: Kind,
    people: Collection[str],
    known_by_utc_ms: int | None = None,
) -> dict[str, dict[str, str]]:
    """Return each person's teams or home stores by the date they hold from, who has one.

    Args:
        known_by_utc_ms: as it was known then; None: now.
    """
    known_by = ALWAYS_UTC_MS if known_by_utc_ms is None else known_by_utc_ms
    rows = _OF_PEOPLE.ask(connection, people=list(people), kind=kind.value, known_by=known_by)
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for employee_id, first_date, value in rows:
        found[employee_id][first_date] = value  # the last version is in force
    return dict(found)


_OF_PEOPLE: Final = Question(
    select(assignment.c.employee_id, assignment.c.first_date, assignment.c.value)
    .where(
        Among(assignment.c.employee_id, "people"),
        assignment.c.kind == bindparam("kind"),
        assignment.c.created_utc_ms <= bindparam("known_by"),
    )
    .order_by(assignment.c.version)
)


def put(
    connection: Connection,
    kind: Kind,
    said: Mapping[str, str],
    author: str,
    now_utc_ms: int,
    since: Mapping[str, str] | None = None,
) -> list[str]:
    """Say which team or home store people have; return those who had another one then.

    What was said of later dates stands. The days that concerns are judged anew.

    Args:
        since: from which work date on, by person; without one a move is of today.
    """
    given = since or {}
    today = today_of(connection, said, now_utc_ms)
    rows = []
    for some in portions(sorted(said), _PEOPLE_AT_ONCE):
        stands = of_people(connection, kind, some)
        for who in some:
            own = stands.get(who)
            first_date = given.get(who) or (today[who] if own else FIRST_DATE)
            if own is None or in_force(own, first_date) != said[who]:
                key = {"employee_id": who, "kind": kind.value, "first_date": first_date}
                rows.append({**key, "value": said[who]})
    added = versions.add(connection, assignment, rows, author, now_utc_ms)
    _mark(connection, {row["employee_id"]: row["first_date"] for row in added}, now_utc_ms)
    return [row["employee_id"] for row in added]


def employ(
    connection: Connection,
    active: Mapping[str, bool],
    author: str,
    now_utc_ms: int,
    since: Mapping[str, str],
) -> tuple[set[str], dict[str, str]]:
    """Say who works here and who left; return of whom that is new, and since when who left did.

    Of who left without a date, and of whom it is known already, nothing is returned.

    Args:
        since: from which work date on, by person. Without one who left does so tomorrow, and of
            whom nothing was said yet it always was so.
    """
    today = today_of(connection, active, now_utc_ms)
    known: dict[str, dict[str, str]] = {}
    for some in portions(sorted(active), _PEOPLE_AT_ONCE):
        known |= of_people(connection, Kind.EMPLOYED, some)
    new = active.keys() - known.keys()
    always = {who: EMPLOYED if active[who] or who in since else "" for who in new}
    moved = put(connection, Kind.EMPLOYED, always, author, now_utc_ms)
    left = {who for who, is_here in active.items() if not is_here}
    given = {who: shift_date(today[who], 1) for who in left} | dict(since)
    values = {who: EMPLOYED if is_here else "" for who, is_here in active.items()}
    moved += put(connection, Kind.EMPLOYED, values, author, now_utc_ms, given)
    return set(moved), {who: given[who] for who in left if who in since or who in moved}


def today_of(connection: Connection, people: Collection[str], now_utc_ms: int) -> dict[str, str]:
    """Return which date it is where people's home stores are."""
    sites = organisation.sites(connection)
    homes = organisation.home_stores(connection, people)
    zones = {who: organisation.zone_of(sites, homes.get(who, "")) for who in people}
    return {who: max(FIRST_DATE, local_date(now_utc_ms, zone)) for who, zone in zones.items()}


class Today(NamedTuple):
    """How a person stands on the date it is where he is.

    Attributes:
        store_id: the home store; empty: none is said.
        left_date: the first date no longer there, behind or ahead; None: none is said.
    """

    store_id: str
    active: bool
    left_date: str | None


def standing(connection: Connection, people: Collection[str], now_utc_ms: int) -> dict[str, Today]:
    """Return how people stand today."""
    today = today_of(connection, people, now_utc_ms)
    found = {}
    for some in portions(sorted(people), _PEOPLE_AT_ONCE):
        homes = of_people(connection, Kind.HOME, some)
        employed = of_people(connection, Kind.EMPLOYED, some)
        for who in some:
            own = employed.get(who, {FIRST_DATE: EMPLOYED})
            found[who] = Today(
                in_force(homes.get(who, {}), today[who]),
                bool(in_force(own, today[who])),
                left_date(own, today[who]),
            )
    return found


def left_date(employed: Mapping[str, str], today: str) -> str | None:
    """Return the first date no longer there: of who left the last time, else of the next one.

    >>> left_date({"2000-01-01": "yes", "2026-12-01": ""}, "2026-11-23")
    '2026-12-01'
    >>> left_date({"2000-01-01": "yes", "2026-11-01": "", "2026-12-01": "yes"}, "2026-11-23")
    '2026-11-01'
    """
    turns: list[tuple[str, str]] = []
    for first_date, value in sorted(employed.items()):
        if not turns or bool(turns[-1][1]) != bool(value):
            turns.append((first_date, value))
    if in_force(employed, today):
        return next((date for date, value in turns if date > today and not value), None)
    behind = [date for date, value in turns if date <= today and not value]
    return behind[-1] if behind and behind[-1] > FIRST_DATE else None


def gone(connection: Connection, keys: Collection[DayKey]) -> set[DayKey]:
    """Return those of some people's days on which they work here no more, or not yet again."""
    people = sorted({who for who, _ in keys})
    employed: dict[str, dict[str, str]] = {}
    for some in portions(people, _PEOPLE_AT_ONCE):
        employed |= of_people(connection, Kind.EMPLOYED, some)
    return {
        (who, date) for who, date in keys if who in employed and not in_force(employed[who], date)
    }


def turning(connection: Connection, now_utc_ms: int) -> dict[str, Today]:
    """Return how those stand today of whom something else may be stored."""
    last = local_date(now_utc_ms + _DAY_MS, "UTC")  # nowhere is it later
    rows = _TURNED.ask(connection, last=last)
    return standing(connection, {row[0] for row in rows}, now_utc_ms)


_TURNED: Final = Question(
    select(assignment.c.employee_id)
    .join(employee, employee.c.employee_id == assignment.c.employee_id)
    .where(
        assignment.c.first_date > FIRST_DATE,
        assignment.c.first_date <= bindparam("last"),
        or_(
            (assignment.c.kind == Kind.HOME.value) & (assignment.c.value != employee.c.store_id),
            (assignment.c.kind == Kind.EMPLOYED.value)
            & ((assignment.c.value == EMPLOYED) != employee.c.active),
        ),
    )
)


def _mark(connection: Connection, since: Mapping[str, str], now_utc_ms: int) -> None:
    """Have the stored days of people judged anew, each from a date on."""
    by_date: defaultdict[str, list[str]] = defaultdict(list)
    for who, first_date in sorted(since.items()):
        by_date[first_date].append(who)
    fact = day_fact.c
    for first_date, people in sorted(by_date.items()):
        if first_date > FIRST_DATE:
            archive.hold_online(connection, first_date)
        for some in portions(people, _PEOPLE_AT_ONCE):
            query = select(fact.employee_id, fact.work_date).where(
                fact.employee_id.in_(some), fact.work_date >= first_date
            )
            days = [(row[0], row[1]) for row in connection.execute(query)]
            dirty.mark(connection, days, now_utc_ms)


def every(connection: Connection, kind: Kind, date: str) -> dict[str, list[str]]:
    """Return all teams, or home stores, and who has them on a date."""
    query = select(assignment.c.employee_id).where(assignment.c.kind == kind.value).distinct()
    people = sorted(connection.scalars(query))
    found: dict[str, list[str]] = {}
    for some in portions(people, _PEOPLE_AT_ONCE):
        for who, own in of_people(connection, kind, some).items():
            if value := in_force(own, date):
                found.setdefault(value, []).append(who)
    return {value: sorted(found[value]) for value in sorted(found)}


def values(connection: Connection, kind: Kind) -> list[str]:
    """Return all teams or home stores anybody ever had."""
    own = assignment.c
    query = select(own.value).where(own.kind == kind.value, own.value != "")
    return list(connection.scalars(query.distinct().order_by(own.value)))


def history(connection: Connection, employee_id: str) -> list[Assignment]:
    """Return all that was ever said of a person, the latest dates first."""
    own = assignment.c
    query = select(assignment).where(own.employee_id == employee_id)
    rows = connection.execute(query.order_by(own.version)).all()
    newest = {(row.kind, row.first_date): row.version for row in rows}
    found = [
        Assignment(
            **row._asdict() | {"kind": Kind(row.kind)},
            is_newest=newest[row.kind, row.first_date] == row.version,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.first_date, one.kind, one.version), reverse=True)
