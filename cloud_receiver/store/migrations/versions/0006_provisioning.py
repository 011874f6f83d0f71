"""Claims and certificates: which boxes may come in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("csr_sha256", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("redeemed_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim")),
    )
    op.create_table(
        "certificate",
        sa.Column("serial_hex", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("not_after_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("issued_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("issued_for", sa.Text(), nullable=False),
        sa.Column("revoked_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("serial_hex", name=op.f("pk_certificate")),
    )
    op.create_index("ix_certificate_subject", "certificate", ["subject"], unique=False)
