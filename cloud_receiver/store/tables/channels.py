"""Channels towards people: who is whom there, how they do, what they have used."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

contact = Table(
    "contact",
    metadata,  # who is whom: one address a person and service, one person an address
    Column("service", Text, primary_key=True),  # store.contacts.SERVICES
    Column("address", Text, primary_key=True),  # DingTalk userid, mail address
    Column("employee_id", Text, nullable=False),
    Index("ix_contact_employee", "employee_id", "service"),
)
channel_state = Table(
    "channel_state",
    metadata,  # as the courier found it; other processes show it
    Column("channel", Text, primary_key=True),
    Column("is_up", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since_utc_ms", BigInteger, nullable=False),
)
channel_use = Table(
    "channel_use",
    metadata,  # metered calls; a service counts them by the month
    Column("service", Text, primary_key=True),
    Column("month", Text, primary_key=True),  # YYYY-MM at the service
    Column("calls", Integer, nullable=False),
)
