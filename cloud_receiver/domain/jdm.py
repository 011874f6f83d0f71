"""A rule as a decision table of GoRules (JDM), for those who own its tools; export only.

Everything the rule asks becomes a column of the table, its own limit part of the amount.
What it shares with other rules (group, day floor) stays ours. A rank rule asks ``chosen``,
for a table sees one row and no pool.
"""

from __future__ import annotations

import json
from typing import Any, Final

from cloud_receiver.domain.clauses import SCOPE_FACTS, Effect, Grain, Grant, Run
from cloud_receiver.domain.conditions import Condition
from cloud_receiver.domain.documents import TARGET_FACT, TARGET_LOST_FACT, Rule
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, FactType

CHOSEN: Final = "chosen"


def jdm(rule: Rule) -> dict[str, Any]:
    """Return the decision graph: input, one table with hit policy first, output."""
    columns = _columns(rule)
    inputs = [
        {"id": f"in{n}", "name": label, "field": field} for n, (field, label) in enumerate(columns)
    ]
    outputs = [
        {"id": "row", "name": "row", "field": "row"},
        {"id": "amount", "name": "amount_fen", "field": "amount_fen"},
        {"id": "points", "name": "half_points", "field": "half_points"},
    ]
    shared = dict(_shared_cells(rule))
    rules = []
    for row in rule.rows:
        cells = shared | {_field(rule, name): _cell(one) for name, one in row.when.items()}
        both = set(row.when) & set(rule.when)
        for name in both:
            cells[_field(rule, name)] = f"{_cell(rule.when[name])} and {_cell(row.when[name])}"
        rules.append(
            {
                "_id": row.id,
                **{f"in{n}": cells.get(field, "") for n, (field, _) in enumerate(columns)},
                "row": json.dumps(row.id),
                "amount": _amount(row.outcome, rule),
                "points": str(row.outcome.half_points),
            }
        )
    table = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rules}
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "facts", "position": {"x": 0, "y": 0}},
            {
                "id": "table", "type": "decisionTableNode", "name": rule.id,
                "position": {"x": 300, "y": 0}, "content": table,
            },
            {"id": "out", "type": "outputNode", "name": "outcome", "position": {"x": 600, "y": 0}},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
        ],
    }  # fmt: skip


def _columns(rule: Rule) -> list[tuple[str, str]]:
    fields = [field for field, _ in _shared_cells(rule)]
    fields += [_field(rule, name) for row in rule.rows for name in row.when]
    return [
        (field, CATALOGUE[field].zh if field in CATALOGUE else field)
        for field in dict.fromkeys(fields)
    ]


def _field(rule: Rule, name: str) -> str:
    """Return what a column asks: a fact, or that a target is met or was lost too late to matter."""
    if rule.sticky_days is None or name != TARGET_FACT:
        return name
    return f"{TARGET_FACT} or {TARGET_LOST_FACT} > {rule.sticky_days}"


def _shared_cells(rule: Rule) -> list[tuple[str, str]]:
    cells = [(_field(rule, name), _cell(condition)) for name, condition in rule.when.items()]
    for name, fact in SCOPE_FACTS.items():
        if wanted := getattr(rule.scope, name):
            cells.append((fact, _texts(wanted)))
    if rule.pool:
        cells.append((CHOSEN, "true"))
    counted, every = rule.counted_fact, rule.every
    if counted and every:
        if rule.grain is Grain.STREAK and rule.run is Run.ROLLING:
            cells.append((counted, f">= {every}"))
        else:
            cells += [(f"{counted} + 0", "> 0"), (f"{counted} % {every}", "0")]
    if rule.counts:
        name = COUNTED[rule.counts]
        is_number = CATALOGUE[name].type is FactType.INT
        cells.append((f"{name} + 0" if is_number else name, "> 0" if is_number else "true"))
    return cells


def _cell(condition: Condition) -> str:
    if isinstance(condition, bool):
        return "true" if condition else "false"
    if condition.at_least is not None:
        return f">= {condition.at_least}"
    if condition.range is not None:
        low, high = condition.range
        parts = [] if low is None else [f"> {low}"]
        parts += [] if high is None else [f"<= {high}"]
        return " and ".join(parts)
    return _texts(condition.among if condition.among is not None else (condition.equals,))


def _texts(values: tuple[Any, ...]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _amount(grant: Grant, rule: Rule) -> str:
    amount = str(grant.amount_fen or 0)
    if grant.rate_bp is not None:
        half = 0 if rule.effect is Effect.DEDUCTION else 5_000
        amount = f"floor((max([{grant.of}, 0]) * {grant.rate_bp} + {half}) / 10000)"
    limits = [amount]
    if rule.cap and rule.cap.amount_fen is not None:
        limits.append(str(rule.cap.amount_fen))
    if rule.cap and rule.cap.fact is not None:
        limits.append(f"max([{rule.cap.fact}, 0])")
    return amount if len(limits) == 1 else f"min([{', '.join(limits)}])"
