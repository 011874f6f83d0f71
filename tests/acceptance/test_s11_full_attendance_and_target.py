"""S11, S12, S16, S38: attendance and sales together; 60 % of the target must not earn."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import MONDAY, Play


@pytest.mark.parametrize(
    ("percent", "rules"),
    [(60, []), (100, ["full_attendance_target", "target_instant"]),
     (120, ["full_attendance_target", "target_instant"])],
)  # fmt: skip
def test_s16_s38_who_reaches_sixty_percent_earns_nothing(hq: Play, percent: int, rules) -> None:
    (who,) = hq.people(1)
    hq.day(who, 0, sold_fen=10_000 * percent // 100)
    hq.finish(1)
    assert hq.facts(who, MONDAY)["achievement_bp"] == percent * 100
    assert hq.ledger() == [(rule, who, MONDAY, 5000) for rule in rules]


def test_s11_s12_amounts_follow_from_attendance_and_sales_without_a_hand(hq: Play) -> None:
    (who,) = hq.people(1)
    hq.day(who, 0, came="09:05", sold_fen=12_000)  # late, but the target is met
    hq.finish(1)
    assert hq.ledger() == [
        ("late_standard", who, MONDAY, -1000),
        ("target_instant", who, MONDAY, 5000),
    ]
    assert "full_attendance_target" not in hq.told()
