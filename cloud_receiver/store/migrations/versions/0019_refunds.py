"""Till lines keep their receipt, and which sold line a refund takes back from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_COPIED = ("register_id", "receipt_id", "item_code")


def upgrade() -> None:
    """Add the columns and read them from the journal; `daka-hq rebuild` ties what stands."""
    for name in (*_COPIED, "refers_to"):
        op.add_column("sale", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in ("line_no", "days_after"):
        op.add_column("sale", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sale", sa.Column("original_id", sa.Text(), nullable=True))
    said = "body::json->>'{}'" if op.get_bind().dialect.name == "postgresql" else "body->>'{}'"
    texts = {name: said.format(name) for name in _COPIED}
    texts["line_no"] = f"CAST({said.format('line_no')} AS INTEGER)"
    named, own = said.format("original_receipt_id"), said.format("receipt_id")
    texts["refers_to"] = (
        f"CASE WHEN line_kind = 'sale' THEN '' WHEN {named} <> '' THEN {named}"
        f" WHEN line_kind = 'void' THEN {own} ELSE '' END"
    )
    this = "FROM journal WHERE journal.record_id = sale.record_id"
    for name, text in texts.items():
        op.execute(f"UPDATE sale SET {name} = (SELECT {text} {this})")  # noqa: S608 - named above
    op.create_index("ix_sale_receipt", "sale", ["receipt_id"])
    is_refund = sa.text("refers_to <> ''")
    op.create_index(
        "ix_sale_refers_to",
        "sale",
        ["refers_to"],
        sqlite_where=is_refund,
        postgresql_where=is_refund,
    )
