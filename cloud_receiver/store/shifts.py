"""Shift templates as stored: versions with who and when; the newest is in force.

`put` and `withdraw` add a version and change no roster. Rosters take a new version of a
template over with `scheduling.with_newest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from cloud_receiver.domain.templates import ShiftTemplate, decode_parts, encode_parts
from cloud_receiver.store.tables import shift_template


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A version of a template.

    Attributes:
        active: False: from this version on it can no longer be used.
    """

    template: ShiftTemplate
    version: int
    active: bool
    author: str
    created_utc_ms: int


def versions(connection: Connection, shift_id: str | None = None) -> list[TemplateVersion]:
    """Return the versions of one template, or of all, by id and the oldest first."""
    query = select(shift_template).order_by(shift_template.c.shift_id, shift_template.c.version)
    if shift_id is not None:
        query = query.where(shift_template.c.shift_id == shift_id)
    return [
        TemplateVersion(
            ShiftTemplate(row.shift_id, row.name, decode_parts(row.document)),
            row.version,
            row.active,
            row.author,
            row.created_utc_ms,
        )
        for row in connection.execute(query)
    ]


def in_force(connection: Connection) -> Mapping[str, TemplateVersion]:
    """Return the newest version of every template that may be used."""
    newest = {one.template.shift_id: one for one in versions(connection)}
    return {shift_id: one for shift_id, one in newest.items() if one.active}


def put(connection: Connection, template: ShiftTemplate, author: str, now_utc_ms: int) -> bool:
    """Add a version of a template; False when the one in force says the same."""
    return _add(connection, template, author, now_utc_ms, active=True)


def withdraw(connection: Connection, shift_id: str, author: str, now_utc_ms: int) -> bool:
    """Say that a template is used no more; False when there is none to withdraw."""
    found = in_force(connection).get(shift_id)
    return found is not None and _add(connection, found.template, author, now_utc_ms, active=False)


def _add(
    connection: Connection, template: ShiftTemplate, author: str, now_utc_ms: int, *, active: bool
) -> bool:
    stored = versions(connection, template.shift_id)
    newest = stored[-1] if stored else None
    if newest and (newest.template, newest.active) == (template, active):
        return False
    row = {
        "shift_id": template.shift_id,
        "version": newest.version + 1 if newest else 1,
        "name": template.name,
        "document": encode_parts(template),
        "active": active,
        "author": author,
        "created_utc_ms": now_utc_ms,
    }
    connection.execute(insert(shift_template), row)
    return True
