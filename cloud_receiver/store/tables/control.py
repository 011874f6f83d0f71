"""What headquarters wants of its boxes, and what they made of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

box_setting = Table(
    "box_setting",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),  # 0: nothing was ever wished
    Column("settings", Text, nullable=False),  # JSON {name: whole number}, as wished
    Column("author", Text, nullable=False),
    Column("asked_utc_ms", BigInteger, nullable=False),
    Column("reported_version", BigInteger),  # of the wish the box last spoke about
    Column("reported_reason", Text),  # why it refused; empty: it is in force
    Column("reported_settings", Text),  # JSON, in force on the box
    Column("reported_utc_ms", BigInteger),
)
box_command = Table(
    "box_command",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("box_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("author", Text, nullable=False),
    Column("asked_utc_ms", BigInteger, nullable=False),
    Column("expires_utc_ms", BigInteger, nullable=False),
    Column("outcome", Text),  # sync.control.Outcome; null: no answer yet
    Column("detail", Text),
    Column("result", Text),  # JSON
    Column("replied_utc_ms", BigInteger),
    Index("ix_box_command_box", "box_id", "asked_utc_ms"),
)
