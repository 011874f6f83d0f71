"""From day facts to the ledger: streaks, late data and rebuilding, on both databases."""

from __future__ import annotations

import random
import threading
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import day_facts, tables
from cloud_receiver.store.engine import write

MONDAY = "2026-11-23"
TIMELESS = ("revision", "computed_utc_ms")


def _date(days: int) -> str:
    return (date.fromisoformat(MONDAY) + timedelta(days=days)).isoformat()


def _clean_day(hq, day: str, user_id: str = "1001") -> list:
    return [hq.punch(user_id, f"{day}T08:55:00"), hq.punch(user_id, f"{day}T18:02:00")]


@pytest.fixture
def eleven_days(hq):
    """Eleven clean working days of E1 with a rest day in between, all final."""
    hq.publish_rules()
    hq.bind("1001", "E1")
    hq.bind_seller("P01", "E1")
    for number in range(12):
        rest = number == 5
        hq.roster("E1", _date(number), "rest" if rest else "09:00-18:00")
        if not rest:
            hq.journal(*_clean_day(hq, _date(number)))
    hq.feed_complete(f"{_date(20)}T00:00")
    hq.at(f"{_date(12)}T12:00")
    return hq


def _streaks(hq) -> list[int]:
    return [hq.facts("E1", _date(number))["clean_streak_days"] for number in range(12)]


def test_a_streak_counts_scheduled_days_and_rest_days_are_neutral(eleven_days) -> None:
    assert _streaks(eleven_days) == [1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 11]
    assert eleven_days.ledger() == [("clean_run_10", "E1", _date(10), 5000)]


def test_a_late_touch_in_the_middle_splits_the_streak_and_takes_the_award_back(eleven_days) -> None:
    hq = eleven_days
    hq.roster("E1", _date(3), "08:30-18:00")  # in force all along, entered late: 25 min late
    hq.evaluate()
    assert _streaks(hq) == [1, 2, 3, 0, 1, 0, 2, 3, 4, 5, 6, 7]
    assert hq.ledger() == [("late_standard", "E1", _date(3), -1000)]
    hq.roster("E1", _date(3))
    hq.evaluate()
    assert _streaks(hq) == [1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 11]
    assert hq.ledger() == [("clean_run_10", "E1", _date(10), 5000)]


def test_a_streak_goes_back_as_far_as_it_must(eleven_days) -> None:
    hq = eleven_days
    far = _date(80)  # on leave, nothing rostered for more than two months
    hq.roster("E1", far)
    hq.journal(*_clean_day(hq, far))
    hq.feed_complete(f"{_date(90)}T00:00")
    hq.at(f"{far}T23:00")
    assert hq.facts("E1", far)["clean_streak_days"] == 12


def test_meeting_the_target_during_the_day_pays_at_once(hq) -> None:
    hq.publish_rules()
    hq.bind_seller("P01", "E1")
    hq.roster("E1", MONDAY, target_fen=10_000)
    hq.journal(hq.sale("P01", f"{MONDAY}T10:00:00", 9_999))
    hq.at(f"{MONDAY}T10:01")
    assert hq.ledger() == []
    hq.journal(hq.sale("P01", f"{MONDAY}T10:02:00", 1))
    hq.evaluate()
    assert hq.ledger() == [("target_instant", "E1", MONDAY, 5000)]
    hq.journal(hq.sale("P01", f"{MONDAY}T10:03:00", -1, line_kind="refund"))
    hq.evaluate()
    assert hq.ledger() == []


def test_a_day_that_is_gone_takes_its_money_along(hq) -> None:
    hq.publish_rules()
    hq.bind_seller("P01", "E1")
    hq.roster("E1", MONDAY, target_fen=100)
    hq.journal(hq.sale("P01", f"{MONDAY}T10:00:00", 100))
    hq.at(f"{MONDAY}T10:01")
    assert hq.ledger() == [("target_instant", "E1", MONDAY, 5000)]
    hq.bind_seller("P01", "E2")
    hq.evaluate()
    assert hq.ledger() == []


def _play(hq, records: list, seed: int) -> None:
    """Enter and journal the same things in an order of the seed's, evaluating in between."""
    chance = random.Random(seed)
    steps = [lambda r=record: hq.journal(r) for record in records + records[:7]]
    steps += [lambda: hq.bind("1001", "E1"), lambda: hq.bind("1002", "E2")]
    steps += [lambda: hq.bind_seller("P01", "E1")]
    steps += [lambda n=n: hq.roster("E1", _date(n)) for n in range(4)]
    steps += [lambda n=n: hq.roster("E2", _date(n), "21:00-05:00") for n in range(4)]
    chance.shuffle(steps)
    for step in steps:
        step()
        if chance.random() < 0.3:
            hq.evaluate()


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_gives_the_same_facts_and_the_same_balances(hq, tmp_path, seed) -> None:
    """Law 6: shuffled, doubled, delayed; evaluated in between or not."""
    hq.publish_rules()
    hq.at(f"{_date(3)}T12:00")
    records = [record for number in range(3) for record in _clean_day(hq, _date(number))]
    records += [hq.punch("1002", f"{_date(n)}T21:3{n}:00") for n in range(3)]
    records += [hq.punch("1002", f"{_date(n + 1)}T05:00:00") for n in range(2)]
    records += [hq.sale("P01", f"{_date(n)}T11:00:00", 6_000 * n) for n in range(4)]
    hq.feed_complete(f"{_date(6)}T00:00")
    _play(hq, records, seed)
    hq.at(f"{_date(5)}T12:00")
    found = hq.table(tables.day_fact, *TIMELESS), hq.ledger()
    assert found[1], "the play must move money, or this shows nothing"
    with write(hq.engine) as connection:
        for table in (tables.day_fact, tables.punch, tables.sale, tables.dirty, tables.outcome):
            connection.execute(delete(table))
    rebuild(hq.engine, hq.now_utc_ms)
    assert (hq.table(tables.day_fact, *TIMELESS), hq.ledger()) == found
    assert len(found[0]) == 8


def test_rebuilding_sound_data_changes_nothing(eleven_days) -> None:
    hq = eleven_days
    derived = (tables.punch, tables.sale, tables.day_fact, tables.outcome, tables.ledger,
               tables.notice, tables.dirty)  # fmt: skip
    before = [hq.table(table) for table in derived]
    hq.clock.now += timedelta(minutes=5)
    assert rebuild(hq.engine, hq.now_utc_ms).days == 12
    assert [hq.table(table) for table in derived] == before


def test_rules_published_for_the_past_speak_when_asked_to(hq) -> None:
    hq.bind("1001", "E1")
    hq.roster("E1", MONDAY)
    hq.journal(hq.punch("1001", f"{MONDAY}T09:40:00"), hq.punch("1001", f"{MONDAY}T18:02:00"))
    hq.feed_complete(f"{_date(1)}T12:00")
    hq.at(f"{_date(1)}T12:00")
    hq.publish_rules()
    hq.evaluate()
    assert hq.ledger() == []
    count = hq.writing(lambda c: day_facts.decide_again(c, MONDAY, None, hq.now_utc_ms))
    hq.evaluate()
    assert count == 1
    assert hq.ledger() == [("late_standard", "E1", MONDAY, -2000)]


def test_the_evaluator_runs_until_told_to_stop_and_hears_when_woken(hq) -> None:
    hq.bind("1001", "E1")
    stop = threading.Event()
    thread = threading.Thread(target=hq.evaluator.run, args=(stop,))
    thread.start()
    try:
        hq.journal(hq.punch("1001", f"{MONDAY}T07:00:00"))
        hq.evaluator.wake()
        deadline_s = time.monotonic() + 10
        while hq.facts("E1", MONDAY) is None:
            assert time.monotonic() < deadline_s
    finally:
        stop.set()
        hq.evaluator.wake()
        thread.join(10)
    assert not thread.is_alive()
