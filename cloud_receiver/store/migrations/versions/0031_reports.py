"""Indexes that cover first rewards, who had anomalies, and how long notices took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes; the one of people's entries gets the amount as well."""
    op.drop_index("ix_ledger_employee", "ledger")
    op.create_index("ix_ledger_employee", "ledger", ["employee_id", "work_date", "amount_fen"])
    is_anomaly = sa.text(
        "status IN ('Late', 'SeriousLate', 'AbsenteeismLate', 'HalfDay', 'Early', 'NotSigned', 'Absenteeism')"
    )
    op.create_index(
        "ix_day_fact_anomaly", "day_fact", ["work_date", "employee_id", "status", "store_id"],
        sqlite_where=is_anomaly, postgresql_where=is_anomaly,
    )  # fmt: skip
    is_told = sa.text("sent_utc_ms IS NOT NULL")
    op.create_index(
        "ix_notice_told", "notice", ["notice_no", "created_utc_ms", "sent_utc_ms"],
        sqlite_where=is_told, postgresql_where=is_told,
    )  # fmt: skip
