"""What a rule says about one employee-day, with everything needed to explain it.

An outcome is a statement, not money: the ledger books the difference between what
outcomes say and what was booked. An amount of 0 with a reason is an outcome too, so that
a person sees what was weighed and not only what was paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from cloud_receiver.domain.facts import FactValue

DayKey = tuple[str, str]
"""An employee-day: (employee_id, work_date)."""

Evidence = Mapping[str, Sequence[str]]
"""The records a day's facts rest on: ``{"punches": [record_id], "sales": [record_id]}``."""


class Account(StrEnum):
    """An employee's accounts in the ledger; the values are what the database stores."""

    INSTANT = "instant"  # 即时奖金
    PENDING = "pending"  # 待发放奖金
    SUBSIDY = "subsidy"  # 补贴扣减


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


class Reason(msgspec.Struct, frozen=True):
    """Why an amount is 0.

    Attributes:
        code: ``row`` (the row grants nothing), ``superseded``, ``punished_already``,
            ``rule_cap``, ``day_floor``, ``campaign_budget``, ``nothing_due`` (the formula
            gives 0), ``withdrawn`` (the rule no longer hits), ``month_law`` (deferred to a
            later month) or ``appeal`` (a person decided).
    """

    code: str
    text: Text


class CapApplied(msgspec.Struct, frozen=True):
    """A limit that held back part of an amount; both in fen and not negative.

    Attributes:
        cap: ``rule`` (the rule's own limit), ``day_floor`` (never more than the day's
            subsidy), ``month_law`` (what the law lets a month's deductions be; the rest is deferred)
            or ``campaign_budget`` (never more than is left of it).
    """

    cap: str
    limit_fen: int
    suppressed_fen: int


class Explanation(msgspec.Struct, frozen=True):
    """The way from an amount back to the records: stored as JSON with outcome and entry.

    Attributes:
        facts: every fact the rule read on this day, with its value.
        formula: how the amount before limits came about, in fen.
        gross_fen: the signed amount before limits and exclusion.
        evidence: ids of the records the facts rest on, by kind.
        message: what the person is told when the amount is first booked.
    """

    rule: Text
    row: Text
    facts: dict[str, FactValue]
    formula: str
    gross_fen: int
    caps: tuple[CapApplied, ...]
    reason: Reason | None
    evidence: dict[str, tuple[str, ...]]
    message: Text

    def to_json(self) -> str:
        """Return the stored form; equal explanations give equal text."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Read the stored form."""
        return msgspec.json.decode(text, type=cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one rule says about one employee-day.

    What is said about a campaign is said about the last day of its period.

    Attributes:
        amount_fen: signed for the employee, after exclusion and limits.
        campaign_id: the campaign that bears the cost; empty: none.
        half_points: for the long-term file, signed; 2 is one point.
        tag: what the person may be called, e.g. 全勤.
        task: what the person is to do, e.g. a training.
    """

    rule_id: str
    rule_version: int
    row_id: str
    employee_id: str
    work_date: str
    store_id: str
    account: Account
    amount_fen: int
    explanation: Explanation
    campaign_id: str = ""
    half_points: int = 0
    tag: Text | None = None
    task: Text | None = None

    @property
    def outcome_key(self) -> str:
        """Identify the statement across versions and revisions."""
        return f"{self.rule_id}/{self.employee_id}/{self.work_date}"

    @property
    def day(self) -> DayKey:
        """Return the employee-day the outcome is about."""
        return self.employee_id, self.work_date
