"""A person's long-term file (个人档案): what years of days, awards, points and appeals add up to.

For year-end bonuses and promotions; everything in it is a query over what stands elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, Row, case, cast, func, select

from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Explanation, Text
from cloud_receiver.store import appeals, archive
from cloud_receiver.store.appeals import AppealView
from cloud_receiver.store.tables import day_fact, employee, ledger, outcome
from sync.errors import DakaError

_LATE = ("Late", "SeriousLate")
_COUNTED_AS = {
    **dict.fromkeys(_LATE, "late_days"), "Absenteeism": "absent_days", "Normal": "clean_days"
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of a person, by work date; half points count twice a point.

    Attributes:
        rewards_fen, deductions_fen: what rules booked, corrections included.
    """

    period: str
    judged_days: int
    late_days: int
    absent_days: int
    clean_days: int
    rewards_fen: int
    deductions_fen: int
    half_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something a rule gave beside money: a tag such as 全勤, or a task such as a training."""

    work_date: str
    rule_id: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignResult:
    """What a campaign brought a person, and why."""

    campaign_id: str
    work_date: str
    rule_id: str
    row: Text
    amount_fen: int
    half_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalFile:
    """The whole file, months newest first."""

    employee_id: str
    name: str
    store_id: str
    active: bool
    half_points: int
    months: tuple[Month, ...]
    tags: tuple[Mark, ...]
    tasks: tuple[Mark, ...]
    campaigns: tuple[CampaignResult, ...]
    appeals: tuple[AppealView, ...]


def personal_file(
    connection: Connection, employee_id: str, now_utc_ms: int, *, from_archive: bool = True
) -> PersonalFile:
    """Return a person's file.

    Args:
        from_archive: count the days of removed months too; takes a look into a file or two of each.

    Raises:
        DakaError: nobody is called so, or a file of the archive is not there.
    """
    who = connection.execute(
        select(employee).where(employee.c.employee_id == employee_id)
    ).one_or_none()
    if who is None:
        raise DakaError(f"there is no employee {employee_id!r}")
    given = _given(connection, employee_id)
    removed = archive.days(connection, employee_id) if from_archive else []
    months = _months(connection, employee_id, given, removed)
    return PersonalFile(
        employee_id=employee_id,
        name=who.name,
        store_id=who.store_id,
        active=who.active,
        half_points=sum(row.half_points for row in given),
        months=months,
        tags=_marks(given, "tag"),
        tasks=_marks(given, "task"),
        campaigns=tuple(_campaigns(given)),
        appeals=tuple(appeals.views(connection, now_utc_ms, employee_id=employee_id)),
    )


def _given(connection: Connection, employee_id: str) -> list[Row[Any]]:
    """Return what rules gave beside money, and what they said about campaigns, by date."""
    is_kept = (
        (outcome.c.half_points != 0)
        | outcome.c.tag.is_not(None)
        | outcome.c.task.is_not(None)
        | outcome.c.explanation.contains('"campaign_id":"')
    )
    query = select(outcome).where(outcome.c.employee_id == employee_id, is_kept)
    return list(connection.execute(query.order_by(outcome.c.work_date, outcome.c.rule_id)))


def _months(
    connection: Connection,
    employee_id: str,
    given: list[Row[Any]],
    removed: Sequence[archive.RemovedDay],
) -> tuple[Month, ...]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    month = func.substr(day_fact.c.work_date, 1, 7)
    late = cast(func.sum(case((day_fact.c.status.in_(_LATE), 1), else_=0)), Integer)
    absent = cast(func.sum(case((day_fact.c.status == "Absenteeism", 1), else_=0)), Integer)
    clean = cast(func.sum(case((day_fact.c.status == "Normal", 1), else_=0)), Integer)
    query = select(month, func.count(), late, absent, clean).where(
        day_fact.c.employee_id == employee_id, day_fact.c.final
    )
    for period, *numbers in connection.execute(query.group_by(month)):
        names = ("judged_days", "late_days", "absent_days", "clean_days")
        counts[period] |= dict(zip(names, numbers, strict=True))
    for one in removed:
        if one.final:
            counts[one.work_date[:7]]["judged_days"] += 1
            if (name := _COUNTED_AS.get(one.status)) is not None:
                counts[one.work_date[:7]][name] += 1
    money = func.substr(ledger.c.work_date, 1, 7)
    kind = func.coalesce(ledger.c.kind, Kind.OUTCOME.value)
    sums = (
        select(money, ledger.c.outcome_key, func.sum(ledger.c.amount_fen))
        .where(ledger.c.employee_id == employee_id, kind == Kind.OUTCOME.value)
        .group_by(money, ledger.c.outcome_key)
    )
    for period, _, amount_fen in connection.execute(sums):
        counts[period]["rewards_fen" if amount_fen > 0 else "deductions_fen"] += int(amount_fen)
    for row in given:
        counts[row.work_date[:7]]["half_points"] += row.half_points
    fields = [name for name in Month.__dataclass_fields__ if name != "period"]
    return tuple(
        Month(period=period, **{name: counts[period].get(name, 0) for name in fields})
        for period in sorted(counts, reverse=True)
    )


def _marks(given: list[Row[Any]], name: str) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            work_date=row.work_date,
            rule_id=row.rule_id,
            text=msgspec.json.decode(getattr(row, name), type=Text),
        )
        for row in given
        if getattr(row, name) is not None
    )


def _campaigns(given: list[Row[Any]]) -> list[CampaignResult]:
    found = []
    for row in given:
        told = Explanation.from_json(row.explanation)
        if campaign_id := told.facts.get("campaign_id"):
            found.append(
                CampaignResult(
                    campaign_id=str(campaign_id),
                    work_date=row.work_date,
                    rule_id=row.rule_id,
                    row=told.row,
                    amount_fen=row.amount_fen,
                    half_points=row.half_points,
                )
            )
    return found
