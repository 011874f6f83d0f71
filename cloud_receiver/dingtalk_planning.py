"""What DingTalk plans and decided: its shifts, its holidays, and all it knows of one employee-day.

The answers are kept in a folder, as evidence and to be read again, and come in as files do
(`exchange.importing`): line by line, with a report, and first as a trial if wanted. Sources: the
official SDK (attendance_1_0), open.dingtalk.com (``shift/list``, ``getupdatedata``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloud_receiver.dingtalk_errand import USERS_A_CALL
from cloud_receiver.exchange.dingtalk import BEIJING
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.store import contacts, names
from cloud_receiver.store.engine import read
from sync.errors import DakaError
from sync.portions import portions

if TYPE_CHECKING:
    from cloud_receiver.channels.dingtalk.app import DingTalkApp
    from cloud_receiver.dingtalk_errand import Errand
    from cloud_receiver.exchange.importing import Report

_Dates = dict[str, tuple[str, str]]
"""What dates are: type and name, by date."""


def pull_shifts(errand: Errand, operator: str) -> Report:
    """Bring the organisation's shifts in.

    Args:
        operator: the userid of somebody who administers attendance there.

    Raises:
        DakaError: DingTalk does not answer.
    """
    found = [
        errand.app.in_turn().fetch(
            "/v1.0/attendance/shifts", {"opUserId": operator, "shiftId": shift_id}
        )
        for shift_id in _shift_ids(errand.app, operator)
    ]
    shifts = [one["result"] for one in found if isinstance(one.get("result"), dict)]
    return errand.bring(ImportKind.SHIFTS, "shifts", shifts)


def _shift_ids(app: DingTalkApp, operator: str) -> Iterator[int]:
    cursor, has_more = 0, True
    while has_more:
        asked = {"op_user_id": operator, "cursor": cursor}
        page = app.in_turn().old("/topapi/attendance/shift/list", asked).get("result") or {}
        listed = page.get("result") or ()
        yield from (int(one["id"]) for one in listed)
        cursor, has_more = int(page.get("cursor") or 0), bool(page.get("has_more")) and bool(listed)


def pull_holidays(errand: Errand, first: str, last: str) -> Report:
    """Bring holidays and make-up workdays in: for all stores where all agree, else by store.

    Args:
        first, last: dates, both included.

    Raises:
        DakaError: DingTalk does not answer.
    """
    with read(errand.engine) as connection:
        known = contacts.employees_by_address(connection, "dingtalk")
        homes = {one.employee_id: one.store_id for one in names.people(connection) if one.active}
    span = [_midnight_ms(first), _midnight_ms(last)]
    said: defaultdict[str, list[_Dates]] = defaultdict(list)
    users = sorted(user for user, who in known.items() if who in homes)
    for some in portions(users, USERS_A_CALL):
        asked = {"userIds": some, "workDateFrom": span[0], "workDateTo": span[1]}
        for one in errand.app.in_turn().new("/v1.0/attendance/holidays", asked).get("result") or ():
            store_id = homes[known[str(one["userId"])]]
            said[store_id].append(_dates(one.get("holidays") or ()))
    lines = list(_agreed(said))
    return errand.bring(ImportKind.HOLIDAYS, f"holidays-{first}-{last}", lines)


def _dates(holidays: Sequence[Mapping[str, Any]]) -> _Dates:
    return {
        _date(one["workDate"]): (str(one.get("holidayType")), str(one.get("holidayName") or ""))
        for one in holidays
    }


def _agreed(said: Mapping[str, Sequence[_Dates]]) -> Iterator[dict[str, str]]:
    """Yield a line for what all stores have alike, else one a store; disagreement within is named."""
    of_stores: dict[str, _Dates] = {}
    for store_id, people in said.items():
        dates = sorted({date for one in people for date in one})
        of_stores[store_id] = {
            date: max(found)
            if len(found) == 1
            else (" / ".join(sorted(kind for kind, _ in found)), "")
            for date in dates
            if (found := {one.get(date, ("no holiday", "")) for one in people})
        }
    for date in sorted({date for one in of_stores.values() for date in one}):
        told = {store_id: one.get(date) for store_id, one in of_stores.items()}
        if len(set(told.values())) == 1:
            told = {"": next(iter(told.values()))}
        for store_id, what in sorted(told.items()):
            if what is not None:
                yield {"date": date, "type": what[0], "name": what[1], "storeId": store_id}


def pull_day(errand: Errand, employee_id: str, date: str) -> list[Report]:
    """Bring in all DingTalk knows of one employee-day: taps, its results, approved absences.

    Raises:
        DakaError: nobody has said who that is at DingTalk, or it does not answer.
    """
    with read(errand.engine) as connection:
        userid = contacts.address_of(connection, "dingtalk", employee_id)
    if userid is None:
        raise DakaError(f"no DingTalk userid is known for {employee_id}: daka-hq import contacts")
    asked = {"userid": userid, "work_date": date}
    day = errand.app.in_turn().old("/topapi/attendance/getupdatedata", asked).get("result") or {}
    mine = {"userId": employee_id, "dingtalkUserId": userid}
    taps = [
        {
            **one,
            **mine,
            "userCheckTime": _instant_ms(one.get("user_check_time")),
            "id": one.get("record_id"),
        }
        for one in day.get("check_record_list") or ()
    ]
    results = [
        {**one, **mine, "workDate": _midnight_ms(date), "checkType": one.get("check_type"),
         "timeResult": one.get("time_result"),
         "userCheckTime": _instant_ms(one.get("user_check_time")),
         "baseCheckTime": _instant_ms(one.get("plan_check_time"))}
        for one in day.get("attendance_result_list") or ()
    ]  # fmt: skip
    approvals = [{**one, **mine} for one in day.get("approve_list") or ()]
    name = f"day-{employee_id}-{date}"
    return [
        errand.bring(kind, f"{name}-{kind}", records)
        for kind, records in (
            (ImportKind.LEAVES, approvals), (ImportKind.PUNCHES, taps), (ImportKind.RESULTS, results),
        )
        if records
    ]  # fmt: skip


def _instant_ms(at: object) -> object:
    """Return an instant, given in milliseconds or as text of China's clock; else what was given."""
    try:
        local = datetime.fromisoformat(str(at)).replace(tzinfo=BEIJING)
    except ValueError:
        return at
    return int(local.timestamp() * 1000)


def _midnight_ms(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=BEIJING).timestamp() * 1000)


def _date(at_utc_ms: int) -> str:
    return datetime.fromtimestamp(at_utc_ms / 1000, UTC).astimezone(BEIJING).date().isoformat()
