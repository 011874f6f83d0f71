"""What the law says to a rule: of deductions, by store; of rewards for staying longer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cloud_receiver.domain.clauses import Effect
from cloud_receiver.domain.conditions import Condition
from cloud_receiver.domain.documents import Rule
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.histories import OVERTIME as OVERTIME_MONTH_FACT
from cloud_receiver.domain.labour import OVERTIME_DAY_MIN
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.remarks import Remark, error, warning

_NAMED: Final = 8  # stores named in a remark; the rest is counted
_STAYING: Final = ("stay_min", "overtime_min")


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulStore:
    """A store and how its law treats deductions; `law` None: nobody said which holds there.

    Attributes:
        cap_bp: of the month's wage; None: fines are forbidden.
    """

    store_id: str
    name: str
    scene: str
    law: Text | None
    cap_bp: int | None


def law_remarks(rule: Rule, stores: Sequence[LawfulStore] | None) -> Iterator[Remark]:
    """Yield what the laws of the rule's stores make of its deductions, one remark a law."""
    if rule.effect is not Effect.DEDUCTION:
        return
    scope = rule.scope
    by_law: dict[tuple[Text | None, int | None], list[str]] = {}
    for one in stores or ():
        is_inside = (not scope.stores or one.store_id in scope.stores) and (
            not scope.scenes or one.scene in scope.scenes
        )
        if is_inside:
            by_law.setdefault((one.law, one.cap_bp), []).append(one.name)
    highest_bp = max((row.outcome.rate_bp or 0 for row in rule.rows), default=0)
    for (law, cap_bp), names in by_law.items():
        yield from _law_remark(law, cap_bp, highest_bp, _listed(names))


def _law_remark(
    law: Text | None, cap_bp: int | None, highest_bp: int, names: str
) -> Iterator[Remark]:
    if law is None:
        yield warning(
            "law_unknown",
            f"未登记适用法规,按全国规定处理:{names}",
            f"nobody said which law holds; the national one counts: {names}",
        )
    elif cap_bp is None:
        yield warning(
            "law_forbids",
            f"{law.zh}不得罚款,只能少发有条件的补贴,不动工资:{names}",
            f"{law.en} forbids fines: a conditional subsidy is not granted, the wage is not "
            f"touched: {names}",
        )
    elif highest_bp > cap_bp:
        yield warning(
            "law_cap",
            f"{law.zh}每月扣减不超过工资的{cap_bp / 100:g}%,超出部分顺延:{names}",
            f"{law.en}: a month's deductions are at most {cap_bp / 100:g} % of the wage, the "
            f"rest is deferred: {names}",
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} … ({len(names)})"


def hours_remarks(rule: Rule) -> Iterator[Remark]:
    """Warn where a reward makes people stay for hours the Labour Law limits (art. 41)."""
    asked = {name for row in rule.rows for name in row.when} | set(rule.when)
    if rule.effect is not Effect.REWARD or asked.isdisjoint(_STAYING):
        return
    if OVERTIME_MONTH_FACT not in asked:
        label = CATALOGUE[OVERTIME_MONTH_FACT]
        yield warning(
            "law_hours",
            "奖励下班后多留:加班一般每日1小时、至多3小时,每月至多36小时,且须另付加班费(劳动法第41、44条);"
            f"可加条件“{label.zh}不超过0”",
            "rewards staying: overtime is an hour a day as a rule, three at most, 36 a month, and is "
            f"paid besides (Labour Law art. 41, 44); the condition {label.en}: up to 0 keeps to that",
        )
    for row in rule.rows:
        cells = [part[name] for part in (rule.when, row.when) for name in _STAYING if name in part]
        longest = max((_demanded_min(cell) for cell in cells), default=0)
        if longest > OVERTIME_DAY_MIN:
            yield error(
                "law_hours",
                f"要求多留{longest}分钟:每日加班不得超过3小时(劳动法第41条)",
                f"asks for {longest} minutes more; three hours a day are the most (Labour Law art. 41)",
                row.id,
            )


def _demanded_min(cell: Condition) -> int:
    """Return how many minutes a condition asks for at the least."""
    if isinstance(cell, bool):
        return 0
    if cell.range is not None:
        return (cell.range[0] or 0) + 1
    return int(cell.at_least or cell.equals or 0)
