"""Who is whom in other services: an employee's DingTalk userid, a mail address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from cloud_receiver.store.tables import contact

SERVICES: Final = ("dingtalk", "mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An employee's address in a service."""

    service: str
    address: str
    employee_id: str


def put(connection: Connection, contacts: Sequence[Contact]) -> int:
    """Say who is whom; return how many are new or different. The last word counts."""
    changed = 0
    for one in contacts:
        if employee_of(connection, one.service, one.address) == one.employee_id:
            continue
        mine = (contact.c.address == one.address) | (contact.c.employee_id == one.employee_id)
        connection.execute(delete(contact).where(contact.c.service == one.service, mine))
        connection.execute(insert(contact), [asdict(one)])
        changed += 1
    return changed


def address_of(connection: Connection, service: str, employee_id: str) -> str | None:
    """Return an employee's address, None when none is known."""
    mine = (contact.c.service == service) & (contact.c.employee_id == employee_id)
    return connection.scalar(select(contact.c.address).where(mine))


def employee_of(connection: Connection, service: str, address: str) -> str | None:
    """Return whose address it is, None when that is not known."""
    this = (contact.c.service == service) & (contact.c.address == address)
    return connection.scalar(select(contact.c.employee_id).where(this))


def employees_by_address(connection: Connection, service: str) -> dict[str, str]:
    """Return everybody's id by their address."""
    query = select(contact.c.address, contact.c.employee_id).where(contact.c.service == service)
    return {address: who for address, who in connection.execute(query)}  # noqa: C416  rows
