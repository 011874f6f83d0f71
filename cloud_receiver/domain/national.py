"""China's holidays and make-up workdays, from two independent sources laid side by side.

`chinese_calendar` transcribes the notices of the State Council, year by year; `holidays`
knows the law and the notices too and estimates years without one. The first decides where
it covers the year, and a day on which the second says otherwise is marked.

Source: 国务院办公厅关于部分节假日安排的通知, as published each November; 全国年节及纪念日放假办法.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import chinese_calendar
from chinese_calendar import constants

_SATURDAY: Final = 5
LAST_PUBLISHED_YEAR: Final[int] = max(constants.holidays).year
FIRST_PUBLISHED_YEAR: Final[int] = min(constants.holidays).year


class Doubt(StrEnum):
    """Why a day of the calendar is not certain."""

    NOT_PUBLISHED = "not_published"
    SOURCES_DISAGREE = "sources_disagree"


@dataclass(frozen=True, slots=True)
class NationalDay:
    """A date as the nation has it; names are empty on ordinary days."""

    is_worked: bool
    is_weekend: bool
    name_zh: str
    name_en: str
    doubt: Doubt | None


@lru_cache(maxsize=8192)
def national_day(day: str) -> NationalDay:
    """Return what a date ``YYYY-MM-DD`` is in China."""
    on = date.fromisoformat(day)
    is_weekend = on.weekday() >= _SATURDAY
    worked_by_law = _law("en_US").is_working_day(on)
    if not FIRST_PUBLISHED_YEAR <= on.year <= LAST_PUBLISHED_YEAR:
        name_zh, name_en = _law("zh_CN").get(on, ""), _law("en_US").get(on, "")
        return NationalDay(worked_by_law, is_weekend, name_zh, name_en, Doubt.NOT_PUBLISHED)
    is_worked = chinese_calendar.is_workday(on)
    name = constants.holidays.get(on) or constants.workdays.get(on)
    feast = next((one for one in chinese_calendar.Holiday if one.value == name), None)
    return NationalDay(
        is_worked,
        is_weekend,
        feast.chinese if feast else "",
        feast.value if feast else "",
        None if is_worked == worked_by_law else Doubt.SOURCES_DISAGREE,
    )


@lru_cache(maxsize=2)
def _law(language: str) -> Any:
    import holidays  # takes a twentieth of a second, for which few commands have a use

    return holidays.country_holidays("CN", language=language)
