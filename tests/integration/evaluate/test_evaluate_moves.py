"""People who move to another team or store, and stores that change: then, now and as of then."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.judgement import as_known
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import (
    assignments,
    campaigns,
    enrolment,
    feed_gaps,
    membership,
    tables,
    teams,
)
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.enrolment import Employee, Store
from sync.records import Gap

SUNDAY, MONDAY, TUESDAY, NEXT_MONDAY = "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-30"
ZONE = "Asia/Shanghai"


def _team(hq: Any, team: str, since: str | None = None, who: str = "E1") -> int:
    dates = {who: since} if since else {}
    return hq.writing(
        lambda c: teams.put(c, {who: team}, hq.now_utc_ms, author="陈静", since=dates)
    )


def _home(hq: Any, store_id: str, since: str | None = None) -> int:
    one = Employee(employee_id="E1", name="王芳", store_id=store_id, since=since or "")
    return hq.writing(lambda c: enrolment.put_employees(c, [one], hq.now_utc_ms, author="陈静"))


def _known(hq: Any, work_date: str, local: str) -> dict[str, Any]:
    at_utc_ms = local_to_utc_ms(local, ZONE)
    return hq.reading(partial(as_known, key=("E1", work_date), at_utc_ms=at_utc_ms)).facts


def _unchanged_by_a_rebuild(hq: Any) -> bool:
    stored = hq.table(tables.day_fact)
    rebuild(hq.engine, hq.now_utc_ms)
    return hq.table(tables.day_fact) == stored


def test_a_move_leaves_the_days_before_it_to_the_team_of_then(hq: Any) -> None:
    for date in (SUNDAY, MONDAY, TUESDAY):
        hq.roster("E1", date)
    hq.at(f"{MONDAY}T08:00")
    assert _team(hq, "甲组") == 1, "what is said first holds always"
    hq.at(f"{MONDAY}T12:00")
    assert _team(hq, "乙组") == 1
    assert _team(hq, "乙组") == 0
    hq.at(f"{TUESDAY}T12:00")
    assert [hq.facts("E1", date)["team"] for date in (SUNDAY, MONDAY, TUESDAY)] == [
        "甲组", "乙组", "乙组",
    ]  # fmt: skip
    assert _known(hq, MONDAY, f"{MONDAY}T11:59")["team"] == "甲组"
    assert _known(hq, MONDAY, f"{MONDAY}T07:59")["team"] == ""
    assert _known(hq, MONDAY, f"{MONDAY}T12:00")["team"] == "乙组"
    said = hq.reading(partial(assignments.history, employee_id="E1"))
    assert [(one.first_date, one.value, one.author) for one in said if one.kind is Kind.TEAM] == [
        (MONDAY, "乙组", "陈静"), ("2000-01-01", "甲组", "陈静"),
    ]  # fmt: skip
    assert _unchanged_by_a_rebuild(hq)


def test_a_move_said_late_reaches_back_to_its_date_and_no_further(hq: Any) -> None:
    for date in (SUNDAY, MONDAY, TUESDAY):
        hq.roster("E1", date)
    _team(hq, "甲组")
    hq.at(f"{TUESDAY}T12:00")
    assert _team(hq, "乙组", MONDAY) == 1
    assert _team(hq, "", TUESDAY) == 1, "in no team any more"
    hq.evaluate()
    assert [hq.facts("E1", date)["team"] for date in (SUNDAY, MONDAY, TUESDAY)] == [
        "甲组",
        "乙组",
        "",
    ]
    assert _known(hq, MONDAY, f"{TUESDAY}T11:59")["team"] == "甲组"
    assert _team(hq, "丙组", MONDAY) == 1, "a correction of the move"
    hq.evaluate()
    assert [hq.facts("E1", date)["team"] for date in (SUNDAY, MONDAY, TUESDAY)] == [
        "甲组",
        "丙组",
        "",
    ]
    assert hq.reading(partial(teams.every, date=MONDAY)) == {"丙组": ["E1"]}
    assert hq.reading(partial(teams.every, date=TUESDAY)) == {}
    assert _unchanged_by_a_rebuild(hq)


def test_a_move_to_come_shows_when_its_date_begins_in_the_store(hq: Any) -> None:
    hq.at(f"{TUESDAY}T12:00")
    assert _home(hq, "S2", NEXT_MONDAY) == 1
    assert _home(hq, "S2", NEXT_MONDAY) == 0

    def home() -> str:
        return next(row[2] for row in hq.table(tables.employee) if row[0] == "E1")

    hq.at("2026-11-29T23:59")
    assert home() == "S1"
    hq.at(f"{NEXT_MONDAY}T00:00")
    assert home() == "S2"
    told = [row for row in hq.table(tables.change) if (row[2], '"S2"' in row[3]) == ("E1", True)]
    assert len(told) == 1, "other systems are told when it is so"
    hq.at(f"{NEXT_MONDAY}T01:00")
    assert home() == "S2"


def test_a_day_without_a_roster_stays_with_the_home_store_of_then(hq: Any) -> None:
    hq.bind("7", "E1", store_id="S2")
    for date in (MONDAY, TUESDAY):
        hq.at(f"{date}T09:10")
        hq.journal(hq.punch("7", f"{date}T09:00:00", store_id="S2", device_serial="T2"))
    hq.at(f"{TUESDAY}T12:00")
    assert [hq.facts("E1", date)["store_id"] for date in (MONDAY, TUESDAY)] == ["S1", "S1"]
    assert _home(hq, "S2") == 1
    hq.evaluate()
    assert [hq.facts("E1", date)["store_id"] for date in (MONDAY, TUESDAY)] == ["S1", "S2"]
    then = _known(hq, TUESDAY, f"{TUESDAY}T11:59")
    assert (then["store_id"], then["scene"]) == ("S1", "community")
    assert _unchanged_by_a_rebuild(hq)


def test_a_store_is_where_and_what_it_was_said_to_be_then(hq: Any) -> None:
    hq.bind("7", "E1")
    hq.bind_seller("P1", "E1")
    hq.roster("E1", MONDAY)
    hq.at(f"{MONDAY}T09:21")
    hq.journal(hq.punch("7", f"{MONDAY}T09:20:00"), hq.sale("P1", f"{MONDAY}T09:15:00", 5_000))
    hq.at(f"{MONDAY}T12:00")
    shop = Store(store_id="S1", name="一店", zone="Asia/Tokyo", scene="supermarket")
    write = partial(enrolment.put_stores, stores=[shop], now_utc_ms=hq.now_utc_ms, author="陈静")
    assert hq.writing(write) == 1
    assert hq.writing(write) == 0
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["scene"] == "supermarket"
    before = _known(hq, MONDAY, f"{MONDAY}T11:59")
    assert (before["scene"], before["late_min"], before["sales_fen"]) == ("community", 20, 5_000)
    after = _known(hq, MONDAY, f"{MONDAY}T12:00")
    assert (after["scene"], after["late_min"], after["sales_fen"]) == ("supermarket", 20, 5_000)
    assert [(row[1], row[4], row[9]) for row in hq.table(tables.store_version) if row[0] == "S1"] == [
        (1, "community", ""), (2, "supermarket", "陈静"),
    ]  # fmt: skip


def test_a_person_s_name_and_leaving_are_kept_in_versions(hq: Any) -> None:
    known = Employee(employee_id="E1", name="王芳", store_id="S1")
    leaving = replace(known, name="王方", active=False, since=TUESDAY)
    for one in (replace(known, name="王方"), leaving):
        hq.writing(partial(enrolment.put_employees, employees=[one], author="陈静"))
    kept = [row[1:5] for row in hq.table(tables.employee_version) if row[0] == "E1"]
    assert kept == [(1, "王芳", "zh", ""), (2, "王方", "zh", "陈静")]
    said = hq.reading(lambda c: assignments.history(c, "E1"))
    assert [(one.first_date, one.value, one.author) for one in said if one.kind is Kind.EMPLOYED] == [
        (TUESDAY, "", "陈静"), ("2000-01-01", "yes", ""),
    ]  # fmt: skip


def test_a_gap_counts_from_when_it_was_told_until_it_was_closed(hq: Any) -> None:
    hq.bind("7", "E1")
    hq.roster("E1", MONDAY)
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    told = Gap(
        source="LINE", from_utc=f"{MONDAY}T00:00:00.000Z", to_utc=f"{MONDAY}T03:00:00.000Z",
        store_id="S1", driver="serialline", received_at_utc=f"{MONDAY}T03:00:00.000Z", boot_id="b",
        boottime_ms=1,
    )  # fmt: skip
    (record_id,) = hq.journal(told)
    hq.at(f"{TUESDAY}T13:00")
    assert hq.writing(lambda c: feed_gaps.close(c, record_id, "陈静", hq.now_utc_ms))
    hq.at(f"{TUESDAY}T14:00")
    known = [_known(hq, MONDAY, f"{TUESDAY}T{at}")["absent"] for at in ("11:59", "12:30", "13:30")]
    assert known == [True, False, True]


def test_nobody_was_known_to_be_absent_while_touches_waited_in_the_terminal(hq: Any) -> None:
    hq.bind("7", "E1")
    hq.roster("E1", MONDAY)
    hq.feed_complete(f"{MONDAY}T00:00")
    hq.at(f"{TUESDAY}T09:00")
    hq.journal(hq.punch("7", f"{MONDAY}T09:00:00"), hq.punch("7", f"{MONDAY}T18:00:00"))
    hq.feed_complete(f"{TUESDAY}T09:00")
    hq.at(f"{TUESDAY}T12:00")
    assert _known(hq, MONDAY, f"{TUESDAY}T08:59")["status"] == "AwaitingData"
    assert _known(hq, MONDAY, f"{TUESDAY}T09:00")["status"] == "Normal"


def test_the_campaign_of_a_day_is_the_one_said_by_then(hq: Any) -> None:
    hq.roster("E1", MONDAY)
    hq.roster("E1", TUESDAY)
    one = Campaign(campaign_id="c1", name="卖货", first_date=MONDAY, last_date=TUESDAY)

    def enter(campaign: Campaign) -> None:
        hq.writing(lambda c: campaigns.enter(c, campaign, "陈静", hq.now_utc_ms))

    hq.at(f"{MONDAY}T09:00")
    enter(one)
    hq.at(f"{MONDAY}T10:00")
    hq.writing(lambda c: membership.join(c, "c1", ["E1"], MONDAY, hq.now_utc_ms, author="陈静"))
    hq.at(f"{MONDAY}T11:00")
    enter(replace(one, last_date=MONDAY))
    hq.at(f"{TUESDAY}T12:00")
    hq.writing(lambda c: membership.leave(c, "c1", "E1", TUESDAY, hq.now_utc_ms, author="李"))
    hq.at(f"{TUESDAY}T13:00")

    def known(work_date: str, local: str) -> str:
        return str(_known(hq, work_date, local)["campaign_id"])

    assert [known(MONDAY, f"{MONDAY}T{at}") for at in ("09:30", "10:00")] == ["", "c1"]
    assert [known(TUESDAY, f"{MONDAY}T{at}") for at in ("10:30", "11:00")] == ["c1", ""]
    said = [row[2:7] for row in hq.table(tables.campaign_member_version)]
    assert said == [(1, MONDAY, None, None, "陈静"), (2, MONDAY, TUESDAY, None, "李")]


def test_nobody_is_absent_after_leaving(hq: Any) -> None:
    for date in (MONDAY, TUESDAY, NEXT_MONDAY):
        hq.roster("E1", date)
        hq.roster("E2", date)
    hq.feed_complete("2026-12-01T12:00")
    hq.at(f"{TUESDAY}T23:59")
    assert [hq.facts("E1", date)["absent"] for date in (MONDAY, TUESDAY)] == [True, True]
    left = Employee(employee_id="E1", name="王芳", store_id="S1", active=False, since=TUESDAY)
    leave = partial(enrolment.put_employees, employees=[left], now_utc_ms=hq.now_utc_ms)
    assert hq.writing(partial(leave, author="陈静")) == 1
    assert hq.writing(partial(leave, author="陈静")) == 0
    hq.at("2026-12-01T12:00")
    assert [hq.facts("E1", date) for date in (TUESDAY, NEXT_MONDAY)] == [None, None]
    assert hq.facts("E1", MONDAY)["absent"], "it was the last day there"
    assert hq.facts("E2", NEXT_MONDAY)["absent"]
    assert _known(hq, TUESDAY, f"{TUESDAY}T23:58")["absent"], "nobody had said so"
    taken_back = [row for row in hq.table(tables.roster) if row[0] == "E1" and row[2] == 2]
    assert [(row[1], row[7]) for row in taken_back] == [(TUESDAY, "陈静"), (NEXT_MONDAY, "陈静")]
    assert _unchanged_by_a_rebuild(hq)


def test_who_leaves_without_a_date_is_planned_no_more_from_tomorrow_on(hq: Any) -> None:
    hq.at(f"{MONDAY}T12:00")
    for date in (MONDAY, TUESDAY):
        hq.roster("E1", date)
    left = Employee(employee_id="E1", name="王芳", store_id="S1", active=False)
    hq.writing(partial(enrolment.put_employees, employees=[left], now_utc_ms=hq.now_utc_ms))
    hq.at("2026-11-25T12:00")
    assert hq.facts("E1", MONDAY)["scheduled"] is True
    assert hq.facts("E1", TUESDAY) is None
