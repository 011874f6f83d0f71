"""What people say to their entries: appeals and signatures. Rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

appeal = Table(
    "appeal",
    metadata,  # where each appeal stands; `appeal_event` says how it came to that
    Column("appeal_id", Text, primary_key=True),
    Column("outcome_key", Text, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("account", Text, nullable=False),  # where the outcome was booked when it was opened
    Column("amount_fen", BigInteger, nullable=False),  # what was booked when it was opened
    Column("state", Text, nullable=False),  # domain.appeals.State
    Column("opened_utc_ms", BigInteger, nullable=False),
    Column("due_utc_ms", BigInteger, nullable=False),
    Column("is_binding", Boolean, nullable=False),  # open, or decided otherwise than the rule
    Index("ix_appeal_employee", "employee_id", "work_date"),
    Index("ix_appeal_outcome", "outcome_key"),
    Index("ix_appeal_state", "state", "due_utc_ms"),
)
appeal_event = Table(
    "appeal_event",
    metadata,
    Column("appeal_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, see domain.appeals.Event
)
signature = Table(
    "signature",
    metadata,  # a person has seen the statement of a month (工资支付暂行规定 art. 6)
    Column("employee_id", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("content_sha256", Text, primary_key=True),  # of exactly what was shown
    Column("signed_utc_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False),  # who signed, or who kept the signed paper
    Column("method", Text, nullable=False),  # page | paper | channel
    Column("note", Text, nullable=False),
)
