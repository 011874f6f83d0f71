"""What members' days of campaigns come to is kept, and counted once from the days that stand."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_NUMBERS: Final = (
    "known_days", "days", "clean_days", "late_count", "early_count", "missing_count", "absent_count",
    "feedback_count", "came_days",
)  # fmt: skip
_LARGE: Final = ("sales_fen", "target_fen", "feedback_sum_milli", "came_sales_fen")
_TEXTS: Final = ("last_date", "store_id", "scene", "team")
_FACT: Final = {"sqlite": "json_extract(facts, '$.{}')", "postgresql": "facts::json->>'{}'"}
_TRUE: Final = {"sqlite": "coalesce({}, 0) = 1", "postgresql": "coalesce({}, '') = 'true'"}


def upgrade() -> None:
    """Add the table and fill it."""
    op.create_table(
        "campaign_sum",
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in _NUMBERS],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in _LARGE],
        *[sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS],
        sa.PrimaryKeyConstraint("campaign_id", "employee_id"),
    )
    dialect = op.get_bind().dialect.name

    def fact(name: str) -> str:
        return _FACT[dialect].format(name)

    def number(name: str) -> str:
        return f"coalesce(CAST({fact(name)} AS BIGINT), 0)"

    def is_true(name: str) -> str:
        return _TRUE[dialect].format(fact(name))

    def count(condition: str) -> str:
        return f"CASE WHEN {condition} THEN 1 ELSE 0 END"

    said = {
        "campaign_id": fact("campaign_id"),
        "employee_id": "employee_id",
        "work_date": "work_date",
        "known_days": "1",
        "days": count(is_true("scheduled")),
        "clean_days": count(f"{is_true('scheduled')} AND {is_true('full_attendance')}"),
        "late_count": count(f"{number('late_min')} > 0"),
        "early_count": count(f"{number('early_min')} > 0"),
        "missing_count": count(is_true("missing_card")),
        "absent_count": count(is_true("absent")),
        "feedback_count": number("feedback_count"),
        "came_days": count("touched"),
        "sales_fen": number("sales_fen"),
        "target_fen": number("target_fen"),
        "feedback_sum_milli": number("feedback_sum_milli"),
        "came_sales_fen": f"CASE WHEN touched THEN {number('sales_fen')} ELSE 0 END",
        **{name: f"coalesce({fact(name)}, '')" for name in ("store_id", "scene", "team")},
    }
    sums = ", ".join(f"sum({name})" for name in (*_NUMBERS, *_LARGE))
    lasts = ", ".join(
        f"max(CASE WHEN work_date = last_date THEN {name} END)" for name in _TEXTS[1:]
    )
    columns = ", ".join(("campaign_id", "employee_id", *_NUMBERS, *_LARGE, *_TEXTS))
    days = ", ".join(f"{value} AS {name}" for name, value in said.items())
    op.execute(
        f"INSERT INTO campaign_sum ({columns}) WITH days AS ("  # noqa: S608
        f'SELECT {days} FROM day_fact WHERE facts NOT LIKE \'%"campaign_id":""%\'), '
        "dated AS (SELECT days.*, max(work_date) OVER (PARTITION BY campaign_id, employee_id) "
        "AS last_date FROM days WHERE campaign_id <> '') "
        f"SELECT campaign_id, employee_id, {sums}, last_date, {lasts} FROM dated "
        "GROUP BY campaign_id, employee_id, last_date"
    )
