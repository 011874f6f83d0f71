"""What a day owes to the days before it, kept up day by day: runs of clean days, month counts.

The same numbers as `domain.histories` computes for a whole history at once; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec


class DayMark(msgspec.Struct, frozen=True):
    """A day as far as runs and counts are concerned; the names are those of the catalogue."""

    scheduled: bool
    full_attendance: bool
    on_leave: bool = False
    late_min: int = 0
    early_min: int = 0
    missing_card: bool = False
    absent: bool = False


class Tally(NamedTuple):
    """The facts that come of it; the names are those of the catalogue."""

    clean_streak_days: int = 0
    clean_streak_strict_days: int = 0
    late_month_count: int = 0
    early_month_count: int = 0
    missing_month_count: int = 0
    absent_month_count: int = 0


NOTHING = Tally()


def tallies(before: Tally, before_date: str, run: Iterable[tuple[str, DayMark]]) -> list[Tally]:
    """Count on from a day, one tally a day.

    Rest days are neutral: they show no run, so that no rule speaks on them, and the run goes
    on behind them. A scheduled day that is not (yet) clean ends it, approved leave only the
    strict one.

    Args:
        before: the run as of the last scheduled day before, the counts as of the last day.
        before_date: the date of the latter; empty when there is none.
        run: (work date, day) in order.

    >>> days = [("2026-11-30", DayMark(True, False, late_min=5)), ("2026-12-01", DayMark(True, True))]
    >>> [(one.clean_streak_days, one.late_month_count) for one in tallies(NOTHING, "", days)]
    [(0, 1), (1, 0)]
    """
    shown = []
    clean, strict = before.clean_streak_days, before.clean_streak_strict_days
    counts = list(before[2:])
    month = before_date[:7]
    for date, day in run:
        if date[:7] != month:
            month, counts = date[:7], [0] * len(counts)
        happened = (day.late_min > 0, day.early_min > 0, day.missing_card, day.absent)
        counts = [count + one for count, one in zip(counts, happened, strict=True)]
        if day.scheduled:
            is_clean = day.full_attendance
            clean = clean + is_clean if is_clean or day.on_leave else 0
            strict = strict + 1 if is_clean else 0
        runs = (clean, strict) if day.scheduled else (0, 0)
        shown.append(Tally(*runs, *counts))
    return shown
