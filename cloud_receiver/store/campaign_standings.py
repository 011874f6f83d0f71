"""How members of a campaign stand: now by the sums kept of their days, closed as it was settled."""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import Connection, bindparam, case, exists, select

from cloud_receiver.domain.campaigns import (
    PEOPLE,
    PLACE,
    RANKED,
    Campaign,
    Standing,
    scores,
    standings_in,
)
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.rules import schema_of
from cloud_receiver.store import campaigns
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import campaign_member, campaign_sum, standing

_sum, _member, _settled = campaign_sum.c, campaign_member.c, standing.c
_SUMS: Final = {
    "employee_id": _sum.employee_id,
    "campaign_id": _sum.campaign_id,
    "work_date": _sum.last_date,
    "scene": _sum.scene,
    "store_id": _sum.store_id,
    "team": _sum.team,
    "period_days": _sum.days,
    "period_clean_days": _sum.clean_days,
    "period_sales_fen": _sum.sales_fen,
    "period_target_fen": _sum.target_fen,
    "feedback_count": _sum.feedback_count,
    "feedback_sum_milli": _sum.feedback_sum_milli,
    "period_late_count": _sum.late_count,
    "period_early_count": _sum.early_count,
    "period_missing_count": _sum.missing_count,
    "period_absent_count": _sum.absent_count,
}
"""The columns of `histories.periods`, and where they are kept."""
_FACTS: Final = tuple(
    dict.fromkeys((*_SUMS, *(name for name, fact in CATALOGUE.items() if fact.of_period)))
)
_OF_MEMBERS: Final = Question(
    select(*_SUMS.values(), case((_member.is_ranked, 1), else_=0))
    .join(
        campaign_member,
        (_member.campaign_id == _sum.campaign_id) & (_member.employee_id == _sum.employee_id),
    )
    .where(_sum.campaign_id == bindparam("campaign"))
    .order_by(_sum.employee_id)
)
_SETTLED: Final = Question(
    select(_settled.facts, _settled.place, _settled.people)
    .where(_settled.campaign_id == bindparam("campaign"))
    .order_by(_settled.employee_id)
)


def standing_now(connection: Connection, one: Campaign) -> dict[str, Standing]:
    """Return how members stand after the days known now; provisional while it is open."""
    return {it.employee_id: it for it in standings_in(scored(connection, one))}


def scored(connection: Connection, one: Campaign) -> pl.DataFrame:
    """Return how members stand now as `domain.campaigns.placed` has it, the first first."""
    rows = _OF_MEMBERS.tuples(connection, campaign=one.campaign_id)
    schema = schema_of(_SUMS) | {RANKED: pl.Int64()}
    sums = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(RANKED) == 1)
    return scores(one, sums, _targets(connection, one))


def _targets(connection: Connection, one: Campaign) -> dict[str, int]:
    """Return members' own targets; they are not read where nobody can have one."""
    own = select(_member.employee_id).where(
        _member.campaign_id == one.campaign_id, _member.target_fen.is_not(None)
    )
    if one.targets is None and not connection.scalar(select(exists(own))):
        return {}
    return campaigns.targets_of(connection, one)


def settled(connection: Connection, one: Campaign) -> pl.DataFrame:
    """Return how the members of a closed campaign stood, as `scored` does."""
    rows = _SETTLED.tuples(connection, campaign=one.campaign_id)
    told = pl.DataFrame(
        rows, schema={"facts": pl.String(), PLACE: pl.Int64(), PEOPLE: pl.Int64()}, orient="row"
    )
    return (
        told.with_columns(pl.col("facts").str.json_decode(pl.Struct(schema_of(_FACTS))))
        .unnest("facts")
        .sort(pl.col(PLACE) == 0, PLACE, "employee_id")
    )
