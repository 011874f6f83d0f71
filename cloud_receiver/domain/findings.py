"""What was odd about the data of an employee-day: kept and shown, never an exception.

A finding names the records it is about; people read its label, machines its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FindingCode(StrEnum):
    """The kinds of oddities; stored with the day."""

    CLOCK_IMPLAUSIBLE = "clock_implausible"
    DOUBLE_TAP = "double_tap"
    OUTSIDE_WINDOW = "outside_window"
    BETWEEN_CARDS = "between_cards"
    OTHER_STORE = "other_store"
    UNSCHEDULED = "unscheduled"
    FEED_GAP = "feed_gap"


LABELS: Final[dict[FindingCode, tuple[str, str]]] = {
    FindingCode.CLOCK_IMPLAUSIBLE: (
        "打卡机时钟相差过大,该打卡未用于考勤",
        "the terminal's clock is too far off; the touch was not used",
    ),
    FindingCode.DOUBLE_TAP: (
        "短时间内重复打卡,按一次处理",
        "touched again within moments; counted once",
    ),
    FindingCode.OUTSIDE_WINDOW: (
        "打卡不在任何班次的打卡时段内",
        "touched outside the window of every shift",
    ),
    FindingCode.BETWEEN_CARDS: (
        "上下班之间的打卡,不影响结果",
        "touched between the two card points; changes nothing",
    ),
    FindingCode.OTHER_STORE: (
        "在排班以外的门店打卡",
        "touched in another store than the roster says",
    ),
    FindingCode.UNSCHEDULED: ("当日没有排班", "nothing was rostered that day"),
    FindingCode.FEED_GAP: (
        "班次期间打卡机有一段时间无人接收,打卡可能丢失;请核实后补录",
        "for part of the shift nobody listened to the terminal: ask, and enter what is lost",
    ),
}
"""Chinese and English label of every code."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One oddity.

    Attributes:
        record_ids: the raw records it is about, in order of time.
    """

    code: FindingCode
    record_ids: tuple[str, ...]
