"""What campaigns and their members were said to be, in versions; who entered what, by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_SAID = ("name", "scene", "stores", "first_date", "last_date", "scoring")


def upgrade() -> None:
    """Keep what stands as the first versions, from before it was known who said so and when."""
    op.create_table(
        "campaign_version",
        _text("campaign_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in _SAID),
        *(sa.Column(name, sa.Text()) for name in ("budget", "targets")),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("pk_campaign_version")),
    )
    op.create_table(
        "campaign_member_version",
        *(_text(name) for name in ("campaign_id", "employee_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("joined_date"),
        sa.Column("left_date", sa.Text()),
        sa.Column("target_fen", sa.BigInteger()),
        _text("author"),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign_id", "employee_id", "version", name=op.f("pk_campaign_member_version")
        ),
    )
    op.execute(
        "INSERT INTO campaign_version SELECT campaign_id, 1, name, scene, stores, first_date,"
        " last_date, scoring, budget, targets, '', 0 FROM campaign"
    )
    op.execute(
        "INSERT INTO campaign_member_version SELECT campaign_id, employee_id, 1, joined_date,"
        " left_date, target_fen, '', 0 FROM campaign_member"
    )
    for table, columns in (
        ("campaign_member_version", ["employee_id"]),
        ("campaign_member_version", ["created_utc_ms", "author"]),
        ("employee_version", ["created_utc_ms", "author"]),
        ("assignment", ["created_utc_ms", "author", "kind"]),
    ):
        end = "employee" if columns == ["employee_id"] else "entered"
        op.create_index(f"ix_{table}_{end}", table, columns)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
