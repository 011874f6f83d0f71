"""What people's own phones bring: consents, photos, wishes for corrections, doors for customers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from cloud_receiver.store.tables.catalogue import SERIAL, metadata

consent = Table(
    "consent",
    metadata,  # rows are added, never changed; the last one of a person and purpose counts
    Column("consent_no", SERIAL, primary_key=True, autoincrement=True),
    Column("employee_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # domain.consents.Purpose
    Column("version", Text, nullable=False),  # of the text that was shown
    Column("is_given", Boolean, nullable=False),
    Column("language", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at_utc_ms", BigInteger, nullable=False),
    Index("ix_consent_employee", "employee_id", "purpose"),
    sqlite_autoincrement=True,
)
photo = Table(
    "photo",
    metadata,  # arrival photos and evidence; what is deleted keeps its row
    Column("sha256", Text, primary_key=True),  # of `content`
    Column("employee_id", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # arrival | evidence
    Column("original_sha256", Text, nullable=False),  # of what the phone sent, not kept
    Column("oddities", Text, nullable=False),  # domain.photographs.Oddity, space separated
    Column("content", LargeBinary),  # null: deleted
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("deleted_utc_ms", BigInteger),
    Index("ix_photo_received", "received_utc_ms"),
)
correction_wish = Table(
    "correction_wish",
    metadata,  # a card point somebody asks to have corrected; a supervisor confirms
    Column("wish_id", Text, primary_key=True),
    Column("employee_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("check_type", Text, nullable=False),
    Column("at_utc_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_utc_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | confirmed | refused
    Column("decided_by", Text),
    Column("decided_utc_ms", BigInteger),
    Column("record_id", Text),  # the correction in the journal
    Index("ix_correction_wish_store", "store_id", "state"),
    Index("ix_correction_wish_employee", "employee_id", "work_date"),
)
feedback_door = Table(
    "feedback_door",
    metadata,  # a QR code customers may rate by; the token is its address
    Column("token", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("employee_id", Text, nullable=False),  # empty: the store as a whole
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("closed_utc_ms", BigInteger),
)
feedback_tag = Table(
    "feedback_tag",
    metadata,  # what a person said a feedback is about; an empty tag: none of them
    Column("record_id", Text, primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("author", Text, nullable=False),
    Column("at_utc_ms", BigInteger, nullable=False),
)
feedback_text = Table(
    "feedback_text",
    metadata,  # what customers wrote; the journal holds the rest of their feedback
    Column("record_id", Text, primary_key=True),
    Column("text", Text),  # null: deleted
    Column("tags", Text, nullable=False),  # JSON [tag], what it was about, filled when deleted
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("deleted_utc_ms", BigInteger),
    Index("ix_feedback_text_received", "received_utc_ms"),
)
activation = Table(
    "activation",
    metadata,  # one-time links with which people choose their first password
    Column("token_sha256", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("expires_utc_ms", BigInteger, nullable=False),
    Column("used_utc_ms", BigInteger),
)
retention_run = Table(
    "retention_run",
    metadata,
    Column("run_no", SERIAL, primary_key=True, autoincrement=True),
    Column("at_utc_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON, see store.retention.Swept
    sqlite_autoincrement=True,
)
photo_view = Table(
    "photo_view",
    metadata,  # who of the office looked at somebody's photo unblurred
    Column("view_no", SERIAL, primary_key=True, autoincrement=True),
    Column("sha256", Text, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("at_utc_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
