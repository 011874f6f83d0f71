"""What a campaign's budget makes of the rewards of its days, at the moment they are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select

from cloud_receiver.domain.budgets import CAP, Budget, granted, is_nearly_used, unlimited
from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.domain.outcomes import DayKey, Outcome
from cloud_receiver.store import campaigns, notices, tables
from cloud_receiver.store.ledger import outcome_from, outcomes_of
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import OF_CAMPAIGN
from sync.money import yuan_text

GROUP: Final = "campaign_budget"
"""Who is told that a budget is nearly used up."""

_campaign: Final = tables.campaign.c
_BUDGETED: Final = Question(
    select(tables.campaign).where(
        _campaign.budget.is_not(None),
        _campaign.first_date <= bindparam("last"),
        _campaign.last_date >= bindparam("first"),
    )
)
_said: Final = tables.outcome.c
_COSTS: Final = Question(
    select(tables.outcome).where(
        _said.campaign_id == bindparam("campaign"),
        or_(_said.amount_fen > 0, _said.explanation.contains(CAP)),
    )
)
_SPENT: Final = Question(
    select(_said.rule_id, _said.rule_version, func.sum(_said.amount_fen))
    .where(OF_CAMPAIGN, _said.campaign_id == bindparam("campaign"), _said.amount_fen > 0)
    .group_by(_said.rule_id, _said.rule_version)
)


class Held(NamedTuple):
    """What became of the rewards of a campaign's days.

    Attributes:
        outcomes: those that were given, and everything said about the days beside.
        beside: other days whose rewards this changes: late data of an early day leaves less,
            or more, for the later ones.
        spent_fen: what all the campaign's days cost now.
    """

    outcomes: list[Outcome]
    beside: set[DayKey]
    spent_fen: int


def touched(connection: Connection, days: Collection[DayKey]) -> list[Campaign]:
    """Return the campaigns with a budget whose period some days lie in."""
    if not days:
        return []
    dates = [date for _, date in days]
    rows = _BUDGETED.ask(connection, first=min(dates), last=max(dates))
    return [campaigns.campaign_from(row) for row in rows]


def rewards(connection: Connection, one: Campaign) -> list[Outcome]:
    """Return the rewards of a campaign's days as they stand, its closing left out."""
    rows = _COSTS.ask(connection, campaign=one.campaign_id)
    return [found for found in map(outcome_from, rows) if not is_closing(found)]


def spent_fen(connection: Connection, one: Campaign) -> int:
    """Return what the rewards of a campaign's days cost, those of its closing left out."""
    closing = campaigns.closing_rules(connection)
    rows = _SPENT.ask(connection, campaign=one.campaign_id)
    return sum(int(fen) for *rule, fen in rows if tuple(rule) not in closing)


def is_closing(one: Outcome) -> bool:
    """Tell whether an outcome is about the campaign as a whole: it rests on days, not records."""
    return "days" in one.explanation.evidence


def held(
    connection: Connection,
    one: Campaign,
    budget: Budget,
    days: Collection[DayKey],
    outcomes: Sequence[Outcome],
) -> Held:
    """Hold the rewards of a campaign's days within its budget.

    Args:
        days: that were evaluated just now.
        outcomes: everything the rules say about them, the closing left out.
    """
    evaluated = set(days)
    mine = {it.outcome_key for it in outcomes if it.campaign_id == one.campaign_id}
    standing = {it.outcome_key: it for it in rewards(connection, one) if it.day not in evaluated}
    due = [it for it in outcomes if it.outcome_key in mine]
    due += [unlimited(it) for it in standing.values()]
    found = {it.outcome_key: it for it in granted(due, budget)}
    changed = {key for key, before in standing.items() if found[key] != before}
    beside = {standing[key].day for key in changed}
    more = outcomes_of(connection, beside) if beside else {}
    return Held(
        outcomes=[found.get(key, it) for key, it in (_by_key(outcomes) | more).items()],
        beside=beside,
        spent_fen=sum(max(0, it.amount_fen) for it in found.values()),
    )


def _by_key(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    return {one.outcome_key: one for one in outcomes}


def nearly_used(connection: Connection) -> list[tuple[Campaign, int]]:
    """Return open campaigns whose budget is nearly used up, with what they cost so far, in fen."""
    query = select(tables.campaign).where(
        _campaign.budget.is_not(None), _campaign.closed_utc_ms.is_(None)
    )
    some = [campaigns.campaign_from(row) for row in connection.execute(query).all()]
    found = [(one, spent_fen(connection, one)) for one in some]
    return [(one, fen) for one, fen in found if one.budget and is_nearly_used(one.budget, fen)]


def tell_nearly_used(
    connection: Connection,
    one: Campaign,
    budget: Budget,
    fen: int,
    channels: Sequence[str],
    now_utc_ms: int,
) -> None:
    """Tell those who run campaigns, once for each budget, that it is nearly used up.

    Args:
        fen: what the campaign cost so far.
    """
    notice_id = f"budget/{one.campaign_id}/{budget.amount_fen}"
    told = select(tables.notice.c.notice_no).where(tables.notice.c.notice_id == notice_id)
    if not is_nearly_used(budget, fen) or connection.execute(told.limit(1)).first():
        return
    left, whole = yuan_text(budget.amount_fen - fen), yuan_text(budget.amount_fen)
    document = {
        "kind": "budget", "campaign_id": one.campaign_id, "amount_fen": budget.amount_fen,
        "spent_fen": fen,
    }  # fmt: skip
    notice = Notice(
        notice_id=notice_id,
        target=Target(TargetKind.GROUP, GROUP),
        text_zh=f"活动“{one.name}”预算{whole}元,只剩{left}元,之后的奖励会少发或不发",
        text_en=f"campaign {one.name}: {left} of {whole} yuan of the budget are left; later "
        "rewards will be less or nothing",
        document=msgspec.json.encode(document).decode(),
    )
    notices.queue(connection, [notice], channels, now_utc_ms)
