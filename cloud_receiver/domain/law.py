"""What the law lets a month's deductions be: jurisdictions as data, with dates.

Not legal advice: `config/law/*.toml` names its sources, and HR confirms them for each city.
A deduction here is a conditional subsidy that was not granted. Where fines are forbidden it
is only that and never touches the wage; elsewhere a share of the month's wage limits it and
what is left must not fall below the minimum wage (工资支付暂行规定 art. 16).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from cloud_receiver.domain.outcomes import Reason, Text
from cloud_receiver.domain.periods import last_date
from cloud_receiver.domain.rulings import MONTH_LAW, Ruling
from sync.errors import DakaError
from sync.money import yuan_text


class Mode(StrEnum):
    """How a jurisdiction treats deductions."""

    FORBID = "forbid"
    SHARE = "share"


class DeductionRule(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}
):
    """A jurisdiction's rule from a date on; `cap_bp` of the month's wage when shared."""

    since: str
    mode: Mode
    cap_bp: int = 0


class MinimumWage(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}
):
    """The minimum wage of a full month from a date on."""

    since: str
    monthly_fen: int


class Jurisdiction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place's law, newest rules last or in any order."""

    id: str
    name: Text
    source: str
    deduction: tuple[DeductionRule, ...]
    minimum_wage: tuple[MinimumWage, ...]


def parse_jurisdiction(text: str, name: str) -> Jurisdiction:
    """Read a law file.

    Raises:
        DakaError: it is no such file, or what it says makes no sense.
    """
    try:
        law = msgspec.convert(tomllib.loads(text), Jurisdiction)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DakaError(f"{name}: {error}") from error
    for rule in law.deduction:
        if rule.mode is Mode.SHARE and not 0 < rule.cap_bp <= 10_000:
            raise DakaError(f"{name}: cap_bp {rule.cap_bp}: is from 1 to 10000 (2000 is 20 %)")
    if not law.deduction:
        raise DakaError(f"{name}: needs at least one [[deduction]] with a date from which it holds")
    return law


@dataclass(frozen=True, slots=True)
class Limit:
    """What a person's deductions may come to in a month.

    Attributes:
        limit_fen: None: the wage is not touched, so there is nothing to limit.
        note: the law and the numbers, for WHY and the statement.
    """

    limit_fen: int | None
    note: Text


def month_limit(law: Jurisdiction, period: str, wage_fen: int | None) -> Limit:
    """Return the limit in a month (``YYYY-MM``), by the rules in force on its last day.

    Args:
        wage_fen: the person's wage of the month; None: HR has not said.
    """
    rule = _in_force(law.deduction, period)
    if rule is None or rule.mode is Mode.FORBID:
        return Limit(None, Text(
            f"{law.name.zh}:不得罚款;作为条件补贴未达条件、不予发放处理,不动工资({law.source})",
            f"{law.name.en}: fines are forbidden; a conditional subsidy is not granted and the"
            f" wage is not touched ({law.source})",
        ))  # fmt: skip
    if wage_fen is None:
        return Limit(None, Text(
            f"{law.name.zh}:未登记月工资,按条件补贴处理,不动工资({law.source})",
            f"{law.name.en}: the month's wage is not known; treated as a conditional subsidy,"
            f" the wage is not touched ({law.source})",
        ))  # fmt: skip
    floor = _in_force(law.minimum_wage, period)
    floor_fen = floor.monthly_fen if floor else 0
    limit_fen = max(0, min(wage_fen * rule.cap_bp // 10_000, wage_fen - floor_fen))
    share = f"{rule.cap_bp / 100:g}%"
    return Limit(limit_fen, Text(
        f"{law.name.zh}:每月扣减不超过当月工资{yuan_text(wage_fen)}元的{share},且余额不低于最低工资"
        f"{yuan_text(floor_fen)}元,本月上限{yuan_text(limit_fen)}元({law.source})",
        f"{law.name.en}: a month's deductions are at most {share} of the wage of"
        f" {yuan_text(wage_fen)} yuan and leave the minimum wage of {yuan_text(floor_fen)};"
        f" this month {yuan_text(limit_fen)} yuan ({law.source})",
    ))  # fmt: skip


def cap_bp(law: Jurisdiction, period: str) -> int | None:
    """Return which share of a month's wage deductions may be; None: fines are forbidden."""
    rule = _in_force(law.deduction, period)
    return None if rule is None or rule.mode is Mode.FORBID else rule.cap_bp


def _in_force(rules: Sequence[Any], period: str) -> Any:
    begun = [rule for rule in rules if rule.since <= last_date(period)]
    return max(begun, key=lambda rule: rule.since, default=None)


@dataclass(frozen=True, slots=True, order=True)
class Deduction:
    """One deduction of a person's month; not negative. The order is the order of taking."""

    work_date: str
    outcome_key: str
    amount_fen: int


def month_rulings(deductions: Iterable[Deduction], limit: Limit) -> dict[str, Ruling]:
    """Return a ruling for each deduction of a month that the law puts off, in part or whole.

    They are taken by date until the limit is reached: what is known decides and not the
    order in which it became known.
    """
    room_fen = limit.limit_fen
    if room_fen is None:
        return {}
    rulings = {}
    for one in sorted(deductions):
        taken_fen = min(one.amount_fen, room_fen)
        room_fen -= taken_fen
        if taken_fen < one.amount_fen:
            rulings[one.outcome_key] = Ruling(
                deferred_fen=one.amount_fen - taken_fen,
                limit_fen=limit.limit_fen,
                reason=Reason(MONTH_LAW, limit.note),
            )
    return rulings
