"""Accounts belong to a person or to stores, as their role needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns."""
    op.add_column("account", sa.Column("employee_id", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("store_ids", sa.Text(), nullable=False, server_default="[]"))
