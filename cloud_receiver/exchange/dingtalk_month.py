"""The cells of DingTalk's 月度汇总: how a day was judged, in words.

Such as 正常, 休息, 休息并打卡, 旷工, 上班迟到12分钟, 上班严重迟到1小时5分钟, 下班缺卡, 下班早退3分钟, 年假; several
of them with commas or line breaks between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cloud_receiver.domain.results import DayStatus, worst
from cloud_receiver.exchange.wide import DayCell

_SEPARATORS: Final = re.compile(r"[,,;;、\s]+")
_SPAN: Final = r"(?:(\d+)小时)?(?:(\d+)分钟?)?"
_LATE: Final = re.compile(f"迟到{_SPAN}")
_EARLY: Final = re.compile(f"早退{_SPAN}")
_WORDS: Final[tuple[tuple[str, DayStatus], ...]] = (
    ("旷工迟到", DayStatus.ABSENT_LATE),
    ("旷工", DayStatus.ABSENTEEISM),
    ("严重迟到", DayStatus.SERIOUS_LATE),
    ("迟到", DayStatus.LATE),
    ("早退", DayStatus.EARLY),
    ("缺卡", DayStatus.NOT_SIGNED),
    ("假", DayStatus.LEAVE),
    ("调休", DayStatus.LEAVE),
    ("外出", DayStatus.OUTING),
    ("出差", DayStatus.OUTING),
    ("正常", DayStatus.NORMAL),
    ("外勤", DayStatus.NORMAL),
    ("补卡", DayStatus.NORMAL),
)
"""What a part of a cell says, the longer words before what they begin with."""


def monthly_result(
    cell: DayCell, person: Sequence[str]
) -> Iterator[tuple[int, tuple[str, str, str, str, str]]]:
    """Yield a line of results: (employee, date, status, minutes late, minutes early), or none."""
    if cell.text in ("", "-", "--", "未排班"):
        return
    key = cell.line.first(*person), cell.work_date
    late, early = (str(_minutes(which, cell.text)) for which in (_LATE, _EARLY))
    yield cell.line.number, (*key, _status(cell.text), late, early)


def _status(text: str) -> str:
    """Return the worst of what a cell says; the text itself, to be told, where it is not known."""
    if text.startswith("休息"):
        return (DayStatus.REST_DAY_WORK if "打卡" in text else DayStatus.REST_DAY).value
    parts = [part for part in _SEPARATORS.split(text) if part]
    found = [next((status for word, status in _WORDS if word in part), None) for part in parts]
    known = [status for status in found if status is not None]
    if len(known) < len(found) or not known:
        return text
    if known.count(DayStatus.NOT_SIGNED) == len(known) > 1:
        return DayStatus.ABSENTEEISM.value
    return worst(*known).value


def _minutes(which: re.Pattern[str], text: str) -> int:
    return sum(int(one[1] or 0) * 60 + int(one[2] or 0) for one in which.finditer(text))
