"""The first schema: everything `store.tables` held when headquarters was first installed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _create_meta_and_journal() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "journal",
        sa.Column("entry_no", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_no", name=op.f("pk_journal")),
        sa.UniqueConstraint("record_id", name=op.f("uq_journal_record_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_journal_trouble",
        "journal",
        ["entry_no"],
        unique=False,
        sqlite_where=sa.text("kind = 'trouble'"),
        postgresql_where=sa.text("kind = 'trouble'"),
    )


def _create_lane_mark_and_dead_letter() -> None:
    op.create_table(
        "lane_mark",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("beyond", sa.Text(), nullable=False),
        sa.Column("updated_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "epoch", "lane", name=op.f("pk_lane_mark")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("letter_no", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("letter_no", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("content_sha256", name=op.f("uq_dead_letter_content_sha256")),
        sqlite_autoincrement=True,
    )


def _create_box_and_source() -> None:
    op.create_table(
        "box",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("first_seen_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_box")),
    )
    op.create_table(
        "source",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("last_read_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("complete_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("device_records", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("box_id", "source_id", name=op.f("pk_source")),
    )


def _create_store_to_badge() -> None:
    op.create_table(
        "store",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store")),
    )
    op.create_table(
        "employee",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_employee")),
    )
    op.create_table(
        "badge",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("device_serial", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "device_serial", "user_id", name=op.f("pk_badge")),
    )


def _create_seller_and_roster() -> None:
    op.create_table(
        "seller",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("seller_code", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "seller_code", name=op.f("pk_seller")),
    )
    op.create_table(
        "roster",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("target_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "work_date", "version", name=op.f("pk_roster")),
    )
    op.create_index("ix_roster_work_date", "roster", ["work_date"], unique=False)


def _create_rule_version() -> None:
    op.create_table(
        "rule_version",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Text(), nullable=False),
        sa.Column("effective_to", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_rule_version")),
    )


def _create_punch_and_sale() -> None:
    op.create_table(
        "punch",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("device_serial", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=True),
        sa.Column("device_time", sa.Text(), nullable=False),
        sa.Column("effective_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("state_code", sa.Integer(), nullable=False),
        sa.Column("verify_code", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_punch")),
    )
    op.create_index("ix_punch_employee", "punch", ["employee_id", "effective_utc_ms"], unique=False)
    op.create_index(
        "ix_punch_user", "punch", ["store_id", "device_serial", "user_id"], unique=False
    )
    op.create_table(
        "sale",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("seller_code", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=True),
        sa.Column("line_kind", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("sold_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_sale")),
    )
    op.create_index("ix_sale_employee", "sale", ["employee_id", "work_date"], unique=False)
    op.create_index("ix_sale_seller", "sale", ["store_id", "seller_code"], unique=False)


def _create_dirty_and_day_fact() -> None:
    op.create_table(
        "dirty",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("due_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("awaits_store_id", sa.Text(), nullable=True),
        sa.Column("awaits_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "work_date", name=op.f("pk_dirty")),
    )
    op.create_index("ix_dirty_due", "dirty", ["due_utc_ms"], unique=False)
    op.create_index("ix_dirty_awaits", "dirty", ["awaits_store_id", "awaits_utc_ms"], unique=False)
    op.create_table(
        "day_fact",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("computed_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "work_date", name=op.f("pk_day_fact")),
    )
    op.create_index("ix_day_fact_work_date", "day_fact", ["work_date", "store_id"], unique=False)


def _create_outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column("outcome_key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("updated_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outcome_key", name=op.f("pk_outcome")),
    )
    op.create_index("ix_outcome_employee", "outcome", ["employee_id", "work_date"], unique=False)


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("entry_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("outcome_key", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("work_date", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("contra", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("adjusts", sa.Text(), nullable=True),
        sa.Column("booked_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_no", name=op.f("pk_ledger")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_entry_id")),
    )
    op.create_index("ix_ledger_employee", "ledger", ["employee_id", "work_date"], unique=False)
    op.create_index("ix_ledger_outcome", "ledger", ["outcome_key"], unique=False)


def _create_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_no", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("notice_no", name=op.f("pk_notice")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_notice_notice_id_channel")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_pending", "notice", ["state", "next_try_utc_ms"], unique=False)


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_account")),
    )


def upgrade() -> None:
    """Create every table."""
    _create_meta_and_journal()
    _create_lane_mark_and_dead_letter()
    _create_box_and_source()
    _create_store_to_badge()
    _create_seller_and_roster()
    _create_rule_version()
    _create_punch_and_sale()
    _create_dirty_and_day_fact()
    _create_outcome()
    _create_ledger()
    _create_notice()
    _create_account()
