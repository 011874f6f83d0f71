"""The campaign an outcome belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; a rebuild fills it."""
    column = sa.Column("campaign_id", sa.Text(), nullable=False, server_default="")
    op.add_column("outcome", column)
