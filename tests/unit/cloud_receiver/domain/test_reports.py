"""Rates and differences against published answers."""

from __future__ import annotations

import pytest

from cloud_receiver.domain import reports
from cloud_receiver.domain.reports import Standing


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),
        (1, 29, 0.0061, 0.1718),
    ],
)  # the last two from Newcombe, Statistics in Medicine 17 (1998), table I, method 3
def test_wilson_gives_the_published_bounds(hits: int, trials: int, low: float, high: float) -> None:
    found = reports.wilson(hits, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_nothing_observed_claims_nothing() -> None:
    assert (reports.wilson(0, 0).low, reports.wilson(0, 0).high) == (0.0, 1.0)
    assert reports.funnel(0.2, 0, 0.95) == (0.0, 1.0)
    assert reports.standing(0, 0, 0.2) is Standing.USUAL


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(3, 3.1824), (4, 2.7764), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_student_t_is_the_table_s(freedom: int, t: float) -> None:
    assert reports.student_t(freedom) == pytest.approx(t, rel=5e-3)


def test_welch_of_equal_variances_is_student_s() -> None:
    found = reports.welch([1, 2, 3], [4, 5, 6])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((-3, -5.267, -0.733), abs=0.02)
    assert found.excludes_zero


def test_welch_takes_unequal_variances_apart() -> None:
    found = reports.welch([10, 10.1, 9.9, 10, 10.1], [8, 14, 6, 15, 7, 10])
    assert found is not None
    assert found.value == pytest.approx(0.02, abs=1e-9)
    assert not found.excludes_zero
    assert found.high - found.value == pytest.approx(3.927, abs=0.02)  # t(5.006) x 1.5280


def test_the_same_people_are_compared_with_themselves() -> None:
    found = reports.paired([1, 2, 3, 4], [2, 4, 6, 8])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 0.446, 4.554), abs=0.02)


@pytest.mark.parametrize("groups", [([1.0, 2.0], [1.0, 2.0, 3.0]), ([], [])])
def test_too_few_make_no_claim(groups: tuple[list[float], list[float]]) -> None:
    assert reports.welch(*groups) is None
    assert reports.paired(groups[0][:2], groups[0][:2]) is None


def test_a_small_group_is_not_shamed_by_chance() -> None:
    assert reports.standing(2, 4, 0.1) is Standing.HIGH  # half of four, where one in ten is usual
    assert reports.standing(1, 4, 0.1) is Standing.USUAL
    assert reports.standing(25, 100, 0.1) is Standing.VERY_HIGH
    assert reports.standing(17, 100, 0.1) is Standing.HIGH
    assert reports.standing(2, 100, 0.1) is Standing.LOW


def test_a_quantile_is_one_of_the_values() -> None:
    assert reports.quantile(range(1, 101), 0.99) == 100
    assert reports.quantile([7], 0.5) == 7
