"""What a day owes to the days before it, as frame expressions: runs, counts and periods.

The same numbers as `domain.revision` keeps up day by day, for a whole history at once, on
any frame Narwhals knows. Columns are those of the catalogue; all numbers are int64.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from cloud_receiver.domain.clauses import STREAK_FACT, STRICT_STREAK_FACT
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, FactType
from cloud_receiver.domain.labour import OVERTIME_MONTH_MIN
from cloud_receiver.domain.scores import Scoring, scored

if TYPE_CHECKING:
    from narwhals.typing import FrameT

PERSON: Final = "employee_id"
DATE: Final = "work_date"
PERIOD_READS: Final = (
    "employee_id", "work_date", "campaign_id", "store_id", "scene", "team", "scheduled",
    "full_attendance", "late_min", "early_min", "missing_card", "absent", "sales_fen",
    "target_fen", "feedback_count", "feedback_sum_milli",
)  # fmt: skip
"""The facts of a day that `periods` reads."""

OVERTIME: Final = "overtime_over_month_min"
SUMMED: Final = {
    "period_late_count": "late_min",
    "period_early_count": "early_min",
    "period_missing_count": "missing_card",
    "period_absent_count": "absent",
}
"""Counts of a period, and the fact of a day that makes it one more."""


def with_history(frame: FrameT) -> FrameT:
    """Add the runs of clean days and the counts of the month up to and with each day.

    Rest days show 0 and keep a run; a scheduled day that is not clean ends it; approved
    leave ends only the strict one.

    Args:
        frame: a lazy one in any order, or one in memory that is in order of person and
            date: then a window is one pass over the columns.
    """
    is_in_order = isinstance(frame, nw.DataFrame)
    clean = nw.col("scheduled") & nw.col("full_attendance")
    broken = nw.col("scheduled") & ~nw.col("full_attendance")
    new_month = nw.col("__new_month")
    steps = {  # what is counted, and since when
        STREAK_FACT: (_number(clean), broken & ~nw.col("on_leave")),
        STRICT_STREAK_FACT: (_number(clean), broken),
        **{name: (_number(_happened(fact)), new_month) for name, fact in COUNTED.items()},
        OVERTIME: (nw.col("overtime_min"), new_month),
    }

    def running(value: nw.Expr) -> nw.Expr:
        return value if is_in_order else value.over(PERSON, order_by=DATE)

    before = running(nw.col(PERSON).shift(1))
    frame = frame.with_columns(
        _is_true(before != nw.col(PERSON)).alias("__new_person"),
        nw.col(DATE).str.slice(0, 7).alias("__month"),
    )
    other_month = running(nw.col("__month").shift(1)) != nw.col("__month")
    frame = frame.with_columns(
        (nw.col("__new_person") | _is_true(other_month)).alias("__new_month")
    )
    frame = frame.with_columns(
        *[running(step.cum_sum()).alias(f"__{name}") for name, (step, _) in steps.items()]
    )
    starts = {
        name: nw.when(since | nw.col("__new_person")).then(nw.col(f"__{name}") - step)
        for name, (step, since) in steps.items()
    }
    frame = frame.with_columns(
        *[
            running(start.otherwise(nw.lit(0, nw.Int64)).cum_max()).alias(f"__start_{name}")
            for name, start in starts.items()
        ]
    )
    shown = {
        name: (nw.col(f"__{name}") - nw.col(f"__start_{name}")).cast(nw.Int64) for name in steps
    }
    for name in (STREAK_FACT, STRICT_STREAK_FACT):
        shown[name] = nw.when(nw.col("scheduled")).then(shown[name]).otherwise(nw.lit(0, nw.Int64))
    over = shown[OVERTIME] - nw.lit(OVERTIME_MONTH_MIN, nw.Int64)
    nothing = nw.lit(0, nw.Int64)
    shown[OVERTIME] = nw.when(over > nothing).then(over).otherwise(nothing)
    frame = frame.with_columns(*[value.alias(name) for name, value in shown.items()])
    passing = [f"__{name}" for name in steps] + [f"__start_{name}" for name in steps]
    return frame.drop("__new_person", "__month", "__new_month", *passing)


def _is_true(condition: nw.Expr) -> nw.Expr:
    """Return the condition, true where there is nothing before to compare with."""
    return condition.fill_null(value=True)


def periods(frame: FrameT, scoring: Scoring, targets: Mapping[str, int] | None = None) -> FrameT:
    """Return one row a person and campaign: sums, counts and scores of the period.

    Args:
        frame: days with `campaign_id`; those of no campaign (``""``) are left out. `team`,
            `scene` and `store_id` are those of the person's last day.
        targets: of a whole period, by employee, instead of the sum of the days'; then the
            frame is one in memory.
    """
    clean = nw.col("scheduled") & nw.col("full_attendance")
    sums = {
        "period_days": _number(nw.col("scheduled")),
        "period_clean_days": _number(clean),
        "period_sales_fen": nw.col("sales_fen"),
        "period_target_fen": nw.col("target_fen"),
        "feedback_count": nw.col("feedback_count"),
        "feedback_sum_milli": nw.col("feedback_sum_milli"),
        **{name: _number(_happened(fact)) for name, fact in SUMMED.items()},
    }
    names = (PERSON, "campaign_id")
    frame = frame.filter(nw.col("campaign_id") != nw.lit(""))
    frame = frame.with_columns(
        *[value.alias(f"__{name}") for name, value in sums.items()],
        nw.col(DATE).max().over(*names).alias("__last"),
    )
    frame = frame.with_columns(
        *[
            nw.when(nw.col(DATE) == nw.col("__last")).then(nw.col(name)).alias(f"__{name}")
            for name in ("scene", "store_id", "team")
        ]
    )
    frame = frame.group_by(*names).agg(
        nw.col(DATE).max(),
        *[nw.col(f"__{name}").max().alias(name) for name in ("scene", "store_id", "team")],
        *[nw.col(f"__{name}").sum().cast(nw.Int64).alias(name) for name in sums],
    )
    return aimed(frame, scoring, targets)


def aimed(frame: FrameT, scoring: Scoring, targets: Mapping[str, int] | None = None) -> FrameT:
    """Add scores to the sums of periods, one row a person and campaign.

    Args:
        targets: as in `periods`.
    """
    return scored(_aimed(frame, targets) if targets else frame, scoring)


def _aimed(frame: Any, targets: Mapping[str, int]) -> Any:
    own = nw.from_dict(
        {PERSON: list(targets), "__own": list(targets.values())},
        schema=nw.Schema({PERSON: nw.String(), "__own": nw.Int64()}),
        backend=frame.implementation,
    )
    summed = nw.col("period_target_fen")
    frame = frame.join(own, on=PERSON, how="left")
    return frame.with_columns(nw.coalesce("__own", summed).alias("period_target_fen")).drop("__own")


def _happened(fact: str) -> nw.Expr:
    column = nw.col(fact)
    return column if CATALOGUE[fact].type is FactType.BOOL else column > nw.lit(0, nw.Int64)


def _number(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1, nw.Int64)).otherwise(nw.lit(0, nw.Int64))
