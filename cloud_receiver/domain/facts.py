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
        unit: of an int: ``min``, ``fen``, ``bp`` (0.01 %), ``milli``, ``days``, ``times``; else
            empty.
        default: the value where nothing is known.
        of_period: known only when a campaign is closed; period and rank rules ask for it.
    """

    name: str
    type: FactType
    unit: str
    zh: str
    en: str
    default: FactValue
    of_period: bool = False


def _int(name: str, unit: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.INT, unit, zh, en, 0)


def _bool(name: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.BOOL, "", zh, en, False)


def _text(name: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.TEXT, "", zh, en, "")


def _of_period(name: str, unit: str, zh: str, en: str) -> Fact:
    return Fact(name, FactType.INT, unit, zh, en, 0, of_period=True)


CATALOGUE: Final[dict[str, Fact]] = {
    fact.name: fact
    for fact in (
        _text("employee_id", "工号", "employee"),
        _text("work_date", "工作日", "work date"),
        _text("store_id", "门店", "store"),
        _text("scene", "场景", "scene"),
        _text(
            "calendar",
            "日历(工作日、周末、节假日、调休上班)",
            "calendar: workday, weekend, holiday, make-up",
        ),
        _text("status", "考勤结果", "attendance result"),
        _text("team", "考勤组", "team"),
        _text("campaign_id", "活动", "campaign"),
        _bool("scheduled", "当日有排班", "scheduled that day"),
        _bool("final", "结果已定", "result is final"),
        _bool("arrived", "已到岗", "has arrived"),
        _int("late_min", "min", "迟到分钟", "minutes late"),
        _int("early_min", "min", "早退分钟", "minutes left early"),
        _int("worked_min", "min", "在岗分钟", "minutes worked"),
        _int("stay_min", "min", "下班后多留分钟", "minutes stayed after the shift"),
        _int("overtime_min", "min", "加班分钟", "minutes of overtime"),
        _int("leave_min", "min", "请假分钟", "minutes of leave"),
        _bool("on_leave", "全天请假", "on leave all day"),
        _bool("outside", "范围外打卡", "checked in outside the fence"),
        _bool("missing_card", "缺卡", "missing card"),
        _bool("absent", "旷工", "absent"),
        _bool("full_attendance", "全勤", "full attendance"),
        _int("clean_streak_days", "days", "连续全勤天数", "days of full attendance in a row"),
        _int(
            "clean_streak_strict_days",
            "days",
            "连续全勤天数(请假中断)",
            "days of full attendance in a row, leave ends them",
        ),
        _int("late_month_count", "times", "当月迟到次数", "times late this month"),
        _int("early_month_count", "times", "当月早退次数", "times left early this month"),
        _int("missing_month_count", "times", "当月缺卡次数", "missing cards this month"),
        _int("absent_month_count", "times", "当月旷工次数", "times absent this month"),
        _int(
            "overtime_over_month_min",
            "min",
            "当月加班超过36小时的分钟",
            "minutes of overtime this month beyond 36 hours",
        ),
        _int("feedback_count", "times", "当日客户评价数", "customer ratings of the day"),
        _int("feedback_sum_milli", "milli", "当日客户评价分合计", "sum of the day's ratings"),
        _int("sales_fen", "fen", "当日销售额", "sales of the day"),
        _int("sales_qty_milli", "milli", "当日销量", "units sold"),
        _int("target_fen", "fen", "当日目标", "target of the day"),
        _bool("target_met", "达标", "target met"),
        _int("target_lost_days", "days", "达标后因退货失去(第几天)", "days until refunds undid it"),
        _int("achievement_bp", "bp", "达成率", "share of the target reached"),
        _int("subsidy_fen", "fen", "当日补贴", "subsidy of the day"),
        _of_period("period_days", "days", "活动排班天数", "scheduled days of the campaign"),
        _of_period("period_clean_days", "days", "活动全勤天数", "clean days of the campaign"),
        Fact(
            "period_full_attendance",
            FactType.BOOL,
            "",
            "活动期间全勤",
            "full attendance all through the campaign",
            default=False,
            of_period=True,
        ),
        _of_period("period_late_count", "times", "活动迟到次数", "times late in the campaign"),
        _of_period(
            "period_early_count", "times", "活动早退次数", "times left early in the campaign"
        ),
        _of_period(
            "period_missing_count", "times", "活动缺卡次数", "missing cards in the campaign"
        ),
        _of_period("period_absent_count", "times", "活动旷工次数", "times absent in the campaign"),
        _of_period("period_sales_fen", "fen", "活动销售额", "sales of the campaign"),
        _of_period("period_target_fen", "fen", "活动目标", "target of the campaign"),
        _of_period("period_achievement_bp", "bp", "活动达成率", "share of the campaign's target"),
        _of_period("period_attendance_milli", "milli", "考勤得分", "attendance score"),
        _of_period("period_sales_milli", "milli", "业绩得分", "sales score"),
        _of_period("period_feedback_milli", "milli", "客户反馈得分", "feedback score"),
        _of_period("period_score_milli", "milli", "综合得分", "composite score"),
    )
}

COUNTED: Final[dict[str, str]] = {
    "late_month_count": "late_min",
    "early_month_count": "early_min",
    "missing_month_count": "missing_card",
    "absent_month_count": "absent",
}
"""What counts within a calendar month, and the fact of a day that makes it one more."""
