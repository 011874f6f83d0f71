"""Decision tables as columns: from facts to the matched row, the amount and its limits.

Each function returns Narwhals expressions over int64 columns. For rule number i:
``row_i`` the matched row counted from 1, 0 when the rule says nothing; ``gross_i`` fen
before limits; ``blocked_i`` 1 + the number of the rule that excludes it, or 0; ``capped_i``
after exclusion and the rule's own cap; ``net_i`` after the day floor. None is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Final

import narwhals as nw

from cloud_receiver.domain.clauses import SCOPE_FACTS
from cloud_receiver.domain.conditions import Conditions, expression
from cloud_receiver.domain.documents import (
    SUBSIDY_FACT,
    TARGET_FACT,
    TARGET_LOST_FACT,
    Effect,
    Grain,
    Grant,
    Rule,
    Run,
)
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, FactType
from cloud_receiver.domain.messages import fields_of
from cloud_receiver.domain.ranking import is_chosen

KINDS: Final = ("row", "gross", "blocked", "capped", "net")

Stage = list[nw.Expr]


def facts_of(rule: Rule) -> set[str]:
    """Return every fact that the rule reads for its decision or its message."""
    read = set(rule.when) | fields_of(rule.message) | {"employee_id", "work_date"}
    for row in rule.rows:
        read |= set(row.when) | ({row.outcome.of} if row.outcome.of else set())
    read |= {fact for name, fact in SCOPE_FACTS.items() if getattr(rule.scope, name)}
    read |= {rule.counted_fact} if rule.counted_fact else set()
    read |= {COUNTED[rule.counts]} if rule.counts else set()
    if rule.pool:
        read |= {rule.pool.by, *rule.pool.within}
        read |= {rule.pool.break_by} if rule.pool.break_by else set()
    read |= {rule.cap.fact} if rule.cap and rule.cap.fact else set()
    read |= {TARGET_LOST_FACT} if rule.sticky_days is not None else set()
    return read


def stages(rules: Sequence[Rule]) -> list[Stage]:
    """Return the columns to add one stage after the other; a stage reads the ones before.

    Args:
        rules: in the order in which they take from the day's subsidy and win their group.
    """
    numbered = list(enumerate(rules))
    return [
        [_row(rule).alias(f"row_{i}") for i, rule in numbered],
        [_gross(i, rule).alias(f"gross_{i}") for i, rule in numbered]
        + [_blocked(i, rules).alias(f"blocked_{i}") for i, _ in numbered],
        [_spared(i, rules).alias(f"blocked_{i}") for i, rule in numbered if _is_second(rule)],
        [_capped(i, rule).alias(f"capped_{i}") for i, rule in numbered],
        [_net(i, rules).alias(f"net_{i}") for i, _ in numbered],
    ]


def _int(value: int) -> nw.Expr:
    return nw.lit(value, nw.Int64)


def _first(choices: Sequence[tuple[nw.Expr, nw.Expr]]) -> nw.Expr:
    """Return the value of the first choice whose condition holds, else 0."""
    result = _int(0)
    for condition, value in reversed(choices):
        result = nw.when(condition).then(value).otherwise(result)
    return result


def _row(rule: Rule) -> nw.Expr:
    applies = _asked(rule, rule.when)
    for name, fact in SCOPE_FACTS.items():
        if wanted := getattr(rule.scope, name):
            applies = applies & nw.col(fact).is_in(wanted)
    if rule.counted_fact and rule.every:
        applies = applies & _is_turn(rule, rule.counted_fact, rule.every)
    if rule.pool:
        applies = applies & is_chosen(rule.pool)
    table = [(_asked(rule, row.when), _int(n)) for n, row in enumerate(rule.rows, start=1)]
    return _first([(applies, _first(table))])


def _asked(rule: Rule, conditions: Conditions) -> nw.Expr:
    """Return whether conditions hold; a sticky rule takes a target lost late for one met."""
    if rule.sticky_days is None or TARGET_FACT not in conditions:
        return expression(conditions)
    others = {name: one for name, one in conditions.items() if name != TARGET_FACT}
    is_kept = nw.col(TARGET_FACT) | (nw.col(TARGET_LOST_FACT) > _int(rule.sticky_days))
    return expression(others) & (is_kept if conditions[TARGET_FACT] is True else ~is_kept)


def _is_turn(rule: Rule, counted: str, every: int) -> nw.Expr:
    """Return whether the run or count says that it is time, and grew on this very day."""
    number = nw.col(counted)
    if rule.grain is Grain.STREAK and rule.run is Run.ROLLING:
        return number >= _int(every)
    turn = (number > _int(0)) & (number % _int(every) == _int(0))
    if rule.counts is None:
        return turn
    name = COUNTED[rule.counts]
    happened = nw.col(name)
    if CATALOGUE[name].type is FactType.INT:
        happened = happened > _int(0)
    return turn & happened


def _gross(i: int, rule: Rule) -> nw.Expr:
    matched = nw.col(f"row_{i}")
    amounts = [_amount(row.outcome, rule.effect) for row in rule.rows]
    return _first([(matched == _int(n), amount) for n, amount in enumerate(amounts, start=1)])


def _amount(grant: Grant, effect: Effect) -> nw.Expr:
    """Return fen, rounded once like `sync.money.portion_fen`; a base below 0 counts as 0."""
    if grant.rate_bp is None or grant.of is None:
        return _int(grant.amount_fen or 0)
    product = nw.col(grant.of).clip(lower_bound=0) * _int(grant.rate_bp)
    half = 0 if effect is Effect.DEDUCTION else 5_000
    return (product + _int(half)) // _int(10_000)


def _blocked(i: int, rules: Sequence[Rule]) -> nw.Expr:
    group = rules[i].group
    stronger = [j for j in range(i) if group is not None and rules[j].group == group]
    return _first([(nw.col(f"row_{j}") > _int(0), _int(j + 1)) for j in stronger])


def _is_second(rule: Rule) -> bool:
    """Tell whether a rule counts acts up that may have cost money already."""
    return rule.counts is not None and rule.is_punishment and not rule.repeats_punishment


def _spared(i: int, rules: Sequence[Rule]) -> nw.Expr:
    """Return `blocked_i` with the deductions of the day added: one act is punished once."""
    own = nw.col(f"blocked_{i}")
    already = [(own > _int(0), own)]
    for j, rule in enumerate(rules):
        if j != i and rule.effect is Effect.DEDUCTION and rule.counts is None:
            costs = (nw.col(f"gross_{j}") > _int(0)) & (nw.col(f"blocked_{j}") == _int(0))
            already.append((costs, _int(j + 1)))
    return _first(already)


def _capped(i: int, rule: Rule) -> nw.Expr:
    amount = nw.col(f"gross_{i}")
    if rule.cap and rule.cap.amount_fen is not None:
        amount = nw.min_horizontal(amount, _int(rule.cap.amount_fen))
    if rule.cap and rule.cap.fact is not None:
        amount = nw.min_horizontal(amount, nw.col(rule.cap.fact).clip(lower_bound=0))
    return _first([(nw.col(f"blocked_{i}") == _int(0), amount)])


def _net(i: int, rules: Sequence[Rule]) -> nw.Expr:
    amount = nw.col(f"capped_{i}")
    if rules[i].effect is not Effect.DEDUCTION:
        return amount
    before = [nw.col(f"capped_{j}") for j in range(i) if rules[j].effect is Effect.DEDUCTION]
    left = reduce(add, (-taken for taken in before), nw.col(SUBSIDY_FACT))
    return nw.min_horizontal(amount, left).clip(lower_bound=0)
