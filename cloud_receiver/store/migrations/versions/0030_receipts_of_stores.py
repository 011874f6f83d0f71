"""Receipts are looked for in their store: every store numbers its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the store first in both indexes."""
    is_refund = sa.text("refers_to <> ''")
    op.drop_index("ix_sale_receipt", "sale")
    op.create_index("ix_sale_receipt", "sale", ["store_id", "receipt_id"])
    op.drop_index("ix_sale_refers_to", "sale")
    op.create_index(
        "ix_sale_refers_to", "sale", ["store_id", "refers_to"],
        sqlite_where=is_refund, postgresql_where=is_refund,
    )  # fmt: skip
