"""What a machine may read and change through the API; deny by default.

A key holds scopes; a person who is logged in has those of the role.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cloud_receiver.domain.roles import Role


class Scope(StrEnum):
    """One permission; the values are what keys store and the API's document names."""

    ORGANISATION_READ = "organisation.read"  # employees, stores, rosters
    ORGANISATION_WRITE = "organisation.write"
    ATTENDANCE_READ = "attendance.read"  # touches and judged days
    ATTENDANCE_WRITE = "attendance.write"  # check-ins, arrivals, corrections, leave, feedback
    MONEY_READ = "money.read"  # ledger, why, balances, statements, payroll, campaigns
    NOTICES_READ = "notices.read"
    FLEET_READ = "fleet.read"  # boxes and devices
    CHANGES_READ = "changes.read"  # the feed; of each kind only with the scope that reads it


ALL: Final = frozenset(Scope)
_READING: Final = frozenset(scope for scope in Scope if scope.value.endswith(".read"))
ROLE_SCOPES: Final[dict[Role, frozenset[Scope]]] = {
    Role.ADMINISTRATOR: ALL,
    Role.HR: ALL,
    Role.FINANCE: _READING - {Scope.FLEET_READ},
    Role.AUDITOR: _READING,
}
"""Of those who may open the API by log-in; supervisors and salespeople have their pages."""


class ChangeKind(StrEnum):
    """What the feed of changes and the outbound webhooks tell of."""

    DAY_JUDGED = "day.judged"
    ENTRY_BOOKED = "entry.booked"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_CHANGED = "appeal.changed"
    PERIOD_CLOSED = "period.closed"
    BOX_STATE = "box.state"
    EMPLOYEE_CHANGED = "employee.changed"
    STORE_CHANGED = "store.changed"
    ROSTER_CHANGED = "roster.changed"
    WEBHOOK_TEST = "webhook.test"


SCOPE_OF: Final[dict[ChangeKind, Scope]] = {
    ChangeKind.DAY_JUDGED: Scope.ATTENDANCE_READ,
    ChangeKind.ENTRY_BOOKED: Scope.MONEY_READ,
    ChangeKind.APPEAL_OPENED: Scope.MONEY_READ,
    ChangeKind.APPEAL_CHANGED: Scope.MONEY_READ,
    ChangeKind.PERIOD_CLOSED: Scope.MONEY_READ,
    ChangeKind.BOX_STATE: Scope.FLEET_READ,
    ChangeKind.EMPLOYEE_CHANGED: Scope.ORGANISATION_READ,
    ChangeKind.STORE_CHANGED: Scope.ORGANISATION_READ,
    ChangeKind.ROSTER_CHANGED: Scope.ORGANISATION_READ,
    ChangeKind.WEBHOOK_TEST: Scope.CHANGES_READ,
}
