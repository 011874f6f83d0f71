"""Counts, rolling runs, scopes, the double-punishment guard, and back-tests in portions."""

from __future__ import annotations

from typing import Any

import msgspec
import narwhals as nw
import polars as pl
import pytest

from cloud_receiver.domain import backtest
from cloud_receiver.domain.documents import Effect, Grain, Grant, Leave, Rule, Run, Scope
from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.domain.histories import with_history
from cloud_receiver.domain.outcomes import Account, Outcome
from cloud_receiver.domain.rules import Rulebook, decide
from cloud_receiver.store.rulebook import shipped_rules
from tests.unit.cloud_receiver.domain.test_rule_frames import random_history

SHIPPED = {rule.id: rule for rule in shipped_rules()}
LATE, RUN = SHIPPED["late_standard"], SHIPPED["clean_run_10"]
DAY: dict[str, FactValue] = {
    "employee_id": "E1", "work_date": "2026-11-02", "store_id": "S1", "scene": "community",
    "final": True, "scheduled": True, "subsidy_fen": 10_000,
}  # fmt: skip
OFTEN = msgspec.structs.replace(
    LATE, id="often", grain=Grain.COUNT, counts="late_month_count", every=3, group=None,
    effect=Effect.NEUTRAL, account=Account.PENDING, cap=None, examples=(),
    rows=(msgspec.structs.replace(LATE.rows[0], when={}, outcome=Grant(half_points=-1)),),
)  # fmt: skip


def _said(rules: list[Rule], **facts: FactValue) -> dict[str, Outcome]:
    return {one.rule_id: one for one in decide(Rulebook(rules), [DAY | facts])}


@pytest.mark.parametrize(
    ("count", "late_min", "speaks"), [(2, 5, False), (3, 5, True), (3, 0, False), (6, 5, True)]
)
def test_a_count_speaks_every_third_time_on_the_very_day(count, late_min, speaks) -> None:
    said = _said([OFTEN], late_month_count=count, late_min=late_min)
    assert ("often" in said) is speaks


def test_an_act_that_cost_money_is_not_punished_again_unless_hr_says_so() -> None:
    spared = _said([LATE, OFTEN], late_month_count=3, late_min=5)
    assert (spared["late_standard"].amount_fen, spared["often"].half_points) == (-1000, 0)
    reason = spared["often"].explanation.reason
    assert reason is not None
    assert reason.code == "punished_already"
    free = _said([LATE, OFTEN], late_month_count=3, late_min=90)  # this lateness cost nothing
    assert free["often"].half_points == -1
    ticked = msgspec.structs.replace(OFTEN, repeats_punishment=True)
    assert _said([LATE, ticked], late_month_count=3, late_min=5)["often"].half_points == -1


def test_a_rolling_run_pays_every_day_and_a_strict_one_knows_leave() -> None:
    clean: dict[str, Any] = {"full_attendance": True, "clean_streak_days": 11}
    rolling = msgspec.structs.replace(RUN, run=Run.ROLLING)
    assert set(_said([rolling], **clean)) == {"clean_run_10"}
    assert _said([RUN], **clean) == {}
    strict = msgspec.structs.replace(RUN, leave=Leave.BREAK)
    assert _said([strict], **clean | {"clean_streak_days": 10}) == {}
    assert set(_said([strict], **clean | {"clean_streak_strict_days": 10})) == {"clean_run_10"}


@pytest.mark.parametrize(
    ("scope", "fact"),
    [
        (Scope(campaigns=("c",)), {"campaign_id": "c"}),
        (Scope(teams=("t",)), {"team": "t"}),
        (Scope(employees=("E1",)), {"employee_id": "E1"}),
        (Scope(stores=("S9",)), {"store_id": "S9"}),
    ],
)
def test_a_rule_holds_for_whom_it_names(scope: Scope, fact: dict[str, FactValue]) -> None:
    rule = msgspec.structs.replace(LATE, scope=scope)
    assert _said([rule], late_min=5, **fact)
    (name,) = fact
    assert not _said([rule], late_min=5, **{name: "another"})


def test_a_tag_comes_with_the_money_and_not_when_another_rule_goes_first() -> None:
    facts = {"full_attendance": True, "clean_streak_days": 10}
    tag = _said([RUN], **facts)["clean_run_10"].tag
    assert tag is not None
    assert tag.zh == "全勤"
    stronger = msgspec.structs.replace(RUN, id="stronger", priority=99)
    assert _said([RUN, stronger], **facts)["clean_run_10"].tag is None


def test_a_back_test_in_portions_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Rulebook(list(SHIPPED.values()))
    days = with_history(nw.from_native(random_history(seed=3))).to_native()
    lacking = set(backtest.facts_needed(book)) - set(days.columns)
    days = days.with_columns(*[pl.lit(CATALOGUE[one].default).alias(one) for one in lacking])
    days = days.with_columns(pl.lit(value=True).alias("final")).cast({pl.Int32: pl.Int64})
    whole = backtest.totals(book, [days])
    monkeypatch.setattr(backtest, "PORTION_DAYS", 70)  # not a multiple of a person's days
    portions = list(backtest.by_people(days))
    assert len(portions) > 3
    assert all(len(set(one["employee_id"])) * 28 == len(one) for one in portions)
    assert backtest.totals(book, portions) == whole
    assert sum(one.days for one in whole.values()) > 0
