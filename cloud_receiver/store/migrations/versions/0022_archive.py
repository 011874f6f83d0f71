"""The archive: which months stand in which Parquet files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; nothing there is touched."""
    op.create_table(
        "archive_part",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("part_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows_sha256", sa.Text(), nullable=False),
        sa.Column("written_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("removed_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "month", "part_no", name=op.f("pk_archive_part")),
    )
    op.create_table(
        "carried_day",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_carried_day")),
    )
