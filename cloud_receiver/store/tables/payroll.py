"""What was exported to payroll: every file that differed from the one before, as it was then."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

payroll_export = Table(
    "payroll_export",
    metadata,
    Column("export_no", SERIAL, primary_key=True, autoincrement=True),
    Column("period", Text, nullable=False),  # YYYY-MM
    Column("is_final", Boolean, nullable=False),  # the month is closed: payroll may pay by it
    Column("content_sha256", Text, nullable=False),  # domain.payroll.content_sha256
    Column("document", Text, nullable=False),  # JSON, store.payroll.Content
    Column("author", Text, nullable=False),
    Column("exported_utc_ms", BigInteger, nullable=False),
    Index("ix_payroll_export_period", "period", "export_no"),
    sqlite_autoincrement=True,
)
