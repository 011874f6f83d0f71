"""Indexes that cover what reports count by person, what waits to be decided, and campaigns' costs."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_INDEXES: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    ("ix_day_fact_person", "day_fact",
     ("employee_id", "work_date", "status", "overtime_min", "sales_fen", "touched", "store_id"), ""),
    ("ix_day_fact_odd", "day_fact",
     ("work_date", "status", "store_id", "employee_id", "computed_utc_ms"), "is_odd"),
    ("ix_outcome_employee", "outcome", ("employee_id", "work_date", "amount_fen"), ""),
    ("ix_outcome_campaign", "outcome",
     ("campaign_id", "work_date", "rule_id", "rule_version", "amount_fen"), "campaign_id <> ''"),
    ("ix_ledger_store", "ledger", ("store_id", "entry_no"), ""),
)  # fmt: skip
_REPLACED: Final = frozenset({"ix_day_fact_odd", "ix_outcome_employee", "ix_outcome_campaign"})


def upgrade() -> None:
    """Add the indexes, and those that lacked a column anew."""
    for name, table, columns, where in _INDEXES:
        if name in _REPLACED:
            op.drop_index(name, table)
        some = sa.text(where) if where else None
        op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)
