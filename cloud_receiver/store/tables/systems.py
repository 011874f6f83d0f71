"""Other systems: what changed for them to follow, their keys, and where they are called."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

change = Table(
    "change",
    metadata,  # written in the transaction that changed something; only ever grows
    Column("change_no", SERIAL, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # domain.scopes.ChangeKind
    Column("subject", Text, nullable=False),  # the key of what changed
    Column("document", Text, nullable=False),  # JSON, as it was then
    Column("changed_utc_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # stands as author of what it enters
    Column("secret_sha256", Text, nullable=False),  # of 256 random bits; the secret is not kept
    Column("scopes", Text, nullable=False),  # JSON [domain.scopes.Scope]
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("revoked_utc_ms", BigInteger),
)
foreign_record = Table(
    "foreign_record",
    metadata,  # what other systems call records that were imported from them
    Column("origin", Text, primary_key=True),  # exchange.foreign.Form
    Column("foreign_id", Text, primary_key=True),
    Column("record_id", Text, nullable=False),
)
payroll_write = Table(
    "payroll_write",
    metadata,  # what was written into DingTalk's payroll, by the id it has there
    Column("biz_id", Text, primary_key=True),
    Column("export_no", BigInteger, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON, what was last sent
    Column("is_taken", Boolean, nullable=False),
    Column("detail", Text, nullable=False),  # why it was not
    Column("author", Text, nullable=False),
    Column("at_utc_ms", BigInteger, nullable=False),
)
webhook = Table(
    "webhook",
    metadata,  # who is told of changes by HTTP, and how far
    Column("webhook_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # signs; both sides must know it
    Column("kinds", Text, nullable=False),  # JSON [domain.scopes.ChangeKind]
    Column("told_through", BigInteger, nullable=False),  # change_no
    Column("attempts", Integer, nullable=False),  # at the change after it
    Column("next_try_utc_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
webhook_delivery = Table(
    "webhook_delivery",
    metadata,  # every attempt, the newest of each subscription are kept
    Column("delivery_no", SERIAL, primary_key=True, autoincrement=True),
    Column("webhook_id", Text, nullable=False),
    Column("change_no", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),  # sent | later | refused | given_up
    Column("detail", Text, nullable=False),
    Column("tried_utc_ms", BigInteger, nullable=False),
    Index("ix_webhook_delivery_webhook", "webhook_id", "delivery_no"),
    sqlite_autoincrement=True,
)
