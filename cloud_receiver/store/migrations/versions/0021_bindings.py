"""Whose ids and till codes are whose: in versions, with who said so and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_KEYS = {
    "badge": ("store_id", "device_serial", "user_id", "first_date"),
    "seller": ("store_id", "seller_code", "first_date"),
}
_BEFORE = {"version": 1, "author": "", "created_utc_ms": 0}


def upgrade() -> None:
    """Make both tables anew: SQLite cannot change a primary key."""
    for table_name, keys in _KEYS.items():
        names = (*keys, "last_date", "employee_id")
        old = sa.table(table_name, *(sa.column(name) for name in names))
        rows = [row._asdict() for row in op.get_bind().execute(sa.select(old))]
        op.drop_table(table_name)
        new = op.create_table(
            table_name,
            *(_text(name) for name in keys),
            sa.Column("version", sa.Integer(), nullable=False),
            *(_text(name) for name in ("last_date", "employee_id", "author")),
            sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint(*keys, "version", name=op.f(f"pk_{table_name}")),
        )
        op.create_index(f"ix_{table_name}_employee", table_name, ["employee_id"])
        if rows:
            op.bulk_insert(new, [row | _BEFORE for row in rows])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
