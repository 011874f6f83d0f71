"""From journaled records to day facts, as time passes and things become known."""

from __future__ import annotations

import pytest

from cloud_receiver.store import problems, tables, unmatched

MONDAY = "2026-11-23"
TUESDAY = "2026-11-24"


@pytest.fixture
def person(hq):
    hq.bind("1001", "E1")
    hq.roster("E1", MONDAY)
    return "E1"


def test_a_day_unfolds_with_the_clock(hq, person) -> None:
    hq.at(f"{MONDAY}T08:00")
    assert hq.facts(person, MONDAY)["status"] == "Pending"
    ids = hq.journal(hq.punch("1001", f"{MONDAY}T09:20:10"))
    hq.at(f"{MONDAY}T09:21")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["late_min"], facts["final"]) == ("SeriousLate", 20, False)
    assert facts["evidence"]["punches"] == ids
    ids += hq.journal(hq.punch("1001", f"{MONDAY}T18:03:00"))
    hq.at(f"{MONDAY}T18:04")
    facts = hq.facts(person, MONDAY)
    assert (facts["worked_min"], facts["stay_min"], facts["final"]) == (522, 3, False)
    hq.feed_complete(f"{TUESDAY}T08:00")
    hq.at(f"{MONDAY}T22:31")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["final"]) == ("SeriousLate", True)
    assert facts["evidence"]["points"][1]["record_id"] == ids[1]
    assert hq.table(tables.dirty) == [], "a final day waits for nothing"


def test_facts_carry_every_name_of_the_catalogue(hq, person) -> None:
    from cloud_receiver.domain.facts import CATALOGUE, FactType

    hq.at(f"{MONDAY}T08:00")
    facts = hq.facts(person, MONDAY)
    del facts["evidence"]
    assert set(facts) == {name for name, fact in CATALOGUE.items() if not fact.of_period}
    kinds = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}
    assert all(
        type(facts[name]) is kinds[fact.type] for name, fact in CATALOGUE.items() if name in facts
    )


def test_absence_waits_for_the_feed_and_comes_with_it(hq, person) -> None:
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    hq.feed_complete(f"{MONDAY}T21:59")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    hq.feed_complete(f"{TUESDAY}T11:00", store_id="S2")
    hq.feed_complete(f"{TUESDAY}T11:00", driver="posfile")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    hq.feed_complete(f"{MONDAY}T22:01")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["absent"], facts["final"]) == ("Absenteeism", True, True)


def test_the_slowest_terminal_of_a_store_decides_what_is_complete(hq, person) -> None:
    hq.feed_complete(None, driver="serialline")
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    hq.feed_complete(f"{TUESDAY}T11:00", driver="serialline")
    assert hq.facts(person, MONDAY)["status"] == "Absenteeism"


def test_late_arriving_touches_correct_a_final_day(hq, person) -> None:
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["status"] == "Absenteeism"
    hq.journal(
        hq.punch("1001", f"{MONDAY}T18:01:00"),
        hq.punch("1001", f"{MONDAY}T08:59:00"),
    )
    hq.evaluate()
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["absent"], facts["full_attendance"]) == ("Normal", False, True)


def test_an_unknown_id_is_shown_then_bound_then_judged_from_its_first_touch(hq) -> None:
    hq.roster("E1", MONDAY)
    hq.journal(
        hq.punch("9001", f"{MONDAY}T08:59:00"),
        hq.punch("9001", f"{MONDAY}T18:01:00"),
    )
    hq.at(f"{MONDAY}T19:00")
    (user,) = hq.reading(unmatched.unmatched_users)
    assert (user.user_id, user.device_serial, user.punches) == ("9001", "T1", 2)
    assert user.first_device_time == f"{MONDAY}T08:59:00"
    assert hq.facts("E1", MONDAY)["status"] == "Pending"
    hq.bind("9001", "E1")
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["status"] == "Normal"
    assert hq.reading(unmatched.unmatched_users) == []


def test_an_id_bound_to_another_person_moves_its_days(hq, person) -> None:
    hq.roster("E2", MONDAY)
    hq.journal(hq.punch("1001", f"{MONDAY}T08:59:00"), hq.punch("1001", f"{MONDAY}T18:01:00"))
    hq.at(f"{MONDAY}T19:00")
    hq.bind("1001", "E2")
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["evidence"]["punches"] == []
    assert hq.facts("E2", MONDAY)["status"] == "Normal"


def test_a_terminals_own_binding_goes_before_the_stores(hq, person) -> None:
    hq.bind("1001", "E2", device_serial="T2")
    hq.journal(
        hq.punch("1001", f"{MONDAY}T08:59:00"),
        hq.punch("1001", f"{MONDAY}T08:59:30", device_serial="T2"),
    )
    hq.at(f"{MONDAY}T19:00")
    assert len(hq.facts("E1", MONDAY)["evidence"]["punches"]) == 1
    facts = hq.facts("E2", MONDAY)
    assert (facts["status"], facts["scheduled"]) == ("RestDayWork", False)
    assert [finding["code"] for finding in facts["evidence"]["findings"]] == ["unscheduled"]


def test_an_unscheduled_day_that_loses_its_touch_is_gone(hq, person) -> None:
    hq.bind("1002", "E2")
    hq.journal(hq.punch("1002", f"{MONDAY}T08:59:00"))
    hq.at(f"{MONDAY}T19:00")
    assert hq.facts("E2", MONDAY)["status"] == "RestDayWork"
    hq.bind("1002", "E1")
    hq.evaluate()
    assert hq.facts("E2", MONDAY) is None


def test_a_measured_clock_offset_is_taken_off(hq, person) -> None:
    hq.journal(hq.punch("1001", f"{MONDAY}T09:03:00", clock_offset_ms=180_000))
    hq.at(f"{MONDAY}T09:10")
    assert hq.facts(person, MONDAY)["late_min"] == 0


def test_a_terminal_with_a_wrong_clock_is_shown_and_not_believed(hq, person) -> None:
    hq.journal(hq.punch("1001", f"{MONDAY}T08:50:00", clock_offset_ms=600_001))
    hq.at(f"{MONDAY}T09:10")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["evidence"]["points"][0]["record_id"]) == ("Pending", None)
    assert [item["code"] for item in facts["evidence"]["findings"]] == ["clock_implausible"]


def test_a_date_out_of_all_ages_stops_nothing(hq, person) -> None:
    hq.bind_seller("P01", person)
    hq.journal(
        hq.punch("1001", "9999-12-31T23:50:00"),
        hq.sale("P01", "1000-01-01T00:00:00", 100),
        hq.punch("1001", f"{MONDAY}T08:50:00"),
    )
    hq.at(f"{MONDAY}T09:10")
    assert len(hq.facts(person, MONDAY)["evidence"]["punches"]) == 1
    (letter,) = hq.table(tables.dead_letter)
    assert "clock" in letter
    assert hq.reading(problems.dead_letter_count) == 1


def test_a_store_entered_later_dates_what_happened_there(hq) -> None:
    from cloud_receiver.store import enrolment
    from cloud_receiver.store.enrolment import Store

    hq.bind("1001", "E1", store_id="S9")
    hq.journal(hq.punch("1001", f"{MONDAY}T08:50:00", store_id="S9"))
    hq.at(f"{MONDAY}T19:00")
    store = Store(store_id="S9", name="九店", zone="Asia/Shanghai", scene="community")
    hq.writing(lambda connection: enrolment.put_stores(connection, [store], hq.now_utc_ms))
    hq.evaluate()
    assert len(hq.facts("E1", MONDAY)["evidence"]["punches"]) == 1


def test_sales_belong_to_the_shift_they_were_made_in(hq) -> None:
    hq.bind_seller("P01", "E1")
    hq.roster("E1", MONDAY, "22:00-06:00", target_fen=1_000)
    ids = hq.journal(
        hq.sale("P01", f"{MONDAY}T23:00:00", 700),
        hq.sale("P01", f"{TUESDAY}T00:30:00", 500),
        hq.sale("P01", f"{TUESDAY}T00:40:00", -100, line_kind="refund"),
    )
    hq.at(f"{TUESDAY}T01:00")
    facts = hq.facts("E1", MONDAY)
    assert (facts["sales_fen"], facts["target_met"], facts["achievement_bp"]) == (1100, True, 11000)
    assert facts["evidence"]["sales"] == ids
    assert hq.facts("E1", TUESDAY) is None


def test_a_seller_code_bound_later_brings_its_sales(hq) -> None:
    hq.roster("E1", MONDAY, target_fen=1_000)
    hq.journal(hq.sale("P07", f"{MONDAY}T10:00:00", 1_500))
    hq.at(f"{MONDAY}T11:00")
    (code,) = hq.reading(unmatched.unmatched_sellers)
    assert (code.seller_code, code.sales, code.amount_fen) == ("P07", 1, 1_500)
    hq.bind_seller("P07", "E1")
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["target_met"] is True


def test_a_roster_that_comes_after_the_night_claims_its_touches_and_sales(hq) -> None:
    hq.bind("1001", "E1")
    hq.bind_seller("P01", "E1")
    hq.journal(
        hq.punch("1001", f"{MONDAY}T21:55:00"),
        hq.punch("1001", f"{TUESDAY}T06:01:00"),
        hq.sale("P01", f"{TUESDAY}T00:30:00", 500),
    )
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts("E1", TUESDAY)["status"] == "RestDayWork"
    hq.roster("E1", MONDAY, "22:00-06:00")
    hq.evaluate()
    facts = hq.facts("E1", MONDAY)
    assert (facts["status"], facts["sales_fen"]) == ("Normal", 500)
    assert hq.facts("E1", TUESDAY) is None
    hq.roster("E1", MONDAY, "rest")
    hq.evaluate()
    assert hq.facts("E1", TUESDAY)["sales_fen"] == 500
    assert hq.facts("E1", MONDAY)["evidence"]["punches"] != []


def test_a_roster_day_still_to_come_is_judged_from_its_midnight_on(hq, person) -> None:
    hq.roster("E1", "2026-12-24")
    hq.evaluate()
    assert hq.facts("E1", "2026-12-24") is None
    hq.at("2026-12-24T00:00:00")
    assert hq.facts("E1", "2026-12-24")["status"] == "Pending"


def test_the_same_roster_again_is_no_new_version(hq, person) -> None:
    assert hq.roster("E1", MONDAY) == 0
    assert hq.roster("E1", MONDAY, "10:00-19:00") == 1
    assert hq.roster("E1", MONDAY) == 1
    versions = [row[2] for row in hq.table(tables.roster)]
    assert versions == [1, 2, 3]


def test_an_id_that_goes_to_another_person_keeps_what_it_was(hq) -> None:
    """Rebinding judges both people anew; each keeps what stands in their own time."""
    for who in ("E1", "E2"):
        hq.roster(who, MONDAY)
        hq.roster(who, TUESDAY)
    hq.bind("1001", "E1")
    (monday,) = hq.journal(hq.punch("1001", f"{MONDAY}T08:50:00"))
    (tuesday,) = hq.journal(hq.punch("1001", f"{TUESDAY}T08:50:00"))
    hq.at(f"{TUESDAY}T09:10")
    assert hq.facts("E1", TUESDAY)["evidence"]["punches"] == [tuesday]
    hq.bind("1001", "E2", first_date=TUESDAY)
    hq.evaluate()
    punches = {(who, day): hq.facts(who, day)["evidence"]["punches"]
               for who in ("E1", "E2") for day in (MONDAY, TUESDAY)}  # fmt: skip
    assert punches == {
        ("E1", MONDAY): [monday], ("E1", TUESDAY): [],
        ("E2", MONDAY): [], ("E2", TUESDAY): [tuesday],
    }  # fmt: skip


def test_after_a_binding_has_ended_the_id_is_a_stranger_again(hq) -> None:
    hq.bind("1001", "E1", last_date=MONDAY)
    hq.bind_seller("P01", "E1", last_date=MONDAY)
    for day in (MONDAY, TUESDAY):
        hq.journal(hq.punch("1001", f"{day}T08:50:00"), hq.sale("P01", f"{day}T10:00:00", 100))
    hq.at(f"{TUESDAY}T12:00")
    (user,) = hq.reading(unmatched.unmatched_users)
    assert (user.punches, user.first_device_time) == (1, f"{TUESDAY}T08:50:00")
    (code,) = hq.reading(unmatched.unmatched_sellers)
    assert (code.sales, code.amount_fen) == (1, 100)
    key = {"store_id": "S1", "device_serial": "*", "user_id": "1001"}
    since = hq.reading(lambda connection: unmatched.first_open_date(
        connection, tables.badge, key, user.first_device_time))  # fmt: skip
    assert since == TUESDAY, "what the id was to the first person stays theirs"
    hq.bind("1001", "E2", first_date=since)
    hq.evaluate()
    assert len(hq.facts("E1", MONDAY)["evidence"]["punches"]) == 1
    assert len(hq.facts("E2", TUESDAY)["evidence"]["punches"]) == 1
