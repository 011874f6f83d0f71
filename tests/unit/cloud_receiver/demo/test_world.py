"""The demonstration's play is fixed by its date, and touches only what exists."""

from __future__ import annotations

from datetime import date, timedelta

from cloud_receiver.demo.world import PEOPLE, STRANGER, TERMINALS, acts_of

WEEK = [date(2026, 3, 2) + timedelta(days=number) for number in range(28)]


def test_the_same_day_twice_is_the_same_play() -> None:
    assert [acts_of(day) for day in WEEK] == [acts_of(day) for day in WEEK]


def test_every_touch_is_on_a_terminal_of_the_persons_store() -> None:
    store_of_user = {person.user_id: person.store_id for person in PEOPLE}
    store_of_serial = {terminal.serial: terminal.store_id for terminal in TERMINALS}
    for day in WEEK:
        for act in acts_of(day):
            if act.user_id != STRANGER:
                assert store_of_user[act.user_id] == store_of_serial[act.serial]


def test_four_weeks_show_everything_worth_showing() -> None:
    acts = [act for day in WEEK for act in acts_of(day)]
    assert any(act.user_id == STRANGER for act in acts)
    per_day = [len(acts_of(day)) for day in WEEK]
    assert min(per_day) >= 12
    touches = {}
    for day in WEEK:
        for act in acts_of(day):
            touches[act.user_id, day] = touches.get((act.user_id, day), 0) + 1
    assert {1, 2, 3} <= set(touches.values())  # forgot to punch out, in and out, touched twice
    worked = len(touches) - len(WEEK)  # without the stranger
    rostered = sum(day.weekday() != person.rest_weekday for day in WEEK for person in PEOPLE)
    assert worked < rostered  # somebody did not come


def test_every_test_person_and_terminal_is_unique() -> None:
    assert len({person.user_id for person in PEOPLE}) == len(PEOPLE)
    assert len({person.seller_code for person in PEOPLE}) == len(PEOPLE)
    assert len({terminal.serial for terminal in TERMINALS}) == len(TERMINALS)
