"""The QR codes customers may rate by: a token for a store, or for one of its people."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe

from sqlalchemy import Connection, insert, select, update

from cloud_receiver.store import names, organisation
from cloud_receiver.store.tables import feedback_door
from sync.errors import DakaError


@dataclass(frozen=True, slots=True)
class FeedbackDoor:
    """One QR code; `employee_id` is empty when it is the store's."""

    token: str
    store_id: str
    employee_id: str


def door_for(
    connection: Connection, store_id: str, employee_id: str, now_utc_ms: int
) -> FeedbackDoor:
    """Return the open code of a store or person, made when there is none.

    Raises:
        DakaError: there is no such store or employee.
    """
    if store_id not in organisation.sites(connection):
        raise DakaError(f"there is no store {store_id!r}")
    if employee_id and not names.has_employee(connection, employee_id):
        raise DakaError(f"there is no employee {employee_id!r}")
    row = feedback_door.c
    query = select(row.token).where(
        row.store_id == store_id, row.employee_id == employee_id, row.closed_utc_ms.is_(None)
    )
    found = connection.scalar(query)
    if found is None:
        found = token_urlsafe(9)
        made = {"token": found, "store_id": store_id, "employee_id": employee_id,
                "created_utc_ms": now_utc_ms, "closed_utc_ms": None}  # fmt: skip
        connection.execute(insert(feedback_door), [made])
    return FeedbackDoor(found, store_id, employee_id)


def doors_of_store(
    connection: Connection, store_id: str, now_utc_ms: int
) -> list[tuple[FeedbackDoor, str]]:
    """Return the codes of a store and of everybody at home there, with what to print below."""
    shops = {one.store_id: one.name for one in names.stores(connection)}
    doors = [(door_for(connection, store_id, "", now_utc_ms), shops.get(store_id, store_id))]
    doors.extend(
        (door_for(connection, store_id, one.employee_id, now_utc_ms), one.name)
        for one in names.people(connection)
        if one.active and one.store_id == store_id
    )
    return doors


def behind(connection: Connection, token: str) -> FeedbackDoor | None:
    """Return what a token stands for, None when it was never given out or is closed."""
    row = feedback_door.c
    query = select(row.token, row.store_id, row.employee_id).where(
        row.token == token, row.closed_utc_ms.is_(None)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else FeedbackDoor(*found)


def close(connection: Connection, token: str, now_utc_ms: int) -> None:
    """Make a code worthless, as when its sheet was misused; the next sheet has a new one."""
    this = feedback_door.c.token == token
    connection.execute(update(feedback_door).where(this).values(closed_utc_ms=now_utc_ms))
