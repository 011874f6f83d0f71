"""Compiled rules against a plain reading of the same documents, on random rules and days."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_receiver.domain.conditions import Cell, Condition
from cloud_receiver.domain.documents import (
    Cap,
    Effect,
    Grain,
    Grant,
    Row,
    Rule,
    Scope,
    rule_problems,
)
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.outcomes import Account, Text
from cloud_receiver.domain.rules import Rulebook, decide
from sync.money import portion_fen

TEXT = Text("规则", "rule")
MESSAGE = Text("{work_date}", "{work_date}")
SCENES = ["supermarket", "community", ""]

minutes = st.integers(0, 40)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "target_met": st.booleans(),
        "late_min": st.one_of(
            minutes.map(lambda low: Cell(at_least=low)),
            minutes.map(lambda value: Cell(equals=value)),
            st.lists(minutes, min_size=1, max_size=3).map(lambda some: Cell(among=tuple(some))),
            st.tuples(st.none() | minutes, st.integers(41, 60)).map(lambda ends: Cell(range=ends)),
            minutes.map(lambda low: Cell(range=(low, None))),
        ),
        "scene": st.sampled_from(SCENES).map(lambda scene: Cell(equals=scene)),
    },
)
grants = st.one_of(
    st.integers(1, 20_000).map(lambda fen: Grant(amount_fen=fen)),
    st.integers(1, 10_000).map(lambda rate_bp: Grant(rate_bp=rate_bp, of="subsidy_fen")),
    st.just(Grant(none=TEXT)),
)


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    is_deduction = draw(st.booleans())
    rows = draw(st.lists(st.tuples(conditions, grants), min_size=1, max_size=4))
    grain = draw(st.sampled_from([Grain.RUNNING, Grain.STREAK]))
    rule = Rule(
        id=f"rule_{number}",
        version=1,
        name=TEXT,
        grain=grain,
        effect=Effect.DEDUCTION if is_deduction else Effect.REWARD,
        account=Account.SUBSIDY if is_deduction else Account.PENDING,
        when={"final": True, "full_attendance": True} if grain is Grain.STREAK else {},
        rows=tuple(Row(f"row_{n}", when, grant, TEXT) for n, (when, grant) in enumerate(rows)),
        message=MESSAGE,
        scope=Scope(scenes=draw(st.sampled_from([(), ("supermarket",), ("community", "")]))),
        group=draw(st.sampled_from([None, "a"])),
        priority=draw(st.integers(0, 2)),
        cap=draw(st.sampled_from([None, Cap(amount_fen=700), Cap(900, "sales_fen")])),
        every=draw(st.integers(1, 5)) if grain is Grain.STREAK else None,
        effective_from="2026-01-01",
    )
    assert not list(rule_problems(rule))
    return rule


books = st.integers(1, 4).flatmap(lambda count: st.tuples(*map(rules, range(count))))
days = st.fixed_dictionaries(
    {
        "final": st.booleans(),
        "full_attendance": st.booleans(),
        "target_met": st.booleans(),
        "late_min": st.integers(0, 61),
        "scene": st.sampled_from(SCENES),
        "clean_streak_days": st.integers(0, 20),
        "subsidy_fen": st.integers(0, 12_345),
        "sales_fen": st.integers(-1000, 2000),
    }
)


def _holds(fact: Any, condition: Condition) -> bool:
    if isinstance(condition, bool):
        return bool(fact is condition)
    if condition.among is not None:
        return fact in condition.among
    if condition.at_least is not None:
        return bool(fact >= condition.at_least)
    if condition.range is not None:
        low, high = condition.range
        return (low is None or low < fact) and (high is None or fact <= high)
    return bool(fact == condition.equals)


def _row(rule: Rule, day: dict[str, Any]) -> Row | None:
    """Return the first row that matches, read as a person would."""
    run = day["clean_streak_days"]
    if rule.scope.scenes and day["scene"] not in rule.scope.scenes:
        return None
    if rule.every and (run == 0 or run % rule.every):
        return None
    if not all(_holds(day[name], condition) for name, condition in rule.when.items()):
        return None
    for row in rule.rows:
        if all(_holds(day[name], condition) for name, condition in row.when.items()):
            return row
    return None


def _limited(rule: Rule, row: Row, day: dict[str, Any]) -> int:
    grant = row.outcome
    fen = grant.amount_fen or 0
    if grant.rate_bp:
        is_deduction = rule.effect is Effect.DEDUCTION
        fen = portion_fen(day["subsidy_fen"], grant.rate_bp, deduction=is_deduction)
    if rule.cap and rule.cap.amount_fen is not None:
        fen = min(fen, rule.cap.amount_fen)
    if rule.cap and rule.cap.fact:
        fen = min(fen, max(0, day[rule.cap.fact]))
    return fen


def _plainly(book: tuple[Rule, ...], day: dict[str, Any]) -> dict[str, tuple[str, int]]:
    said: dict[str, tuple[str, int]] = {}
    left = day["subsidy_fen"]
    won: set[str] = set()
    for rule in sorted(book, key=lambda rule: (-rule.priority, rule.id)):
        row = _row(rule, day)
        if row is None:
            continue
        fen = 0 if rule.group in won else _limited(rule, row, day)
        if rule.effect is Effect.DEDUCTION:
            fen = min(fen, left)
            left -= fen
        if rule.group:
            won.add(rule.group)
        said[rule.id] = row.id, -fen if rule.effect is Effect.DEDUCTION else fen
    return said


@settings(max_examples=60, deadline=None)
@given(books, st.lists(days, min_size=1, max_size=8))
def test_compiled_rules_say_what_a_plain_reading_says(
    book: tuple[Rule, ...], some_days: list[dict[str, FactValue]]
) -> None:
    rows = [
        day | {"employee_id": f"E{number}", "work_date": "2026-11-02"}
        for number, day in enumerate(some_days)
    ]
    said: dict[str, dict[str, tuple[str, int]]] = {str(row["employee_id"]): {} for row in rows}
    for one in decide(Rulebook(book), rows):
        said[one.employee_id][one.rule_id] = one.row_id, one.amount_fen
    assert said == {str(row["employee_id"]): _plainly(book, row) for row in rows}


@settings(max_examples=60, deadline=None)
@given(books, days)
def test_a_day_never_costs_more_than_its_subsidy_and_every_zero_has_a_reason(
    book: tuple[Rule, ...], day: dict[str, Any]
) -> None:
    outcomes = decide(Rulebook(book), [day | {"employee_id": "E1", "work_date": "2026-11-02"}])
    taken_fen = -sum(one.amount_fen for one in outcomes if one.account is Account.SUBSIDY)
    assert 0 <= taken_fen <= day["subsidy_fen"]
    for one in outcomes:
        why = one.explanation
        assert (why.reason is None) == (one.amount_fen != 0)
        held_back = sum(cap.suppressed_fen for cap in why.caps)
        superseded = why.reason is not None and why.reason.code == "superseded"
        assert superseded or abs(one.amount_fen) + held_back == abs(why.gross_fen)
