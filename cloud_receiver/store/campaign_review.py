"""What is known of a campaign now: standings, who would win or train, weeks, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cloud_receiver.domain.budgets import limited
from cloud_receiver.domain.campaigns import Campaign, Member, Standing, Week
from cloud_receiver.domain.outcomes import Outcome
from cloud_receiver.domain.rules import decide_closing
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import budgets, campaigns, tables
from cloud_receiver.store.rulebook import load_rulebook


@dataclass(frozen=True, slots=True)
class Selling:
    """Days somebody came, and what was sold on them."""

    days: int
    sales_fen: int

    @property
    def a_day_fen(self) -> int:
        """Return the mean of a day; 0 where there is none."""
        return self.sales_fen // self.days if self.days else 0


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
        during, before: how its members sold in its days, and in as many days before.
    """

    campaign: Campaign
    closed_utc_ms: int | None
    members: Sequence[Member]
    standings: Sequence[Standing]
    closing: Sequence[Outcome]
    weeks: Sequence[Week]
    spent_fen: int
    during: Selling
    before: Selling


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
        during=_selling(connection, one, one.first_date, one.last_date),
        before=_selling(
            connection, one, shift_date(one.first_date, -one.days), shift_date(one.first_date, -1)
        ),
    )


def _selling(connection: Connection, one: Campaign, first: str, last: str) -> Selling:
    fact, member = tables.day_fact.c, tables.campaign_member.c
    people = select(member.employee_id).where(member.campaign_id == one.campaign_id)
    query = select(func.count(), func.coalesce(func.sum(fact.sales_fen), 0)).where(
        fact.work_date.between(first, last), fact.touched, fact.employee_id.in_(people)
    )
    days, sales_fen = connection.execute(query).one()
    return Selling(int(days), int(sales_fen))


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
