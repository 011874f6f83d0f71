"""Entries at headquarters stand in the journal once, and only if all they name is there."""

from __future__ import annotations

from functools import partial

import pytest

from cloud_receiver.domain.entries import (
    Arrival,
    CheckIn,
    Correction,
    EntryError,
    Leave,
    Part,
    Purpose,
    Swap,
    Withdrawal,
)
from cloud_receiver.domain.workday import CheckType, Shift, local_to_utc_ms
from cloud_receiver.store import enrolment, entries, tables
from cloud_receiver.store.enrolment import Employee, Store

DATE = "2026-11-23"


def _arrival(local: str = f"{DATE}T08:55", **changes) -> Arrival:
    at_utc_ms = local_to_utc_ms(local, "Asia/Shanghai")
    values = {"employee_id": "E1", "store_id": "S1", "at_utc_ms": at_utc_ms, "reason": "断电"}
    return Arrival(**values | changes)


def _enter(hq, entry, author: str = "boss") -> str:
    return hq.writing(partial(entries.enter, entry=entry, author=author, now_utc_ms=hq.now_utc_ms))


def test_the_same_entry_again_is_one_record(hq) -> None:
    first = _enter(hq, _arrival())
    assert _enter(hq, _arrival()) == first
    assert len(hq.table(tables.journal)) == 1
    entered = hq.reading(partial(entries.entered, record_id=first))
    assert entered.author == "boss"
    assert entered.entry == _arrival()


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (_arrival(employee_id="E9"), "employee_id"),
        (_arrival(store_id="S9"), "store_id"),
        (Withdrawal(record_id="0" * 32, reason="x"), "record_id"),
        (Swap(employee_id="E1", work_date=DATE, other_employee_id="E2", other_work_date=DATE),
         "work_date"),
    ],
)  # fmt: skip
def test_an_entry_about_nobody_or_nothing_is_refused_and_leaves_nothing(hq, entry, field) -> None:
    with pytest.raises(EntryError) as refused:
        _enter(hq, entry)
    assert refused.value.field == field
    assert hq.table(tables.journal) == []


def test_a_swap_gives_each_the_other_ones_day(hq) -> None:
    hq.roster("E1", DATE, "09:00-18:00")
    hq.roster("E2", DATE, "rest")
    swap = Swap(employee_id="E1", work_date=DATE, other_employee_id="E2", other_work_date=DATE)
    _enter(hq, swap)
    _enter(hq, swap)
    versions = [(row[0], row[2], row[4] == "null") for row in hq.table(tables.roster)]
    assert versions == [("E1", 1, False), ("E1", 2, True), ("E2", 1, True), ("E2", 2, False)]


def _day(hq, local: str = "2026-11-25T12:00") -> dict:
    hq.feed_complete("2026-11-25T11:00")
    hq.at(local)
    return hq.facts("E1", DATE)


def _codes(facts) -> list[str]:
    return [finding["code"] for finding in facts["evidence"]["findings"]]


def _check_in(client_id: str, **changes) -> CheckIn:
    values = {"client_id": client_id, "employee_id": "E1", "store_id": "S1"}
    return CheckIn(**values | changes)


def _fence(hq, latitude_microdeg: int = 31_230_000) -> None:
    store = Store(
        store_id="S1", name="一店", zone="Asia/Shanghai", scene="community",
        latitude_microdeg=latitude_microdeg, longitude_microdeg=121_470_000, fence_m=300,
    )  # fmt: skip
    hq.writing(partial(enrolment.put_stores, stores=[store], now_utc_ms=hq.now_utc_ms))


PLACE = {"latitude_microdeg": 31_230_100, "longitude_microdeg": 121_470_000, "accuracy_m": 15}


def test_phone_check_ins_at_headquarters_time_make_a_day(hq) -> None:
    _fence(hq)
    hq.roster("E1", DATE)
    hq.at(f"{DATE}T08:57")
    _enter(hq, _check_in("a", photo_sha256="ab" * 32, **PLACE), "E1")
    hq.at(f"{DATE}T18:01")
    _enter(hq, _check_in("b", is_mock=True, taken_at_utc_ms=1, **PLACE), "E1")
    facts = _day(hq)
    assert (facts["status"], facts["worked_min"], facts["outside"]) == ("Normal", 544, False)
    assert [point["source"] for point in facts["evidence"]["points"]] == ["USER", "USER"]
    assert [point["place"] for point in facts["evidence"]["points"]] == ["Normal", "Normal"]
    assert _codes(facts) == ["mock_position", "phone_clock"]


def test_a_fence_that_moves_places_check_ins_anew(hq) -> None:
    _fence(hq)
    hq.roster("E1", DATE)
    hq.at(f"{DATE}T08:57")
    _enter(hq, _check_in("a", **PLACE), "E1")
    hq.at(f"{DATE}T18:01")
    _enter(hq, _check_in("b", **PLACE), "E1")
    assert _day(hq)["outside"] is False
    _fence(hq, 32_000_000)
    hq.evaluate()
    facts = hq.facts("E1", DATE)
    assert (facts["status"], facts["outside"]) == ("Normal", True)
    assert _codes(facts) == ["outside_fence", "outside_fence"]


def test_a_supervisor_stands_in_for_a_terminal_and_is_watched(hq) -> None:
    hq.roster("E1", DATE)
    hq.roster("E2", DATE)
    assert _day(hq)["status"] == "Absenteeism"
    _enter(hq, _arrival(f"{DATE}T08:55"), "E1")
    _enter(hq, _arrival(f"{DATE}T18:00"), "boss")
    hq.evaluate()
    facts = hq.facts("E1", DATE)
    assert (facts["status"], facts["full_attendance"]) == ("Normal", True)
    assert _codes(facts) == ["late_entry", "late_entry", "self_entry"]


def test_records_for_many_people_in_one_second_are_pointed_out_on_each(hq) -> None:
    with_third = Employee(employee_id="E3", name="赵敏", store_id="S1")
    hq.writing(partial(enrolment.put_employees, employees=[with_third]))
    hq.at(f"{DATE}T09:00")
    for person in ("E1", "E2", "E3"):
        hq.roster(person, DATE)
        _enter(hq, _arrival(employee_id=person))
        hq.evaluate()
    for person in ("E1", "E2", "E3"):
        assert _codes(hq.facts(person, DATE)) == ["bulk_entry"]


def _card(local: str, check_type: str = "OffDuty", date: str = DATE, **changes) -> Correction:
    values = {"employee_id": "E1", "work_date": date, "check_type": CheckType(check_type),
              "at_utc_ms": local_to_utc_ms(local, "Asia/Shanghai"), "reason": "忘记"}  # fmt: skip
    return Correction(**values | changes)


def test_a_withdrawn_card_frees_the_quota_of_the_month_for_the_next(hq) -> None:
    hq.bind("7", "E1")
    dates = [f"2026-11-{day:02}" for day in (16, 17, 18, 19)]
    for date in dates:
        hq.roster("E1", date)
        hq.journal(hq.punch("7", f"{date}T08:55:00"))
    hq.feed_complete("2026-11-25T11:00")
    hq.at("2026-11-25T12:00")
    cards = [_enter(hq, _card(f"{date}T18:00", date=date)) for date in dates]
    hq.evaluate()
    of_days = [hq.facts("E1", date)["status"] for date in dates]
    assert sorted(of_days) == ["Normal", "Normal", "Normal", "NotSigned"]
    unused = of_days.index("NotSigned")
    _enter(hq, Withdrawal(record_id=cards[(unused + 1) % 4], reason="填错"))
    hq.evaluate()
    of_days = [hq.facts("E1", date)["status"] for date in dates]
    assert of_days[unused] == "Normal"
    assert of_days[(unused + 1) % 4] == "NotSigned"


def test_leave_moves_the_day_and_its_withdrawal_moves_it_back(hq) -> None:
    hq.bind("7", "E1")
    hq.roster("E1", DATE)
    hq.journal(hq.punch("7", f"{DATE}T13:30:00"), hq.punch("7", f"{DATE}T18:00:00"))
    assert _day(hq)["late_min"] == 270
    leave = Leave(employee_id="E1", purpose=Purpose.SICK, first_date=DATE, last_date=DATE,
                  part=Part.FIRST_HALF)  # fmt: skip
    record_id = _enter(hq, leave)
    hq.evaluate()
    facts = hq.facts("E1", DATE)
    assert (facts["status"], facts["late_min"], facts["leave_min"]) == ("Normal", 0, 270)
    assert facts["evidence"]["entries"] == [record_id]
    _enter(hq, Withdrawal(record_id=record_id, reason="销假"))
    hq.evaluate()
    assert hq.facts("E1", DATE)["late_min"] == 270


def test_leave_entered_ahead_is_known_when_the_day_comes(hq) -> None:
    hq.roster("E1", DATE)
    _enter(hq, Leave(employee_id="E1", purpose=Purpose.TRIP, first_date=DATE, last_date=DATE))
    facts = _day(hq)
    assert (facts["status"], facts["full_attendance"]) == ("Outing", True)


def test_who_stayed_late_may_come_later_also_when_that_is_heard_of_afterwards(hq) -> None:
    hq.bind("7", "E1")
    shift = Shift(shift_id="s", store_id="S1", zone="Asia/Shanghai", start="09:00", end="18:00",
                  late_back_after_min=120, late_back_min=60)  # fmt: skip
    for date in (DATE, "2026-11-24"):
        hq.roster("E1", date, shifts=(shift,))
    hq.journal(hq.punch("7", f"{DATE}T09:00:00"), hq.punch("7", f"{DATE}T18:00:00"),
               hq.punch("7", "2026-11-24T10:00:00"), hq.punch("7", "2026-11-24T18:00:00"))  # fmt: skip
    _day(hq)
    assert hq.facts("E1", "2026-11-24")["late_min"] == 60
    hq.journal(hq.punch("7", f"{DATE}T20:05:00"))
    hq.evaluate()
    assert hq.facts("E1", "2026-11-24")["late_min"] == 0
