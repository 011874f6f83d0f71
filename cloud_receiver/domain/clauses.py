"""The parts a rule document is made of: where it holds, what its rows say, how it is limited.

All are strict: an unknown key is a typing error, not a wish.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from cloud_receiver.domain.conditions import Conditions
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.outcomes import Text

STREAK_FACT: Final = "clean_streak_days"
STRICT_STREAK_FACT: Final = "clean_streak_strict_days"


class Grain(StrEnum):
    """When a rule speaks."""

    PUNCH = "punch"  # as soon as the person has arrived
    RUNNING = "running"  # as soon as the facts say so
    DAY = "day"  # once the day's result is final
    STREAK = "streak"  # on every n-th day of a run of clean days
    COUNT = "count"  # on every n-th time something happened in the month
    PERIOD = "period"  # once a campaign is closed
    RANK = "rank"  # once a campaign is closed, for some places of its ranking


PERIODIC: Final = frozenset({Grain.PERIOD, Grain.RANK})
"""The grains that speak about a campaign, on the last day of its period."""


class Effect(StrEnum):
    """Which way the money goes, seen from the employee."""

    REWARD = "reward"
    DEDUCTION = "deduction"
    NEUTRAL = "neutral"  # no money: points, a tag or a task


class Leave(StrEnum):
    """What approved leave does to a run of clean days."""

    NEUTRAL = "neutral"
    BREAK = "break"


class Run(StrEnum):
    """What an award does to a run of clean days."""

    RESET = "reset"  # counts anew: day n, 2n, 3n ...
    ROLLING = "rolling"  # every day whose last n days are clean


class Rounding(StrEnum):
    """How a share of a pool becomes a number of places."""

    FLOOR = "floor"
    NEAREST = "nearest"
    CEIL = "ceil"


class Ties(StrEnum):
    """What becomes of equals across the last place."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    BREAK = "break"  # by a second fact; who is still equal is included


class End(StrEnum):
    """Which end of a ranking is meant."""

    TOP = "top"
    BOTTOM = "bottom"


class _Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict."""


class Scope(_Clause, frozen=True):
    """Where and for whom a rule holds; an empty list means everywhere and everybody."""

    scenes: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    employees: tuple[str, ...] = ()


SCOPE_FACTS: Final = {
    "scenes": "scene",
    "stores": "store_id",
    "campaigns": "campaign_id",
    "teams": "team",
    "employees": "employee_id",
}
"""The fact that each list of a scope is about."""


class Grant(_Clause, frozen=True):
    """What a row gives or takes.

    Money is a fixed amount, a rate of a money fact, or nothing and why. Beside money, or
    alone, stand points in halves (``2`` is one point), a tag, and a task such as training.
    """

    amount_fen: int | None = None
    rate_bp: int | None = None
    of: str | None = None
    none: Text | None = None
    half_points: int = 0
    tag: Text | None = None
    task: Text | None = None

    @property
    def has_more_than_money(self) -> bool:
        """Tell whether points, a tag or a task are given."""
        return bool(self.half_points or self.tag or self.task)


class Row(_Clause, frozen=True):
    """One line of the decision table."""

    id: str
    when: Conditions
    outcome: Grant
    text: Text


class Cap(_Clause, frozen=True):
    """A limit of the rule's own: a fixed amount, a money fact of the day, or both."""

    amount_fen: int | None = None
    fact: str | None = None


class Pool(_Clause, frozen=True):
    """Which places of a ranking a rank rule is about.

    Attributes:
        by: the fact that ranks; the highest value is the first place.
        within: ranks are taken among people who agree in these facts.
        break_by: of equals the higher one goes first; needed for ties ``break``.
        min_people: a smaller pool has no ranking.
    """

    by: str
    share_bp: int
    end: End = End.TOP
    rounding: Rounding = Rounding.CEIL
    ties: Ties = Ties.INCLUDE
    break_by: str | None = None
    within: tuple[str, ...] = ("campaign_id",)
    min_people: int = 5


class Expectation(_Clause, frozen=True):
    """What an example must give before other rules are weighed; amounts are signed."""

    row: str
    amount_fen: int


class Example(_Clause, frozen=True):
    """A day and what the rule must say about it; null means the rule says nothing.

    Attributes:
        pool: of a rank rule: the facts of everybody else in the ranking.
    """

    facts: dict[str, FactValue]
    expect: Expectation | None
    pool: tuple[dict[str, FactValue], ...] = ()
