"""Campaigns may have targets of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns."""
    op.add_column("campaign", sa.Column("targets", sa.Text(), nullable=True))
    store = sa.Column("store_id", sa.Text(), nullable=False, server_default="")
    op.add_column("campaign_member", store)
    op.add_column("campaign_member", sa.Column("target_fen", sa.BigInteger(), nullable=True))
