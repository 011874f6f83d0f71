"""What closing rules would say, told of the first alone, is what they say of everybody."""

from __future__ import annotations

import random

import polars as pl
import pytest

from cloud_receiver.domain.budgets import Budget, Share, limited
from cloud_receiver.domain.foresight import Foreseen, foresee
from cloud_receiver.domain.rules import Rulebook, decide_closing
from cloud_receiver.store.rulebook import shipped_rules

BOOK = Rulebook(list(shipped_rules()))
LAST = "2026-11-28"
BUDGETS = (None, Budget(10_000_000), Budget(25_000), Budget(25_000, Share.FIRST_COME), Budget(0))


def _members() -> pl.DataFrame:
    """Return thirty people as they may stand, equal scores among them, the first first."""
    chance = random.Random(5)
    rows = [
        {
            "employee_id": f"E{number:02}", "work_date": LAST, "campaign_id": "c", "store_id": "S1",
            "period_score_milli": chance.choice((60, 70, 80, 90)) * 1_000 + number % 3,
            "period_late_count": chance.choice((0, 0, 5)), "period_days": 6,
        }
        for number in range(30)
    ]  # fmt: skip
    return pl.DataFrame(rows).sort("period_score_milli", descending=True)


def _foreseen(budget: Budget | None, shown: int) -> Foreseen:
    return foresee(BOOK.closing(LAST), _members(), budget, 4_000, shown)


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_what_is_foreseen_is_what_is_decided(budget: Budget | None) -> None:
    decided = decide_closing(BOOK, _members().to_dicts())
    if budget is not None:
        decided = limited(decided, budget, 4_000)
    found = _foreseen(budget, 100)
    assert {one.rule_id for one in decided} >= {"composite_top", "longterm_late"}
    assert sorted(found.outcomes, key=lambda one: one.outcome_key) == decided
    assert found.reward_fen == sum(max(0, one.amount_fen) for one in decided)
    few = _foreseen(budget, 2)
    assert (few.people, few.reward_fen) == (found.people, found.reward_fen)
    for rule_id, people in found.people.items():
        every, first = (
            [one for one in of.outcomes if one.rule_id == rule_id] for of in (found, few)
        )
        assert len(every) == people
        assert first == every[:2]


def test_of_nobody_nothing_is_foreseen() -> None:
    nobody = foresee(BOOK.closing(LAST), _members().clear(), Budget(5), 0, 9)
    assert nobody == Foreseen((), {}, 0)
