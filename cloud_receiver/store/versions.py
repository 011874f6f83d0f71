"""What is kept in versions: they are added with who and when, never changed; the highest counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from sync.portions import portions

_KEYS_A_QUERY: Final = 1000


def add(
    connection: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    author: str,
    now_utc_ms: int,
) -> list[dict[str, Any]]:
    """Add a version of every row that is new or different, and return them.

    Args:
        table: its primary key ends with `version`; it has `author` and `created_utc_ms`.
        rows: without these three.
    """
    key_names = [column.name for column in table.primary_key][:-1]
    wanted = {tuple(row[name] for name in key_names): row for row in rows}
    first = table.c[key_names[0]]
    in_force: dict[tuple[Any, ...], dict[str, Any]] = {}
    for some in portions(sorted({key[0] for key in wanted}), _KEYS_A_QUERY):
        query = select(table).where(first.in_(some)).order_by(table.c.version)
        for stored in connection.execute(query):
            row = stored._asdict()
            in_force[tuple(row[name] for name in key_names)] = row
    added = []
    for key, said in wanted.items():
        stands = in_force.get(key, {"version": 0})
        if any(name not in stands or stands[name] != value for name, value in said.items()):
            stamp = {"author": author, "created_utc_ms": now_utc_ms}
            added.append({**said, "version": stands["version"] + 1, **stamp})
    if added:
        connection.execute(insert(table), added)
    return added
