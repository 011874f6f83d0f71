"""What the law needs to know of stores and people; versions are added, never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

store_law = Table(
    "store_law",
    metadata,
    Column("store_id", Text, primary_key=True),
    Column("effective_from", Text, primary_key=True),
    Column("jurisdiction", Text, nullable=False),  # the id of a file in config/law
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
wage = Table(
    "wage",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("effective_from", Text, primary_key=True),
    Column("monthly_fen", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
