"""S23, S24: ten days without lateness or early leave: the tag 全勤 and 50 yuan, pending."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Play, day_of


def test_s23_s24_the_tenth_clean_day_brings_tag_and_money(hq: Play) -> None:
    (who,) = hq.people(1)
    for number in range(10):
        hq.day(who, number)
    hq.finish(10)
    (row,) = hq.outcomes("clean_run_10").values()
    assert (row.work_date, row.amount_fen, row.account) == (day_of(9), 5000, "pending")
    assert json.loads(row.tag)["zh"] == "全勤"
    assert "获得全勤奖励50元" in hq.told()


def test_s23_data_that_comes_late_in_the_middle_takes_the_award_back(hq: Play) -> None:
    (who,) = hq.people(1)
    for number in range(10):
        hq.day(who, number)
    hq.finish(10)
    hq.roster(who, day_of(4), "08:30-18:00")  # in force all along, entered late
    hq.evaluate()
    assert hq.outcomes("clean_run_10") == {}
    assert hq.ledger() == [("late_standard", who, day_of(4), -1000)]
    assert "更正" in hq.told()
