"""The shipped rules against the seed's numbers, and the laws of deciding."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud_receiver.domain.documents import Cap, Effect, Grant, Rule, Scope
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.outcomes import Account, Outcome, Text
from cloud_receiver.domain.rules import Rulebook, decide, failed_examples
from cloud_receiver.domain.tallies import AT_FIRST, DayMark, tallies
from cloud_receiver.store.rulebook import shipped_rules
from sync.money import portion_fen

VECTORS = Path(__file__).resolve().parents[5] / "shared/vectors/incentive_cases.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
SHIPPED = {rule.id: rule for rule in shipped_rules()}
BOOK = Rulebook(list(SHIPPED.values()))
TEMPLATES = {
    "A": SHIPPED["late_after_grace"],
    "B": SHIPPED["late_standard"],
    "supermarket": SHIPPED["late_supermarket"],
}
ELSEWHERE = {
    "composite": "test_scores_and_ranks.py",
    "rank": "test_scores_and_ranks.py",
    "rank_bottom": "test_scores_and_ranks.py",
    "longterm": "test_scores_and_ranks.py",
    "cap": "tests/integration/ledger/test_law.py",
    "adjust": "test_ledger.py",
}
MARKS = {
    "ok": DayMark(scheduled=True, full_attendance=True),
    "rest": DayMark(scheduled=False, full_attendance=False),
    "approved_leave": DayMark(scheduled=True, full_attendance=False, on_leave=True),
    "missing_out": DayMark(scheduled=True, full_attendance=False, missing_card=True),
}
DAY: dict[str, FactValue] = {
    "employee_id": "E1",
    "work_date": "2026-11-02",
    "store_id": "S1",
    "scene": "convenience",
    "final": True,
    "scheduled": True,
    "subsidy_fen": 10_000,
}


def _of_kind(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == kind]


def _only(rule: Rule) -> Rulebook:
    return Rulebook([msgspec.structs.replace(rule, effective_from="2020-01-01")])


def _amounts(outcomes: list[Outcome]) -> dict[str, int]:
    return {outcome.rule_id: outcome.amount_fen for outcome in outcomes}


def test_every_case_is_taken_here_or_named_elsewhere() -> None:
    here = {"late_tier", "streak", "combo"}
    assert {case["kind"] for case in CASES} == here | set(ELSEWHERE)


@pytest.mark.parametrize("case", _of_kind("late_tier"))
def test_late_tiers_take_what_the_case_says(case: dict[str, Any]) -> None:
    """Minutes late are the judge's to count; here they are given."""
    given, expected = case["input"], case["expected"]
    facts = DAY | {
        "scene": "supermarket",
        "late_min": expected["late_min"],
        "subsidy_fen": given["day_subsidy_fen"],
    }
    outcomes = decide(_only(TEMPLATES[given["template"]]), [facts])
    assert sum(outcome.amount_fen for outcome in outcomes) == expected["amount_fen"]
    assert len(outcomes) == (expected["late_min"] > 0)  # nothing late, nothing to say


@pytest.mark.parametrize("case", _of_kind("streak"))
def test_a_run_is_paid_once_each_ten_days(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    days = given.get("days") or ["ok"] * given["clean_days"]
    run = [(f"2026-11-{number:02d}", MARKS[kind]) for number, kind in enumerate(days, start=1)]
    said = [
        _amounts(decide(BOOK, [DAY | {"full_attendance": mark.full_attendance, **tally._asdict()}]))
        for (_, mark), tally in zip(run, tallies(AT_FIRST, run), strict=True)
    ]
    paid = [amounts.get("clean_run_10", 0) for amounts in said]
    if "days" in given:
        assert (sum(paid) == 5000) is expected["awarded"]
    else:
        assert paid[-1] == expected["amount_fen_on_last_day"]
        assert sum(paid) == given["clean_days"] // given["target"] * 5000


@pytest.mark.parametrize("case", _of_kind("combo"))
def test_full_attendance_without_the_target_earns_nothing(case: dict[str, Any]) -> None:
    achievement_bp = case["input"]["sales_pct_bp"]
    facts = DAY | {
        "full_attendance": case["input"]["full_attendance"],
        "achievement_bp": achievement_bp,
        "target_met": achievement_bp >= 10_000,
    }
    assert sum(_amounts(decide(BOOK, [facts])).values()) == case["expected"]["amount_fen"]


@pytest.mark.parametrize(
    ("template", "late_min", "amount_fen"),
    [("B", 20, -1000), ("A", 15, -1000), ("supermarket", 20, 0)],
)
def test_the_seeds_twenty_minutes(template: str, late_min: int, amount_fen: int) -> None:
    """20 minutes after the start; template A's shift counts them after a grace of 5."""
    facts = DAY | {"scene": "supermarket", "late_min": late_min}
    (outcome,) = decide(_only(TEMPLATES[template]), [facts])
    assert outcome.amount_fen == amount_fen


def test_the_seeds_message_and_its_way_back_to_the_records() -> None:
    evidence = {("E1", "2026-11-02"): {"punches": ["r1", "r2"]}}
    (outcome,) = decide(BOOK, [DAY | {"late_min": 20}], evidence)
    why = outcome.explanation
    assert why.message.zh == "2026-11-02 您今日迟到20分钟,扣减10%补贴(10.00元)"
    assert (outcome.rule_id, outcome.row_id) == ("late_standard", "serious_late")
    assert outcome.account is Account.SUBSIDY
    assert why.formula == "subsidy_fen 10000 x 1000 / 10000 = 1000 fen"
    assert (why.facts["late_min"], why.facts["subsidy_fen"]) == (20, 10_000)
    assert why.evidence == {"punches": ("r1", "r2")}
    assert why.reason is None
    assert why == type(why).from_json(why.to_json())


def test_an_instant_award_does_not_wait_for_the_result() -> None:
    (outcome,) = decide(BOOK, [DAY | {"final": False, "target_met": True, "late_min": 0}])
    assert (outcome.rule_id, outcome.amount_fen) == ("target_instant", 5000)
    assert outcome.account is Account.INSTANT
    assert outcome.explanation.message.zh == "2026-11-02 您今日完成业绩目标,获得50元奖励"


def test_lateness_is_told_at_the_door_and_does_not_wait_for_the_result() -> None:
    (outcome,) = decide(BOOK, [DAY | {"final": False, "late_min": 20}])
    assert (outcome.rule_id, outcome.amount_fen) == ("late_standard", -1000)


@pytest.mark.parametrize("rule", SHIPPED.values(), ids=SHIPPED)
def test_the_examples_of_a_shipped_rule_hold(rule: Rule) -> None:
    assert rule.examples
    assert failed_examples(rule) == []


def test_a_wrong_example_is_found() -> None:
    rule = SHIPPED["late_standard"]
    wrong = msgspec.structs.replace(rule.examples[0], expect=None)
    assert failed_examples(msgspec.structs.replace(rule, examples=(wrong,)))


def test_in_a_group_the_highest_priority_wins_and_the_others_say_so() -> None:
    facts = DAY | {"full_attendance": True, "clean_streak_days": 10, "target_met": True}
    outcomes = {outcome.rule_id: outcome for outcome in decide(BOOK, [facts])}
    assert outcomes["clean_run_10"].amount_fen == 5000
    assert outcomes["target_instant"].amount_fen == 5000  # another group: amounts add
    loser = outcomes["full_attendance_target"]
    assert loser.amount_fen == 0
    assert loser.explanation.gross_fen == 5000
    assert loser.explanation.reason is not None
    assert loser.explanation.reason.code == "superseded"


def test_a_supermarket_is_judged_by_its_own_tiers() -> None:
    outcomes = decide(BOOK, [DAY | {"scene": "supermarket", "late_min": 31}])
    assert _amounts(outcomes) == {"late_supermarket": -2000, "late_standard": 0}


def _fine(rule_id: str, amount_fen: int, **changes: Any) -> Rule:
    """Return a deduction for being late that stands outside every group."""
    rule = SHIPPED["late_standard"]
    text = Text(zh="迟到", en="late")
    row = msgspec.structs.replace(
        rule.rows[0], when={}, outcome=Grant(amount_fen=amount_fen), text=text
    )
    return msgspec.structs.replace(
        rule, id=rule_id, group=None, rows=(row,), examples=(), **changes
    )


def test_deductions_of_a_day_never_exceed_its_subsidy() -> None:
    rules = [_fine("first", 7_000, priority=2), _fine("second", 5_000), _fine("third", 100)]
    book = Rulebook([msgspec.structs.replace(rule, priority=3 - n) for n, rule in enumerate(rules)])
    first, second, third = decide(book, [DAY])
    assert [first.amount_fen, second.amount_fen, third.amount_fen] == [-7_000, -3_000, 0]
    (cap,) = second.explanation.caps
    assert (cap.cap, cap.limit_fen, cap.suppressed_fen) == ("day_floor", 10_000, 2_000)
    assert third.explanation.reason is not None
    assert third.explanation.reason.code == "day_floor"


def test_a_rules_own_cap_holds_and_is_named() -> None:
    capped = _fine("capped", 7_000, cap=Cap(amount_fen=4_000))
    (outcome,) = decide(Rulebook([capped]), [DAY])
    assert outcome.amount_fen == -4_000
    assert outcome.explanation.caps[0].suppressed_fen == 3_000
    by_fact = _fine("capped", 7_000, cap=Cap(fact="sales_fen"))
    (outcome,) = decide(Rulebook([by_fact]), [DAY | {"sales_fen": -5}])
    assert outcome.amount_fen == 0
    assert outcome.explanation.reason is not None
    assert outcome.explanation.reason.code == "rule_cap"


def test_a_day_without_subsidy_has_nothing_to_take() -> None:
    (outcome,) = decide(BOOK, [DAY | {"late_min": 20, "subsidy_fen": 0}])
    assert outcome.amount_fen == 0
    assert outcome.explanation.reason is not None
    assert outcome.explanation.reason.code == "nothing_due"


def test_the_version_in_force_on_the_work_date_decides() -> None:
    old = _fine("fine", 100)
    new = _fine("fine", 200, version=2)
    new = msgspec.structs.replace(new, effective_from="2026-11-03", effective_to="2026-11-05")
    book = Rulebook([new, old])
    dates = ["2019-12-31", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"]
    outcomes = decide(book, [DAY | {"work_date": date} for date in reversed(dates)])
    said = {one.work_date: (one.rule_version, one.amount_fen) for one in outcomes}
    assert said == {
        "2026-11-02": (1, -100),
        "2026-11-03": (2, -200),
        "2026-11-04": (2, -200),
        "2026-11-05": (1, -100),
    }


def test_a_store_outside_the_scope_is_not_touched() -> None:
    rule = _fine("fine", 100, scope=Scope(stores=("S2",)))
    assert decide(Rulebook([rule]), [DAY]) == []
    assert len(decide(Rulebook([rule]), [DAY | {"store_id": "S2"}])) == 1


def test_the_formula_rounds_like_the_house() -> None:
    rule = SHIPPED["late_standard"]
    chance = random.Random(11)
    for _ in range(40):
        base_fen, rate_bp = chance.randint(0, 10**13), chance.randint(1, 10_000)
        grant = Grant(rate_bp=rate_bp, of="subsidy_fen")
        row = msgspec.structs.replace(rule.rows[0], when={}, outcome=grant)
        taken = msgspec.structs.replace(rule, rows=(row,), examples=())
        (outcome,) = decide(Rulebook([taken]), [DAY | {"subsidy_fen": base_fen}])
        assert -outcome.amount_fen == portion_fen(base_fen, rate_bp, deduction=True)
        given = msgspec.structs.replace(taken, effect=Effect.REWARD, account=Account.PENDING)
        (outcome,) = decide(Rulebook([given]), [DAY | {"subsidy_fen": base_fen}])
        assert outcome.amount_fen == portion_fen(base_fen, rate_bp, deduction=False)
