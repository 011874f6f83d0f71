"""Until when people work: an assignment as homes and teams are, and the date beside the person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_ALWAYS = "2000-01-01"
_ROWS_AT_ONCE = 1000


def upgrade() -> None:
    """Make what versions said of leaving assignments, from the day after it was said on."""
    said = "SELECT employee_id, active, author, created_utc_ms FROM employee_version"
    rows = op.get_bind().execute(sa.text(f"{said} ORDER BY employee_id, version")).all()
    found = [one for _, own in groupby(rows, key=lambda row: row[0]) for one in _told(list(own))]
    names = ("employee_id", "kind", "first_date", "version", "value", "author", "created_utc_ms")
    table = sa.table("assignment", *(sa.column(name) for name in names))
    for begin in range(0, len(found), _ROWS_AT_ONCE):
        op.bulk_insert(table, found[begin : begin + _ROWS_AT_ONCE])
    op.drop_column("employee_version", "active")
    op.add_column("employee", sa.Column("left_date", sa.Text()))
    op.execute(
        "UPDATE employee SET left_date = (SELECT max(a.first_date) FROM assignment a"
        " WHERE a.employee_id = employee.employee_id AND a.kind = 'employed'"
        " AND a.first_date > '2000-01-01') WHERE NOT active"
    )


def _told(rows: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield what a person's versions said of it: the first holds always, others from the next day."""
    stands, numbers = None, dict[str, int]()
    for who, active, author, at_utc_ms in rows:
        if active == stands:
            continue
        begins = datetime.fromtimestamp(at_utc_ms / 1000, UTC) + timedelta(days=1)
        first_date = _ALWAYS if stands is None else begins.date().isoformat()
        stands = active
        numbers[first_date] = numbers.get(first_date, 0) + 1
        yield {
            "employee_id": who, "kind": "employed", "first_date": first_date,
            "version": numbers[first_date], "value": "yes" if active else "", "author": author,
            "created_utc_ms": at_utc_ms,
        }  # fmt: skip
