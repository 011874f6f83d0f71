"""The ledger's months, what is kept beside it, appeals, signatures, law, and gathered notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}"))


def _widen_ledger() -> None:
    for name in ("kind", "period", "for_period"):
        op.add_column("ledger", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_ledger_period", "ledger", ["period", "employee_id"], unique=False)
    op.create_table(
        "balance", *_text("owner", "account"), *_numbers("amount_fen"),
        _key("balance", "owner", "account"),
    )  # fmt: skip
    op.execute(
        "INSERT INTO balance (owner, account, amount_fen)"
        " SELECT employee_id, account, SUM(amount_fen) FROM ledger GROUP BY employee_id, account"
    )
    op.execute(
        "INSERT INTO balance (owner, account, amount_fen)"
        " SELECT 'company', contra, -SUM(amount_fen) FROM ledger GROUP BY contra"
    )
    op.create_table(
        "period_close", *_text("period"), *_numbers("closed_utc_ms"), *_text("author"),
        *_numbers("last_entry_no"), *_text("document"), _key("period_close", "period"),
    )  # fmt: skip
    op.create_table(
        "anchor", *_text("anchor_date"), *_numbers("entry_no"), *_text("hash"),
        *_numbers("made_utc_ms"), _key("anchor", "anchor_date"),
    )  # fmt: skip


def _create_rights() -> None:
    op.create_table(
        "appeal",
        *_text("appeal_id", "outcome_key", "employee_id", "store_id", "work_date", "account"),
        *_numbers("amount_fen"), *_text("state"), *_numbers("opened_utc_ms", "due_utc_ms"),
        sa.Column("is_binding", sa.Boolean(), nullable=False), _key("appeal", "appeal_id"),
    )  # fmt: skip
    op.create_index("ix_appeal_employee", "appeal", ["employee_id", "work_date"], unique=False)
    op.create_index("ix_appeal_outcome", "appeal", ["outcome_key"], unique=False)
    op.create_index("ix_appeal_state", "appeal", ["state", "due_utc_ms"], unique=False)
    op.create_table(
        "appeal_event", *_text("appeal_id"), sa.Column("seq", sa.Integer(), nullable=False),
        *_text("document"), _key("appeal_event", "appeal_id", "seq"),
    )  # fmt: skip
    op.create_table(
        "signature", *_text("employee_id", "period", "content_sha256"),
        *_numbers("signed_utc_ms"), *_text("author", "method", "note"),
        _key("signature", "employee_id", "period", "content_sha256"),
    )  # fmt: skip


def _create_law() -> None:
    op.create_table(
        "store_law", *_text("store_id", "effective_from", "jurisdiction", "author"),
        *_numbers("created_utc_ms"), _key("store_law", "store_id", "effective_from"),
    )  # fmt: skip
    op.create_table(
        "wage", *_text("employee_id", "effective_from"), *_numbers("monthly_fen"),
        *_text("author"), *_numbers("created_utc_ms"),
        _key("wage", "employee_id", "effective_from"),
    )  # fmt: skip


def _address_notices() -> None:
    given = {"target_kind": "person", "target_id": "", "language": "zh", "items": "[]"}
    for name, value in given.items():
        op.add_column("notice", sa.Column(name, sa.Text(), nullable=False, server_default=value))
    op.add_column("notice", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.execute("UPDATE notice SET target_id = employee_id")
    keeps = {"sqlite_autoincrement": True}
    with op.batch_alter_table("notice", table_kwargs=keeps) as batch:
        for name in (*given, "number"):
            batch.alter_column(name, server_default=None)
        batch.drop_column("employee_id")
    op.create_index(
        "ix_notice_target", "notice", ["target_kind", "target_id", "channel"], unique=False
    )


def upgrade() -> None:
    """Widen the ledger and the notices, add the rest."""
    _widen_ledger()
    _create_rights()
    _create_law()
    _address_notices()
