"""Entries of headquarters: check-ins, corrections and leave beside punches, and store fences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; nothing there is touched."""
    for name in ("latitude_microdeg", "longitude_microdeg", "fence_m"):
        op.add_column("store", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("punch", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("punch", sa.Column("rank", sa.Integer(), nullable=True))
    for name in ("place", "check_type", "oddities"):
        op.add_column("punch", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("punch", sa.Column("withdrawn_utc_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "entry",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=True),
        sa.Column("first_date", sa.Text(), nullable=False),
        sa.Column("last_date", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("entered_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_entry")),
    )
    op.create_index("ix_entry_employee", "entry", ["employee_id", "kind", "first_date"])
    op.create_index("ix_entry_target", "entry", ["target_id"])
    op.create_index("ix_entry_author", "entry", ["author", "entered_utc_ms"])
