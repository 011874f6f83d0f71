"""What people decided about oddities; a decision is undone by marking it, never removed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

decision = Table(
    "decision",
    metadata,
    Column("decision_no", SERIAL, primary_key=True, autoincrement=True),
    Column("matter", Text, nullable=False),  # store.matters.Matter.key
    Column("choice", Text, nullable=False),  # store.decisions.Choice
    Column("employee_id", Text),
    Column("store_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("record_ids", Text, nullable=False),  # JSON: the entries it made in the journal
    Column("author", Text, nullable=False),
    Column("decided_utc_ms", BigInteger, nullable=False),
    Column("undone_utc_ms", BigInteger),
    Column("undone_by", Text),
    Index("ix_decision_matter", "matter"),
    Index("ix_decision_decided", "decided_utc_ms"),
    sqlite_autoincrement=True,
)
