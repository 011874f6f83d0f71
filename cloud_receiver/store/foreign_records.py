"""What another system calls a record that was imported from it: the same one never comes in twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.tables import foreign_record
from sync.portions import portions

_LOOK_UP_AT_ONCE: Final = 500


def known(connection: Connection, origin: str, foreign_ids: Collection[str]) -> dict[str, str]:
    """Return the record each of another system's ids stands for, of those that came in before."""
    row, found = foreign_record.c, dict[str, str]()
    for some in portions(sorted(foreign_ids), _LOOK_UP_AT_ONCE):
        query = select(row.foreign_id, row.record_id).where(
            row.origin == origin, row.foreign_id.in_(some)
        )
        found.update(connection.execute(query).all())
    return found


def keep(connection: Connection, origin: str, records: Mapping[str, str]) -> None:
    """Keep which record each id stands for; the first word counts."""
    rows = [
        {"origin": origin, "foreign_id": foreign_id, "record_id": record_id}
        for foreign_id, record_id in records.items()
    ]
    insert_ignore(connection, foreign_record, rows)
