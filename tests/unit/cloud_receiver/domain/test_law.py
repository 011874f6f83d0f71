"""The law's limits by the decided cases, and the shipped law files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloud_receiver.domain.law import (
    Deduction,
    DeductionRule,
    Jurisdiction,
    MinimumWage,
    Mode,
    month_limit,
    month_rulings,
    parse_jurisdiction,
)
from cloud_receiver.domain.outcomes import Text
from sync.errors import DakaError
from sync.places import config_dir

VECTORS = Path(__file__).resolve().parents[5] / "shared/vectors/incentive_cases.json"
CASES = {case["id"]: case for case in json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]}
NAME = Text("某地", "a place")


def _law(case: dict[str, Any]) -> Jurisdiction:
    if case.get("jurisdiction") == "forbid_fines":
        return Jurisdiction("x", NAME, "", (DeductionRule("2020-01-01", Mode.FORBID),), ())
    share = DeductionRule("2020-01-01", Mode.SHARE, case["cap_bp"])
    return Jurisdiction("x", NAME, "", (share,), (MinimumWage("2020-01-01", case["min_wage_fen"]),))


@pytest.mark.parametrize("case_id", ["inc-071", "inc-072", "inc-073"])
def test_decided_cases(case_id: str) -> None:
    case = CASES[case_id]
    given, expected = case["input"], case["expected"]
    limit = month_limit(_law(given), "2026-11", given.get("month_wage_fen"))
    asked_fen = given["deductions_fen"]
    rulings = month_rulings([Deduction("2026-11-23", "one", asked_fen)], limit)
    deferred_fen = sum(one.deferred_fen for one in rulings.values())
    is_wage = limit.limit_fen is not None  # else it is the subsidy that is not granted
    found = {
        "applied_fen": asked_fen - deferred_fen if is_wage else 0,
        "deferred_fen": deferred_fen,
        "as_unearned_allowance_fen": 0 if is_wage else asked_fen,
    }
    assert {name: found[name] for name in expected} == expected


def test_the_rule_in_force_on_the_months_last_day_counts() -> None:
    rules = (
        DeductionRule("2020-01-01", Mode.SHARE, 2000),
        DeductionRule("2026-11-30", Mode.FORBID),
    )
    law = Jurisdiction("x", NAME, "", rules, ())
    assert month_limit(law, "2026-10", 100_000).limit_fen == 20_000
    assert month_limit(law, "2026-11", 100_000).limit_fen is None
    assert month_limit(law, "2019-12", 100_000).limit_fen is None


def test_a_wage_below_the_minimum_leaves_no_room() -> None:
    law = _law({"cap_bp": 2000, "min_wage_fen": 249_000})
    assert month_limit(law, "2026-11", 200_000).limit_fen == 0


def test_an_unknown_wage_is_not_guessed() -> None:
    limit = month_limit(_law({"cap_bp": 2000, "min_wage_fen": 1}), "2026-11", None)
    assert limit.limit_fen is None
    assert "未登记月工资" in limit.note.zh


def test_deductions_are_taken_by_date_whatever_order_they_are_given_in() -> None:
    law = _law({"cap_bp": 2000, "min_wage_fen": 0})
    limit = month_limit(law, "2026-11", 50_000)
    days = [Deduction(f"2026-11-0{day}", f"late/E1/2026-11-0{day}", 4000) for day in (3, 1, 2)]
    rulings = month_rulings(days, limit)
    assert {key: one.deferred_fen for key, one in rulings.items()} == {"late/E1/2026-11-03": 2000}


def test_the_shipped_laws_can_be_read_and_name_their_sources() -> None:
    paths = sorted((config_dir() / "law").glob("*.toml"))
    laws = [parse_jurisdiction(path.read_text(encoding="utf-8"), path.name) for path in paths]
    assert {law.id for law in laws} >= {"cn", "guangdong", "jiangsu", "shenzhen"}
    assert all(law.source and law.name.zh and law.name.en for law in laws)


_EMPTY = 'id = "x"\nname = {zh = "", en = ""}\nsource = ""\nminimum_wage = []\n'
_TWICE = '[[deduction]]\nfrom = "2020-01-01"\nmode = "share"\ncap_bp = 20000'


@pytest.mark.parametrize("text", ["", "id = 1", f"{_EMPTY}deduction = []", _EMPTY + _TWICE])
def test_a_law_file_that_makes_no_sense_is_refused_by_name(text: str) -> None:
    with pytest.raises(DakaError, match=r"bad\.toml"):
        parse_jurisdiction(text, "bad.toml")
