"""Records that came in a sheaf are kept in it; what was filed before stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sheaves and a row's way to its own; no row is rewritten."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "journal_sheaf",
        sa.Column("sheaf_no", kind, autoincrement=True, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sheaf_no", name=op.f("pk_journal_sheaf")),
        sqlite_autoincrement=True,
    )
    op.add_column("journal", sa.Column("sheaf_no", sa.BigInteger(), nullable=True))
