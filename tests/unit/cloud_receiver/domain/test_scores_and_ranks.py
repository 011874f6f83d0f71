"""Composite scores, ranks, ties, joiners and budgets against the cases and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from cloud_receiver.domain.budgets import Budget, Share, limited
from cloud_receiver.domain.campaigns import Campaign, is_ranked, standings, weeks
from cloud_receiver.domain.clauses import End, Pool, Rounding, Ties
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.ranking import is_chosen
from cloud_receiver.domain.rules import Rulebook, decide_closing
from cloud_receiver.domain.scores import Missing, Scoring
from cloud_receiver.store.rulebook import shipped_rules

SHARED = Path(__file__).resolve().parents[5] / "shared/vectors/incentive_cases.json"
CASES = json.loads(SHARED.read_text(encoding="utf-8"))["cases"]
BOOK = Rulebook(list(shipped_rules()))
TEN_DAYS = Campaign(
    campaign_id="c", name="十天卖货", first_date="2026-11-23", last_date="2026-12-02"
)


def _of_kind(*kinds: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] in kinds]


@pytest.mark.parametrize("case", _of_kind("rank", "rank_bottom"))
def test_rank_cases(case: dict[str, Any]) -> None:
    told, expected = case["input"], case["expected"]
    pool = Pool(
        by="period_score_milli",
        share_bp=told["share_bp"],
        end=End.BOTTOM if case["kind"] == "rank_bottom" else End.TOP,
        rounding=Rounding(told.get("round", "ceil")),
        ties=Ties(told.get("ties", "include")),
        min_people=told.get("min_population", 5),
    )
    scores = {"campaign_id": ["c"] * len(told["scores"]), "period_score_milli": told["scores"]}
    chosen = nw.from_native(pl.DataFrame(scores)).filter(is_chosen(pool))
    assert len(chosen) == expected.get("winners", expected.get("selected"))


def test_ties_are_broken_by_the_second_fact() -> None:
    pool = Pool(
        by="period_score_milli", share_bp=2000, ties=Ties.BREAK, break_by="period_sales_fen"
    )
    people = {
        "campaign_id": ["c"] * 7,
        "period_score_milli": [95, 90, 90, 88, 80, 70, 70],
        "period_sales_fen": [1, 5, 6, 9, 9, 9, 9],
    }
    chosen = nw.from_native(pl.DataFrame(people)).filter(is_chosen(pool)).to_native()
    assert chosen["period_sales_fen"].to_list() == [1, 6]


def _days(who: str, **facts: FactValue) -> list[dict[str, FactValue]]:
    plain: dict[str, FactValue] = {
        "employee_id": who, "work_date": "2026-12-02", "store_id": "S1", "scheduled": True,
        "full_attendance": True, "target_fen": 100_000, "sales_fen": 100_000,
    }  # fmt: skip
    return [plain | facts]


def _score(scoring: Scoring, *days: dict[str, FactValue]) -> FactValue:
    campaign = Campaign(
        campaign_id="c", name="", first_date="2026-12-02", last_date="2026-12-02", scoring=scoring
    )
    return standings(campaign, ["E1"], days)["E1"].facts["period_score_milli"]


@pytest.mark.parametrize("case", _of_kind("composite"))
def test_composite_cases(case: dict[str, Any]) -> None:
    told = case["input"]
    attendance, sales, feedback = told["weights"]
    scoring = Scoring(attendance, sales, feedback, sales_cap=told["cap"], min_feedbacks=1)
    lost = (100 - told["attendance"]) // scoring.anomaly_points
    assert not lost, "the case has full attendance"
    day = _days(
        "E1", sales_fen=told["sales"] * 1000, feedback_count=1,
        feedback_sum_milli=told["feedback"] * 1000,
    )  # fmt: skip
    assert _score(scoring, *day) == case["expected"]["score_milli"]


def test_uncapped_sales_may_carry_the_score_beyond_a_hundred() -> None:
    scoring = Scoring(sales_cap=None, min_feedbacks=1)
    day = _days("E1", sales_fen=120_000, feedback_count=1, feedback_sum_milli=80_000)
    assert _score(scoring, *day) == 106_000


@pytest.mark.parametrize(
    ("missing", "score_milli"), [(Missing.REWEIGHT, 100_000), (Missing.NEUTRAL, 96_000)]
)
def test_missing_feedback_is_left_out_or_neutral_as_declared(missing, score_milli) -> None:
    assert _score(Scoring(missing=missing), *_days("E1")) == score_milli


def test_few_ratings_are_filled_up_with_the_mean_of_the_store() -> None:
    one_bad = _days("E1", feedback_count=1, feedback_sum_milli=10_000)
    many_good = _days("E2", feedback_count=9, feedback_sum_milli=890_000)
    # store mean 900 000 / 10 = 90 000; (10 000 + 2 x 90 000) / 3 = 63 333
    assert _score(Scoring(0, 0, 20), *one_bad, *many_good) == 63_333


def test_each_anomaly_costs_points_and_never_below_nothing() -> None:
    late = _days("E1", late_min=5, full_attendance=False)
    assert _score(Scoring(1, 0, 0), *late) == 90_000
    assert _score(Scoring(1, 0, 0, anomaly_points=100), *late) == 0


@pytest.mark.parametrize("case", _of_kind("longterm"))
def test_longterm_cases(case: dict[str, Any]) -> None:
    count = case["input"]["late_count"]
    facts: dict[str, FactValue] = {
        "employee_id": "E1", "work_date": "2026-12-02", "campaign_id": "c",
        "period_late_count": count,
    }  # fmt: skip
    points = [one.half_points for one in decide_closing(BOOK, [facts])]
    assert points == [case["expected"]["score_half_points"]]


def test_who_joins_late_is_not_compared() -> None:
    assert is_ranked(TEN_DAYS, "2026-11-27")  # six of ten days
    assert not is_ranked(TEN_DAYS, "2026-11-28")  # five are not more than half
    days = [day for who in ("E1", "E2") for day in _days(who)]
    found = standings(TEN_DAYS, ["E1"], days)
    assert (found["E1"].place, found["E1"].people, found["E2"].place) == (1, 1, 0)


def test_a_campaign_is_seen_by_weeks_from_its_first_date() -> None:
    assert weeks(TEN_DAYS) == [("2026-11-23", "2026-11-29"), ("2026-11-30", "2026-12-02")]


def _rewards() -> list[Any]:
    people = [
        {"employee_id": f"E{n}", "work_date": "2026-12-02", "campaign_id": "c",
         "period_score_milli": 90_000}
        for n in range(5)
    ]  # fmt: skip
    return [one for one in decide_closing(BOOK, people) if one.rule_id == "composite_top"]


@pytest.mark.parametrize(
    ("share", "spent_fen", "amounts"),
    [
        (Share.PRO_RATA, 0, [10_000] * 5),
        (Share.PRO_RATA, 20_000, [6_000] * 5),
        (Share.FIRST_COME, 25_000, [10_000, 10_000, 5_000, 0, 0]),
        (Share.PRO_RATA, 60_000, [0] * 5),
    ],
)
def test_a_budget_is_never_exceeded_and_says_what_it_held_back(share, spent_fen, amounts) -> None:
    served = limited(_rewards(), Budget(50_000, share), spent_fen)
    assert [one.amount_fen for one in served] == amounts
    for one in served:
        held_back = sum(cap.suppressed_fen for cap in one.explanation.caps)
        assert one.amount_fen + held_back == 10_000
        assert (one.explanation.reason is None) == (one.amount_fen > 0)
