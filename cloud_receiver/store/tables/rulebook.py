"""Rules on their way into force: drafts, who approved them, and what they would have cost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

rule_draft = Table(
    "rule_draft",
    metadata,
    Column("draft_no", SERIAL, primary_key=True, autoincrement=True),
    Column("rule_id", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON, see domain.documents
    Column("state", Text, nullable=False),  # draft | proposed | published | withdrawn
    Column("author", Text, nullable=False),
    Column("findings", Text, nullable=False),  # JSON, domain.lint.Remark
    Column("backtest", Text),  # JSON, domain.backtest.Comparison; null: not run yet
    Column("version", Integer),  # of rule_version, once published
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("updated_utc_ms", BigInteger, nullable=False),
    Index("ix_rule_draft_rule", "rule_id", "draft_no"),
    sqlite_autoincrement=True,
)
rule_approval = Table(
    "rule_approval",
    metadata,
    Column("draft_no", BigInteger, primary_key=True, autoincrement=False),
    Column("approver", Text, primary_key=True),
    Column("is_retroactive", Boolean, nullable=False),  # the past was approved as well
    Column("approved_utc_ms", BigInteger, nullable=False),
)
