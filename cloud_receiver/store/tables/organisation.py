"""Stores, people, who is who on devices, rosters and rules: what headquarters decided."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.domain.validity import LAST_DATE
from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.store.tables.catalogue import metadata

store = Table(
    "store",
    metadata,
    Column("store_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),  # IANA
    Column("scene", Text, nullable=False),  # supermarket | community | convenience | ...
    # HH:MM by which the supervisor records arrivals; empty: nobody has to
    Column("arrivals_by", Text, nullable=False, default=""),
    # where it is and how far around it a phone may check in; null: not known
    Column("latitude_microdeg", Integer),
    Column("longitude_microdeg", Integer),
    Column("fence_m", Integer),
)
employee = Table(
    "employee",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("store_id", Text, nullable=False),  # home store
    Column("language", Text, nullable=False),  # zh | en
    Column("active", Boolean, nullable=False),  # works here today
    # the first date no longer there, behind or ahead; null: none is said
    Column("left_date", Text),
)
store_version = Table(
    "store_version",
    metadata,  # what was ever entered of a store; versions are added, never changed, and the
    # highest one is what `store` holds
    Column("store_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("scene", Text, nullable=False),
    Column("arrivals_by", Text, nullable=False),
    Column("latitude_microdeg", Integer),
    Column("longitude_microdeg", Integer),
    Column("fence_m", Integer),
    Column("author", Text, nullable=False),  # empty: before it was kept, or nobody said
    Column("created_utc_ms", BigInteger, nullable=False),  # 0: before it was kept
)
employee_version = Table(
    "employee_version",
    metadata,  # what was ever entered of a person; as of stores. The home store and working here are
    # assignments
    Column("employee_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Index("ix_employee_version_entered", "created_utc_ms", "author"),
)
assignment = Table(
    "assignment",
    metadata,  # team, home store and working here of a person, from a work date on. Versions are
    # added, never changed; the highest one of a first date is in force
    Column("employee_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # store.assignments.Kind
    Column("first_date", Text, primary_key=True),  # local; FIRST_DATE: always
    Column("version", Integer, primary_key=True),
    Column("value", Text, nullable=False),  # the team, the store or yes; empty: none from then on
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Index("ix_assignment_value", "kind", "value"),
    Index("ix_assignment_entered", "created_utc_ms", "author", "kind"),
)
badge = Table(
    "badge",
    metadata,  # whose id is this on that terminal; '*' means every terminal of the store.
    # Versions are added, never changed; the highest one is in force
    Column("store_id", Text, primary_key=True),
    Column("device_serial", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("first_date", Text, primary_key=True, default=FIRST_DATE),  # local, both included
    Column("version", Integer, primary_key=True, default=1),
    Column("last_date", Text, nullable=False, default=LAST_DATE),
    Column("employee_id", Text, nullable=False),
    Column("author", Text, nullable=False, default=""),  # empty: before it was kept
    Column("created_utc_ms", BigInteger, nullable=False, default=0),
    Index("ix_badge_employee", "employee_id"),
)
seller = Table(
    "seller",
    metadata,  # whose code is this on the tills of that store; versions as of badges
    Column("store_id", Text, primary_key=True),
    Column("seller_code", Text, primary_key=True),
    Column("first_date", Text, primary_key=True, default=FIRST_DATE),  # local, both included
    Column("version", Integer, primary_key=True, default=1),
    Column("last_date", Text, nullable=False, default=LAST_DATE),
    Column("employee_id", Text, nullable=False),
    Column("author", Text, nullable=False, default=""),  # empty: before it was kept
    Column("created_utc_ms", BigInteger, nullable=False, default=0),
    Index("ix_seller_employee", "employee_id"),
)
roster = Table(
    "roster",
    metadata,  # versions are added, never changed; the highest one is in force
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("shift", Text, nullable=False),  # domain.workday.encode_shifts, or one of IDLE
    Column("target_fen", BigInteger, nullable=False),
    Column("subsidy_fen", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Index("ix_roster_work_date", "work_date", "store_id", "employee_id"),
    Index("ix_roster_entered", "created_utc_ms", "author", "store_id", "work_date"),
)
rule_version = Table(
    "rule_version",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, see domain.rules
    Column("content_sha256", Text, nullable=False),
    Column("effective_from", Text, nullable=False),
    Column("effective_to", Text),  # exclusive; null: until further notice
    Column("author", Text, nullable=False),
    Column("approver", Text),  # null: shipped, or published before there were approvals
    Column("created_utc_ms", BigInteger, nullable=False),
)
