"""Customers' words stand beside the journal, to be deleted after their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; words that stand in the journal stay there."""
    op.create_table(
        "feedback_text",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("deleted_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_feedback_text")),
    )
    op.create_index("ix_feedback_text_received", "feedback_text", ["received_utc_ms"])
