"""Composite scores of a campaign: attendance, sales and feedback on one declared scale.

100 points are full marks; everything is thousandths of a point (``*_milli``) in int64. The
weighted mean is rounded once, half up. A part nothing is known about is left out and the
others weigh more, or it counts a declared neutral score.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
import narwhals as nw

if TYPE_CHECKING:
    from narwhals.typing import FrameT

FULL_MILLI: Final = 100_000
PARTS: Final = ("attendance", "sales", "feedback")


class Missing(StrEnum):
    """What counts for a part nothing is known about."""

    REWEIGHT = "reweight"
    NEUTRAL = "neutral"


class Scoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a campaign scores; the defaults are the shipped 30/50/20.

    Attributes:
        attendance, sales, feedback: the weights.
        anomaly_points: points off for each lateness, early leave, missing card and absence.
        sales_cap: the most that sales score; 100 is the target reached, null is no limit.
        missing: what to do about a part nothing is known about.
        neutral_points: what such a part counts when `missing` is neutral.
        min_feedbacks: fewer ratings are filled up with the mean of the store.
    """

    attendance: int = 30
    sales: int = 50
    feedback: int = 20
    anomaly_points: int = 10
    sales_cap: int | None = 100
    missing: Missing = Missing.REWEIGHT
    neutral_points: int = 80
    min_feedbacks: int = 3

    def problems(self) -> Iterator[str]:
        """Say what is wrong with it; nothing means it may be compiled."""
        weights = [getattr(self, part) for part in PARTS]
        if min(weights) < 0 or not 0 < sum(weights) <= 1000:
            yield "weights: none is negative, one is positive, the sum is at most 1000"
        if not 0 <= self.anomaly_points <= 100:
            yield "anomaly_points: is from 0 to 100"
        if self.sales_cap is not None and not 100 <= self.sales_cap <= 1000:
            yield "sales_cap: is from 100 to 1000, or null"
        if not 0 <= self.neutral_points <= 100:
            yield "neutral_points: is from 0 to 100"
        if not 1 <= self.min_feedbacks <= 100:
            yield "min_feedbacks: is from 1 to 100"


SHIPPED_SCORING: Final = Scoring()


def scored(frame: FrameT, scoring: Scoring) -> FrameT:
    """Add the three parts, the composite score and what follows from the sums of a period.

    Args:
        frame: one row a person and campaign with `period_*` sums, `feedback_count` and
            `feedback_sum_milli`, and the store whose mean fills up few ratings.
    """
    assert not list(scoring.problems()), "score only by what was checked"
    for stage in (_parts(scoring), _feedback(scoring), [_composite(scoring)]):
        frame = frame.with_columns(*stage)
    return frame.drop("__ratings", "__store_count", "__store_sum")


def _parts(scoring: Scoring) -> list[nw.Expr]:
    anomalies = (
        nw.col("period_late_count")
        + nw.col("period_early_count")
        + nw.col("period_missing_count")
        + nw.col("period_absent_count")
    )
    off = _int(FULL_MILLI) - anomalies * _int(scoring.anomaly_points * 1000)
    sold, target = nw.col("period_sales_fen").clip(lower_bound=0), nw.col("period_target_fen")
    aimed = nw.when(target > _int(0)).then(target).otherwise(_int(1))  # never divide by nothing
    reached = sold * _int(FULL_MILLI) // aimed
    if scoring.sales_cap is not None:
        reached = nw.min_horizontal(reached, _int(scoring.sales_cap * 1000))
    within = ("campaign_id", "store_id")
    days, clean = nw.col("period_days"), nw.col("period_clean_days")
    return [
        ((days > _int(0)) & (days == clean)).alias("period_full_attendance"),
        _or_zero(target > _int(0), sold * _int(10_000) // aimed).alias("period_achievement_bp"),
        off.clip(lower_bound=0).alias("period_attendance_milli"),
        _or_zero(target > _int(0), reached).alias("period_sales_milli"),
        nw.col("feedback_count").alias("__ratings"),
        nw.col("feedback_count").sum().over(*within).cast(nw.Int64).alias("__store_count"),
        nw.col("feedback_sum_milli").sum().over(*within).cast(nw.Int64).alias("__store_sum"),
    ]


def _feedback(scoring: Scoring) -> list[nw.Expr]:
    count, total = nw.col("__ratings"), nw.col("feedback_sum_milli")
    store_count = nw.max_horizontal(nw.col("__store_count"), _int(1))
    mean = nw.col("__store_sum") // store_count
    short = (_int(scoring.min_feedbacks) - count).clip(lower_bound=0)
    shrunk = (total + short * mean) // nw.max_horizontal(count, _int(scoring.min_feedbacks))
    return [_or_zero(count > _int(0), shrunk).alias("period_feedback_milli")]


def _composite(scoring: Scoring) -> nw.Expr:
    known = {
        "attendance": nw.col("period_days") > _int(0),
        "sales": nw.col("period_target_fen") > _int(0),
        "feedback": nw.col("__ratings") > _int(0),
    }
    weight, total = _int(0), _int(0)
    for part, is_known in known.items():
        own = _int(getattr(scoring, part))
        value = nw.col(f"period_{part}_milli")
        if scoring.missing is Missing.NEUTRAL:
            neutral = _int(scoring.neutral_points * 1000)
            value = nw.when(is_known).then(value).otherwise(neutral)
        else:
            own = _or_zero(is_known, own)
        weight, total = weight + own, total + own * value
    divisor = nw.max_horizontal(weight, _int(1))
    return ((total * _int(2) + divisor) // (divisor * _int(2))).alias("period_score_milli")


def _or_zero(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(value).otherwise(_int(0))


def _int(value: int) -> nw.Expr:
    return nw.lit(value, nw.Int64)
