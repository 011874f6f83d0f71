"""The catalogue of facts: everything a rule may ask about one employee-day.

A fact row is a plain mapping from these names to ints, bools and texts; ints are int64
everywhere. Labels are what people see in the designer, in WHY and in messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FactValue = int | bool | str


class FactType(StrEnum):
    """The types a fact may have; rules are checked against them."""

    INT = "int"
    BOOL = "bool"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of the catalogue.

    Attributes:
        unit: of an int: ``min``, ``fen``, ``bp`` (0.01 %), ``milli``, ``days``; else empty.
        default: the value where nothing is known.
    """

    name: str
    type: FactType
    unit: str
    zh: str
    en: str
    default: FactValue


def _int(name: str, unit: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.INT, unit, zh, en, 0)


def _bool(name: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.BOOL, "", zh, en, False)


def _text(name: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.TEXT, "", zh, en, "")


CATALOGUE: Final[dict[str, Fact]] = {
    fact.name: fact
    for fact in (
        _text("employee_id", "工号", "employee"),
        _text("work_date", "工作日", "work date"),
        _text("store_id", "门店", "store"),
        _text("scene", "场景", "scene"),
        _text("status", "考勤结果", "attendance result"),
        _bool("scheduled", "当日有排班", "scheduled that day"),
        _bool("final", "结果已定", "result is final"),
        _int("late_min", "min", "迟到分钟", "minutes late"),
        _int("early_min", "min", "早退分钟", "minutes left early"),
        _int("worked_min", "min", "在岗分钟", "minutes worked"),
        _int("stay_min", "min", "下班后多留分钟", "minutes stayed after the shift"),
        _bool("missing_card", "缺卡", "missing card"),
        _bool("absent", "旷工", "absent"),
        _bool("full_attendance", "全勤", "full attendance"),
        _int("clean_streak_days", "days", "连续全勤天数", "days of full attendance in a row"),
        _int("sales_fen", "fen", "当日销售额", "sales of the day"),
        _int("sales_qty_milli", "milli", "当日销量", "units sold"),
        _int("target_fen", "fen", "当日目标", "target of the day"),
        _bool("target_met", "达标", "target met"),
        _int("achievement_bp", "bp", "达成率", "share of the target reached"),
        _int("subsidy_fen", "fen", "当日补贴", "subsidy of the day"),
    )
}
