"""Who is awaited, what was heard, who forgot; and policies with dates of their own."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.calendar import DayKind
from cloud_receiver.domain.entries import Arrival
from cloud_receiver.domain.policies import with_settings
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import calendar, completeness, policies, tables
from cloud_receiver.store.calendar import Said
from cloud_receiver.store.completeness import Heard
from cloud_receiver.store.entries import enter
from cloud_receiver.store.journal import first_since
from sync.errors import DakaError

ZONE = "Asia/Shanghai"
MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


def at(local: str) -> int:
    return local_to_utc_ms(local, ZONE)


def matrix(hq, first: str = MONDAY, last: str = WEDNESDAY):
    return hq.reading(lambda c: completeness.matrix(c, first, last, hq.now_utc_ms))


def heard(row) -> list[Heard]:
    return [cell.heard for cell in row.cells]


def test_each_source_is_told_day_by_day(hq) -> None:
    hq.bind("1001", "E1")
    hq.journal(hq.punch("1001", f"{MONDAY}T08:50:00"), hq.punch("1001", f"{MONDAY}T18:01:00"))
    hq.at(f"{TUESDAY}T12:00")
    hq.feed_complete(f"{TUESDAY}T08:00")
    terminal, no_source = matrix(hq)
    assert (terminal.store_id, terminal.driver) == ("S1", "zkteco")
    assert heard(terminal) == [Heard.COMPLETE, Heard.PARTLY, Heard.TO_COME]
    assert terminal.is_awaited
    assert (no_source.store_id, no_source.source_id) == ("S2", "")
    assert heard(no_source) == [Heard.NO_SOURCE, Heard.NO_SOURCE, Heard.TO_COME]


def test_touches_are_counted_by_terminal_and_day(hq) -> None:
    times = [f"{MONDAY}T08:50:00", f"{MONDAY}T18:01:00", f"{WEDNESDAY}T23:59:59"]
    hq.journal(*(hq.punch("1001", time, device_serial="S1-zkteco") for time in times))
    hq.journal(hq.punch("1001", "2026-11-26T00:00:00", device_serial="S1-zkteco"))
    hq.at(f"{WEDNESDAY}T12:00")
    hq.feed_complete(None)
    (terminal, _) = matrix(hq)
    assert [cell.records for cell in terminal.cells] == [2, 0, 1]
    assert heard(terminal) == [Heard.NOTHING] * 3


def test_a_till_alone_is_no_source_of_attendance(hq) -> None:
    hq.bind_seller("P01", "E1")
    hq.journal(hq.sale("P01", f"{MONDAY}T10:00:00", 100))
    hq.at(f"{TUESDAY}T12:00")
    hq.feed_complete(f"{TUESDAY}T12:00", driver="posfile")
    till, no_source, _ = matrix(hq, last=TUESDAY)
    assert (heard(till), till.cells[0].records) == ([Heard.COMPLETE] * 2, 1)
    assert heard(no_source) == [Heard.NO_SOURCE] * 2


def test_days_that_wait_are_counted_by_store(hq) -> None:
    hq.bind("1001", "E1")
    for day in (MONDAY, TUESDAY):
        hq.roster("E1", day)
        hq.roster("E2", day)
    hq.at(f"{WEDNESDAY}T12:00")
    assert hq.reading(completeness.awaiting) == [completeness.Awaiting("S1", 4, MONDAY)]
    hq.feed_complete(f"{TUESDAY}T12:00")
    assert hq.reading(completeness.awaiting) == [completeness.Awaiting("S1", 2, TUESDAY)]


def test_a_supervisor_who_records_nobody_by_the_time_has_forgotten(hq) -> None:
    def forgotten() -> list[tuple[str, int]]:
        found = hq.reading(lambda c: completeness.forgotten(c, MONDAY, hq.now_utc_ms))
        return [(one.store_id, one.expected) for one in found]

    hq.writing(lambda c: c.execute(update(tables.store).values(arrivals_by="09:30")))
    hq.roster("E1", MONDAY)
    hq.roster("E2", MONDAY, "rest")
    hq.at(f"{MONDAY}T09:30")
    assert forgotten() == [], "the time is not past yet"
    hq.at(f"{MONDAY}T09:31")
    assert forgotten() == [("S1", 1)], "nobody is rostered in the other store"
    arrival = Arrival(
        employee_id="E1", store_id="S1", at_utc_ms=at(f"{MONDAY}T09:00"), reason="人工"
    )
    hq.writing(lambda c: enter(c, arrival, "boss", hq.now_utc_ms))
    assert forgotten() == []


def test_the_first_number_since_an_instant_is_found_by_number(hq) -> None:
    assert hq.reading(lambda c: first_since(c, 0)) <= 1
    for hour in range(0, 24, 3):
        hq.at(f"{MONDAY}T{hour:02d}:00")
        hq.journal(hq.punch("1001", f"{MONDAY}T{hour:02d}:00:00"))
    assert hq.reading(lambda c: first_since(c, at(f"{MONDAY}T10:01"))) == 5, "an hour's margin"
    assert hq.reading(lambda c: first_since(c, at(f"{WEDNESDAY}T10:00"))) == 9


def test_a_day_is_judged_by_the_policy_of_its_own_date(hq) -> None:
    hq.bind("1001", "E1")
    for day in (MONDAY, TUESDAY):
        hq.roster("E1", day)
        hq.journal(hq.punch("1001", f"{day}T09:20:00"))
    hq.at(f"{TUESDAY}T12:00")
    assert [hq.facts("E1", day)["status"] for day in (MONDAY, TUESDAY)] == ["SeriousLate"] * 2
    lenient = with_settings(Policy(), {"serious_late_min": 30})
    assert hq.writing(lambda c: policies.put(c, lenient, TUESDAY, "li", hq.now_utc_ms))
    hq.evaluate()
    assert [hq.facts("E1", day)["status"] for day in (MONDAY, TUESDAY)] == ["SeriousLate", "Late"]
    assert not hq.writing(lambda c: policies.put(c, lenient, WEDNESDAY, "li", hq.now_utc_ms))
    (version,) = hq.reading(policies.versions)
    assert (version.dated.policy, version.author) == (lenient, "li")


@pytest.mark.parametrize(
    ("name", "value"), [("late", 1), ("allowance.x", 1), ("serious_late_min", "x"), ("cut.x", 1)]
)
def test_a_setting_that_does_not_exist_is_refused(name: str, value: object) -> None:
    with pytest.raises(DakaError, match=r"no setting|no policy|no settings"):
        with_settings(Policy(), {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("collapse_s", -1), ("serious_late_min", 10**6), ("rounding.coming.interval_min", -5),
     ("overtime_min", -1), ("allowance.within_days", -2)],
)  # fmt: skip
def test_a_number_that_cannot_be_meant_is_refused(name: str, value: int) -> None:
    with pytest.raises(DakaError, match=rf"{name} {value}: is a number from 0 to"):
        with_settings(Policy(), {name: value})


def test_an_allowance_may_be_without_limit() -> None:
    assert with_settings(Policy(), {"allowance.cards_a_month": -1}).allowance.cards_a_month == -1


def test_settings_within_settings_are_changed_alone() -> None:
    changed = with_settings(Policy(), {"allowance.cards_a_month": 1})
    assert changed.allowance.cards_a_month == 1
    assert changed.allowance.within_days == Policy().allowance.within_days


def test_the_calendar_is_a_fact_of_the_day_and_headquarters_word_changes_it(hq) -> None:
    hq.clock.now = hq.clock.now.replace(month=10, day=10)
    days = {"2026-10-01": "holiday", "2026-10-09": "workday", "2026-10-10": "makeup_workday"}
    for day in days:
        hq.roster("E1", day)
    hq.evaluate()
    assert {day: hq.facts("E1", day)["calendar"] for day in days} == days
    open_ = Said(store_id="S1", work_date="2026-10-01", kind=DayKind.WORKDAY, name="国庆营业")
    hq.writing(lambda c: calendar.say(c, [open_], "li", hq.now_utc_ms))
    hq.evaluate()
    assert hq.facts("E1", "2026-10-01")["calendar"] == "workday"
