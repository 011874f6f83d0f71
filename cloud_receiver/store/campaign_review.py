"""What is known of a campaign now: standings, who would win or train, weeks, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, case, exists, func, select

from cloud_receiver.domain.campaigns import (
    PLACE,
    Campaign,
    Member,
    Standing,
    Week,
    standings_in,
    weeks,
)
from cloud_receiver.domain.foresight import Foreseen, foresee
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import archive, campaigns, tables
from cloud_receiver.store.campaign_standings import scored, settled
from cloud_receiver.store.rulebook import load_rulebook
from cloud_receiver.store.tables import OF_CAMPAIGN

SHOWN: Final = 100
"""How many of a long list a page shows."""
LATEST: Final = 8
"""How many of those who were late most often a week names."""
Cost = tuple[str, int, int]
"""(work date, rewards in fen, rewards and deductions in fen)."""


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
    """A campaign as it stands; of long lists the first `SHOWN` and how many there are.

    Attributes:
        closed_utc_ms: None: everything here is provisional.
        members: who takes part, those who left too.
        standings: those ranked by place, then the others.
        tied: how many share each place that is shown.
        closing: what period and rank rules say of it, the budget kept; while it is open:
            what they would say if it ended with the days known now.
        spent_fen: what the rewards of its days cost so far.
        during, before: how its members sold in its days, and in as many days before it.
        online_from: the first date whose days were not removed to the archive; empty: all are there.
    """

    campaign: Campaign
    closed_utc_ms: int | None
    members: Sequence[Member]
    members_count: int
    standings: Sequence[Standing]
    standings_count: int
    tied: Mapping[int, int]
    closing: Foreseen
    weeks: Sequence[Week]
    spent_fen: int
    during: Selling
    before: Selling
    online_from: str

    @property
    def people(self) -> set[str]:
        """Return everybody who is named."""
        named = {one.employee_id for one in self.members}
        named |= {one.employee_id for one in self.standings}
        named |= {one.employee_id for one in self.closing.outcomes}
        return named.union(*(week.latest for week in self.weeks))


def listed(connection: Connection) -> list[tuple[Campaign, int | None, int]]:
    """Return every campaign, the newest first, with when it was closed and its members."""
    closed = closings(connection)
    return [
        (one, closed[one.campaign_id], _members_count(connection, one))
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
    standings = settled(connection, one) if closed_utc_ms else scored(connection, one)
    costs = _costs(connection, one)
    spent_fen = sum(up_fen for _, up_fen, _ in costs)
    rules = load_rulebook(connection).closing(one.last_date)
    ranked = standings.filter(pl.col(PLACE) > 0)
    return Review(
        campaign=one,
        closed_utc_ms=closed_utc_ms,
        members=campaigns.members(connection, campaign_id, SHOWN),
        members_count=_members_count(connection, one),
        standings=list(standings_in(standings.head(SHOWN))),
        standings_count=len(standings),
        tied=_tied(ranked),
        closing=foresee(rules, ranked, one.budget, spent_fen, SHOWN),
        weeks=by_week(connection, one, costs),
        spent_fen=spent_fen,
        during=_during(connection, one),
        before=_before(connection, one),
        online_from=archive.online_from(connection),
    )


def _tied(ranked: pl.DataFrame) -> dict[int, int]:
    shown = ranked.filter(pl.col(PLACE).is_in(ranked[PLACE].head(SHOWN).unique().implode()))
    return dict(shown.group_by(PLACE).len().rows())


def by_week(
    connection: Connection, one: Campaign, costs: Sequence[Cost] | None = None
) -> list[Week]:
    """Return what each week of a campaign brought its members, the days' outcomes counted.

    What the closing brought belongs to the campaign as a whole and is left out.

    Args:
        costs: what `_costs` returns, where it is at hand.
    """
    of_date = _costs(connection, one) if costs is None else costs
    found = []
    for first, last in weeks(one):
        late_count, latest = _late(connection, one, first, last)
        amount_fen = sum(fen for date, _, fen in of_date if first <= date <= last)
        found.append(
            Week(
                first_date=first,
                last_date=last,
                amount_fen=amount_fen,
                late_count=late_count,
                latest=latest,
            )
        )
    return found


def _costs(connection: Connection, one: Campaign) -> list[Cost]:
    """Return by date what the outcomes of a campaign's days brought, those of its closing left out."""
    said = tables.outcome.c
    rule = (said.rule_id, said.rule_version)
    query = (
        select(
            said.work_date,
            *rule,
            func.sum(case((said.amount_fen > 0, said.amount_fen), else_=0)),
            func.sum(said.amount_fen),
        )
        .where(OF_CAMPAIGN, said.campaign_id == one.campaign_id)
        .group_by(said.work_date, *rule)
    )
    closing = campaigns.closing_rules(connection)
    return [
        (work_date, int(up_fen), int(fen))
        for work_date, rule_id, version, up_fen, fen in connection.execute(query)
        if (rule_id, version) not in closing
    ]


def _late(
    connection: Connection, one: Campaign, first: str, last: str
) -> tuple[int, dict[str, int]]:
    """Return how often members were late on some dates, and how often those who were most."""
    fact, member = tables.day_fact.c, tables.campaign_member.c
    takes_part = exists().where(
        member.campaign_id == one.campaign_id,
        member.employee_id == fact.employee_id,
        member.joined_date <= fact.work_date,
        member.left_date.is_(None) | (member.left_date > fact.work_date),
    )
    times = func.count()
    query = (
        select(fact.employee_id, times, func.sum(times).over())
        .where(fact.work_date.between(first, last), fact.late_min > 0, takes_part)
        .group_by(fact.employee_id)
        .order_by(times.desc(), fact.employee_id)
        .limit(LATEST)
    )
    rows = connection.execute(query).all()
    return int(rows[0][2]) if rows else 0, {who: int(number) for who, number, _ in rows}


def _members_count(connection: Connection, one: Campaign) -> int:
    member = tables.campaign_member.c
    query = select(func.count()).where(member.campaign_id == one.campaign_id)
    return connection.scalar(query) or 0


def _during(connection: Connection, one: Campaign) -> Selling:
    """Return how members sold on their days of a campaign, by the sums that are kept."""
    kept = tables.campaign_sum.c
    sums = [func.coalesce(func.sum(of), 0) for of in (kept.came_days, kept.came_sales_fen)]
    days, sales_fen = connection.execute(
        select(*sums).where(kept.campaign_id == one.campaign_id)
    ).one()
    return Selling(int(days), int(sales_fen))


def _before(connection: Connection, one: Campaign) -> Selling:
    """Return how members sold on as many days before a campaign."""
    fact, member = tables.day_fact.c, tables.campaign_member.c
    first, last = shift_date(one.first_date, -one.days), shift_date(one.first_date, -1)
    people = select(member.employee_id).where(member.campaign_id == one.campaign_id)
    query = select(func.count(), func.coalesce(func.sum(fact.sales_fen), 0)).where(
        fact.work_date.between(first, last), fact.touched, fact.employee_id.in_(people)
    )
    days, sales_fen = connection.execute(query).one()
    return Selling(int(days), int(sales_fen))
