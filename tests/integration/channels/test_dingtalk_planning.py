"""DingTalk's shifts, holidays and employee-days: a trial first, a report by line, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from alibabacloud_dingtalk.attendance_1_0 import models as attendance
from alibabacloud_dingtalk.attendance_1_0.client import Client as Attendance
from alibabacloud_tea_util.models import RuntimeOptions
from sqlalchemy import select

from cloud_receiver import dingtalk_attendance, dingtalk_planning
from cloud_receiver.channels.wiring import dingtalk_app
from cloud_receiver.dingtalk_errand import Errand
from cloud_receiver.domain.calendar import DayKind
from cloud_receiver.domain.templates import hours_text
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import calendar, contacts, enrolment, shifts, tables
from cloud_receiver.store.contacts import Contact
from cloud_receiver.store.enrolment import Employee
from sync.errors import DakaError
from tests.integration.channels.conftest import settings_at
from tests.integration.channels.test_standin import sdk_config, sdk_token
from tests.integration.evaluate.conftest import ZONE, Headquarters, StandingClock

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.standin.service import StandIn

DAY = "2026-11-23"


def at_ms(local: str) -> int:
    return local_to_utc_ms(local, ZONE)


@pytest.fixture
def hq(hq_engine: Engine, clock: StandingClock) -> Headquarters:
    """Two stores, a person in each, both known at DingTalk."""
    hq = Headquarters(hq_engine, clock)
    hq.organise()
    other = Employee(employee_id="E3", name="赵敏", store_id="S2")
    hq.writing(lambda c: enrolment.put_employees(c, [other]))
    known = [Contact(service="dingtalk", address=f"ding-{n}", employee_id=f"E{n}") for n in (1, 3)]
    hq.writing(lambda c: contacts.put(c, known))
    return hq


@pytest.fixture
def errand(hq: Headquarters, standin: StandIn, tmp_path: Path) -> Iterator[Errand]:
    standin.organisation.people |= {"boss", "ding-3"}
    settings = settings_at(tmp_path, standin.url).dingtalk
    assert settings is not None
    app = dingtalk_app(settings, hq.engine, hq.clock, hq.clock.rest)
    yield Errand(engine=hq.engine, app=app, folder=tmp_path / "kept", now_utc_ms=hq.now_utc_ms)
    app.close()


def punch(kind: str, clock: str, **more: Any) -> dict[str, Any]:
    """Return a card as the API gives it: an instant in UTC of any date."""
    hour, minute = map(int, clock.split(":"))
    return {"checkType": kind, "checkTime": f"2026-01-02T{(hour - 8) % 24:02d}:{minute:02d}Z",
            "across": 0, "beginMin": -1, "endMin": -1, "freeCheck": False} | more  # fmt: skip


def shift(
    name: str, *sections: tuple[dict[str, Any], dict[str, Any]], **more: Any
) -> dict[str, Any]:
    parts = [{"punches": list(pair), "rests": []} | more for pair in sections]
    return {"id": 0, "name": name, "sections": parts}


def test_shifts_come_in_after_a_trial_and_what_we_cannot_hold_is_told_by_line(
    hq: Headquarters, errand: Errand, standin: StandIn
) -> None:
    rests = [{"checkType": "OnDuty", "checkTime": "2026-01-02T04:00Z", "across": 0},
             {"checkType": "OffDuty", "checkTime": "2026-01-02T05:00Z", "across": 0}]  # fmt: skip
    early = punch("OnDuty", "09:00", beginMin=60, permitMinutes=5, seriousLateMinutes=30,
                  absenteeismLateMinutes=60, flexMinutes=[15, 15])  # fmt: skip
    offered = [
        shift("早班 A", (early, punch("OffDuty", "18:00", endMin=90, permitMinutes=3)), rests=rests),
        shift("夜班", (punch("OnDuty", "22:00"), punch("OffDuty", "06:00", across=1))),
        shift("两头班", (punch("OnDuty", "08:00"), punch("OffDuty", "12:00")),
              (punch("OnDuty", "14:00", permitMinutes=10), punch("OffDuty", "18:00"))),
        shift("免签退", (punch("OnDuty", "09:00"), punch("OffDuty", "18:00", freeCheck=True))),
        *(shift(f"班{number}", (punch("OnDuty", "09:00"), punch("OffDuty", "17:00")))
          for number in range(12)),
    ]  # fmt: skip
    standin.organisation.shifts = {
        number: one | {"id": number} for number, one in enumerate(offered, 1)
    }
    tried = dingtalk_planning.pull_shifts(replace(errand, dry_run=True), "boss")
    assert (tried.lines, tried.changed, tried.is_dry_run) == (16, 15, True)
    assert hq.reading(shifts.in_force) == {}
    report = dingtalk_planning.pull_shifts(errand, "boss")
    (left_out,) = report.errors
    assert (report.changed, left_out.line, left_out.field) == (15, 4, "settings")
    assert "OffDuty.freeCheck" in left_out.zh
    found = {one.template.name: one.template for one in hq.reading(shifts.in_force).values()}
    assert {name: hours_text(found[name].shifts) for name in ("早班 A", "夜班", "两头班")} == {
        "早班 A": "09:00-18:00", "夜班": "22:00-06:00+1", "两头班": "08:00-12:00 + 14:00-18:00",
    }  # fmt: skip
    (day,) = found["早班 A"].shifts
    assert (day.on_before_min, day.on_after_min, day.grace_min, day.early_grace_min) == (
        60,
        None,
        5,
        3,
    )
    assert (day.serious_late_min, day.absent_late_min, day.off_after_min) == (30, 60, 90)
    assert (day.break_min, day.flex_late_min, day.flex_early_min) == (60, 15, 15)
    assert [one.grace_min for one in found["两头班"].shifts] == [0, 10]
    assert found["早班 A"].shift_id == "早班-A"
    assert dingtalk_planning.pull_shifts(errand, "boss").changed == 0, "no version is added"


def test_holidays_hold_for_all_stores_where_all_agree_and_else_by_store(
    hq: Headquarters, errand: Errand, standin: StandIn
) -> None:
    def day(date: str, kind: str, name: str) -> dict[str, Any]:
        return {"workDate": at_ms(f"{date}T00:00"), "holidayType": kind, "holidayName": name}

    both = [day("2027-01-01", "festival", "元旦"), day("2027-01-03", "workday", "元旦补班")]
    own = [day("2027-01-08", "rest", "店庆"), day("2027-01-09", "carnival", "狂欢")]
    standin.organisation.holidays = {"ding-1": both, "ding-3": [*both, *own]}
    asked = ("2027-01-01", "2027-01-31")
    tried = dingtalk_planning.pull_holidays(replace(errand, dry_run=True), *asked)
    assert (tried.changed, len(tried.errors)) == (3, 1)
    assert hq.reading(lambda c: calendar.history(c, *asked)) == []
    report = dingtalk_planning.pull_holidays(errand, *asked)
    assert "carnival" in report.errors[0].en
    days = hq.reading(lambda c: calendar.calendar(c, *asked))
    assert [days.kind(store_id, "2027-01-03") for store_id in ("S1", "S2")] == [
        DayKind.MAKEUP_WORKDAY
    ] * 2
    assert days.kind("S2", "2027-01-08") is DayKind.HOLIDAY
    assert days.kind("S1", "2027-01-08") is DayKind.WORKDAY
    assert dingtalk_planning.pull_holidays(errand, *asked).changed == 0


def test_an_employee_day_is_fetched_anew_with_taps_results_and_approvals(
    hq: Headquarters, errand: Errand, standin: StandIn
) -> None:
    hq.roster("E1", DAY)
    standin.organisation.days["ding-1", DAY] = {
        "check_record_list": [
            {"record_id": 11, "source_type": "USER", "user_check_time": f"{DAY} 10:30:00"},
            {"record_id": 12, "source_type": "USER", "user_check_time": f"{DAY} 18:01:00"},
        ],
        "attendance_result_list": [
            {"record_id": 11, "check_type": "OnDuty", "time_result": "Late",
             "plan_check_time": f"{DAY} 09:00:00", "user_check_time": f"{DAY} 10:30:00"},
            {"record_id": 12, "check_type": "OffDuty", "time_result": "Normal",
             "plan_check_time": f"{DAY} 18:00:00", "user_check_time": f"{DAY} 18:01:00"},
        ],
        "approve_list": [
            {"biz_type": 3, "tag_name": "请假", "sub_type": "事假", "procInst_id": "proc-1",
             "begin_time": f"{DAY} 09:00", "end_time": f"{DAY} 10:00", "duration_unit": "HOUR"},
            {"biz_type": 1, "tag_name": "加班", "procInst_id": "proc-2",
             "begin_time": f"{DAY} 18:00", "end_time": f"{DAY} 20:00", "duration_unit": "HOUR"},
        ],
    }  # fmt: skip
    tried = dingtalk_planning.pull_day(replace(errand, dry_run=True), "E1", DAY)
    assert [(one.kind, one.changed) for one in tried] == [
        ("leaves", 1),
        ("punches", 2),
        ("results", 1),
    ]
    assert hq.table(tables.journal) == []
    for expected in ([1, 2, 1], [0, 0, 0]):
        reports = dingtalk_planning.pull_day(errand, "E1", DAY)
        assert [(one.changed, one.errors) for one in reports] == [(n, ()) for n in expected]
    hq.at(f"{DAY}T20:00")
    facts = hq.facts("E1", DAY)
    assert facts is not None
    assert facts["late_min"] == 30, "the hour that was approved does not count"
    (judged,) = hq.reading(lambda c: c.execute(select(tables.imported_result)).all())
    assert (judged.status, judged.late_min) == ("Late", 90)
    listed = {
        "userId": "ding-1",
        "userCheckTime": at_ms(f"{DAY}T10:30:00"),
        "id": 11,
        "bizId": "b-11",
    }
    standin.organisation.cards.append(listed)
    listed_taps, *_ = dingtalk_attendance.pull(errand, DAY, DAY)
    assert listed_taps.changed == 0, "the same tap, listed"
    with pytest.raises(DakaError, match="import contacts"):
        dingtalk_planning.pull_day(errand, "E2", DAY)


def test_a_record_dingtalk_tells_of_again_otherwise_is_named_and_never_doubled(
    hq: Headquarters, errand: Errand
) -> None:
    first = {"userId": "ding-1", "checkTime": at_ms(f"{DAY}T08:55:00"), "bizId": "b-1"}
    moved = first | {"checkTime": at_ms(f"{DAY}T08:59:00")}
    for check, changed, errors in ((first, 1, 0), (first, 0, 0), (moved, 0, 1), (first, 0, 0)):
        (report,) = dingtalk_attendance.take_checks(errand.engine, [check], hq.now_utc_ms)
        assert (report.changed, len(report.errors)) == (changed, errors)
    (told,) = dingtalk_attendance.take_checks(errand.engine, [moved], hq.now_utc_ms)[0].errors
    assert (told.field, "biz:b-1" in told.zh, "改签" in told.zh) == ("foreign_id", True, True)
    bodies = hq.reading(lambda c: c.scalars(select(tables.journal.c.body)).all())
    assert [json.loads(body)["device_time"] for body in bodies] == [f"{DAY}T08:55:00"]


def test_the_official_sdk_reads_shifts_and_holidays_and_hears_what_is_missing(
    standin: StandIn,
) -> None:
    standin.organisation.shifts[7] = shift(
        "早", (punch("OnDuty", "09:00"), punch("OffDuty", "18:00"))
    )
    standin.organisation.holidays["ding-1"] = [
        {"workDate": at_ms("2027-01-01T00:00"), "holidayType": "festival", "holidayName": "元旦"}
    ]
    client, token = Attendance(sdk_config(standin)), sdk_token(standin)
    headers = attendance.GetShiftHeaders(x_acs_dingtalk_access_token=token)
    asked = attendance.GetShiftRequest(op_user_id="boss", shift_id=7)
    found = client.get_shift_with_options(asked, headers, RuntimeOptions()).body.result
    assert found.name == "早"
    assert found.sections[0].punches[0].check_time == "2026-01-02T01:00Z"
    days = attendance.GetUserHolidaysRequest(
        user_ids=["ding-1", "nobody"],
        work_date_from=at_ms("2027-01-01T00:00"), work_date_to=at_ms("2027-01-31T00:00"),
    )  # fmt: skip
    more = attendance.GetUserHolidaysHeaders(x_acs_dingtalk_access_token=token)
    (mine,) = client.get_user_holidays_with_options(days, more, RuntimeOptions()).body.result
    assert [one.holiday_name for one in mine.holidays] == ["元旦"]
