"""The ledger, which only ever grows, and the notices about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

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
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_ledger_employee", "employee_id", "work_date"),
    Index("ix_ledger_outcome", "outcome_key"),
)
notice = Table(
    "notice",
    metadata,  # transactional outbox towards people
    Column("notice_no", SERIAL, primary_key=True, autoincrement=True),
    Column("notice_id", Text, nullable=False),  # entry_id it tells about
    Column("channel", Text, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON for machines
    Column("state", Text, nullable=False),  # pending | sent | failed
    Column("attempts", Integer, nullable=False),
    Column("next_try_utc_ms", BigInteger, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("sent_utc_ms", BigInteger),
    UniqueConstraint("notice_id", "channel"),
    Index("ix_notice_pending", "state", "next_try_utc_ms"),
    sqlite_autoincrement=True,
)
