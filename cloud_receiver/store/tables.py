"""Every table of headquarters, for SQLite and PostgreSQL alike.

Instants are UTC milliseconds (``*_utc_ms``), dates are ``YYYY-MM-DD`` text, money is fen,
documents are JSON text. `journal` and `ledger` are append-only; what stands under
"derived" can be rebuilt from the journal, the organisation tables and the rule versions.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER only

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# ---- what came in -------------------------------------------------------------------------

IS_TROUBLE = text("kind = 'trouble'")
"""The few rows among millions that a page asks for by kind; an index on every kind would cost
each row. Written out, for a database matches a partial index by its text."""

journal = Table(
    "journal",
    metadata,
    Column("entry_no", _SERIAL, primary_key=True, autoincrement=True),
    Column("record_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("box_id", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    Index("ix_journal_trouble", "entry_no", sqlite_where=IS_TROUBLE, postgresql_where=IS_TROUBLE),
    sqlite_autoincrement=True,
)
lane_mark = Table(
    "lane_mark",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("through", BigInteger, nullable=False),
    Column("beyond", Text, nullable=False),  # JSON [[first, last], ...]
    Column("updated_utc_ms", BigInteger, nullable=False),
)
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("letter_no", _SERIAL, primary_key=True, autoincrement=True),
    Column("content_sha256", Text, nullable=False, unique=True),  # the same poison twice is one
    Column("box_id", Text),
    Column("epoch", Text),
    Column("lane", Text),
    Column("seq", BigInteger),
    Column("topic", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
box = Table(
    "box",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("store_id", Text),
    Column("version", Text),
    Column("epoch", Text),
    Column("nonce", Text),  # of the last birth: a death counts only with the same one
    Column("online", Boolean, nullable=False),
    Column("health", Text, nullable=False),  # JSON, the last heartbeat verbatim
    Column("first_seen_utc_ms", BigInteger, nullable=False),
    Column("last_seen_utc_ms", BigInteger, nullable=False),
)
source = Table(
    "source",
    metadata,  # a terminal or POS folder, as its box last reported it
    Column("box_id", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("name", Text, nullable=False),  # the device's name in the box settings
    Column("store_id", Text, nullable=False),
    Column("driver", Text, nullable=False),
    Column("status", Text, nullable=False),  # ok | down | busy | malformed | refused | new
    Column("detail", Text, nullable=False),
    Column("last_read_utc_ms", BigInteger),
    Column("complete_utc_ms", BigInteger),  # everything up to here is in the journal (law 9)
    Column("clock_offset_ms", BigInteger),
    Column("device_records", BigInteger),
)

# ---- the organisation ---------------------------------------------------------------------

store = Table(
    "store",
    metadata,
    Column("store_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),  # IANA
    Column("scene", Text, nullable=False),  # supermarket | community | convenience | ...
)
employee = Table(
    "employee",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("store_id", Text, nullable=False),  # home store
    Column("language", Text, nullable=False),  # zh | en
    Column("active", Boolean, nullable=False),
)
badge = Table(
    "badge",
    metadata,  # whose id is this on that terminal; '*' means every terminal of the store
    Column("store_id", Text, primary_key=True),
    Column("device_serial", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("employee_id", Text, nullable=False),
)
seller = Table(
    "seller",
    metadata,  # whose code is this on the tills of that store
    Column("store_id", Text, primary_key=True),
    Column("seller_code", Text, primary_key=True),
    Column("employee_id", Text, nullable=False),
)
roster = Table(
    "roster",
    metadata,  # versions are added, never changed; the highest one is in force
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("shift", Text, nullable=False),  # domain.workday.encode_shifts; "null" for a rest day
    Column("target_fen", BigInteger, nullable=False),
    Column("subsidy_fen", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Index("ix_roster_work_date", "work_date"),
)
rule_version = Table(
    "rule_version",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, see domain.rules
    Column("content_sha256", Text, nullable=False),
    Column("effective_from", Text, nullable=False),
    Column("effective_to", Text),  # exclusive; null: until further notice
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)

# ---- derived: rebuildable -----------------------------------------------------------------

punch = Table(
    "punch",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("device_serial", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("employee_id", Text),  # null: nobody is bound to this id yet
    Column("device_time", Text, nullable=False),
    Column("effective_utc_ms", BigInteger),  # null: the terminal's clock cannot be believed
    Column("state_code", Integer, nullable=False),
    Column("verify_code", Integer, nullable=False),
    Index("ix_punch_employee", "employee_id", "effective_utc_ms"),
    Index("ix_punch_user", "store_id", "device_serial", "user_id"),
)
sale = Table(
    "sale",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("seller_code", Text, nullable=False),
    Column("employee_id", Text),
    Column("line_kind", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("sold_utc_ms", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("quantity_milli", BigInteger, nullable=False),
    Index("ix_sale_employee", "employee_id", "work_date"),
    Index("ix_sale_seller", "store_id", "seller_code"),
)
dirty = Table(
    "dirty",
    metadata,  # employee-days to judge; due later when the shift is still running
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("due_utc_ms", BigInteger, nullable=False),
    Column("awaits_store_id", Text),  # due also when this store's feed is complete ...
    Column("awaits_utc_ms", BigInteger),  # ... beyond this instant (law 9)
    Index("ix_dirty_due", "due_utc_ms"),
    Index("ix_dirty_awaits", "awaits_store_id", "awaits_utc_ms"),
)
day_fact = Table(
    "day_fact",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # domain.attendance.DayStatus
    Column("final", Boolean, nullable=False),
    Column("facts", Text, nullable=False),  # JSON {fact name: value}, see domain.facts.CATALOGUE
    Column("evidence", Text, nullable=False),  # JSON {"punches": [record_id], "sales": [record_id]}
    Column("input_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("computed_utc_ms", BigInteger, nullable=False),
    Index("ix_day_fact_work_date", "work_date", "store_id"),
)
outcome = Table(
    "outcome",
    metadata,  # what a rule says today about a subject; amount 0 with a reason is an outcome too
    Column("outcome_key", Text, primary_key=True),  # rule_id/employee_id/work_date
    Column("revision", Integer, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("explanation", Text, nullable=False),  # JSON, see domain.outcomes.Explanation
    Column("updated_utc_ms", BigInteger, nullable=False),
    Index("ix_outcome_employee", "employee_id", "work_date"),
)

# ---- money: append-only -------------------------------------------------------------------

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
    Column("notice_no", _SERIAL, primary_key=True, autoincrement=True),
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

# ---- people who log in --------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("login", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("role", Text, nullable=False),  # administrator
    Column("language", Text, nullable=False),
    Column("failed_logins", Integer, nullable=False),
    Column("locked_until_utc_ms", BigInteger, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
