"""What rosters are made of and days are judged by: templates, calendar, policy; all versioned.

Versions are added, never changed: the newest is in force, the others say what was before.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

shift_template = Table(
    "shift_template",
    metadata,
    Column("shift_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("document", Text, nullable=False),  # domain.templates.encode_parts
    Column("active", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
calendar_day = Table(
    "calendar_day",
    metadata,  # what headquarters says of a date where the nation's calendar is not meant
    Column("store_id", Text, primary_key=True),  # empty: every store
    Column("work_date", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # domain.calendar.DayKind; empty: the nation's again
    Column("name", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
policy_version = Table(
    "policy_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("effective_from", Text, nullable=False),  # the first work date it is about
    Column("document", Text, nullable=False),  # JSON, domain.policies
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
imported_result = Table(
    "imported_result",
    metadata,  # how another system judged a day: to compare with, never to pay by
    Column("origin", Text, primary_key=True),  # dingtalk | frappe | daka
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("status", Text, nullable=False),  # domain.cards.DayStatus
    Column("late_min", Integer),  # null: the file does not say
    Column("early_min", Integer),
    Column("raw", Text, nullable=False),  # JSON, the line as it stood
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
