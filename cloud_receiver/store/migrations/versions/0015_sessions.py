"""Open log-ins, so that a log-out holds in every process and after a restart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "web_session",
        sa.Column("nonce", sa.Text(), primary_key=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("began_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_utc_ms", sa.BigInteger(), nullable=False),
    )
