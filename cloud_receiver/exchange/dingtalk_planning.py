"""DingTalk's shifts, holidays and approvals, as its API's answers are kept, as lines of ours.

Source: the official SDK's models (attendance_1_0: ``GET shifts`` with ``sections[].punches[]``,
``POST holidays``) and open.dingtalk.com (``topapi/attendance/getupdatedata``: ``approve_list``
with ``biz_type`` 1 overtime, 2 outing and trip, 3 leave). What we cannot hold as it is meant
there is handed on by its own name, so that the line is refused and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cloud_receiver.domain.templates import BETWEEN_PARTS
from cloud_receiver.exchange.dingtalk import BEIJING, local, records_of
from cloud_receiver.exchange.headed import ours
from cloud_receiver.exchange.sheets import Sheet

_NOT_IN_A_NAME: Final = re.compile(r"[\s,\uff0c;\uff1b:\uff1a*\u00d7/]+")
UNLIMITED_MIN: Final = 720
"""A window DingTalk does not limit (-1) is half a day: neighbouring shifts cut it anyway."""
_ON: Final = {
    "beginMin": "on_before_min", "endMin": "on_after_min", "permitMinutes": "grace_min",
    "seriousLateMinutes": "serious_late_min", "absenteeismLateMinutes": "absent_late_min",
}  # fmt: skip
_OFF: Final = {
    "beginMin": "off_before_min", "endMin": "off_after_min", "permitMinutes": "early_grace_min",
}  # fmt: skip
_OPEN_AWAY_FROM_THE_SHIFT: Final = frozenset({"on_before_min", "off_after_min"})
"""Towards the shift, unlimited is what a window without a number is."""
_HOLIDAYS: Final = {"festival": "holiday", "rest": "holiday", "workday": "makeup_workday"}
_LEAVE, _OUTING = 3, 2


def shifts(path: Path) -> Sheet:
    """Read shifts: their cards' times, windows and graces; breaks by their length."""
    rows = []
    for number, shift in records_of(path, "sections"):
        name = str(shift.get("name", ""))
        sections = [one for one in shift.get("sections") or () if isinstance(one, Mapping)]
        spans = " + ".join(_span(one) for one in sections)
        told = f" {BETWEEN_PARTS} ".join(_settings(one) for one in sections)
        rows.append((number, (_NOT_IN_A_NAME.sub("-", name.strip()), name, spans, told)))
    return ours(("shift_id", "name", "hours", "settings"), rows)


def holidays(path: Path) -> Sheet:
    """Read what kind of day dates are, for all stores or for one."""
    rows = [
        (number, (str(one.get("date", "")), _HOLIDAYS.get(str(one.get("type")), str(one.get("type"))),
                  str(one.get("name") or ""), str(one.get("storeId") or "")))
        for number, one in records_of(path, "date")
    ]  # fmt: skip
    return ours(("work_date", "kind", "name", "store_id"), rows)


def leaves(path: Path) -> Sheet:
    """Read approved leaves, outings and trips; what is no absence is passed over."""
    rows = []
    for number, one in records_of(path, "biz_type"):
        if one.get("biz_type") in (_LEAVE, _OUTING):
            is_by_days = str(one.get("duration_unit", "")).upper().endswith("DAY")
            begins, ends = (
                _moment(one.get(name), is_by_days=is_by_days) for name in ("begin_time", "end_time")
            )
            person, approval = str(one.get("userId", "")), str(one.get("procInst_id") or "")
            foreign = f"dingtalk:{approval}" if approval else ""
            rows.append((number, (person, _purpose(one), begins, ends, _reason(one), foreign)))
    return ours(("employee_id", "purpose", "from_time", "to_time", "reason", "foreign_id"), rows)


def _span(section: Mapping[str, Any]) -> str:
    punches = _punches(section)
    return "-".join(
        _clock(punches.get(kind, {}).get("checkTime")) for kind in ("OnDuty", "OffDuty")
    )


def _punches(section: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(one.get("checkType")): one for one in section.get("punches") or ()}


def _settings(section: Mapping[str, Any]) -> str:
    punches = _punches(section)
    found: list[str] = []
    for kind, names in (("OnDuty", _ON), ("OffDuty", _OFF)):
        punch = punches.get(kind, {})
        for theirs, mine in names.items():
            value = punch.get(theirs)
            if isinstance(value, int) and value >= 0:
                found.append(f"{mine}={value}")
            elif value == -1 and mine in _OPEN_AWAY_FROM_THE_SHIFT:
                found.append(f"{mine}={UNLIMITED_MIN}")
        found += [f"{kind}.{name}" for name in ("freeCheck", "lateBackSetting") if punch.get(name)]
        found += _flexible(punch) if kind == "OnDuty" else []
    return " ".join([*found, *_breaks(section)])


def _flexible(punch: Mapping[str, Any]) -> list[str]:
    """Return the elastic minutes; of an unequal pair nobody says which is which."""
    pair = list(punch.get("flexMinutes") or ())
    if not any(pair):
        return []
    if len(pair) == 2 and pair[0] == pair[1]:
        return [f"flex_early_min={pair[0]}", f"flex_late_min={pair[1]}"]
    return [f"OnDuty.flexMinutes={'/'.join(map(str, pair))}"]


def _breaks(section: Mapping[str, Any]) -> list[str]:
    rests = sorted(
        (_minute(one.get("checkTime")) + 1440 * int(one.get("across") or 0), str(one.get("checkType")))
        for one in section.get("rests") or ()
    )  # fmt: skip
    spans = zip(rests[::2], rests[1::2], strict=False)
    length_min = sum(end - begin for (begin, _), (end, _) in spans)
    return [f"break_min={length_min}"] if length_min > 0 else []


def _clock(at: object) -> str:
    """Return a card's time on China's clock: DingTalk gives an instant of any date."""
    if isinstance(at, int):
        return local(at)[11:16]
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError:
        return str(at)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(BEIJING).strftime("%H:%M")


def _minute(at: object) -> int:
    hour, _, minute = _clock(at).partition(":")
    return int(hour) * 60 + int(minute) if hour.isdecimal() and minute.isdecimal() else 0


def _moment(at: object, *, is_by_days: bool) -> str:
    text = local(at)[:16] if isinstance(at, int) else str(at)[:16]
    names_a_half = text[11:].strip().upper() in ("AM", "PM")
    return text[:10] if is_by_days and not names_a_half else text


def _purpose(one: Mapping[str, Any]) -> str:
    kind = str(one.get("sub_type") or one.get("tag_name") or "")
    if one.get("biz_type") == _OUTING:
        return "出差" if "出差" in f"{one.get('tag_name')}{kind}" else "外出"
    return "其他" if kind in ("请假", "") else kind


def _reason(one: Mapping[str, Any]) -> str:
    return " ".join(str(one[name]) for name in ("tag_name", "sub_type") if one.get(name))
