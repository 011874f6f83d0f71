"""Which team people are in, as rules and rankings name it: from a work date on."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from cloud_receiver.store import assignments
from cloud_receiver.store.assignments import Kind


def put(
    connection: Connection,
    teams: Mapping[str, str],
    now_utc_ms: int,
    *,
    author: str = "",
    since: Mapping[str, str] | None = None,
) -> int:
    """Say which team each person is in, empty for none; return how many were in another one.

    Args:
        author: who says so; empty: nobody in particular.
        since: from which work date on, by person; without one a move is of today, and what is
            said of somebody first holds always.
    """
    return len(assignments.put(connection, Kind.TEAM, teams, author, now_utc_ms, since))


def names(connection: Connection) -> list[str]:
    """Return what all teams are or were called."""
    return assignments.values(connection, Kind.TEAM)


def every(connection: Connection, date: str) -> dict[str, list[str]]:
    """Return all teams and who is in them on a date."""
    return assignments.every(connection, Kind.TEAM, date)
