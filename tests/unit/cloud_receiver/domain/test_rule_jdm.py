"""An outside engine reads our rules from their export and decides alike."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
import zen

from cloud_receiver.domain.documents import Cap, Grain, Leave, Rule, Run
from cloud_receiver.domain.facts import CATALOGUE, FactType
from cloud_receiver.domain.jdm import CHOSEN, jdm
from cloud_receiver.domain.rules import RuleSet
from cloud_receiver.store.rulebook import shipped_rules

SHIPPED = {rule.id: rule for rule in shipped_rules()}
LATE, RUN = SHIPPED["late_standard"], SHIPPED["clean_run_10"]
VARIANTS = {
    "rolling": msgspec.structs.replace(
        RUN, id="rolling", run=Run.ROLLING, leave=Leave.BREAK, every=3
    ),
    "count": msgspec.structs.replace(
        LATE, id="count", grain=Grain.COUNT, counts="late_month_count", every=3, group=None
    ),
    "sticky": msgspec.structs.replace(SHIPPED["target_instant"], id="sticky", sticky_days=9),
    "capped": msgspec.structs.replace(LATE, id="capped", cap=Cap(700, "sales_fen")),
}
NUMBERS = [0, 1, 3, 4, 9, 10, 15, 16, 20, 21, 30, 31, 59, 60, 61, 10_005, -5]


def _random_facts(chance: random.Random) -> dict[str, Any]:
    drawn = {
        FactType.INT: lambda: chance.choice(NUMBERS),
        FactType.BOOL: lambda: chance.random() < 0.8,
        FactType.TEXT: lambda: chance.choice(["supermarket", "community", ""]),
    }
    return {name: drawn[fact.type]() for name, fact in CATALOGUE.items()}


@pytest.mark.parametrize("rule", (SHIPPED | VARIANTS).values(), ids=SHIPPED | VARIANTS)
def test_zen_decides_like_we_do(rule: Rule) -> None:
    chance = random.Random(rule.id)
    decision = zen.ZenEngine().create_decision(json.dumps(jdm(rule)))
    alone = RuleSet([msgspec.structs.replace(rule, pool=None)])  # a pool is told by `chosen`
    days = [_random_facts(chance) for _ in range(150)]
    ours: list[Any] = [None] * len(days)
    for facts, weighing in alone.weigh(days):
        place = next(n for n, day in enumerate(days) if day is facts)
        row = weighing.row
        ours[place] = row.id, weighing.capped_fen, row.outcome.half_points
    theirs = []
    for facts in days:
        said = decision.evaluate(facts | {CHOSEN: True})["result"]
        theirs.append((said["row"], said["amount_fen"], said["half_points"]) if said else None)
    assert theirs == ours
    assert any(ours), "random days must hit the rule, or this shows nothing"
