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
    SOURCES_DISAGREE = "sources_disagree"
    SHARED_TAP = "shared_tap"
    OUTSIDE_FENCE = "outside_fence"
    MOCK_POSITION = "mock_position"
    PHONE_CLOCK = "phone_clock"
    SELF_ENTRY = "self_entry"
    LATE_ENTRY = "late_entry"
    BULK_ENTRY = "bulk_entry"
    CORRECTED = "corrected"
    CARD_OVER_QUOTA = "card_over_quota"
    CARD_TOO_LATE = "card_too_late"
    NO_SUCH_SHIFT = "no_such_shift"
    OVERTIME = "overtime"
    OVERTIME_OVER_LIMIT = "overtime_over_limit"
    UNREADABLE = "unreadable"  # of the stored day itself; no judge writes it


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
    FindingCode.SOURCES_DISAGREE: (
        "不同来源的时间不一致,以优先来源为准",
        "sources disagree; the weightier one counts",
    ),
    FindingCode.SHARED_TAP: (
        "一次打卡同时作为前一班下班与后一班上班",
        "one touch serves as the going of one shift and the coming of the next",
    ),
    FindingCode.OUTSIDE_FENCE: ("不在门店范围内打卡", "checked in outside the store's fence"),
    FindingCode.MOCK_POSITION: ("手机定位疑似伪造", "the phone's position is made up"),
    FindingCode.PHONE_CLOCK: (
        "手机时间与总部时间不符,按总部时间计",
        "the phone's clock differs; headquarters' time counts",
    ),
    FindingCode.SELF_ENTRY: ("主管为自己登记", "a supervisor recorded for himself"),
    FindingCode.LATE_ENTRY: ("事后很久才登记", "recorded long after the fact"),
    FindingCode.BULK_ENTRY: (
        "同一秒内为多人登记",
        "recorded for several people in the same second",
    ),
    FindingCode.CORRECTED: ("已补卡或改签", "a card point was corrected"),
    FindingCode.CARD_OVER_QUOTA: (
        "超过当月补卡次数,未生效",
        "more corrections than the month allows; not used",
    ),
    FindingCode.CARD_TOO_LATE: ("超过补卡时限,未生效", "corrected after the time limit; not used"),
    FindingCode.NO_SUCH_SHIFT: (
        "补卡所指的班次不存在,未生效",
        "a correction names a shift the day does not have; not used",
    ),
    FindingCode.OVERTIME: ("加班超过 1 小时", "more than an hour of overtime"),
    FindingCode.OVERTIME_OVER_LIMIT: (
        "加班超过每日 3 小时上限",
        "overtime beyond three hours a day",
    ),
    FindingCode.UNREADABLE: (
        "这一天存下的结果读不出来,不作数;请运行 daka-hq rebuild",
        "what is stored of this day cannot be read and does not count: run daka-hq rebuild",
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
