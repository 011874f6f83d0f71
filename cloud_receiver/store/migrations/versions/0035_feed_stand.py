"""Up to when each store's feed was complete at any instant, from now on."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_BEGAN = "feed_history_began_utc_ms"


def upgrade() -> None:
    """Begin to keep it; of what was before, nothing is known."""
    op.create_table(
        "feed_stand",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("until_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("complete_utc_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("store_id", "until_utc_ms", name=op.f("pk_feed_stand")),
    )
    op.create_index("ix_feed_stand_until", "feed_stand", ["until_utc_ms"])
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM source")):
        meta = sa.table("meta", sa.column("key"), sa.column("value"))
        op.execute(meta.insert().values(key=_BEGAN, value=str(time.time_ns() // 1_000_000)))
