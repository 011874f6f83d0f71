"""What rules give beside money; campaigns, teams, drafts of rules and their approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _add_columns() -> None:
    points = sa.Column("half_points", sa.BigInteger(), nullable=False, server_default="0")
    for table, column in (
        ("outcome", points),
        ("outcome", sa.Column("tag", sa.Text(), nullable=True)),
        ("outcome", sa.Column("task", sa.Text(), nullable=True)),
        ("rule_version", sa.Column("approver", sa.Text(), nullable=True)),
    ):
        op.add_column(table, column)


def _create_campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("stores", sa.Text(), nullable=False),
        sa.Column("first_date", sa.Text(), nullable=False),
        sa.Column("last_date", sa.Text(), nullable=False),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=True),
        sa.Column("closed_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_dates", "campaign", ["first_date", "last_date"])
    op.create_table(
        "campaign_member",
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("joined_date", sa.Text(), nullable=False),
        sa.Column("left_date", sa.Text(), nullable=True),
        sa.Column("is_ranked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "employee_id", name=op.f("pk_campaign_member")),
    )
    op.create_index("ix_campaign_member_employee", "campaign_member", ["employee_id"])


def _create_standing_and_team() -> None:
    op.create_table(
        "standing",
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("computed_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "employee_id", name=op.f("pk_standing")),
    )
    op.create_table(
        "team_member",
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_team_member")),
    )


def _create_drafts() -> None:
    op.create_table(
        "rule_draft",
        sa.Column("draft_no", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("backtest", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("created_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draft_no", name=op.f("pk_rule_draft")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_draft_rule", "rule_draft", ["rule_id", "draft_no"])
    op.create_table(
        "rule_approval",
        sa.Column("draft_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("is_retroactive", sa.Boolean(), nullable=False),
        sa.Column("approved_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draft_no", "approver", name=op.f("pk_rule_approval")),
    )


def upgrade() -> None:
    """Add columns and tables; nothing that is there changes."""
    _add_columns()
    _create_campaigns()
    _create_standing_and_team()
    _create_drafts()
