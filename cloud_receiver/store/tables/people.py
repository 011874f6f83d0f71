"""Who may log in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

account = Table(
    "account",
    metadata,
    Column("login", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("role", Text, nullable=False),  # domain.roles.Role
    Column("employee_id", Text),  # whose own data it may see
    Column("store_ids", Text, nullable=False, server_default="[]"),  # JSON, a supervisor's
    Column("language", Text, nullable=False),
    Column("failed_logins", Integer, nullable=False),
    Column("locked_until_utc_ms", BigInteger, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
web_session = Table(
    "web_session",
    metadata,  # log-ins that are open; one that is not here is over
    Column("nonce", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("began_utc_ms", BigInteger, nullable=False),
    Column("seen_utc_ms", BigInteger, nullable=False),
)
