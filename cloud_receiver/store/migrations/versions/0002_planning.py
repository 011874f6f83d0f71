"""Dates on who is who; shift templates, calendar, policy and imported results; arrivals by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ALWAYS = {"first_date": "2000-01-01", "last_date": "2099-12-31"}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _add_dates(table_name: str, keys: tuple[str, ...]) -> None:
    """Make a table anew with dates in its key: SQLite cannot change a primary key."""
    names = (*keys, "employee_id")
    old = sa.table(table_name, *(sa.column(name) for name in names))
    rows = [row._asdict() for row in op.get_bind().execute(sa.select(old))]
    op.drop_table(table_name)
    key = (*keys, "first_date")
    new = op.create_table(
        table_name,
        *(_text(name) for name in (*key, "last_date", "employee_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table_name}")),
    )
    if rows:
        op.bulk_insert(new, [row | _ALWAYS for row in rows])


def _create_planning() -> None:
    op.create_table(
        "shift_template",
        _text("shift_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("name"),
        _text("document"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shift_id", "version", name=op.f("pk_shift_template")),
    )
    op.create_table(
        "calendar_day",
        _text("store_id"),
        _text("work_date"),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("kind"),
        _text("name"),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "work_date", "version", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "policy_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _text("effective_from"),
        _text("document"),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_version")),
    )


def _create_imported_result() -> None:
    op.create_table(
        "imported_result",
        _text("origin"),
        _text("employee_id"),
        _text("work_date"),
        _text("status"),
        sa.Column("late_min", sa.Integer(), nullable=True),
        sa.Column("early_min", sa.Integer(), nullable=True),
        _text("raw"),
        _text("file"),
        sa.Column("line", sa.Integer(), nullable=False),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "employee_id", "work_date", name=op.f("pk_imported_result")
        ),
    )


def upgrade() -> None:
    """Give badges and codes their dates and make the tables of planning."""
    _add_dates("badge", ("store_id", "device_serial", "user_id"))
    _add_dates("seller", ("store_id", "seller_code"))
    op.add_column("store", sa.Column("arrivals_by", sa.Text(), nullable=False, server_default=""))
    _create_planning()
    _create_imported_result()
