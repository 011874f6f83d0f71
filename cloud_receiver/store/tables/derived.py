"""What is computed from the rest and can be rebuilt at any time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, false, text

from cloud_receiver.store.tables.catalogue import metadata

IS_ODD = text("is_odd")
IS_ANOMALY = text(
    "status IN ('Late', 'SeriousLate', 'AbsenteeismLate', 'HalfDay', 'Early', 'NotSigned', 'Absenteeism')"
)
IS_OVER = text("overtime_over_month_min > 0")
IS_NOBODYS = text("employee_id IS NULL")
OF_CAMPAIGN = text("campaign_id <> ''")
"""The few rows among millions that pages ask for all day; written out, as in `incoming`."""
IS_UNDATED = text("effective_utc_ms IS NULL")
"""The few touches whose time is not known; looked through when a box's clock becomes known."""

IS_REFUND = text("refers_to <> ''")
"""The few lines that take something back; looked for when the receipt they name comes."""

punch = Table(
    "punch",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("device_serial", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("employee_id", Text),  # null: nobody is bound to this id yet
    Column("device_time", Text, nullable=False),
    Column("effective_utc_ms", BigInteger),  # null: the terminal's clock cannot be believed
    Column("state_code", Integer, nullable=False),
    Column("verify_code", Integer, nullable=False),
    # of a check-in or a supervisor's record; null: a terminal's
    Column("source", Text),  # domain.touches.Source
    Column("rank", Integer),
    Column("place", Text),  # domain.touches.Place
    Column("check_type", Text),
    Column("oddities", Text),  # finding codes, a blank between them
    Column("withdrawn_utc_ms", BigInteger),  # it no longer counts since
    Index("ix_punch_employee", "employee_id", "effective_utc_ms"),
    Index("ix_punch_user", "store_id", "device_serial", "user_id"),
    Index(
        "ix_punch_nobodys",
        *("store_id", "device_serial", "user_id", "device_time"),
        sqlite_where=IS_NOBODYS,
        postgresql_where=IS_NOBODYS,
    ),
    Index("ix_punch_undated", "record_id", sqlite_where=IS_UNDATED, postgresql_where=IS_UNDATED),
)
entry = Table(
    "entry",
    metadata,  # what people entered at headquarters, by what it is about; the journal has the rest
    Column("record_id", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # domain.entries.KINDS
    Column("employee_id", Text),
    Column("first_date", Text, nullable=False),  # work dates, both included; empty: none
    Column("last_date", Text, nullable=False),
    Column("target_id", Text),  # what a withdrawal withdraws
    Column("author", Text, nullable=False),
    Column("entered_utc_ms", BigInteger, nullable=False),
    Column("withdrawn_utc_ms", BigInteger),
    Index("ix_entry_employee", "employee_id", "kind", "first_date"),
    Index("ix_entry_target", "target_id"),
    Index("ix_entry_author", "author", "entered_utc_ms"),
)
sale = Table(
    "sale",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("entry_no", BigInteger, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("seller_code", Text, nullable=False),
    Column("employee_id", Text),
    Column("line_kind", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("sold_utc_ms", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("quantity_milli", BigInteger, nullable=False),
    Column("register_id", Text, nullable=False, server_default=""),
    Column("receipt_id", Text, nullable=False, server_default=""),
    Column("line_no", Integer, nullable=False, server_default="0"),
    Column("item_code", Text, nullable=False, server_default=""),
    Column("refers_to", Text, nullable=False, server_default=""),  # receipt it takes back from
    Column("original_id", Text),  # of the sold line whose person and date it counts for
    Column("days_after", Integer, nullable=False, server_default="0"),  # the day of that sale
    Index("ix_sale_employee", "employee_id", "work_date"),
    Index("ix_sale_receipt", "store_id", "receipt_id"),
    Index(
        "ix_sale_refers_to",
        "store_id",
        "refers_to",
        sqlite_where=IS_REFUND,
        postgresql_where=IS_REFUND,
    ),
    Index("ix_sale_seller", "store_id", "seller_code"),
)
dirty = Table(
    "dirty",
    metadata,  # employee-days to judge; due later when the shift is still running
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("due_utc_ms", BigInteger, nullable=False),
    Column("awaits_store_id", Text),  # due also when this store's feed is complete ...
    Column("awaits_utc_ms", BigInteger),  # ... beyond this instant (law 9)
    Index("ix_dirty_due", "due_utc_ms", "employee_id", "work_date"),
    Index("ix_dirty_awaits", "awaits_store_id", "awaits_utc_ms"),
)
day_fact = Table(
    "day_fact",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # domain.attendance.DayStatus
    Column("final", Boolean, nullable=False),
    Column("facts", Text, nullable=False),  # JSON {fact name: value}, see domain.facts.CATALOGUE
    Column("evidence", Text, nullable=False),  # JSON {"punches": [record_id], "sales": [record_id]}
    Column("input_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("computed_utc_ms", BigInteger, nullable=False),
    # what pages count by, see domain.day_marks
    Column("starts_utc_ms", BigInteger),  # of the first shift; null: none is planned
    Column("touched", Boolean, nullable=False, server_default=false()),
    Column("late_min", Integer, nullable=False, server_default="0"),
    Column("sales_fen", BigInteger, nullable=False, server_default="0"),
    Column("target_fen", BigInteger, nullable=False, server_default="0"),
    Column("overtime_min", Integer, nullable=False, server_default="0"),
    Column("overtime_over_month_min", Integer, nullable=False, server_default="0"),
    Column("is_odd", Boolean, nullable=False, server_default=false()),  # somebody has to decide
    Index(
        "ix_day_fact_odd",
        *("work_date", "status", "store_id", "employee_id", "computed_utc_ms"),
        sqlite_where=IS_ODD,
        postgresql_where=IS_ODD,
    ),
    Index(
        "ix_day_fact_counts",  # covers what boards and reports count, row by row of a date
        *("work_date", "store_id", "status", "final", "starts_utc_ms", "touched", "late_min"),
        *("sales_fen", "target_fen", "employee_id", "overtime_min"),
    ),
    Index(
        "ix_day_fact_person",  # covers what reports count person by person
        *("employee_id", "work_date", "status", "overtime_min", "sales_fen", "touched", "store_id"),
    ),
    Index(
        "ix_day_fact_anomaly",  # who had how many of each
        *("work_date", "employee_id", "status", "store_id"),
        sqlite_where=IS_ANOMALY,
        postgresql_where=IS_ANOMALY,
    ),
    Index(
        "ix_day_fact_overtime",
        "work_date",
        "employee_id",
        sqlite_where=IS_OVER,
        postgresql_where=IS_OVER,
    ),
)
outcome = Table(
    "outcome",
    metadata,  # what a rule says today about a subject; amount 0 with a reason is an outcome too
    Column("outcome_key", Text, primary_key=True),  # rule_id/employee_id/work_date
    Column("revision", Integer, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("work_date", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("campaign_id", Text, nullable=False, server_default=""),  # that bears the cost
    Column("half_points", BigInteger, nullable=False, server_default="0"),  # 2 is one point
    Column("tag", Text),  # JSON {"zh": ..., "en": ...}
    Column("task", Text),  # JSON {"zh": ..., "en": ...}
    Column("explanation", Text, nullable=False),  # JSON, see domain.outcomes.Explanation
    Column("updated_utc_ms", BigInteger, nullable=False),
    Index("ix_outcome_employee", "employee_id", "work_date", "amount_fen"),
    Index(
        "ix_outcome_campaign",  # covers what a campaign costs, date by date
        *("campaign_id", "work_date", "rule_id", "rule_version", "amount_fen"),
        sqlite_where=OF_CAMPAIGN,
        postgresql_where=OF_CAMPAIGN,
    ),
    Index(
        "ix_outcome_counts",  # covers the health of rules
        *("work_date", "rule_id", "row_id", "amount_fen", "store_id", "employee_id"),
    ),
)
