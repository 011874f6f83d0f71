"""Arrival photos and evidence, kept until retention deletes them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select

from cloud_receiver.domain.photographs import Photograph
from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.tables import photo, photo_view

ARRIVAL, EVIDENCE = "arrival", "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A photo without its content."""

    sha256: str
    employee_id: str
    store_id: str
    purpose: str
    oddities: tuple[str, ...]
    received_utc_ms: int
    is_deleted: bool


def keep(
    connection: Connection,
    taken: Photograph,
    employee_id: str,
    store_id: str,
    purpose: str,
    now_utc_ms: int,
) -> str:
    """Keep a photo; return the hash it is named by."""
    row = {
        "sha256": taken.sha256, "employee_id": employee_id, "store_id": store_id,
        "purpose": purpose, "original_sha256": taken.original_sha256,
        "oddities": " ".join(taken.oddities), "content": taken.content,
        "received_utc_ms": now_utc_ms, "deleted_utc_ms": None,
    }  # fmt: skip
    insert_ignore(connection, photo, [row])
    return taken.sha256


def content(connection: Connection, sha256: str, employee_id: str) -> bytes | None:
    """Return a person's photo, None when there is none or it was deleted."""
    row = photo.c
    query = select(row.content).where(row.sha256 == sha256, row.employee_id == employee_id)
    found: bytes | None = connection.scalar(query)
    return found


def about(connection: Connection, sha256: str, employee_id: str) -> Kept | None:
    """Return what is known of a person's photo."""
    found = _kept(connection, photo.c.sha256 == sha256, photo.c.employee_id == employee_id)
    return found[0] if found else None


def newest(
    connection: Connection, store_ids: Collection[str] | None, since_utc_ms: int, limit: int
) -> list[Kept]:
    """Return arrival photos of stores, newest first; None: of all stores."""
    wanted = [photo.c.purpose == ARRIVAL, photo.c.received_utc_ms >= since_utc_ms]
    if store_ids is not None:
        wanted.append(photo.c.store_id.in_(store_ids))
    return _kept(connection, *wanted, limit=limit)


def _kept(connection: Connection, *wanted: ColumnElement[bool], limit: int = 1) -> list[Kept]:
    columns = [one for one in photo.c if one.name != "content"]
    query = select(*columns).where(*wanted).order_by(photo.c.received_utc_ms.desc()).limit(limit)
    return [
        Kept(
            sha256=one.sha256,
            employee_id=one.employee_id,
            store_id=one.store_id,
            purpose=one.purpose,
            oddities=tuple(one.oddities.split()),
            received_utc_ms=one.received_utc_ms,
            is_deleted=one.deleted_utc_ms is not None,
        )
        for one in connection.execute(query)
    ]


def note_view(
    connection: Connection, sha256: str, employee_id: str, login: str, now_utc_ms: int
) -> None:
    """Note that somebody of the office looks at a photo unblurred."""
    row = {"sha256": sha256, "employee_id": employee_id, "login": login, "at_utc_ms": now_utc_ms}
    connection.execute(insert(photo_view), [row])
