"""A closed month in DingTalk's payroll: written once, refused ones named, corrections replace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from alibabacloud_dingtalk.attendance_1_0 import models as attendance
from alibabacloud_dingtalk.attendance_1_0.client import Client as Attendance
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from cloud_receiver.channels.contract import RetryLaterError
from cloud_receiver.channels.standin.faults import Fault
from cloud_receiver.channels.wiring import dingtalk_app
from cloud_receiver.dingtalk_payroll import Fate, Line, hand_over, lines_of
from cloud_receiver.store import contacts, payroll
from cloud_receiver.store.contacts import Contact
from sync.errors import DakaError
from tests.integration.channels.conftest import settings_at
from tests.integration.channels.test_standin import sdk_config, sdk_token
from tests.integration.evaluate.conftest import Headquarters, StandingClock

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.dingtalk.app import DingTalkApp
    from cloud_receiver.channels.settings import DingTalkSettings
    from cloud_receiver.channels.standin.service import StandIn

MONDAY = "2026-11-23"
PATH = "/v1.0/attendance/salaries/tripartiteDatas/write"


@dataclass
class Office:
    """Headquarters with November closed: both were late, one of them is known at DingTalk."""

    hq: Headquarters
    app: DingTalkApp
    settings: DingTalkSettings
    export_no: int = 0

    def hand_over(self) -> list[Line]:
        return hand_over(
            self.hq.engine, self.app, self.settings, self.export_no, "wang", self.hq.now_utc_ms
        )


@pytest.fixture
def office(
    hq_engine: Engine, clock: StandingClock, standin: StandIn, tmp_path: Path
) -> Iterator[Office]:
    hq = Headquarters(hq_engine, clock)
    hq.organise()
    hq.publish_rules()
    for user, who in (("1", "E1"), ("2", "E2")):
        hq.bind(user, who)
        hq.roster(who, MONDAY)
        hq.journal(hq.punch(user, f"{MONDAY}T09:20:00"), hq.punch(user, f"{MONDAY}T18:02:00"))
    hq.feed_complete(f"{MONDAY}T23:59")
    hq.at(f"{MONDAY}T23:30")
    hq.writing(
        lambda c: contacts.put(c, [Contact(service="dingtalk", address="ding-1", employee_id="E1")])
    )
    settings = settings_at(tmp_path, standin.url).dingtalk
    assert settings is not None
    settings = replace(settings, payroll_type="daka")
    app = dingtalk_app(settings, hq_engine, clock, clock.rest)
    found = Office(hq, app, settings)
    found.export_no = hq.writing(
        lambda c: payroll.export(c, "2026-11", "wang", hq.now_utc_ms)
    ).export_no
    yield found
    app.close()


def _close(office: Office) -> None:
    office.hq.at("2026-12-01T09:00")
    made = office.hq.writing(
        lambda c: payroll.close_and_export(c, "2026-11", "wang", office.hq.now_utc_ms)
    )
    office.export_no = made.export_no


def test_a_closed_month_is_written_once_and_who_is_unknown_is_named(
    office: Office, standin: StandIn
) -> None:
    with pytest.raises(DakaError, match="close the month first"):
        office.hand_over()
    _close(office)
    foreseen = office.hq.reading(lambda c: lines_of(c, office.settings, office.export_no))
    assert [one.fate for one in foreseen] == [Fate.NEW, Fate.REFUSED]
    assert standin.organisation.salaries == {}
    known, stranger = office.hand_over()
    assert (known.fate, stranger.fate) == (Fate.TAKEN, Fate.REFUSED)
    assert "import contacts" in stranger.detail
    assert standin.organisation.salaries["daka-2026-11-E1"] == {
        "bizId": "daka-2026-11-E1", "bizDate": "2026-11-30", "userId": "ding-1",
        "bizContents": [{"key": "bonus", "value": "0.00"}, {"key": "subsidy", "value": "-10.00"}],
    }  # fmt: skip
    asked = standin.requests.count(PATH)
    assert [one.fate for one in office.hand_over()] == [Fate.SAME, Fate.REFUSED]
    assert standin.requests.count(PATH) == asked, "nothing is sent a second time"
    unset = replace(office.settings, payroll_type="")
    with pytest.raises(DakaError, match="names no payroll_type"):
        office.hq.reading(lambda c: lines_of(c, unset, office.export_no))


@pytest.mark.parametrize("fault", [Fault.NO_ANSWER, Fault.LOST_ANSWER, Fault.QUOTA, Fault.BUSY])
def test_after_a_failure_the_same_command_finishes_and_doubles_nothing(
    office: Office, standin: StandIn, fault: Fault
) -> None:
    _close(office)
    standin.faults.append(fault)
    with pytest.raises(RetryLaterError):
        office.hand_over()
    assert office.hand_over()[0].fate is Fate.TAKEN
    assert set(standin.organisation.salaries) == {"daka-2026-11-E1"}


def test_whom_dingtalk_does_not_take_is_told_by_name_and_can_be_written_later(
    office: Office, standin: StandIn
) -> None:
    _close(office)
    standin.organisation.people.discard("ding-1")
    refused = office.hand_over()[0]
    assert (refused.fate, refused.detail) == (Fate.REFUSED, "员工不存在")
    standin.organisation.people.add("ding-1")
    assert office.hand_over()[0].fate is Fate.TAKEN


def test_the_official_sdk_writes_and_is_told_what_is_missing(standin: StandIn) -> None:
    def write(biz_type: str, **item: str) -> attendance.SalaryThirdDataIntegrationResponse:
        content = attendance.SalaryThirdDataIntegrationRequestItemsBizContents(
            key="bonus", value="50.00"
        )
        one = attendance.SalaryThirdDataIntegrationRequestItems(biz_contents=[content], **item)
        asked = attendance.SalaryThirdDataIntegrationRequest(biz_type=biz_type, items=[one])
        headers = attendance.SalaryThirdDataIntegrationHeaders(
            x_acs_dingtalk_access_token=sdk_token(standin)
        )
        client = Attendance(sdk_config(standin))
        return client.salary_third_data_integration_with_options(asked, headers, RuntimeOptions())

    good = {"biz_id": "b", "biz_date": "2026-11-30", "user_id": "ding-1"}
    assert write("daka", **good).body.result.reason == {}
    assert standin.organisation.salaries["b"]["bizContents"] == [{"key": "bonus", "value": "50.00"}]
    assert write("daka", **good | {"user_id": "x"}).body.result.reason == {"b": "员工不存在"}
    for biz_type, item in (("", good), ("daka", good | {"biz_id": ""}), ("other", good)):
        with pytest.raises(TeaException, match=r"Missing|bizType"):
            write(biz_type, **item)
