"""Indexes for what was rostered last and how channels do: found without reading every row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    entered = ["created_utc_ms", "author", "store_id", "work_date"]
    op.create_index("ix_roster_entered", "roster", entered)
    op.create_index("ix_notice_channel", "notice", ["channel", "state", "sent_utc_ms"])
    some = sa.text("last_error <> ''")
    op.create_index(
        "ix_notice_error", "notice", ["channel", "notice_no"],
        sqlite_where=some, postgresql_where=some,
    )  # fmt: skip
