"""What is known of a campaign now: standings, who would win or train, weeks, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cloud_receiver.domain.budgets import limited
from cloud_receiver.domain.campaigns import Campaign, Member, Standing, Week
from cloud_receiver.domain.outcomes import Outcome
from cloud_receiver.domain.rules import decide_closing
from cloud_receiver.store import budgets, campaigns, tables
from cloud_receiver.store.rulebook import load_rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A campaign as it stands.

    Attributes:
        closed_utc_ms: None: everything here is provisional.
        members: who takes part, those who left too.
        standings: those ranked by place, then the others.
        closing: what period and rank rules say of it, the budget kept; while it is open:
            what they would say if it ended with the days known now.
        spent_fen: what the rewards of its days cost so far.
    """

    campaign: Campaign
    closed_utc_ms: int | None
    members: Sequence[Member]
    standings: Sequence[Standing]
    closing: Sequence[Outcome]
    weeks: Sequence[Week]
    spent_fen: int


def listed(connection: Connection) -> list[tuple[Campaign, int | None, int]]:
    """Return every campaign, the newest first, with when it was closed and its members."""
    closed = closings(connection)
    return [
        (one, closed[one.campaign_id], len(campaigns.members(connection, one.campaign_id)))
        for one in campaigns.every(connection)
    ]


def closings(connection: Connection) -> dict[str, int | None]:
    """Return when each campaign was closed."""
    own = tables.campaign.c
    return {
        row[0]: row[1] for row in connection.execute(select(own.campaign_id, own.closed_utc_ms))
    }


def review(connection: Connection, campaign_id: str) -> Review:
    """Return what is known of a campaign.

    Raises:
        CampaignError: there is none with this id.
    """
    one = campaigns.of_id(connection, campaign_id)
    closed_utc_ms = closings(connection)[campaign_id]
    days = list(campaigns.days_of(connection, one))
    found = (
        _kept(connection, one) if closed_utc_ms else campaigns.standing_now(connection, one, days)
    )
    by_place = sorted(found.values(), key=lambda it: (it.place or len(found) + 1, it.employee_id))
    rows = [found[who].facts for who in sorted(found) if found[who].place]
    closing = decide_closing(load_rulebook(connection), rows)
    members = campaigns.members(connection, campaign_id)
    spent_fen = budgets.spent_fen(connection, one)
    if one.budget is not None:
        closing = limited(closing, one.budget, spent_fen)
    return Review(
        campaign=one,
        closed_utc_ms=closed_utc_ms,
        members=members,
        standings=by_place,
        closing=closing,
        weeks=campaigns.by_week(connection, one, days),
        spent_fen=spent_fen,
    )


def _kept(connection: Connection, one: Campaign) -> dict[str, Standing]:
    own = tables.standing
    query = select(own).where(own.c.campaign_id == one.campaign_id)
    return {
        row.employee_id: Standing(
            employee_id=row.employee_id,
            facts=json.loads(row.facts),
            place=row.place,
            people=row.people,
            days=(),
        )
        for row in connection.execute(query)
    }
