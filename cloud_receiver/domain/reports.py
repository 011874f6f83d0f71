"""What a report may claim: rates with limits that are fair to small shops, and differences
with their uncertainty. Pure; rates and sums here describe, they never pay anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from math import sqrt
from statistics import NormalDist, fmean, variance
from typing import Final

WARN_LEVEL: Final = 0.95
ALARM_LEVEL: Final = 0.998
MIN_GROUP: Final = 3
"""A mean of fewer is no group's mean; no interval is claimed for it."""


class Standing(StrEnum):
    """Where a shop or person stands against the funnel around everybody's rate."""

    USUAL = "usual"  # inside: chance explains it
    HIGH = "high"  # above the 95 % limit
    VERY_HIGH = "very_high"  # above the 99.8 % limit
    LOW = "low"  # below the 95 % limit


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and between which bounds it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Tell whether chance alone is no good explanation."""
        return self.low > 0 or self.high < 0


def wilson(hits: int, trials: int, level: float = WARN_LEVEL) -> Interval:
    """Return a rate with Wilson's score interval, which is honest for few trials too.

    Source: E. B. Wilson, JASA 22 (1927).

    >>> one = wilson(0, 10)
    >>> (one.value, one.low, round(one.high, 4))
    (0.0, 0.0, 0.2775)
    """
    assert 0 <= hits <= trials, (hits, trials)
    if not trials:
        return Interval(0.0, 0.0, 1.0)
    z, rate = _z(level), hits / trials
    centre = rate + z * z / (2 * trials)
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return Interval(rate, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def funnel(overall: float, trials: int, level: float) -> tuple[float, float]:
    """Return between which rates chance puts `level` of the groups of a size.

    Source: D. Spiegelhalter, Funnel plots for comparing institutional performance (2005).
    """
    if not trials:
        return 0.0, 1.0
    spread = _z(level) * sqrt(overall * (1 - overall) / trials)
    return max(0.0, overall - spread), min(1.0, overall + spread)


@lru_cache(maxsize=4096)  # thousands of people share a few pairs of numbers
def standing(hits: int, trials: int, overall: float) -> Standing:
    """Tell where a group stands, its size taken into account.

    >>> standing(2, 4, 0.2), standing(40, 100, 0.2)
    (<Standing.USUAL: 'usual'>, <Standing.VERY_HIGH: 'very_high'>)
    """
    if not trials:
        return Standing.USUAL
    rate = hits / trials
    low, high = funnel(overall, trials, WARN_LEVEL)
    if rate > funnel(overall, trials, ALARM_LEVEL)[1]:
        return Standing.VERY_HIGH
    if rate > high:
        return Standing.HIGH
    return Standing.LOW if rate < low else Standing.USUAL


def welch(first: Sequence[float], second: Sequence[float]) -> Interval | None:
    """Return the difference of two means (first - second) with Welch's interval.

    None where a group is smaller than `MIN_GROUP`.
    Source: B. L. Welch, Biometrika 34 (1947).
    """
    if min(len(first), len(second)) < MIN_GROUP:
        return None
    parts = [variance(group) / len(group) for group in (first, second)]
    difference, error = fmean(first) - fmean(second), sqrt(sum(parts))
    if not error:
        return Interval(difference, difference, difference)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(group) - 1) for part, group in zip(parts, (first, second), strict=True)
    )
    reach = student_t(freedom) * error
    return Interval(difference, difference - reach, difference + reach)


def paired(before: Sequence[float], after: Sequence[float]) -> Interval | None:
    """Return the mean change of the same people (after - before) with its interval."""
    changes = [late - early for early, late in zip(before, after, strict=True)]
    if len(changes) < MIN_GROUP:
        return None
    mean, error = fmean(changes), sqrt(variance(changes) / len(changes))
    reach = student_t(len(changes) - 1) * error
    return Interval(mean, mean - reach, mean + reach)


def student_t(freedom: float, level: float = WARN_LEVEL) -> float:
    """Return the two-sided quantile of Student's t, by the expansion around the normal.

    Within 0.5 % from 3 degrees of freedom on. Source: Abramowitz and Stegun, 26.7.5.

    >>> round(student_t(10), 3), round(student_t(1000), 3)
    (2.228, 1.962)
    """
    z = _z(level)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )


def quantile(values: Iterable[int], share: float) -> int | None:
    """Return the value that `share` of the values do not exceed; None of nothing.

    >>> quantile([5, 1, 9], 0.5), quantile([], 0.99)
    (5, None)
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@cache
def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
