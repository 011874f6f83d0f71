"""Gaps in feeds, retired sources, and what headquarters asks of its boxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; nothing there is touched."""
    op.add_column("source", sa.Column("retired_utc_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "feed_gap",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("from_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_feed_gap")),
    )
    op.create_index("ix_feed_gap_to", "feed_gap", ["to_utc_ms"])
    op.create_table(
        "box_setting",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("asked_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("reported_version", sa.BigInteger(), nullable=True),
        sa.Column("reported_reason", sa.Text(), nullable=True),
        sa.Column("reported_settings", sa.Text(), nullable=True),
        sa.Column("reported_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_box_setting")),
    )
    op.create_table(
        "box_command",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("asked_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("replied_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_box_command")),
    )
    op.create_index("ix_box_command_box", "box_command", ["box_id", "asked_utc_ms"])
