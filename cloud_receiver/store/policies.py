"""The organisation's policy as stored: versions with who, when and from which work date on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.policies import Dated, PolicyBook, decode_policy, encode_policy
from cloud_receiver.store import archive, dirty
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import day_fact, policy_version

_VERSIONS: Final = Question(select(policy_version).order_by(policy_version.c.version))


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version, with who made it and when."""

    dated: Dated
    author: str
    created_utc_ms: int


def versions(connection: Connection) -> list[PolicyVersion]:
    """Return all versions, the oldest first."""
    return [
        PolicyVersion(
            Dated(row.effective_from, row.version, decode_policy(row.document)),
            row.author,
            row.created_utc_ms,
        )
        for row in _VERSIONS.ask(connection)
    ]


def book(connection: Connection, before: Policy, known_by_utc_ms: int | None = None) -> PolicyBook:
    """Return the policies by work date; `before` is in force until the first of them.

    Args:
        known_by_utc_ms: only versions made by then; None: all.
    """
    stored = versions(connection)
    if known_by_utc_ms is not None:
        stored = [one for one in stored if one.created_utc_ms <= known_by_utc_ms]
    return PolicyBook([one.dated for one in stored], before)


def put(
    connection: Connection, policy: Policy, effective_from: str, author: str, now_utc_ms: int
) -> bool:
    """Add a version from a work date on; days from then on are judged anew.

    Returns False when the policy in force then says the same and nothing follows it.
    """
    stored = versions(connection)
    later = [one for one in stored if one.dated.effective_from > effective_from]
    known = PolicyBook([one.dated for one in stored], Policy())
    if not later and known.on(effective_from) == policy:
        return False
    row = {
        "version": len(stored) + 1,
        "effective_from": effective_from,
        "document": encode_policy(policy),
        "author": author,
        "created_utc_ms": now_utc_ms,
    }
    connection.execute(insert(policy_version), row)
    archive.hold_online(connection, effective_from)
    fact = day_fact.c
    query = select(fact.employee_id, fact.work_date).where(fact.work_date >= effective_from)
    days = [(row.employee_id, row.work_date) for row in connection.execute(query)]
    dirty.mark(connection, days, now_utc_ms)
    return True
