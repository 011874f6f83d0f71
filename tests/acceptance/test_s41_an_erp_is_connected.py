"""S9, S40, S41, S45: another system follows what happens, brings history, people and targets, reads pay."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.scopes import ALL
from cloud_receiver.web.api.service import PREFIX
from tests.integration.api.conftest import Office

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"


@pytest.fixture
def office(hq_engine) -> Office:
    """A headquarters with two stores and two people, and a key for an ERP."""
    one = Office(hq_engine)
    one.organise()
    one.publish_rules()
    one.use(one.key(*ALL, name="erp"), "zh")
    return one


def _post(office: Office, path: str, text: str) -> dict:
    headers = {"Content-Type": "text/csv"}
    answer = office.client.post(PREFIX + path, content=text.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_s9_another_system_hears_of_lateness_and_award_as_they_are_booked(office) -> None:
    seen = office.get("/changes?limit=1000")["next"]
    office.live_a_day()
    news = office.get(f"/changes?after={seen}&limit=1000")["items"]
    booked = {one["document"]["rule_id"]: one["document"]["amount_fen"]
              for one in news if one["kind"] == "entry.booked"}  # fmt: skip
    assert booked == {"late_standard": -1000, "target_instant": 5000}
    late = next(one["subject"] for one in news if one["subject"].startswith("late_standard"))
    why = office.get("/why", params={"entry_id": late})["document"]
    assert "迟到分钟 20" in why["sentence"]["zh"]


def test_s40_history_of_another_system_is_judged_like_our_own(office) -> None:
    office.roster("E1", MONDAY)
    history = f"工号,打卡时间\nE1,{MONDAY} 09:20:00\nE1,{MONDAY} 18:02:00\nE7,昨天\n"
    done = _post(office, "/history/punches", history)
    assert (done["changed"], [one["line"] for one in done["errors"]]) == (2, [4])
    assert _post(office, "/history/punches", history)["changed"] == 0
    office.at(f"{MONDAY}T23:30")
    assert office.get(f"/days/E1/{MONDAY}")["facts"]["late_min"] == 20


def test_s41_s45_an_erp_brings_people_and_targets_and_reads_their_pay(office) -> None:
    assert _post(office, "/imports/employees", "工号,姓名,门店编号\nE5,孙丽,S1\n")["changed"] == 1
    rosters = f"工号,日期,上班,下班\nE1,{MONDAY},09:00,18:00\n"
    assert _post(office, "/imports/roster", rosters)["changed"] == 1
    targets = f"工号,日期,当日目标,当日补贴\nE1,{MONDAY},100.00,100.00\nE5,{MONDAY},1,1\n"
    done = _post(office, "/imports/targets", targets)
    assert done["changed"] == 1
    (left_out,) = done["errors"]
    assert (left_out["line"], left_out["field"]) == (3, "work_date")
    assert left_out["detail"] == f"E5 在 {MONDAY} 没有排班,请先导入排班"
    office.bind("1001", "E1")
    office.journal(
        office.punch("1001", f"{MONDAY}T09:20:00"), office.punch("1001", f"{MONDAY}T18:02:00")
    )
    office.feed_complete(f"{MONDAY}T23:59")
    office.at(f"{MONDAY}T23:30")
    office.close_november()
    (listed,) = office.get("/payroll/exports?period=2026-11")["items"]
    content = office.get(f"/payroll/exports/{listed['export_no']}")["document"]
    assert listed["is_final"]
    assert content["totals_fen"] == {"E1": {"bonus": 0, "subsidy": -1000}}
