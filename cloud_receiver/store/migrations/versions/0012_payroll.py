"""The log of what was exported to payroll."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing there is touched."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "payroll_export",
        sa.Column("export_no", serial, autoincrement=True, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("exported_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("export_no", name=op.f("pk_payroll_export")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_payroll_export_period", "payroll_export", ["period", "export_no"])
