"""S27, S28, S29: where things go wrong, what money came of it, and whether rewards go with sales."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.reports import Standing, paired, standing
from cloud_receiver.store import reports
from tests.acceptance.conftest import Play, day_of

STRETCH = reports.Stretch(first=day_of(0), last=day_of(3))


@pytest.fixture
def played(hq: Play) -> Play:
    """Four people, four days: the last is late each day, the first two sell more once rewarded."""
    who = hq.people(4)
    for number in range(4):
        for place, one in enumerate(who):
            rewarded = place < 2
            sold_fen = 11_000 + 1_250 * number if rewarded else 8_000
            hq.day(one, number, came="09:20" if place == 3 else "08:55", sold_fen=sold_fen)
    hq.finish(4)
    return hq


def test_s27_the_frequent_offender_stands_out_by_rate_of_shifts(played: Play) -> None:
    people = {
        one.key: one
        for one in played.reading(lambda c: reports.anomalies(c, STRETCH, by_person=True))
    }
    assert {key: (one.days, one.wrong) for key, one in people.items()} == {
        "E01": (4, 0), "E02": (4, 0), "E03": (4, 0), "E04": (4, 4),
    }  # fmt: skip
    assert sum(people["E04"].by_status.get(one, 0) for one in (DayStatus.LATE, DayStatus.SERIOUS_LATE)) == 4  # fmt: skip
    (store,) = played.reading(lambda c: reports.anomalies(c, STRETCH, by_person=False))
    assert (store.key, store.days, store.wrong) == ("S1", 16, 4)
    assert standing(4, 4, 4 / 16) in (Standing.HIGH, Standing.VERY_HIGH)
    assert standing(0, 4, 4 / 16) is Standing.USUAL


def test_s28_rewards_and_deductions_are_counted_by_rule_day_and_size(played: Play) -> None:
    rules, days = played.reading(lambda c: reports.amounts(c, STRETCH))
    by_rule = {one.key: one for one in rules}
    late = by_rule["late_standard"]
    assert (late.entries, late.deductions_fen, late.people) == (4, -4_000, 1)
    assert by_rule["target_instant"].rewards_fen == 8 * 5_000
    assert [(one.key, one.rewards_fen, one.deductions_fen) for one in days] == [
        (day_of(number), 20_000, -1_000) for number in range(4)
    ]
    assert dict(played.reading(lambda c: reports.sizes(c, STRETCH))) == {-1_000: 4, 5_000: 16}


def test_s29_sales_of_who_was_rewarded_are_compared_without_the_day_of_the_reward(
    played: Play,
) -> None:
    sold = {one.employee_id: one for one in played.reading(lambda c: reports.sold(c, STRETCH))}
    assert sold["E01"].rewarded_from == day_of(0)
    assert (sold["E01"].days_after, sold["E01"].sales_after_fen) == (3, 12_250 + 13_500 + 14_750)
    assert (sold["E03"].rewarded_from, sold["E03"].days_before) == (None, 4)
    assert sold["E03"].sales_before_fen == 4 * 8_000
    assert paired([8_000.0, 8_000.0], [13_500.0, 13_500.0]) is None, "two people prove nothing"
