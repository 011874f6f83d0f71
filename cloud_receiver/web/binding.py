"""Saying who an unknown id is: from the form on the page to the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from cloud_receiver.domain.workday import FIRST_DATE, is_believable, local_date, utc_ms
from cloud_receiver.store import names, tables
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Badge, Seller, bind_badges, bind_sellers
from cloud_receiver.store.names import Person
from cloud_receiver.store.organisation import ANY_DEVICE, sites, zone_of
from cloud_receiver.store.unmatched import first_open_date, unmatched_sellers, unmatched_users
from cloud_receiver.web.frame import Desk


async def bind(desk: Desk, act: str, form_text: str, author: str) -> dict[str, Any] | None:
    """Bind an id as a form says; None when the form names no active person, or no date.

    Without a date the id is bound from its first record that is nobody's.

    Returns what to tell the reader: the id, the person's name and how many records moved.
    """
    form = {key: str(value) for key, value in json.loads(form_text).items()}
    now = utc_ms(desk.now())
    return await asyncio.to_thread(_bind, desk, act, form, (author, now))


def _bind(
    desk: Desk, act: str, form: Mapping[str, str], stamp: tuple[str, int]
) -> dict[str, Any] | None:
    with write(desk.engine) as connection:
        known = {person.employee_id: person for person in names.people(connection)}
        person = known.get(form.get("employee_id") or form.get("other_id", "").strip())
        since = form.get("since", "")
        if person is None or not _is_date_or_empty(since):
            return None
        if not (person.works_on(since) if since else person.active):
            return None
        if act == "bind_user":
            moved = _bind_user(connection, form, person, stamp)
            return {"user": form["user_id"], "name": person.name, "n": moved}
        moved = _bind_seller(connection, form, person, stamp)
        return {"user": form["seller_code"], "name": person.name, "n": moved}


def _is_date_or_empty(text: str) -> bool:
    try:
        return not text or (date.fromisoformat(text).isoformat() == text and is_believable(text))
    except ValueError:
        return False


def _bind_user(
    connection: Connection, form: Mapping[str, str], person: Person, stamp: tuple[str, int]
) -> int:
    everywhere = form.get("where") == ANY_DEVICE
    key = {
        "store_id": form["store_id"],
        "device_serial": ANY_DEVICE if everywhere else form["device_serial"],
        "user_id": form["user_id"],
    }
    waiting = [
        user
        for user in unmatched_users(connection)
        if (user.store_id, user.user_id) == (key["store_id"], key["user_id"])
        and key["device_serial"] in (ANY_DEVICE, user.device_serial)
    ]
    since = min((user.first_device_time for user in waiting), default=FIRST_DATE)
    since = form.get("since") or first_open_date(connection, tables.badge, key, since)
    badge = Badge(**key, employee_id=person.employee_id, first_date=since)
    bind_badges(connection, [badge], *stamp)
    return sum(user.punches for user in waiting)


def _bind_seller(
    connection: Connection, form: Mapping[str, str], person: Person, stamp: tuple[str, int]
) -> int:
    key = {"store_id": form["store_id"], "seller_code": form["seller_code"]}
    waiting = [
        code
        for code in unmatched_sellers(connection)
        if (code.store_id, code.seller_code) == (key["store_id"], key["seller_code"])
    ]
    first_utc_ms = min((code.first_utc_ms for code in waiting), default=0)
    zone = zone_of(sites(connection), key["store_id"])
    since = form.get("since") or first_open_date(
        connection, tables.seller, key, local_date(first_utc_ms, zone)
    )
    seller = Seller(**key, employee_id=person.employee_id, first_date=since)
    bind_sellers(connection, [seller], *stamp)
    return sum(code.sales for code in waiting)
