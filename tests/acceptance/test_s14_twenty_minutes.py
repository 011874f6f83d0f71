"""S14: the seed's example: 20 minutes late, subsidy 100 yuan: 10 yuan less, and the message."""

from __future__ import annotations

import json

from tests.acceptance.conftest import MONDAY, Play


def test_s14_twenty_minutes_cost_ten_yuan_and_are_told_at_the_door(hq: Play) -> None:
    (who,) = hq.people(1)
    hq.roster(who, MONDAY, subsidy_fen=10_000)
    ids = hq.journal(hq.punch(who, f"{MONDAY}T09:20:00"))
    hq.at(f"{MONDAY}T09:20")
    assert hq.ledger() == [("late_standard", who, MONDAY, -1000)]
    assert "您今日迟到20分钟,扣减10%补贴(10.00元)" in hq.told()
    why = json.loads(hq.outcomes("late_standard")[f"{who}/{MONDAY}"].explanation)
    assert why["evidence"]["punches"] == ids
    assert (why["facts"]["late_min"], why["facts"]["subsidy_fen"]) == (20, 10_000)


def test_s30_in_a_supermarket_the_same_twenty_minutes_cost_nothing_and_say_why(hq: Play) -> None:
    hq.scene("supermarket")
    (who,) = hq.people(1)
    hq.day(who, 0, came="09:20")
    hq.day(who, 1, came="09:21")
    hq.finish(2)
    said = hq.outcomes("late_supermarket")
    tolerated = said[f"{who}/{MONDAY}"]
    assert (tolerated.row_id, tolerated.amount_fen) == ("tolerated", 0)
    assert json.loads(tolerated.explanation)["reason"]["code"] == "row"
    assert [entry[3] for entry in hq.ledger()] == [-1000]
