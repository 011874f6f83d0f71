"""What a day owes to the days before it, kept up day by day: runs of clean days, month counts.

The same numbers as `domain.histories` computes for a whole history at once; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from cloud_receiver.domain.labour import over_month_min


class DayMark(msgspec.Struct, frozen=True):
    """A day as far as runs and counts are concerned; the names are those of the catalogue."""

    scheduled: bool
    full_attendance: bool
    on_leave: bool = False
    late_min: int = 0
    early_min: int = 0
    missing_card: bool = False
    absent: bool = False
    overtime_min: int = 0


class Tally(NamedTuple):
    """The facts that come of it; the names are those of the catalogue."""

    clean_streak_days: int = 0
    clean_streak_strict_days: int = 0
    late_month_count: int = 0
    early_month_count: int = 0
    missing_month_count: int = 0
    absent_month_count: int = 0
    overtime_over_month_min: int = 0


NOTHING = Tally()


class Standing(NamedTuple):
    """What days count on from.

    Attributes:
        date: of the last day before them; empty when there is none.
        tally: the run as of the last scheduled day, the counts as of the last day.
        overtime_min: of the month of `date`, that day included.
    """

    date: str = ""
    tally: Tally = NOTHING
    overtime_min: int = 0


AT_FIRST = Standing()


def tallies(before: Standing, run: Iterable[tuple[str, DayMark]]) -> list[Tally]:
    """Count on from a day, one tally a day.

    Rest days are neutral: they show no run, so that no rule speaks on them, and the run goes
    on behind them. A scheduled day that is not (yet) clean ends it, approved leave only the
    strict one.

    Args:
        run: (work date, day) in order.

    >>> days = [("2026-11-30", DayMark(True, False, late_min=5)), ("2026-12-01", DayMark(True, True))]
    >>> [(one.clean_streak_days, one.late_month_count) for one in tallies(AT_FIRST, days)]
    [(0, 1), (1, 0)]
    """
    shown = []
    clean, strict, late, early, missing, absent, _ = before.tally
    overtime_min = before.overtime_min
    month = before.date[:7]
    for date, day in run:
        if date[:7] != month:
            month, late, early, missing, absent, overtime_min = date[:7], 0, 0, 0, 0, 0
        overtime_min += day.overtime_min
        late += day.late_min > 0
        early += day.early_min > 0
        missing += day.missing_card
        absent += day.absent
        if day.scheduled:
            is_clean = day.full_attendance
            clean = clean + is_clean if is_clean or day.on_leave else 0
            strict = strict + 1 if is_clean else 0
        runs = (clean, strict) if day.scheduled else (0, 0)
        shown.append(Tally(*runs, late, early, missing, absent, over_month_min(overtime_min)))
    return shown
