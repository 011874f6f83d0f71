"""The ledger, which only ever grows, what is kept beside it, and the notices about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint, text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

IS_WITHDRAWAL = text("kind = 'withdrawal'")
IS_PAYROLL = text("kind = 'payroll'")
IS_WRONG = text("last_error <> ''")
IS_TOLD = text("sent_utc_ms IS NOT NULL")
"""The few entries pages ask for by kind, the few notices that went wrong, and those that were sent;
written out, as in `incoming`."""

ledger = Table(
    "ledger",
    metadata,
    Column("entry_no", BigInteger, primary_key=True, autoincrement=False),  # dense: 1, 2, 3 ...
    Column("entry_id", Text, nullable=False, unique=True),  # outcome_key#revision: idempotency
    Column("outcome_key", Text, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("account", Text, nullable=False),  # the employee's account
    Column("contra", Text, nullable=False),  # the company's
    Column("amount_fen", BigInteger, nullable=False),  # signed, for the employee
    Column("rule_id", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("explanation", Text, nullable=False),  # JSON, as it was when booked
    Column("adjusts", Text),  # entry_id this one corrects
    Column("booked_utc_ms", BigInteger, nullable=False),
    Column("kind", Text),  # domain.ledger.Kind; these three are null in entries of schema 0001
    Column("period", Text),  # YYYY-MM in which it counts
    Column("for_period", Text),  # YYYY-MM it is about
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_ledger_employee", "employee_id", "work_date", "amount_fen"),
    Index("ix_ledger_outcome", "outcome_key"),
    Index("ix_ledger_period", "period", "employee_id"),
    Index("ix_ledger_store", "store_id", "entry_no"),
    Index(
        "ix_ledger_withdrawal",
        "entry_no",
        sqlite_where=IS_WITHDRAWAL,
        postgresql_where=IS_WITHDRAWAL,
    ),
    Index("ix_ledger_payroll", "entry_no", sqlite_where=IS_PAYROLL, postgresql_where=IS_PAYROLL),
    Index(
        "ix_ledger_sums",  # covers what the ledger's page and reports add up
        *("work_date", "account", "rule_id", "store_id", "amount_fen", "employee_id"),
    ),
)
balance = Table(
    "balance",
    metadata,  # the sum of the ledger by owner and account, kept with it; `ledger verify` compares
    Column("owner", Text, primary_key=True),  # an employee, or domain.accounts.COMPANY
    Column("account", Text, primary_key=True),
    Column("amount_fen", BigInteger, nullable=False),
)
period_close = Table(
    "period_close",
    metadata,  # never changed and never taken back
    Column("period", Text, primary_key=True),  # YYYY-MM; every month up to it is closed
    Column("closed_utc_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("last_entry_no", BigInteger, nullable=False),  # of the close's own entries
    Column("document", Text, nullable=False),  # JSON: payments and what was open, as it was then
)
anchor = Table(
    "anchor",
    metadata,  # the end of the chain on a day, to be kept where the database is not
    Column("anchor_date", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("made_utc_ms", BigInteger, nullable=False),
)
notice = Table(
    "notice",
    metadata,  # transactional outbox towards people
    Column("notice_no", SERIAL, primary_key=True, autoincrement=True),
    Column("notice_id", Text, nullable=False),  # the first entry or event it tells about
    Column("channel", Text, nullable=False),
    Column("target_kind", Text, nullable=False),  # domain.notices.TargetKind
    Column("target_id", Text, nullable=False),  # employee_id, store_id or a group's name
    Column("language", Text, nullable=False),  # zh | en
    Column("number", Integer, nullable=False),  # of the addressee's day in the channel
    Column("items", Text, nullable=False),  # JSON, see domain.notices.Item
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON for machines
    Column("state", Text, nullable=False),  # gathering | pending | sent | failed
    Column("attempts", Integer, nullable=False),
    Column("next_try_utc_ms", BigInteger, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("sent_utc_ms", BigInteger),
    Column("reference", Text),  # to ask the other side for its delivery with; null: not possible
    Column("delivery", Text),  # channels.contract.Fate; null: not known
    UniqueConstraint("notice_id", "channel"),
    Index("ix_notice_pending", "state", "next_try_utc_ms"),
    Index("ix_notice_target", "target_kind", "target_id", "channel"),
    Index("ix_notice_channel", "channel", "state", "sent_utc_ms"),
    Index(
        "ix_notice_told",  # covers how long the newest took
        *("notice_no", "created_utc_ms", "sent_utc_ms"),
        sqlite_where=IS_TOLD,
        postgresql_where=IS_TOLD,
    ),
    Index(
        "ix_notice_error",
        "channel",
        "notice_no",
        sqlite_where=IS_WRONG,
        postgresql_where=IS_WRONG,
    ),
    sqlite_autoincrement=True,
)
