"""S32: the award comes the moment the day's target is met, once, to the instant account."""

from __future__ import annotations

from tests.acceptance.conftest import MONDAY, Play


def test_s32_the_sale_that_meets_the_target_pays_at_once_and_only_once(hq: Play) -> None:
    (who,) = hq.people(1)
    hq.roster(who, MONDAY, target_fen=10_000)
    hq.journal(hq.sale(who, f"{MONDAY}T10:00:00", 9_999))
    hq.at(f"{MONDAY}T10:00")
    assert hq.ledger() == []
    hq.journal(hq.sale(who, f"{MONDAY}T10:05:00", 1))
    hq.evaluate()
    hq.journal(hq.sale(who, f"{MONDAY}T10:06:00", 8_000))
    hq.evaluate()
    assert hq.ledger() == [("target_instant", who, MONDAY, 5000)]
    (row,) = hq.outcomes("target_instant").values()
    assert row.account == "instant"
    assert "您今日完成业绩目标,获得50元奖励" in hq.told()
