"""Who agreed to what, when, and to which wording. Rows are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from cloud_receiver.domain.consents import WORDINGS, Purpose
from cloud_receiver.store.tables import consent


@dataclass(frozen=True, slots=True)
class Said:
    """One thing somebody said to a wording."""

    purpose: Purpose
    version: str
    is_given: bool
    at_utc_ms: int


def say(
    connection: Connection,
    employee_id: str,
    purpose: Purpose,
    *,
    is_given: bool,
    language: str,
    author: str,
    now_utc_ms: int,
) -> None:
    """Record that somebody agreed, refused or took a consent back."""
    row = {
        "employee_id": employee_id, "purpose": purpose.value, "is_given": is_given,
        "version": WORDINGS[purpose].version, "language": language, "author": author,
        "at_utc_ms": now_utc_ms,
    }  # fmt: skip
    connection.execute(insert(consent), [row])


def history(connection: Connection, employee_id: str) -> list[Said]:
    """Return all somebody said, oldest first."""
    query = select(consent).where(consent.c.employee_id == employee_id)
    return [
        Said(Purpose(row.purpose), row.version, row.is_given, row.at_utc_ms)
        for row in connection.execute(query.order_by(consent.c.consent_no))
    ]


def answers(connection: Connection, employee_id: str) -> dict[Purpose, bool]:
    """Return what somebody last said to each wording as it stands; not asked yet: absent."""
    return {
        said.purpose: said.is_given
        for said in history(connection, employee_id)
        if said.version == WORDINGS[said.purpose].version
    }


def given(connection: Connection, employee_id: str) -> frozenset[Purpose]:
    """Return what somebody agrees to now."""
    return frozenset(key for key, yes in answers(connection, employee_id).items() if yes)
