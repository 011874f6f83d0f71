"""Days carry their overtime, so that reports and inboxes need not read whole facts."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_COLUMNS: Final = ("overtime_min", "overtime_over_month_min")
_COUNTED: Final = (
    "work_date", "store_id", "status", "final", "starts_utc_ms", "touched", "late_min", "sales_fen",
    "target_fen", "employee_id", "overtime_min",
)  # fmt: skip
_FIELDS: Final = {
    "sqlite": "CAST(json_extract(facts, '$.{name}') AS INTEGER)",
    "postgresql": "CAST(facts::json->>'{name}' AS BIGINT)",
}


def upgrade() -> None:
    """Add the columns, read them from what stands, then the indexes."""
    for name in _COLUMNS:
        op.add_column("day_fact", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    field = _FIELDS[op.get_bind().dialect.name]
    said = ", ".join(f"{name} = coalesce({field.format(name=name)}, 0)" for name in _COLUMNS)
    op.execute(f"UPDATE day_fact SET {said}")  # noqa: S608
    op.drop_index("ix_day_fact_counts", "day_fact")
    op.create_index("ix_day_fact_counts", "day_fact", list(_COUNTED))
    is_over = sa.text("overtime_over_month_min > 0")
    op.create_index(
        "ix_day_fact_overtime", "day_fact", ["work_date", "employee_id"],
        sqlite_where=is_over, postgresql_where=is_over,
    )  # fmt: skip
