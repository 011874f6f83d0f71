"""What a judge writes reads back as it was; everything of another shape is told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_receiver.domain.day_texts import is_sound, read, read_facts
from cloud_receiver.domain.facts import CATALOGUE

FACTS: dict[str, Any] = {
    name: fact.default for name, fact in CATALOGUE.items() if not fact.of_period
} | {"employee_id": "E1", "work_date": "2026-11-23", "store_id": "S1", "status": "Late"}
POINT: dict[str, Any] = {
    "check_type": "OnDuty", "store_id": "S1", "planned_utc_ms": 1, "status": "Late",
    "at_utc_ms": None, "record_id": None, "source": None, "place": None,
}  # fmt: skip
EVIDENCE: dict[str, Any] = {
    "punches": ["a"], "sales": [], "entries": [], "feedback": [], "points": [POINT],
    "findings": [{"code": "overtime", "records": ["a"]}],
}  # fmt: skip
WRONG: tuple[Any, ...] = (None, [], {}, "x", -1.5, True, [None], 2)


def _sound(facts: Any = FACTS, evidence: Any = EVIDENCE) -> bool:
    return is_sound(json.dumps(facts), json.dumps(evidence))


def test_what_a_judge_writes_is_sound() -> None:
    assert _sound()
    assert read(json.dumps(FACTS), json.dumps(EVIDENCE)) == (FACTS, EVIDENCE)
    assert read_facts(json.dumps(FACTS)) == FACTS


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_of_another_type_is_not_sound(name: str) -> None:
    known = FACTS[name]
    for wrong in WRONG:
        is_same_kind = type(wrong) is type(known) and name != "status"
        assert _sound(FACTS | {name: wrong}) == is_same_kind, (name, wrong)


def test_facts_another_version_did_not_know_are_not_missed() -> None:
    older = {name: value for name, value in FACTS.items() if name != "target_lost_days"}
    assert _sound(older)
    assert _sound(FACTS | {"of_a_later_version": 1})
    assert not _sound({name: value for name, value in FACTS.items() if name != "status"})


@pytest.mark.parametrize("name", ["punches", "sales", "points", "findings"])
def test_evidence_without_one_of_its_lists_is_not_sound(name: str) -> None:
    assert not _sound(evidence={key: one for key, one in EVIDENCE.items() if key != name})
    for wrong in (None, {}, "x", 1, [None], [3], [{}]):
        assert not _sound(evidence=EVIDENCE | {name: wrong}), wrong


@pytest.mark.parametrize("name", ["check_type", "planned_utc_ms", "status", "at_utc_ms"])
def test_a_point_of_another_shape_is_not_sound(name: str) -> None:
    for wrong in ([], {}, "x", 1.5, True):
        assert not _sound(evidence=EVIDENCE | {"points": [POINT | {name: wrong}]})


@pytest.mark.parametrize("text", ["", "null", "[]", "3", '"x"', "{", '{"a":', "[" * 100_000])
def test_any_other_text_is_not_sound(text: str) -> None:
    assert not is_sound(text, json.dumps(EVIDENCE))
    assert not is_sound(json.dumps(FACTS), text)
    facts, evidence = read(text, text)
    assert facts == {}
    assert evidence["findings"] == [{"code": "unreadable", "records": []}]
    assert (evidence["punches"], evidence["points"]) == ([], [])
    assert read_facts(text) is None
