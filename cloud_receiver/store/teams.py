"""Which team people are in, as rules and rankings name it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.store import dirty, tables
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.questions import Among, Question


def put(connection: Connection, teams: Mapping[str, str], now_utc_ms: int) -> int:
    """Say which team each person is in; return how many were in another one.

    The judged days of these people are judged anew.
    """
    stands = of_people(connection, teams)
    rows = [
        {"employee_id": who, "team": team}
        for who, team in sorted(teams.items())
        if stands.get(who) != team
    ]
    if rows:
        upsert(connection, tables.team_member, rows)
        fact = tables.day_fact.c
        moved = [row["employee_id"] for row in rows]
        query = select(fact.employee_id, fact.work_date).where(fact.employee_id.in_(moved))
        dirty.mark(connection, [(row[0], row[1]) for row in connection.execute(query)], now_utc_ms)
    return len(rows)


def of_people(connection: Connection, people: Collection[str]) -> dict[str, str]:
    """Return the team of each person who is in one."""
    return {row[0]: row[1] for row in _OF_PEOPLE.ask(connection, people=list(people))}


_OF_PEOPLE: Final = Question(
    select(tables.team_member.c.employee_id, tables.team_member.c.team).where(
        Among(tables.team_member.c.employee_id, "people")
    )
)


def every(connection: Connection) -> dict[str, list[str]]:
    """Return all teams and who is in them."""
    member = tables.team_member.c
    found: dict[str, list[str]] = {}
    query = select(member.team, member.employee_id).order_by(member.team, member.employee_id)
    for team, who in connection.execute(query):
        found.setdefault(team, []).append(who)
    return found
