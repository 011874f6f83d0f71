"""Who may see and change what: one table for every address of headquarters' web.

What the table does not name is the administrator's alone, so that a page somebody adds is
closed until its readers are decided. One's own data only: pages under ``/me`` and ``/store``
take the person and the stores from the account, never from the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud_receiver.domain.outcomes import Text


class Role(StrEnum):
    """What somebody is to headquarters; the values are what the database stores."""

    ADMINISTRATOR = "administrator"
    HR = "hr"
    FINANCE = "finance"
    SUPERVISOR = "supervisor"
    SALESPERSON = "salesperson"
    AUDITOR = "auditor"  # sees everything, changes nothing


ROLE_NAMES: Final[dict[Role, Text]] = {
    Role.ADMINISTRATOR: Text("管理员", "administrator"),
    Role.HR: Text("人事", "HR"),
    Role.FINANCE: Text("财务", "finance"),
    Role.SUPERVISOR: Text("门店主管", "store supervisor"),
    Role.SALESPERSON: Text("销售", "salesperson"),
    Role.AUDITOR: Text("审计", "auditor"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """Who may look behind an address, and who may change something there."""

    look: frozenset[Role]
    change: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Reader:
    """An account as far as access goes.

    Attributes:
        employee_id: whose own data it is; None: nobody's.
        store_ids: the stores a supervisor is responsible for.
    """

    role: Role
    employee_id: str | None = None
    store_ids: tuple[str, ...] = ()


_EVERYBODY: Final = frozenset(Role)
_OFFICE: Final = frozenset({Role.ADMINISTRATOR, Role.HR, Role.FINANCE, Role.AUDITOR})
_HR: Final = frozenset({Role.ADMINISTRATOR, Role.HR})
_HR_LOOKED_OVER: Final = _HR | {Role.AUDITOR}
_MONEY: Final = frozenset({Role.ADMINISTRATOR, Role.FINANCE})
_CLOSED: Final = Door(frozenset({Role.ADMINISTRATOR}), frozenset({Role.ADMINISTRATOR}))

DOORS: Final[dict[str, Door]] = {
    "/": Door(_OFFICE),
    "/ledger": Door(_OFFICE, _MONEY | _HR),
    "/payroll": Door(_OFFICE, _MONEY),
    "/campaigns": Door(_OFFICE, _HR),
    "/decide": Door(_OFFICE, _HR),
    "/schedule": Door(_OFFICE, _HR),
    "/import": Door(_HR_LOOKED_OVER, _HR),
    "/reports": Door(_OFFICE),
    "/connections": Door(_HR_LOOKED_OVER, _HR),
    "/audit": Door(_HR_LOOKED_OVER),
    "/settings": Door(_HR_LOOKED_OVER),
    "/why": Door(_OFFICE, _HR),
    "/people": Door(_OFFICE, _HR),
    "/person": Door(_HR, _HR),
    "/rules": Door(_OFFICE, _HR),
    "/fleet": Door(_HR_LOOKED_OVER, _HR),
    "/problems": Door(_HR_LOOKED_OVER, _HR),
    "/search": Door(_OFFICE),
    "/api": Door(_OFFICE, _HR),
    "/me": Door(_EVERYBODY, _EVERYBODY),
    "/store": Door(_HR | {Role.SUPERVISOR}, _HR | {Role.SUPERVISOR}),
    "/prefer": Door(_EVERYBODY, _EVERYBODY),
    "/login": Door(_EVERYBODY, _EVERYBODY),
    "/logout": Door(_EVERYBODY, _EVERYBODY),
    "/_nicegui": Door(_EVERYBODY, _EVERYBODY),
    "/_nicegui_ws": Door(_EVERYBODY, _EVERYBODY),
}
"""By address; the longest that an address begins with, whole parts only, decides."""

HOMES: Final[dict[Role, str]] = {
    Role.SUPERVISOR: "/store",
    Role.SALESPERSON: "/me",
}
"""Where a role begins, if not on the first page."""


def door(path: str) -> Door:
    """Return who may go where an address leads.

    >>> door("/why/late/E1#2") is DOORS["/why"], door("/whyever") is DOORS["/why"]
    (True, False)
    """
    if path == "/":
        return DOORS["/"]
    parts = path.rstrip("/").split("/")
    prefixes = ("/".join(parts[:length]) for length in range(len(parts), 1, -1))
    return next((DOORS[one] for one in prefixes if one != "/" and one in DOORS), _CLOSED)


def may_look(role: Role, path: str) -> bool:
    """Tell whether a role may see what is at an address."""
    return role in door(path).look


def may_change(role: Role, path: str) -> bool:
    """Tell whether a role may change something at an address."""
    return role in door(path).change


def home(role: Role) -> str:
    """Return the page a role begins with."""
    return HOMES.get(role, "/")
