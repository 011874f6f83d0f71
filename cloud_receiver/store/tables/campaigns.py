"""Campaigns, who takes part, how they stand."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

campaign = Table(
    "campaign",
    metadata,
    Column("campaign_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scene", Text, nullable=False),  # "" means every scene
    Column("stores", Text, nullable=False),  # JSON [store_id]; [] means every store
    Column("first_date", Text, nullable=False),
    Column("last_date", Text, nullable=False),  # inclusive
    Column("scoring", Text, nullable=False),  # JSON, domain.scores.Scoring
    Column("budget", Text),  # JSON, domain.budgets.Budget; null: none
    Column("targets", Text),  # JSON, domain.campaigns.Targets; null: those of the days are summed
    Column("closed_utc_ms", BigInteger),  # null: standings are provisional
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
    Index("ix_campaign_dates", "first_date", "last_date"),
)
campaign_member = Table(
    "campaign_member",
    metadata,
    Column("campaign_id", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),
    Column("joined_date", Text, nullable=False),
    Column("left_date", Text),  # first date no longer there; who leaves keeps the place
    Column("is_ranked", Boolean, nullable=False),  # by the joiner rule, frozen on joining
    Column("store_id", Text, nullable=False, default=""),  # whose target is shared; frozen too
    Column("target_fen", BigInteger),  # the member's own; null: the campaign's
    Index("ix_campaign_member_employee", "employee_id"),
)
campaign_version = Table(
    "campaign_version",
    metadata,  # what was ever entered of a campaign; versions are added, never changed, and the
    # highest one is what `campaign` holds
    Column("campaign_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scene", Text, nullable=False),
    Column("stores", Text, nullable=False),
    Column("first_date", Text, nullable=False),
    Column("last_date", Text, nullable=False),
    Column("scoring", Text, nullable=False),
    Column("budget", Text),
    Column("targets", Text),
    Column("author", Text, nullable=False),
    Column("created_utc_ms", BigInteger, nullable=False),
)
campaign_member_version = Table(
    "campaign_member_version",
    metadata,  # what was ever said about somebody's taking part; as of campaigns
    Column("campaign_id", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("joined_date", Text, nullable=False),
    Column("left_date", Text),
    Column("target_fen", BigInteger),
    Column("author", Text, nullable=False),  # empty: before it was kept, or nobody said
    Column("created_utc_ms", BigInteger, nullable=False),  # 0: before it was kept
    Index("ix_campaign_member_version_employee", "employee_id"),
    Index("ix_campaign_member_version_entered", "created_utc_ms", "author"),
)
standing = Table(
    "standing",
    metadata,  # derived: how members stand; provisional until the campaign is closed
    Column("campaign_id", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),
    Column("facts", Text, nullable=False),  # JSON {fact name: value} of domain.facts.CATALOGUE
    Column("place", BigInteger, nullable=False),  # by composite score; 0: not ranked
    Column("people", BigInteger, nullable=False),  # in the ranking
    Column("computed_utc_ms", BigInteger, nullable=False),
)
campaign_sum = Table(
    "campaign_sum",
    metadata,  # what a member's judged days come to, kept with them; a rebuild compares
    Column("campaign_id", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),
    # domain.campaign_sums.Numbers
    Column("known_days", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("clean_days", Integer, nullable=False),
    Column("late_count", Integer, nullable=False),
    Column("early_count", Integer, nullable=False),
    Column("missing_count", Integer, nullable=False),
    Column("absent_count", Integer, nullable=False),
    Column("sales_fen", BigInteger, nullable=False),
    Column("target_fen", BigInteger, nullable=False),
    Column("feedback_count", Integer, nullable=False),
    Column("feedback_sum_milli", BigInteger, nullable=False),
    Column("came_days", Integer, nullable=False),
    Column("came_sales_fen", BigInteger, nullable=False),
    # of the last of the days
    Column("last_date", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("scene", Text, nullable=False),
    Column("team", Text, nullable=False),
)
