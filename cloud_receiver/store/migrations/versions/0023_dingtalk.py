"""DingTalk: what it calls imported records, and what was written into its payroll."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Add what is new; nothing there is touched."""
    op.create_table(
        "foreign_record",
        *_text("origin", "foreign_id", "record_id"),
        sa.PrimaryKeyConstraint("origin", "foreign_id", name=op.f("pk_foreign_record")),
    )
    op.create_table(
        "payroll_write",
        *_text("biz_id"),
        sa.Column("export_no", sa.BigInteger(), nullable=False),
        *_text("employee_id", "content"),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        *_text("detail", "author"),
        sa.Column("at_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("biz_id", name=op.f("pk_payroll_write")),
    )
