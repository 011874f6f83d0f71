"""Which boxes may come in: one-time claims, and every certificate ever issued."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

claim = Table(
    "claim",
    metadata,  # a one-time code; the secret itself is never kept
    Column("claim_id", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),  # sync.enrolment.ClaimCode.key
    Column("box_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Column("expires_utc_ms", BigInteger, nullable=False),
    Column("csr_sha256", Text),  # of the request that redeemed it; null: still good
    Column("certificate", Text),  # PEM, given again to the same request: answers get lost
    Column("redeemed_utc_ms", BigInteger),
    Column("withdrawn_utc_ms", BigInteger),
)
certificate = Table(
    "certificate",
    metadata,
    Column("serial_hex", Text, primary_key=True),
    Column("subject", Text, nullable=False),  # a box, a receiver or the broker
    Column("role", Text, nullable=False),  # box | receiver | broker
    Column("not_after_utc_ms", BigInteger, nullable=False),
    Column("issued_utc_ms", BigInteger, nullable=False),
    Column("issued_for", Text, nullable=False),  # claim:ID, renewal:SERIAL or the author
    Column("revoked_utc_ms", BigInteger),
    Column("revoked_why", Text, nullable=False),
    Index("ix_certificate_subject", "subject"),
)
