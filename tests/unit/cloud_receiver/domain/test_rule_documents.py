"""What a rule document may say, and that it is refused with a sentence a person can use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_receiver.domain.documents import RuleError, parse_rule

SOUND: dict[str, Any] = {
    "id": "late",
    "version": 1,
    "name": {"zh": "迟到", "en": "late"},
    "grain": "day",
    "effect": "deduction",
    "account": "subsidy",
    "when": {"final": True},
    "rows": [
        {
            "id": "any",
            "when": {"late_min": {"range": [0, None]}, "scene": {"in": ["a", "b"]}},
            "outcome": {"rate_bp": 1000, "of": "subsidy_fen"},
            "text": {"zh": "迟到", "en": "late"},
        }
    ],
    "message": {"zh": "{work_date} 迟到{late_min}分钟", "en": "{work_date}: {late_min} minutes"},
    "effective_from": "2026-01-01",
}


def _row(**changes: Any) -> dict[str, Any]:
    return {"rows": [SOUND["rows"][0] | changes]}


def _condition(name: str, condition: Any) -> dict[str, Any]:
    return _row(when={name: condition})


def test_a_sound_rule_is_read_and_written_alike() -> None:
    rule = parse_rule(json.dumps(SOUND))
    assert parse_rule(rule.to_json()) == rule


REFUSED = {
    "unknown key": ({"amuont": 1}, "unknown field `amuont`"),
    "unknown grain": ({"grain": "hourly"}, "hourly"),
    "unknown fact": (_condition("lateness", {">=": 1}), "lateness: no such fact"),
    "unknown operator": (_condition("late_min", {">": 1}), "unknown field `>`"),
    "two operators": (_condition("late_min", {">=": 1, "=": 2}), "exactly one"),
    "no operator": (_condition("late_min", {}), "exactly one"),
    "text for an int": (_condition("late_min", {"=": "1"}), "late_min: is int"),
    "int for a text": (_condition("scene", {"in": [1]}), "scene: is text"),
    "order of a text": (_condition("scene", {">=": 1}), "has no order"),
    "truth of an int": (_condition("late_min", True), "not true or false"),
    "operator on a bool": (_condition("final", {"=": 1}), "takes no operator"),
    "empty choice": (_condition("scene", {"in": []}), "names no value"),
    "empty range": (_condition("late_min", {"range": [5, 5]}), "is empty"),
    "boundless range": (_condition("late_min", {"range": [None, None]}), "no bound"),
    "a float": (_condition("late_min", {">=": 1.5}), "Expected `int"),
    "not final": ({"when": {}}, '"final": true'),
    "every without streak": ({"every": 10}, "only a streak rule and a count rule"),
    "streak without every": ({"grain": "streak"}, "number of days"),
    "streak on rest days": ({"grain": "streak", "every": 10}, "full_attendance"),
    "wage deduction": ({"account": "pending"}, "wages are never touched"),
    "award from subsidy": ({"effect": "reward"}, "wages are never touched"),
    "two outcomes": (_row(outcome={"amount_fen": 1, "none": SOUND["name"]}), "exactly one of"),
    "rate of nothing": (_row(outcome={"rate_bp": 1}), "belong together"),
    "rate of minutes": (_row(outcome={"rate_bp": 1, "of": "late_min"}), "no money fact"),
    "more than all": (_row(outcome={"rate_bp": 10_001, "of": "subsidy_fen"}), "1 to 10000"),
    "a signed amount": (_row(outcome={"amount_fen": -1}), "gives the sign"),
    "empty cap": ({"cap": {}}, "neither"),
    "cap of minutes": ({"cap": {"fact": "late_min"}}, "no money fact"),
    "no rows": ({"rows": []}, "0 rows"),
    "twin rows": ({"rows": SOUND["rows"] * 2}, "same id"),
    "hit policy": ({"hit": "all"}, 'only policy is "first"'),
    "a slash in the id": ({"id": "a/b"}, "use a-z"),
    "version 0": ({"version": 0}, "count from 1"),
    "no such date": ({"effective_from": "2026-02-30"}, "YYYY-MM-DD"),
    "ends before it begins": ({"effective_to": "2026-01-01"}, "after effective_from"),
    "message without date": ({"message": {"zh": "x", "en": "x"}}, "add {work_date}"),
    "message with a wish": (
        {"message": {"zh": "{work_date}{__class__}", "en": "{work_date}"}},
        "{__class__} is unknown",
    ),
    "example of a fact": ({"examples": [{"facts": {"x": 1}, "expect": None}]}, "no fact"),
    "example of a type": ({"examples": [{"facts": {"late_min": True}, "expect": None}]}, "no int"),
    "example of a row": (
        {"examples": [{"facts": {}, "expect": {"row": "x", "amount_fen": 0}}]},
        "no row",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(json.dumps(SOUND | change))
    assert sentence in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(json.dumps(SOUND | {"version": 0, "when": {}, "hit": "all"}))
    assert len(caught.value.problems) == 3
