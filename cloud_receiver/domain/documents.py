"""The rule document: what HR writes, as strict data that is checked before it may count.

A rule is a decision table over the facts of one employee-day. Its rows are read from the
top and the first that matches decides. See docs and `config/rules/*.json` for examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec

from cloud_receiver.domain.clauses import (
    PERIODIC,
    STREAK_FACT,
    STRICT_STREAK_FACT,
    Cap,
    Effect,
    End,
    Example,
    Expectation,
    Grain,
    Grant,
    Leave,
    Pool,
    Rounding,
    Row,
    Run,
    Scope,
    Ties,
)
from cloud_receiver.domain.conditions import Conditions
from cloud_receiver.domain.conditions import problems as condition_problems
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, Fact, FactType, FactValue
from cloud_receiver.domain.messages import problems as message_problems
from cloud_receiver.domain.outcomes import Account, Text
from sync.errors import DakaError
from sync.money import MAX_FEN

MAX_ROWS: Final = 200
MAX_HALF_POINTS: Final = 200
MAX_RATE_BP: Final = 100_000  # ten times the base; with MAX_FEN it stays inside int64
SUBSIDY_FACT: Final = "subsidy_fen"
TARGET_FACT: Final = "target_met"
TARGET_LOST_FACT: Final = "target_lost_days"
_FOLLOW_REFUNDS: Final = frozenset(
    {"sales_fen", "sales_qty_milli", "achievement_bp", TARGET_LOST_FACT}
)

__all__ = [
    "SUBSIDY_FACT",
    "TARGET_FACT",
    "TARGET_LOST_FACT",
    "Cap",
    "Effect",
    "End",
    "Example",
    "Expectation",
    "Grain",
    "Grant",
    "Leave",
    "Pool",
    "Rounding",
    "Row",
    "Rule",
    "RuleError",
    "Run",
    "Scope",
    "Ties",
    "parse_rule",
    "rule_problems",
    "schema",
]

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")  # part of the outcome key, which is split at "/"


class RuleError(DakaError):
    """A rule document cannot be used.

    Attributes:
        problems: one sentence each, with the place in the document.
    """

    def __init__(self, rule_id: str, problems: list[str]) -> None:
        super().__init__(f"rule {rule_id}: " + "; ".join(problems))
        self.problems = problems


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule in one version.

    Attributes:
        note: why the rule is as it is, for those who change it.
        when: must hold before any row is looked at.
        hit: ``first``: rows are read from the top, the first match decides.
        group: rules of one group exclude each other; the highest `priority` wins.
        every: of a streak or count rule: speaks on the n-th, 2n-th ... day or time.
        run: of a streak rule: whether an award counts anew.
        leave: of a streak rule: whether approved leave ends the run.
        counts: of a count rule: the fact that counts.
        pool: of a rank rule: the places it is about.
        sticky_days: of a rule about a target met: a refund that comes more than so many days
            after the sale no longer takes the award back; None: every refund does.
        repeats_punishment: HR says that what already cost money may cost again here.
        effective_from: first work date; null: a template on the shelf, not in force.
        effective_to: first work date no longer covered; null: until further notice.
    """

    id: str
    version: int
    name: Text
    grain: Grain
    effect: Effect
    account: Account
    when: Conditions
    rows: tuple[Row, ...]
    message: Text
    note: Text | None = None
    scope: Scope = Scope()
    hit: str = "first"
    group: str | None = None
    priority: int = 0
    cap: Cap | None = None
    every: int | None = None
    run: Run = Run.RESET
    leave: Leave = Leave.NEUTRAL
    counts: str | None = None
    pool: Pool | None = None
    sticky_days: int | None = None
    repeats_punishment: bool = False
    effective_from: str | None = None
    effective_to: str | None = None
    examples: tuple[Example, ...] = ()

    def to_json(self) -> str:
        """Return the stored form; equal rules give equal text."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @property
    def sign(self) -> int:
        """Return -1 for a deduction, 1 for a reward."""
        return -1 if self.effect is Effect.DEDUCTION else 1

    @property
    def counted_fact(self) -> str | None:
        """Return the fact that `every` is about."""
        if self.grain is Grain.STREAK:
            return STREAK_FACT if self.leave is Leave.NEUTRAL else STRICT_STREAK_FACT
        return self.counts

    @property
    def is_punishment(self) -> bool:
        """Tell whether the rule can cost the employee money or points."""
        loses_points = any(row.outcome.half_points < 0 for row in self.rows)
        return self.effect is Effect.DEDUCTION or loses_points

    def covers(self, work_date: str) -> bool:
        """Tell whether this version is in force on a work date (``YYYY-MM-DD``)."""
        begun = self.effective_from is not None and self.effective_from <= work_date
        return begun and (self.effective_to is None or work_date < self.effective_to)


def parse_rule(document: str | bytes, name: str = "?") -> Rule:
    """Read and check a rule document.

    Args:
        name: what to call the document while its id is not known, e.g. the file name.

    Raises:
        RuleError: it is no such document, or what it says makes no sense.
    """
    try:
        rule = msgspec.json.decode(document, type=Rule)
    except msgspec.DecodeError as error:
        raise RuleError(name, [str(error)]) from error
    if found := list(rule_problems(rule)):
        raise RuleError(rule.id, found)
    return rule


def rule_problems(rule: Rule) -> Iterator[str]:
    """Say everything that is wrong with a decoded rule; nothing means it may be compiled."""
    yield from _identity_problems(rule)
    yield from _grain_problems(rule)
    yield from _money_problems(rule)
    yield from _sticky_problems(rule)
    yield from (f"when.{problem}" for problem in condition_problems(rule.when))
    for number, row in enumerate(rule.rows):
        yield from (f"rows[{number}] {problem}" for problem in _row_problems(rule, row))
    yield from (f"message: {problem}" for problem in message_problems(rule.message))
    yield from _example_problems(rule)


def _identity_problems(rule: Rule) -> Iterator[str]:
    for name in (rule.id, *(row.id for row in rule.rows)):
        if not _ID.fullmatch(name):
            yield f"id {name!r}: use a-z, 0-9 and _, beginning with a letter, at most 64"
    if rule.version < 1:
        yield f"version {rule.version}: versions count from 1"
    if rule.hit != "first":
        yield f'hit {rule.hit!r}: the only policy is "first"'
    if not 1 <= len(rule.rows) <= MAX_ROWS:
        yield f"{len(rule.rows)} rows: a rule has 1 to {MAX_ROWS}"
    if len({row.id for row in rule.rows}) != len(rule.rows):
        yield "two rows have the same id"
    yield from _date_problems(rule)


def _date_problems(rule: Rule) -> Iterator[str]:
    for name in ("effective_from", "effective_to"):
        value = getattr(rule, name)
        if value is not None and not _is_date(value):
            yield f"{name} {value!r}: write the date as YYYY-MM-DD"
    if rule.effective_to is not None and not (rule.effective_from or "~") < rule.effective_to:
        yield "effective_to: comes after effective_from, and needs one"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _grain_problems(rule: Rule) -> Iterator[str]:
    if rule.grain in (Grain.DAY, Grain.STREAK) and rule.when.get("final") is not True:
        yield f'when: a {rule.grain} rule waits for the result; add "final": true'
    if rule.grain is Grain.PUNCH and rule.when.get("arrived") is not True:
        yield 'when: a punch rule waits for the person; add "arrived": true'
    yield from _counting_problems(rule)
    if (rule.grain is Grain.RANK) != (rule.pool is not None):
        yield "pool: a rank rule has one and no other rule"
    if rule.pool is not None:
        yield from _pool_problems(rule.pool)
    if rule.grain in PERIODIC:
        return
    for name in _facts_asked(rule):
        if name in CATALOGUE and CATALOGUE[name].of_period:
            yield f"{name}: is known when a campaign is closed; use grain period or rank"


def _facts_asked(rule: Rule) -> Iterator[str]:
    yield from rule.when
    for row in rule.rows:
        yield from row.when


def _counting_problems(rule: Rule) -> Iterator[str]:
    if rule.grain not in (Grain.STREAK, Grain.COUNT):
        if rule.every is not None:
            yield "every: only a streak rule and a count rule count"
        if rule.run is not Run.RESET or rule.leave is not Leave.NEUTRAL:
            yield "run, leave: belong to a streak rule"
    elif rule.every is None or not 1 <= rule.every <= 366:
        yield "every: a streak rule names a number of days from 1 to 366, a count rule of times"
    if rule.grain is Grain.STREAK and rule.when.get("full_attendance") is not True:
        yield 'when: a rest day keeps the run; add "full_attendance": true or it pays twice'
    if (rule.grain is Grain.COUNT) != (rule.counts is not None):
        yield "counts: a count rule names a counting fact and no other rule does"
    if rule.counts is not None and rule.counts not in COUNTED:
        yield f"counts: {rule.counts} counts nothing; use {', '.join(COUNTED)}"


def _pool_problems(pool: Pool) -> Iterator[str]:
    for name in (pool.by, *([pool.break_by] if pool.break_by else [])):
        fact = CATALOGUE.get(name)
        if fact is None or fact.type is not FactType.INT or not fact.of_period:
            yield f"pool: {name} ranks nobody; use a number of the campaign"
    if not 0 < pool.share_bp <= 10_000:
        yield "pool.share_bp: is from 1 to 10000"
    if (pool.ties is Ties.BREAK) != (pool.break_by is not None):
        yield "pool.break_by: belongs to ties break"
    if not {"campaign_id"} <= set(pool.within) <= {"campaign_id", "scene", "store_id", "team"}:
        yield "pool.within: campaign_id, and beside it scene, store_id or team"
    if pool.min_people < 1:
        yield "pool.min_people: is 1 or more"


def _money_problems(rule: Rule) -> Iterator[str]:
    if (rule.effect is Effect.DEDUCTION) != (rule.account is Account.SUBSIDY):
        yield "account: deductions go to subsidy and only they do; wages are never touched"
    if rule.effect is Effect.DEDUCTION and rule.grain in PERIODIC:
        yield "effect: a deduction is a day's; a campaign takes points, never money"
    if rule.cap is None:
        return
    if rule.cap.amount_fen is None and rule.cap.fact is None:
        yield "cap: names neither amount_fen nor fact"
    if rule.cap.amount_fen is not None and not 0 < rule.cap.amount_fen <= MAX_FEN:
        yield f"cap.amount_fen: is from 1 to {MAX_FEN}"
    if rule.cap.fact is not None and not _is_money(rule.cap.fact):
        yield f"cap.fact: {rule.cap.fact} is no money fact"


def _sticky_problems(rule: Rule) -> Iterator[str]:
    if rule.sticky_days is None:
        return
    asked = set(_facts_asked(rule))
    if not 0 <= rule.sticky_days <= 366:
        yield "sticky_days: is from 0 to 366"
    if rule.effect is not Effect.REWARD or TARGET_FACT not in asked:
        yield f"sticky_days: belongs to a reward that asks {TARGET_FACT}"
    if moving := sorted(asked & _FOLLOW_REFUNDS):
        yield f"sticky_days: {', '.join(moving)} follows every refund; ask only {TARGET_FACT}"


def _is_money(name: str) -> bool:
    return name in CATALOGUE and CATALOGUE[name].unit == "fen"


def _row_problems(rule: Rule, row: Row) -> Iterator[str]:
    yield from (f"when.{problem}" for problem in condition_problems(row.when))
    grant = row.outcome
    forms = (grant.amount_fen, grant.rate_bp, grant.none)
    named = sum(form is not None for form in forms)
    if named > 1 or (not named and not grant.has_more_than_money):
        yield "outcome: has exactly one of amount_fen, rate_bp with of, none"
    if rule.effect is Effect.NEUTRAL and (grant.amount_fen or grant.rate_bp):
        yield "outcome: a neutral rule moves no money"
    if abs(grant.half_points) > MAX_HALF_POINTS:
        yield f"outcome.half_points: is from -{MAX_HALF_POINTS} to {MAX_HALF_POINTS}"
    if (grant.rate_bp is None) != (grant.of is None):
        yield "outcome: rate_bp and of belong together"
    if grant.of is not None and not _is_money(grant.of):
        yield f"outcome.of: {grant.of} is no money fact"
    if grant.amount_fen is not None and not 0 < grant.amount_fen <= MAX_FEN:
        yield f"outcome.amount_fen: is from 1 to {MAX_FEN}; the rule's effect gives the sign"
    highest = 10_000 if rule.effect is Effect.DEDUCTION else MAX_RATE_BP
    if grant.rate_bp is not None and not 0 < grant.rate_bp <= highest:
        yield f"outcome.rate_bp: is from 1 to {highest}"


def _example_problems(rule: Rule) -> Iterator[str]:
    rows = {row.id for row in rule.rows}
    for number, example in enumerate(rule.examples):
        for facts in (example.facts, *example.pool):
            yield from (f"examples[{number}]{problem}" for problem in _misfits(facts))
        if example.expect is not None and example.expect.row not in rows:
            yield f"examples[{number}]: no row is called {example.expect.row}"


def _misfits(facts: dict[str, FactValue]) -> Iterator[str]:
    for name, value in facts.items():
        fact = CATALOGUE.get(name)
        if fact is None:
            yield f": no fact is called {name}"
        elif not _fits(fact, value):
            yield f".{name}: {value!r} is no {fact.type}"


def _fits(fact: Fact, value: FactValue) -> bool:
    wanted = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}[fact.type]
    return type(value) is wanted


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule document, facts named; ``config/rules/schema.json``."""
    document = msgspec.json.schema(Rule)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Daka rule"
    asked = {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/Cell"}]}
    facts = {
        name: {"description": f"{one.zh} / {one.en}", **asked} for name, one in CATALOGUE.items()
    }
    conditions = {"type": "object", "properties": facts, "additionalProperties": False}
    document["$defs"]["Conditions"] = conditions
    for owner in ("Rule", "Row"):
        document["$defs"][owner]["properties"]["when"] = {"$ref": "#/$defs/Conditions"}
    return document
