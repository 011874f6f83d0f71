"""What DingTalk's attendance and payroll calls give, take and refuse.

Sources: open.dingtalk.com and the official SDK's models, which name what is required.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from cloud_receiver.channels.standin.faults import OK, Answer

if TYPE_CHECKING:
    from cloud_receiver.channels.standin.organisation import Organisation

MAX_USERS: Final = 50
MAX_DAYS_MS: Final = 7 * 86_400_000
SHIFTS_A_PAGE: Final = 10
_BEIJING: Final = timezone(timedelta(hours=8))
_LIST_RECORD: Final = "/attendance/listRecord"


def answers(path: str) -> bool:
    """Tell whether a call is one of these."""
    return path in _CALLS


def answer(at: Organisation, path: str, document: dict[str, Any]) -> Answer:
    """Answer an admitted call."""
    return _CALLS[path](at, document)


def _taps(at: Organisation, document: dict[str, Any]) -> Answer:
    asked = document["userIds"]
    span = [_beijing_ms(document[name]) for name in ("checkDateFrom", "checkDateTo")]
    refused = _too_much(asked, *span)
    found = [
        row
        for row in at.cards
        if row["userId"] in asked and span[0] <= row["userCheckTime"] <= span[1]
    ]
    return refused or (200, {**OK[1], "recordresult": found})


def _results(at: Organisation, document: dict[str, Any]) -> Answer:
    asked = document["userIdList"]
    span = [_beijing_ms(document[name]) for name in ("workDateFrom", "workDateTo")]
    offset, limit = int(document["offset"]), int(document["limit"])
    refused = _too_much(asked, *span)
    if refused or limit > MAX_USERS:
        return refused or _wrong("limit at most 50")
    found = [
        row
        for row in at.results
        if row["userId"] in asked and span[0] <= row["workDate"] <= span[1]
    ]
    page, has_more = found[offset : offset + limit], offset + limit < len(found)
    return 200, {**OK[1], "recordresult": page, "hasMore": has_more}


def _day(at: Organisation, document: dict[str, Any]) -> Answer:
    user, date = str(document.get("userid", "")), str(document.get("work_date", ""))[:10]
    if not user or not date:
        return _wrong("userid and work_date are mandatory")
    if user not in at.people:
        return 200, {"errcode": 60121, "errmsg": "找不到该用户"}
    nothing: dict[str, Any] = {
        "attendance_result_list": [],
        "check_record_list": [],
        "approve_list": [],
    }
    found = at.days.get((user, date), nothing)
    return 200, {**OK[1], "success": True, "result": {"userid": user, "work_date": date, **found}}


def _shift_list(at: Organisation, document: dict[str, Any]) -> Answer:
    if not document.get("op_user_id"):
        return _wrong("op_user_id is mandatory")
    begin = int(document.get("cursor") or 0)
    ids = sorted(at.shifts)
    page = [
        {"id": one, "name": at.shifts[one]["name"]} for one in ids[begin : begin + SHIFTS_A_PAGE]
    ]
    after = begin + len(page)
    result = {"result": page, "has_more": after < len(ids), "cursor": after}
    return 200, {**OK[1], "success": True, "result": result}


def _shift(at: Organisation, document: dict[str, Any]) -> Answer:
    if not document.get("shiftId"):
        return _missing("shiftId")
    found = at.shifts.get(int(document["shiftId"]))
    if found is None:
        return 400, {"code": "shift.not.exist", "message": "班次不存在"}
    return 200, {"result": found}


def _holidays(at: Organisation, document: dict[str, Any]) -> Answer:
    for name in ("userIds", "workDateFrom", "workDateTo"):
        if not document.get(name):
            return _missing(name)
    asked, first, last = document["userIds"], document["workDateFrom"], document["workDateTo"]
    if len(asked) > MAX_USERS:
        return 400, {"code": "invalidParameter.userIds", "message": "at most 50"}
    result = [
        {"userId": user, "holidays": [
            one for one in at.holidays.get(user, ()) if first <= one["workDate"] <= last
        ]}
        for user in asked if user in at.people
    ]  # fmt: skip
    return 200, {"result": result}


def _salaries(at: Organisation, document: dict[str, Any]) -> Answer:
    """Take items; what is not taken is told by its bizId, the same bizId replaces what was there."""
    if not document.get("bizType"):
        return _missing("bizType")
    if document["bizType"] not in at.payroll_types:
        return 400, {"code": "bizType.not.exist", "message": "bizType未登记"}
    reason: dict[str, str] = {}
    for item in document.get("items") or ():
        for name in ("bizDate", "bizId", "userId"):
            if not item.get(name):
                return _missing(f"items.{name}")
        if item["userId"] not in at.people:
            reason[item["bizId"]] = "员工不存在"
        else:
            at.salaries[item["bizId"]] = item
    return 200, {"result": {"reason": reason}}


def _too_much(users: list[str], begin_ms: int, end_ms: int) -> Answer | None:
    if 0 < len(users) <= MAX_USERS and 0 <= end_ms - begin_ms <= MAX_DAYS_MS:
        return None
    return _wrong("at most 50 users and 7 days")


def _wrong(told: str) -> Answer:
    return 200, {"errcode": 40035, "errmsg": told}


def _missing(name: str) -> Answer:
    return 400, {"code": f"Missing{name}", "message": f"{name} is mandatory for this action."}


def _beijing_ms(text: str) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=_BEIJING)
    return int(local.astimezone(UTC).timestamp() * 1000)


_CALLS: Final[dict[str, Callable[[Organisation, dict[str, Any]], Answer]]] = {
    _LIST_RECORD: _taps,
    "/attendance/list": _results,
    "/topapi/attendance/getupdatedata": _day,
    "/topapi/attendance/shift/list": _shift_list,
    "/v1.0/attendance/shifts": _shift,
    "/v1.0/attendance/holidays": _holidays,
    "/v1.0/attendance/salaries/tripartiteDatas/write": _salaries,
}
