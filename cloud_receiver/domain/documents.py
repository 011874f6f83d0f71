"""The rule document: what HR writes, as strict data that is checked before it may count.

A rule is a decision table over the facts of one employee-day. Its rows are read from the
top and the first that matches decides. See docs and `config/rules/*.json` for examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from cloud_receiver.domain.conditions import Conditions
from cloud_receiver.domain.conditions import problems as condition_problems
from cloud_receiver.domain.facts import CATALOGUE, Fact, FactType, FactValue
from cloud_receiver.domain.messages import problems as message_problems
from cloud_receiver.domain.outcomes import Account, Text
from sync.errors import DakaError
from sync.money import MAX_FEN

MAX_ROWS: Final = 200
MAX_RATE_BP: Final = 100_000  # ten times the base; with MAX_FEN it stays inside int64
STREAK_FACT: Final = "clean_streak_days"
SUBSIDY_FACT: Final = "subsidy_fen"

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")  # part of the outcome key, which is split at "/"


class RuleError(DakaError):
    """A rule document cannot be used.

    Attributes:
        problems: one sentence each, with the place in the document.
    """

    def __init__(self, rule_id: str, problems: list[str]) -> None:
        super().__init__(f"rule {rule_id}: " + "; ".join(problems))
        self.problems = problems


class Grain(StrEnum):
    """When a rule speaks."""

    DAY = "day"  # once the day's result is final
    RUNNING = "running"  # as soon as the facts say so
    STREAK = "streak"  # on every n-th day of a run of clean days


class Effect(StrEnum):
    """Which way the money goes, seen from the employee."""

    REWARD = "reward"
    DEDUCTION = "deduction"


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict: an unknown key is a typing error, not a wish."""


class Scope(_Document, frozen=True):
    """Where a rule holds; an empty list means everywhere."""

    scenes: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()


class Grant(_Document, frozen=True):
    """What a row gives or takes: a fixed amount, a rate of a money fact, or nothing and why."""

    amount_fen: int | None = None
    rate_bp: int | None = None
    of: str | None = None
    none: Text | None = None


class Row(_Document, frozen=True):
    """One line of the decision table."""

    id: str
    when: Conditions
    outcome: Grant
    text: Text


class Cap(_Document, frozen=True):
    """A limit of the rule's own: a fixed amount, a money fact of the day, or both."""

    amount_fen: int | None = None
    fact: str | None = None


class Expectation(_Document, frozen=True):
    """What an example must give before other rules are weighed; amounts are signed."""

    row: str
    amount_fen: int


class Example(_Document, frozen=True):
    """A day and what the rule must say about it; null means the rule says nothing."""

    facts: dict[str, FactValue]
    expect: Expectation | None


class Rule(_Document, frozen=True):
    """A rule in one version.

    Attributes:
        note: why the rule is as it is, for those who change it.
        when: must hold before any row is looked at.
        hit: ``first``: rows are read from the top, the first match decides.
        group: rules of one group exclude each other; the highest `priority` wins.
        every: of a streak rule: speaks on day n, 2n, 3n ... of the run.
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
    if rule.grain is not Grain.RUNNING and rule.when.get("final") is not True:
        yield f'when: a {rule.grain} rule waits for the result; add "final": true'
    if rule.grain is not Grain.STREAK:
        if rule.every is not None:
            yield "every: only a streak rule counts days"
        return
    if rule.every is None or not 1 <= rule.every <= 366:
        yield "every: a streak rule names a number of days from 1 to 366"
    if rule.when.get("full_attendance") is not True:
        yield 'when: a rest day keeps the run; add "full_attendance": true or it pays twice'


def _money_problems(rule: Rule) -> Iterator[str]:
    if (rule.effect is Effect.DEDUCTION) != (rule.account is Account.SUBSIDY):
        yield "account: deductions go to subsidy and only they do; wages are never touched"
    if rule.cap is None:
        return
    if rule.cap.amount_fen is None and rule.cap.fact is None:
        yield "cap: names neither amount_fen nor fact"
    if rule.cap.amount_fen is not None and not 0 < rule.cap.amount_fen <= MAX_FEN:
        yield f"cap.amount_fen: is from 1 to {MAX_FEN}"
    if rule.cap.fact is not None and not _is_money(rule.cap.fact):
        yield f"cap.fact: {rule.cap.fact} is no money fact"


def _is_money(name: str) -> bool:
    return name in CATALOGUE and CATALOGUE[name].unit == "fen"


def _row_problems(rule: Rule, row: Row) -> Iterator[str]:
    yield from (f"when.{problem}" for problem in condition_problems(row.when))
    grant = row.outcome
    forms = (grant.amount_fen, grant.rate_bp, grant.none)
    if sum(form is not None for form in forms) != 1:
        yield "outcome: has exactly one of amount_fen, rate_bp with of, none"
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
        for name, value in example.facts.items():
            fact = CATALOGUE.get(name)
            if fact is None:
                yield f"examples[{number}]: no fact is called {name}"
            elif not _fits(fact, value):
                yield f"examples[{number}].{name}: {value!r} is no {fact.type}"
        if example.expect is not None and example.expect.row not in rows:
            yield f"examples[{number}]: no row is called {example.expect.row}"


def _fits(fact: Fact, value: FactValue) -> bool:
    wanted = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}[fact.type]
    return type(value) is wanted
