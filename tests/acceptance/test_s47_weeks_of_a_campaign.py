"""S47: inside a campaign each week stands for itself: penalised in the first, rewarded in the second."""

from __future__ import annotations

from cloud_receiver.store import budgets, campaign_review
from tests.acceptance.conftest import Play


def test_s47_the_first_week_costs_and_the_second_pays(hq: Play) -> None:
    (who,) = hq.people(1)
    one = hq.campaign([who], days=10)
    hq.day(who, 0, came="09:10")
    hq.day(who, 8, sold_fen=12_000)
    hq.finish(10)
    first, second = hq.reading(lambda c: campaign_review.by_week(c, one))
    assert (first.amount_fen, first.late_count, first.latest) == (-1000, 1, {who: 1})
    assert second.amount_fen == 10_000  # full attendance with the target, and at once
    assert (second.late_count, second.latest) == (0, {})
    spent_fen = hq.reading(lambda c: budgets.spent_fen(c, one))
    assert (
        spent_fen == sum(it.amount_fen for it in hq.reading(lambda c: budgets.rewards(c, one))) > 0
    )
