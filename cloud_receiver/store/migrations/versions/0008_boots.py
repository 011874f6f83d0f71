"""When boots of boxes began, and an index on the touches that could not be dated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_IS_UNDATED = sa.text("effective_utc_ms IS NULL")


def upgrade() -> None:
    """Add both."""
    op.create_table(
        "box_boot",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("began_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "boot_id", name=op.f("pk_box_boot")),
    )
    op.create_index(
        "ix_punch_undated",
        "punch",
        ["record_id"],
        sqlite_where=_IS_UNDATED,
        postgresql_where=_IS_UNDATED,
    )
