"""What boxes sent: the journal, its marks, and what could not be read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

IS_TROUBLE = text("kind = 'trouble'")
"""The few rows among millions that a page asks for by kind; an index on every kind would cost
each row. Written out, for a database matches a partial index by its text."""

journal = Table(
    "journal",
    metadata,
    Column("entry_no", SERIAL, primary_key=True, autoincrement=True),
    Column("record_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("box_id", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON; empty: the record is a line of its sheaf
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("sheaf_no", BigInteger),
    Index("ix_journal_trouble", "entry_no", sqlite_where=IS_TROUBLE, postgresql_where=IS_TROUBLE),
    sqlite_autoincrement=True,
)
journal_sheaf = Table(
    "journal_sheaf",
    metadata,  # records that came together and are alike, as they came; see store.sheaves
    Column("sheaf_no", SERIAL, primary_key=True, autoincrement=True),
    Column("payload", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
journal_digest = Table(
    "journal_digest",
    metadata,  # of the rows after the last digest, and all before them; store.journal_digests
    Column("last_no", BigInteger, primary_key=True, autoincrement=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_utc_ms", BigInteger, nullable=False),
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
    Column("letter_no", SERIAL, primary_key=True, autoincrement=True),
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
    Column("retired_utc_ms", BigInteger),  # taken out of service: the store waits for it no more
)
box_boot = Table(
    "box_boot",
    metadata,  # when a boot of a box began, by headquarters' clock; see store.boots
    Column("box_id", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("began_utc_ms", BigInteger, nullable=False),
)
feed_stand = Table(
    "feed_stand",
    metadata,  # how far a store's feed was complete before its mark moved on; see store.feed_history
    Column("store_id", Text, primary_key=True),
    Column("until_utc_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("complete_utc_ms", BigInteger),  # null: there was no feed
    Index("ix_feed_stand_until", "until_utc_ms"),
)
feed_gap = Table(
    "feed_gap",
    metadata,  # when touches of a source may have been lost for good; from the journal
    Column("record_id", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("from_utc_ms", BigInteger, nullable=False),
    Column("to_utc_ms", BigInteger, nullable=False),
    Column("closed_utc_ms", BigInteger),  # a person has vouched that nothing is missing
    Column("closed_by", Text),
    Index("ix_feed_gap_to", "to_utc_ms"),
)
