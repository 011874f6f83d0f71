"""Every decided case of rewards and penalties has a test; lateness is judged from seconds."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cloud_receiver.domain.attendance import Policy, Tap, judge
from cloud_receiver.domain.rules import decide
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import LateBasis, Shift, local_to_utc_ms
from tests.unit.cloud_receiver.domain import (
    test_law,
    test_ledger,
    test_rules,
    test_scores_and_ranks,
)

SHARED = Path(__file__).resolve().parents[5] / "shared/vectors/incentive_cases.json"
CASES = json.loads(SHARED.read_text(encoding="utf-8"))["cases"]
DATE, ZONE = "2026-11-02", "Asia/Shanghai"
GRACE_MIN = {"A": 5}
"""What a template forgives; the other two say in their rows what costs nothing."""


def _taken_by(module: ModuleType) -> set[str]:
    """Return the ids that the tests of a module are run with or name."""
    tests = [one for name, one in vars(module).items() if name.startswith("test_")]
    marks = [mark for one in tests for mark in getattr(one, "pytestmark", [])]
    params = [one for mark in marks if mark.name == "parametrize" for one in mark.args[1]]
    ids = [getattr(one, "id", one) for one in params]
    named = [name for one in tests for name in re.findall(r"inc-\d{3}", inspect.getsource(one))]
    return {one for one in [*ids, *named] if isinstance(one, str) and one.startswith("inc-")}


def test_every_case_is_taken_by_its_id() -> None:
    modules = (test_rules, test_scores_and_ranks, test_ledger, test_law)
    taken = set().union(*map(_taken_by, modules))
    assert taken == {case["id"] for case in CASES}
    assert len(taken) == len(CASES) == 49


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=one["id"]) for one in CASES if one["kind"] == "late_tier"]
)
def test_seconds_after_the_start_become_minutes_and_fen(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    template = given["template"]
    shift = Shift(
        shift_id="s", store_id="S1", zone=ZONE, start="09:00", end="18:00",
        grace_min=GRACE_MIN.get(template, 0), late_basis=LateBasis.AFTER_GRACE,
    )  # fmt: skip
    subsidy_fen = given["day_subsidy_fen"]
    day = RosterDay(
        work_date=DATE, store_id="S1", zone=ZONE, shifts=(shift,), subsidy_fen=subsidy_fen
    )
    start_utc_ms = local_to_utc_ms(f"{DATE}T09:00:00", ZONE)
    came_utc_ms = start_utc_ms + given["seconds_after_start"] * 1000
    result = judge(
        day, {DATE: day}, [Tap(came_utc_ms, "r1", "S1", ZONE)],
        as_of_utc_ms=came_utc_ms, complete_utc_ms={}, policy=Policy(),
    )  # fmt: skip
    assert result.late_min == expected["late_min"]
    facts = test_rules.DAY | {
        "scene": "supermarket", "late_min": result.late_min, "subsidy_fen": subsidy_fen,
    }  # fmt: skip
    rulebook = test_rules._only(test_rules.TEMPLATES[template])
    said = decide(rulebook, [facts])
    assert sum(one.amount_fen for one in said) == expected["amount_fen"]
