"""Hours the Labour Law of the PRC lets people work: of rosters to come, and of overtime done.

Pure, and only ever a warning: a roster may be lawful for reasons nobody tells the software
(综合计算工时, art. 39). Articles: 36 (8 hours a day, 44 a week), 38 (a day of rest a week),
41 (overtime 1 hour a day as a rule, 3 at most, 36 a month).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import DAY_MIN, Shift, monday_of, shift_date

DAY_HOURS_MIN: Final = 8 * 60
WEEK_HOURS_MIN: Final = 44 * 60
OVERTIME_RULE_MIN: Final = 60
OVERTIME_DAY_MIN: Final = 180
OVERTIME_MONTH_MIN: Final = 36 * 60
_WEEK: Final = 7


def over_month_min(overtime_min: int) -> int:
    """Return how far a month's overtime is beyond what the law allows."""
    return max(0, overtime_min - OVERTIME_MONTH_MIN)


class Concern(StrEnum):
    """What a roster asks more of than the law does, the gravest last."""

    DAY = "day"  # over 9 hours
    DAY_LIMIT = "day_limit"  # over 11
    WEEK_REST = "week_rest"
    MONTH = "month"


_TEXTS: Final[dict[Concern, tuple[str, str]]] = {
    Concern.DAY: (
        "有 {n} 天超过 9 小时(最长 {hours} 小时):加班一般每天不超过 1 小时(劳动法第四十一条)",
        (
            "{n} days of over 9 hours (longest {hours} h): as a rule one hour of overtime a day "
            "(Labour Law art. 41)"
        ),
    ),
    Concern.DAY_LIMIT: (
        "有 {n} 天超过 11 小时(最长 {hours} 小时):加班每天最多 3 小时(劳动法第四十一条)",
        (
            "{n} days of over 11 hours (longest {hours} h): at most three hours of overtime a day "
            "(Labour Law art. 41)"
        ),
    ),
    Concern.WEEK_REST: (
        "有 {n} 周没有休息日:每周至少休息一天(劳动法第三十八条)",
        "{n} weeks without a rest day: there is at least one a week (Labour Law art. 38)",
    ),
    Concern.MONTH: (
        "计划加班 {hours} 小时:每月最多 36 小时(劳动法第四十一条;一天 8 小时、一周 44 小时以外都算)",
        (
            "{hours} h of overtime planned: at most 36 a month (Labour Law art. 41; beyond 8 h a day "
            "and 44 h a week)"
        ),
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class LabourNote:
    """One concern about one person's roster in one month.

    Attributes:
        dates: the days it is about; the Mondays, of weeks; the first of the month, of months.
        most_min: the longest of the days, or the month's overtime.
    """

    employee_id: str
    month: str
    concern: Concern
    dates: tuple[str, ...]
    most_min: int = 0

    @property
    def text(self) -> Text:
        """Return what is the matter, and by which article."""
        zh, en = _TEXTS[self.concern]
        values = {"n": len(self.dates), "hours": f"{self.most_min / 60:.1f}".removesuffix(".0")}
        return Text(zh.format(**values), en.format(**values))


@lru_cache(maxsize=4096)
def planned_min(shifts: tuple[Shift, ...]) -> int:
    """Return how long the shifts of a day are, their unpaid breaks taken off."""
    return sum(map(_length_min, shifts))


def _length_min(shift: Shift) -> int:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (shift.start, shift.end))
    length_min = shift.end_day * DAY_MIN + end - start
    return length_min - (shift.break_min if length_min > shift.break_after_min else 0)


def concerns(employee_id: str, days: Mapping[str, RosterDay]) -> list[LabourNote]:
    """Return what a roster asks too much of, by month.

    Overtime of a day is what goes beyond 8 hours, and beyond 44 hours of its week.

    Args:
        days: by date, whole weeks around the months asked about; rest or nothing is rest.
    """
    lengths = {
        day: planned_min(one.shifts)
        for day, one in days.items()
        if one.shifts and not all(shift.is_excused for shift in one.planned)
    }
    overtime = _overtime(lengths)
    found: defaultdict[tuple[str, Concern], list[tuple[str, int]]] = defaultdict(list)
    for day, length_min in sorted(lengths.items()):
        over_min = length_min - DAY_HOURS_MIN
        if over_min > OVERTIME_RULE_MIN:
            concern = Concern.DAY_LIMIT if over_min > OVERTIME_DAY_MIN else Concern.DAY
            found[day[:7], concern].append((day, length_min))
    for monday in sorted(set(map(monday_of, lengths))):
        if all(shift_date(monday, place) in lengths for place in range(_WEEK)):
            found[monday[:7], Concern.WEEK_REST].append((monday, 0))
    for month, overtime_min in overtime.items():
        if over_month_min(overtime_min):
            found[month, Concern.MONTH].append((f"{month}-01", overtime_min))
    return sorted(
        LabourNote(
            employee_id, month, concern, tuple(day for day, _ in some), max(some, key=_size)[1]
        )
        for (month, concern), some in found.items()
    )


def _size(dated: tuple[str, int]) -> int:
    return dated[1]


def _overtime(lengths: Mapping[str, int]) -> dict[str, int]:
    """Return the overtime of each month, each day's minutes on the day they are worked."""
    ordinary: defaultdict[str, int] = defaultdict(int)
    months: defaultdict[str, int] = defaultdict(int)
    for day, length_min in sorted(lengths.items()):
        monday, plain_min = monday_of(day), min(length_min, DAY_HOURS_MIN)
        room_min = max(0, WEEK_HOURS_MIN - ordinary[monday])
        ordinary[monday] += plain_min
        months[day[:7]] += length_min - min(plain_min, room_min)
    return months


def about(warnings: Iterable[LabourNote], changed: Iterable[str]) -> list[LabourNote]:
    """Return the warnings that some dates have a part in: the day, its week or its month."""
    dates = set(changed)
    weeks, months = set(map(monday_of, dates)), {day[:7] for day in dates}
    touched = {
        Concern.DAY: dates,
        Concern.DAY_LIMIT: dates,
        Concern.WEEK_REST: weeks,
        Concern.MONTH: {f"{month}-01" for month in months},
    }
    return [one for one in warnings if touched[one.concern] & set(one.dates)]
