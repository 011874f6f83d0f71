"""Campaigns in the database: entered, closed; how members stand. Who takes part: `membership`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from cloud_receiver.domain.budgets import Budget
from cloud_receiver.domain.campaigns import (
    Campaign,
    Member,
    Standing,
    Targets,
    facts_text,
    own_targets,
    standings,
)
from cloud_receiver.domain.clauses import PERIODIC
from cloud_receiver.domain.day_texts import BROKEN
from cloud_receiver.domain.documents import parse_rule
from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.histories import PERIOD_READS
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.scores import Scoring
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store import archive, dirty, tables, versions
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.questions import Among, Question
from sync.errors import ToldError

_ZONE: Final = "Asia/Shanghai"  # says when the last date of a campaign is over


class CampaignError(ToldError):
    """A campaign cannot be entered, joined or closed as asked."""


def enter(connection: Connection, one: Campaign, author: str, now_utc_ms: int) -> None:
    """Enter a campaign, or change one that is not closed.

    Raises:
        CampaignError: its dates, scoring or budget make no sense, or it is closed.
    """
    problems = [(f"评分设置:{said}", said) for said in one.scoring.problems()]
    if one.first_date > one.last_date:
        problems.append(("结束日期早于开始日期", "the period ends before it begins"))
    if one.budget is not None and not one.budget.is_sound:
        problems.append(("预算不是金额", "the budget is no amount"))
    before = _row(connection, one.campaign_id)
    if one.targets is not None and not one.targets.are_sound:
        problems.append(("目标不是金额", "a target is no amount"))
    if before is not None and before.closed_utc_ms is not None:
        problems.append(("活动已结算,不能再改;请另建一个", "it is closed; enter another one"))
    if problems:
        raise CampaignError(
            f"“{one.name}”:" + ";".join(zh for zh, _ in problems),
            f"campaign {one.campaign_id}: " + "; ".join(en for _, en in problems),
        )
    row = {
        "campaign_id": one.campaign_id,
        "name": one.name,
        "scene": one.scene,
        "stores": json.dumps(one.stores),
        "first_date": one.first_date,
        "last_date": one.last_date,
        "scoring": msgspec.json.encode(one.scoring).decode(),
        "budget": msgspec.json.encode(one.budget).decode() if one.budget else None,
        "targets": msgspec.json.encode(one.targets).decode() if one.targets else None,
        "author": author,
        "created_utc_ms": now_utc_ms,
    }
    upsert(connection, tables.campaign, [row])
    said = {name: value for name, value in row.items() if name not in ("author", "created_utc_ms")}
    versions.add(connection, tables.campaign_version, [said], author, now_utc_ms)
    people = [member.employee_id for member in members(connection, one.campaign_id)]
    mark(connection, one, people, now_utc_ms)
    was = campaign_from(before) if before is not None else one
    if (was.first_date, was.last_date) != (one.first_date, one.last_date):
        mark(connection, was, people, now_utc_ms)  # some days are no longer within it
    if before is not None and before.budget != row["budget"]:
        fact = tables.day_fact.c  # the days stay, what they may cost does not: decide again
        own = fact.employee_id.in_(people) & fact.work_date.between(one.first_date, one.last_date)
        connection.execute(update(tables.day_fact).where(own).values(input_hash=""))


def of_id(connection: Connection, campaign_id: str) -> Campaign:
    """Return a campaign.

    Raises:
        CampaignError: there is none with this id.
    """
    row = _row(connection, campaign_id)
    if row is None:
        raise CampaignError(f"没有活动 {campaign_id}", f"there is no campaign {campaign_id!r}")
    return campaign_from(row)


def every(connection: Connection) -> list[Campaign]:
    """Return all campaigns, the newest period first."""
    query = select(tables.campaign).order_by(tables.campaign.c.first_date.desc())
    return [campaign_from(row) for row in connection.execute(query)]


def _row(connection: Connection, campaign_id: str) -> Row[Any] | None:
    query = select(tables.campaign).where(tables.campaign.c.campaign_id == campaign_id)
    return connection.execute(query).first()


def campaign_from(row: Row[Any]) -> Campaign:
    """Return a campaign from its row."""
    return Campaign(
        campaign_id=row.campaign_id,
        name=row.name,
        first_date=row.first_date,
        last_date=row.last_date,
        scene=row.scene,
        stores=tuple(json.loads(row.stores)),
        scoring=msgspec.json.decode(row.scoring, type=Scoring),
        budget=msgspec.json.decode(row.budget, type=Budget) if row.budget else None,
        targets=msgspec.json.decode(row.targets, type=Targets) if row.targets else None,
    )


def closed_utc_ms(connection: Connection, campaign_id: str) -> int | None:
    """Return when a campaign was closed; None: it is open."""
    row = _row(connection, campaign_id)
    return None if row is None else row.closed_utc_ms


def members(connection: Connection, campaign_id: str, limit: int | None = None) -> list[Member]:
    """Return who takes part, by employee; the first of them where there is a limit."""
    member = tables.campaign_member.c
    columns = [member[name] for name in Member.__dataclass_fields__]
    query = select(*columns).where(member.campaign_id == campaign_id).order_by(member.employee_id)
    query = query.limit(limit)
    return [Member(**row) for row in connection.execute(query).mappings()]


def targets_of(connection: Connection, one: Campaign) -> dict[str, int]:
    """Return the members' targets of the whole campaign, where it is not the sum of the days'."""
    return own_targets(one.targets, members(connection, one.campaign_id))


def mark(connection: Connection, one: Campaign, people: Collection[str], now_utc_ms: int) -> None:
    """Have the days of people in a campaign judged anew."""
    archive.hold_online(connection, one.first_date)
    fact = tables.day_fact.c
    query = select(fact.employee_id, fact.work_date).where(
        fact.employee_id.in_(people), fact.work_date.between(one.first_date, one.last_date)
    )
    dirty.mark(connection, [(row[0], row[1]) for row in connection.execute(query)], now_utc_ms)


Membership = tuple[Campaign, Row[Any]]


def of_people(connection: Connection, people: Collection[str]) -> dict[str, list[Membership]]:
    """Return the campaigns each person takes part in, with when."""
    found: dict[str, list[Membership]] = {}
    for row in _MEMBERSHIPS.ask(connection, people=list(people)):
        found.setdefault(row.employee_id, []).append((campaign_from(row), row))
    return found


_member: Final = tables.campaign_member.c
_MEMBERSHIPS: Final = Question(
    select(tables.campaign, _member.employee_id, _member.joined_date, _member.left_date)
    .join(tables.campaign_member, _member.campaign_id == tables.campaign.c.campaign_id)
    .where(Among(_member.employee_id, "people"))
)
_OVER: Final = Question(
    select(tables.campaign).where(
        tables.campaign.c.closed_utc_ms.is_(None),
        tables.campaign.c.last_date < bindparam("today"),
    )
)


def of_days(connection: Connection, keys: Collection[DayKey]) -> dict[DayKey, str]:
    """Return the campaign each employee-day belongs to, where it belongs to one."""
    return running(of_people(connection, {employee_id for employee_id, _ in keys}), keys)


def running(
    memberships: Mapping[str, Sequence[Membership]], keys: Collection[DayKey]
) -> dict[DayKey, str]:
    """Return the campaign of each employee-day by what its person takes part in."""
    return {
        (employee_id, work_date): one.campaign_id
        for employee_id, work_date in keys
        for one, row in memberships.get(employee_id, ())
        if one.covers(work_date)
        and row.joined_date <= work_date
        and (row.left_date is None or work_date < row.left_date)
    }


def closed_with(connection: Connection, keys: Collection[DayKey]) -> list[Campaign]:
    """Return the closed campaigns some employee-days lie in."""
    if not keys:
        return []
    memberships = of_people(connection, {employee_id for employee_id, _ in keys})
    found = {
        one.campaign_id: one
        for employee_id, work_date in keys
        for one, row in memberships.get(employee_id, ())
        if row.closed_utc_ms is not None and one.covers(work_date)
    }
    return [one for _, one in sorted(found.items())]


def due(connection: Connection, now_utc_ms: int) -> list[Campaign]:
    """Return the campaigns to close: the period is over and every day of it is final."""
    rows = _OVER.ask(connection, today=local_date(now_utc_ms, _ZONE))
    return [one for one in map(campaign_from, rows) if not _unsettled(connection, one)]


def _unsettled(connection: Connection, one: Campaign) -> int:
    """Return how many days of the period may still change: not final, or not judged yet."""
    fact, member, waiting = tables.day_fact.c, tables.campaign_member.c, tables.dirty.c
    people = select(member.employee_id).where(member.campaign_id == one.campaign_id)
    period = (one.first_date, one.last_date)
    open_days = select(func.count()).where(
        fact.employee_id.in_(people), fact.work_date.between(*period), ~fact.final
    )
    unjudged = select(func.count()).where(
        waiting.employee_id.in_(people), waiting.work_date.between(*period)
    )
    return (connection.scalar(open_days) or 0) + (connection.scalar(unjudged) or 0)


def close(connection: Connection, campaign_id: str, now_utc_ms: int) -> None:
    """Close a campaign for good; what changes later changes its outcomes, as an adjustment."""
    this = tables.campaign.c.campaign_id == campaign_id
    connection.execute(update(tables.campaign).where(this).values(closed_utc_ms=now_utc_ms))


_TYPES: Final = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}
_Day: Final[Any] = msgspec.defstruct(
    "_Day",
    [(name, _TYPES[CATALOGUE[name].type], CATALOGUE[name].default) for name in PERIOD_READS],
)
"""Of a day's facts what a campaign counts: to read all of them takes three times as long."""
_read_day: Final = msgspec.json.Decoder(_Day).decode


def days_of(
    connection: Connection, one: Campaign
) -> tuple[list[dict[str, FactValue]], list[DayKey]]:
    """Return the facts of its members' days, by member and date, and days that cannot be read."""
    fact, member = tables.day_fact.c, tables.campaign_member.c
    people = select(member.employee_id).where(member.campaign_id == one.campaign_id)
    query = select(fact.employee_id, fact.work_date, fact.facts).where(
        fact.employee_id.in_(people), fact.work_date.between(one.first_date, one.last_date)
    )
    found, unreadable = [], []
    for who, date, text in connection.execute(query.order_by(fact.employee_id, fact.work_date)):
        try:
            day = _read_day(text)
        except BROKEN:
            unreadable.append((who, date))
            continue
        if day.campaign_id == one.campaign_id:
            found.append(asdict(day))
    return found, unreadable


def closing_rules(connection: Connection) -> set[tuple[str, int]]:
    """Return the versions of rules that speak of a campaign as a whole, when it is over."""
    rule = tables.rule_version.c
    rows = connection.execute(select(rule.rule_id, rule.version, rule.document))
    return {
        (rule_id, version)
        for rule_id, version, document in rows
        if parse_rule(document).grain in PERIODIC
    }


def settle(
    connection: Connection, one: Campaign, days: Sequence[dict[str, FactValue]], now_utc_ms: int
) -> dict[str, Standing]:
    """Work a closed campaign's standings out and keep them; return those who are ranked.

    Args:
        days: of its members, from `days_of`.
    """
    people = members(connection, one.campaign_id)
    ranked = [member.employee_id for member in people if member.is_ranked]
    found = standings(one, ranked, days, own_targets(one.targets, people))
    this = tables.standing.c.campaign_id == one.campaign_id
    connection.execute(delete(tables.standing).where(this))
    rows = [
        {
            "campaign_id": one.campaign_id,
            "employee_id": who,
            "facts": facts_text(standing.facts),
            "place": standing.place,
            "people": standing.people,
            "computed_utc_ms": now_utc_ms,
        }
        for who, standing in sorted(found.items())
    ]
    upsert(connection, tables.standing, rows)
    return {who: standing for who, standing in found.items() if standing.place}
