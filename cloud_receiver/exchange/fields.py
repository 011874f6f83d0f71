"""What may stand in the cells of an import file, and what to do when it does not.

Each reader takes a cell's text and returns the value, or raises a `CellError` whose words
are for the person who filled the file in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud_receiver.domain.validity import LAST_DATE
from cloud_receiver.domain.workday import AFTER_LAST_DATE, DAY_MIN, FIRST_DATE
from sync.errors import ToldError
from sync.money import parse_fen
from sync.records import is_clean_text

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d\d)(\d\d)")
_TIME = re.compile(r"(\d{1,2})[::](\d{2})([::]00)?")
_STAMP = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,12})?")
MAX_FENCE_M: Final = 20_000
_RANGE = re.compile(r"(\d)\s*[-~至]\s*(\d)")
_BETWEEN = re.compile(r"[\s,,、;;]+")
_CHINESE_DAYS: Final = str.maketrans("一二三四五六日天", "12345677")
_SCENES: Final = {"超市": "supermarket", "社区": "community", "便利店": "convenience"}
_LANGUAGES: Final = {"": "zh", "zh": "zh", "中文": "zh", "en": "en", "英文": "en", "english": "en"}
_YES: Final = frozenset({"", "1", "yes", "true", "是", "在职"})
_NO: Final = frozenset({"0", "no", "false", "否", "离职"})
REST_WORDS: Final = frozenset({"rest", "off", "休", "休息"})
NOTHING_WORDS: Final = frozenset({"none", "无", "-"})
NO_PLAN_WORDS: Final = frozenset({"none", "unplanned", "无", "无排班", "不排班"})


class CellError(ToldError):
    """A cell cannot be used; `field` is the name of its column."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(zh, en, field)


def name(field: str, text: str) -> str:
    """Read an id or a name: something, without control characters."""
    if not is_clean_text(text):
        raise CellError(field, "不能为空,最多200个字符", "write a text of 1 to 200 characters")
    return text


def zone(field: str, text: str) -> str:
    """Read an IANA time zone; empty means China's."""
    try:
        return ZoneInfo(text or "Asia/Shanghai").key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CellError(
            field,
            f"没有时区“{text}”,例如 Asia/Shanghai",
            f"{text!r} is no time zone; write one like Asia/Shanghai",
        ) from error


def scene(field: str, text: str) -> str:
    """Read the scene of a store; the usual Chinese words become the names rules use."""
    return name(field, _SCENES.get(text, text.lower()))


def language(field: str, text: str) -> str:
    """Read zh or en; empty is Chinese."""
    found = _LANGUAGES.get(text.lower())
    if found is None:
        raise CellError(field, "请填写 zh 或 en", "write zh or en")
    return found


def yes(field: str, text: str) -> bool:
    """Read yes or no; empty is yes."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise CellError(field, "请填写 是 或 否", "write yes or no")


def day(field: str, text: str) -> date:
    """Read a date: 2026-11-23, 2026/11/23, 20261123 or 2026年11月23日."""
    found = _DATE.fullmatch(text)
    parts = [int(part) for part in found.groups() if part] if found else [0, 0, 0]
    try:
        read = date(*parts)
    except ValueError as error:
        raise CellError(
            field, f"“{text}”不是日期,例如 2026-11-23", f"{text!r} is no date like 2026-11-23"
        ) from error
    if not FIRST_DATE <= read.isoformat() < AFTER_LAST_DATE:
        raise CellError(
            field,
            f"日期应在 {FIRST_DATE} 与 {AFTER_LAST_DATE} 之间",
            f"the date must lie between {FIRST_DATE} and {AFTER_LAST_DATE}",
        )
    return read


def moment(field: str, text: str) -> str:
    """Read a local date and time; return ``YYYY-MM-DDTHH:MM:SS``."""
    date_text, _, clock_text = text.replace("T", " ").strip().partition(" ")
    found = _STAMP.fullmatch(clock_text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise CellError(
            field,
            f"“{text}”不是日期和时间,例如 2026-11-23 08:58:01",
            f"{text!r} is no date and time like 2026-11-23 08:58:01",
        )
    on = day(field, date_text)
    return f"{on.isoformat()}T{int(found[1]):02d}:{found[2]}:{found[3] or '00'}"


def fence(cells: Mapping[str, str]) -> dict[str, int | None]:
    """Read where a phone may check in: degrees, WGS 84, and metres around; all or none."""
    names = ("latitude_microdeg", "longitude_microdeg", "fence_m")
    if not any(cells[name] for name in names):
        return dict.fromkeys(names)
    return {
        "latitude_microdeg": _microdeg(names[0], cells[names[0]], 90),
        "longitude_microdeg": _microdeg(names[1], cells[names[1]], 180),
        "fence_m": _metres(names[2], cells[names[2]]),
    }


def _microdeg(field: str, text: str, limit_deg: int) -> int:
    found = _DEGREES.fullmatch(text)
    microdeg = round(float(text) * 1_000_000) if found else limit_deg * 1_000_000 + 1
    if abs(microdeg) > limit_deg * 1_000_000:
        raise CellError(
            field,
            f"“{text}”不是经纬度,例如 31.230416;纬度、经度、打卡范围要一起填",
            f"{text!r} are no degrees like 31.230416; latitude, longitude and range go together",
        )
    return microdeg


def _metres(field: str, text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= MAX_FENCE_M:
        raise CellError(
            field,
            f"请填写 10 到 {MAX_FENCE_M} 的整数米;纬度、经度、打卡范围要一起填",
            f"write whole metres, 10 to {MAX_FENCE_M}; latitude, longitude and range go together",
        )
    return int(text)


def validity(cells: Mapping[str, str]) -> dict[str, str]:
    """Read from when to when something holds; empty is without end on that side."""
    first = day("first_date", cells["first_date"] or FIRST_DATE).isoformat()
    last = day("last_date", cells["last_date"] or LAST_DATE).isoformat()
    if last < first:
        zh, en = "结束日期早于开始日期", "the last date is before the first"
        raise CellError("last_date", zh, en)
    return {"first_date": first, "last_date": last}


def clock(field: str, text: str) -> str:
    """Read a time of day, 9:00 or 09:00; return ``HH:MM``."""
    found = _TIME.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise CellError(
            field, f"“{text}”不是时间,例如 09:00", f"{text!r} is no time of day like 09:00"
        )
    return f"{int(found[1]):02d}:{found[2]}"


def minutes(field: str, text: str) -> int:
    """Read a number of minutes; empty is 0."""
    if not (text or "0").isdecimal() or int(text or 0) > DAY_MIN:
        raise CellError(field, "请填写整数分钟", "write a whole number of minutes")
    return int(text or 0)


def fen(field: str, text: str) -> int:
    """Read an amount in yuan into fen, not negative; empty is 0."""
    try:
        amount = parse_fen(text or "0")
    except ValueError as error:
        raise CellError(
            field, f"“{text}”不是金额,例如 100.00", f"{text!r} is no amount like 100.00"
        ) from error
    if amount < 0:
        raise CellError(field, "金额不能为负", "an amount here is not negative")
    return amount


def weekdays(field: str, text: str) -> frozenset[int]:
    """Read days of the week, 1 is Monday: ``1-5``, ``1,3,5``, ``一三五``; empty is every day."""
    if not text:
        return frozenset(range(1, 8))
    plain = _RANGE.sub(_spell_out, text.replace("周", "").translate(_CHINESE_DAYS))
    digits = re.sub(r"[\s,,、]", "", plain)
    if not digits or not set(digits) <= set("1234567"):
        raise CellError(
            field,
            f"“{text}”不是星期,例如 1-5 或 一三五",
            f"{text!r} are no days of the week like 1-5 or 1,3,5",
        )
    return frozenset(map(int, digits))


def _spell_out(found: re.Match[str]) -> str:
    return "".join(str(number) for number in range(int(found[1]), int(found[2]) + 1))


def listed(text: str) -> tuple[str, ...]:
    """Read several ids of one cell, separated by commas, semicolons, ``、`` or spaces."""
    return tuple(dict.fromkeys(part for part in _BETWEEN.split(text) if part))


def one_of(field: str, text: str, known: Mapping[str, object], what_zh: str, what_en: str) -> str:
    """Read an id that must be known already."""
    if not text:
        raise CellError(field, f"请写明{what_zh}", f"say which {what_en}")
    if text not in known:
        raise CellError(
            field,
            f"没有{what_zh}“{text}”,请先导入{what_zh}",
            f"there is no {what_en} {text!r}; import the {what_en}s first",
        )
    return text
