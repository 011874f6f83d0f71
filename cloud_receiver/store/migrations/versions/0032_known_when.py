"""What stores and people were said to be, in versions; teams and home stores from a date on."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_ALWAYS = "2000-01-01"
_BEGAN = "organisation_history_began_utc_ms"


def upgrade() -> None:
    """Keep what stands as the first versions, from before it was known who said so and when."""
    op.create_table(
        "store_version",
        _text("store_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("name", "zone", "scene", "arrivals_by")),
        *(sa.Column(name, sa.Integer()) for name in ("latitude_microdeg", "longitude_microdeg", "fence_m")),
        *_who_and_when(),
        sa.PrimaryKeyConstraint("store_id", "version", name=op.f("pk_store_version")),
    )  # fmt: skip
    op.create_table(
        "employee_version",
        _text("employee_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("name", "language")),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_who_and_when(),
        sa.PrimaryKeyConstraint("employee_id", "version", name=op.f("pk_employee_version")),
    )
    op.create_table(
        "assignment",
        *(_text(name) for name in ("employee_id", "kind", "first_date")),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("value"),
        *_who_and_when(),
        sa.PrimaryKeyConstraint(
            "employee_id", "kind", "first_date", "version", name=op.f("pk_assignment")
        ),
    )
    op.create_index("ix_assignment_value", "assignment", ["kind", "value"])
    op.execute(
        "INSERT INTO store_version SELECT store_id, 1, name, zone, scene, arrivals_by,"
        " latitude_microdeg, longitude_microdeg, fence_m, '', 0 FROM store"
    )
    op.execute(
        "INSERT INTO employee_version SELECT employee_id, 1, name, language, active, '', 0"
        " FROM employee"
    )
    for kind, value, table in (("home", "store_id", "employee"), ("team", "team", "team_member")):
        op.execute(
            f"INSERT INTO assignment SELECT employee_id, '{kind}', '{_ALWAYS}', 1, {value}, '', 0"  # noqa: S608
            f" FROM {table}"
        )
    op.drop_table("team_member")
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM store_version")):
        meta = sa.table("meta", sa.column("key"), sa.column("value"))
        op.execute(meta.insert().values(key=_BEGAN, value=str(time.time_ns() // 1_000_000)))


def _who_and_when() -> tuple[sa.Column[str], sa.Column[int]]:
    return _text("author"), sa.Column("created_utc_ms", sa.BigInteger(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
