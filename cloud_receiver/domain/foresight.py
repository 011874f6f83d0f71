"""What the closing rules would say of a campaign if it ended now: those to show, and the sum. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cloud_receiver.domain.budgets import Budget, reduced, shares
from cloud_receiver.domain.decision_table import KINDS
from cloud_receiver.domain.explanations import outcome_of
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.outcomes import Outcome
from cloud_receiver.domain.rules import RuleSet, schema_of


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What closing rules say.

    Attributes:
        outcomes: the first of each rule, phrased.
        people: how many each rule speaks of, by rule id; who are none is left out.
        reward_fen: what all rewards cost, the budget kept.
    """

    outcomes: tuple[Outcome, ...]
    people: Mapping[str, int]
    reward_fen: int


def foresee(
    rules: RuleSet, frame: pl.DataFrame, budget: Budget | None, spent_fen: int, shown: int
) -> Foreseen:
    """Return what rules say of members, the first `shown` of each rule in words.

    Args:
        frame: of those who are ranked, one row a person: the first to be shown first.
        spent_fen: what the campaign's days cost so far.
    """
    if not rules.rules or not len(frame):
        return Foreseen((), {}, 0)
    missing = [
        pl.lit(CATALOGUE[name].default, kind).alias(name)
        for name, kind in schema_of(rules.facts).items()
        if name not in frame.columns
    ]
    columns = rules.columns(frame.with_columns(missing))
    hits = [
        frame.select("employee_id", "work_date")
        .with_columns(
            pl.lit(i).alias("rule"), *[columns[f"{kind}_{i}"].alias(kind) for kind in KINDS]
        )
        .with_row_index("number")
        .filter(pl.col("row") > 0)
        for i in range(len(rules.rules))
    ]
    due_fen = _due(rules, pl.concat(hits), budget, spent_fen)
    outcomes, people = [], {}
    for i, own in enumerate(hits):
        if len(own):
            people[rules.rules[i].id] = len(own)
        rows = frame[own["number"].head(shown)].to_dicts()
        for facts, numbers in zip(rows, own.head(shown).select(KINDS).rows(), strict=True):
            one = outcome_of(rules.weighing(i, numbers), facts, {})
            if budget is not None:
                one = reduced(one, due_fen[one.outcome_key], budget)
            outcomes.append(one)
    return Foreseen(tuple(outcomes), people, sum(max(0, fen) for fen in due_fen.values()))


def _due(
    rules: RuleSet, hits: pl.DataFrame, budget: Budget | None, spent_fen: int
) -> dict[str, int]:
    """Return what everybody would get, by outcome key, which is the order of being served."""
    wanted = {
        f"{rules.rules[i].id}/{who}/{date}": rules.rules[i].sign * net_fen
        for i, who, date, net_fen in hits.select("rule", "employee_id", "work_date", "net").rows()
    }
    if budget is None:
        return wanted
    keys = sorted(wanted)
    return dict(zip(keys, shares([wanted[key] for key in keys], budget, spent_fen), strict=True))
