"""Days carry what pages count by, and pages find what they ask for without reading everything."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COUNTED: Final = (
    "work_date", "store_id", "status", "final", "starts_utc_ms", "touched", "late_min", "sales_fen",
    "target_fen", "employee_id",
)  # fmt: skip
_SUMMED: Final = ("work_date", "account", "rule_id", "store_id", "amount_fen", "employee_id")
_SAID: Final = ("work_date", "rule_id", "row_id", "amount_fen", "store_id", "employee_id")
_NOBODYS: Final = ("store_id", "device_serial", "user_id", "device_time")
_INDEXES: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    ("ix_day_fact_odd", "day_fact", ("work_date", "computed_utc_ms"), "is_odd"),
    ("ix_day_fact_counts", "day_fact", _COUNTED, ""),
    ("ix_punch_nobodys", "punch", _NOBODYS, "employee_id IS NULL"),
    ("ix_outcome_campaign", "outcome", ("campaign_id", "work_date"), "campaign_id <> ''"),
    ("ix_outcome_counts", "outcome", _SAID, ""),
    ("ix_ledger_withdrawal", "ledger", ("entry_no",), "kind = 'withdrawal'"),
    ("ix_ledger_payroll", "ledger", ("entry_no",), "kind = 'payroll'"),
    ("ix_ledger_sums", "ledger", _SUMMED, ""),
    ("ix_roster_work_date", "roster", ("work_date", "store_id", "employee_id"), ""),
)
_LOOKED_AT: Final = (
    "outside_fence", "mock_position", "sources_disagree", "clock_implausible", "phone_clock",
    "self_entry", "bulk_entry", "late_entry", "other_store", "card_over_quota", "card_too_late",
    "no_such_shift", "overtime_over_limit",
)  # fmt: skip
_POINTS: Final = {
    "sqlite": "(SELECT {what} FROM json_each(evidence, '$.points') AS point {where})",
    "postgresql": "(SELECT {what} FROM json_array_elements(evidence::json->'points') AS point {where})",
}
_FIELDS: Final = {
    "sqlite": "CAST(json_extract({of}, '$.{name}') AS INTEGER)",
    "postgresql": "CAST({of}::json->>'{name}' AS BIGINT)",
}


def _column(name: str, kind: Any, default: Any) -> None:
    column = sa.Column(name, kind, nullable=default is None, server_default=default)
    op.add_column("day_fact", column)


def upgrade() -> None:
    """Add the columns, read them from what stands, then the indexes."""
    _column("starts_utc_ms", sa.BigInteger(), None)
    _column("touched", sa.Boolean(), sa.false())
    _column("late_min", sa.Integer(), "0")
    _column("sales_fen", sa.BigInteger(), "0")
    _column("target_fen", sa.BigInteger(), "0")
    _column("is_odd", sa.Boolean(), sa.false())
    _read_what_stands()
    op.drop_index("ix_day_fact_work_date", "day_fact")
    op.drop_index("ix_roster_work_date", "roster")
    for name, table, columns, where in _INDEXES:
        some = sa.text(where) if where else None
        op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)


def _read_what_stands() -> None:
    dialect = op.get_bind().dialect.name
    point = "point.value" if dialect == "sqlite" else "point"
    at, planned = (
        _FIELDS[dialect].format(of=point, name=name) for name in ("at_utc_ms", "planned_utc_ms")
    )
    touched = _POINTS[dialect].format(what="1", where=f"WHERE {at} IS NOT NULL")
    starts = _POINTS[dialect].format(what=f"min({planned})", where="")
    odd = " OR ".join(f'evidence LIKE \'%"code":"{code}"%\'' for code in _LOOKED_AT)
    said = [
        f"{name} = coalesce({_FIELDS[dialect].format(of='facts', name=name)}, 0)"
        for name in ("late_min", "sales_fen", "target_fen")
    ]
    over = _FIELDS[dialect].format(of="facts", name="overtime_over_month_min")
    op.execute(
        f"UPDATE day_fact SET {', '.join(said)}, touched = EXISTS {touched}, starts_utc_ms = {starts}, "  # noqa: S608
        f"is_odd = (status IN ('Absenteeism', 'NotSigned', 'AwaitingData') OR {odd} OR coalesce({over}, 0) > 0)"
    )
