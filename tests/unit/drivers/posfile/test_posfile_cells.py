"""A cell means one thing exactly, or is refused with its text."""

from __future__ import annotations

import pytest

from drivers.posfile.cells import amount_reader, quantity_reader, time_pattern, time_reader


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("7", 7000),
        ("0.355", 355),
        ("-2", -2000),
        ("+1.5000", 1500),
        (".5", 500),
        ("1,200", 1200000),
    ],
)
def test_a_quantity_is_read_to_the_thousandth(text: str, milli: int) -> None:
    assert quantity_reader(".")(text) == milli


@pytest.mark.parametrize("text", ["", "-", ".", "1.2345", "1,2,3", "1e3", "٣", "9" * 30, "1 2"])
def test_a_quantity_that_cannot_be_exact_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|thousandth"):
        quantity_reader(".")(text)


def test_a_decimal_comma_is_read_only_where_it_is_declared() -> None:
    assert amount_reader(",")("1.234,50") == 123450
    assert amount_reader(",")("1 234,5") == 123450
    assert amount_reader(".")("1,234.50") == 123450
    with pytest.raises(ValueError, match="not an amount"):
        amount_reader(",")("548.9715")  # a decimal point must not become thousands


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-11-23 08:59:07", "2026-11-23T08:59:07"),
        ("%m/%d/%Y %H:%M", "1/5/2019 13:08", "2019-01-05T13:08:00"),
        ("%d.%m.%y", "05.01.19", "2019-01-05T00:00:00"),
        ("%Y%m%d%H%M%S", "20261123085907", "2026-11-23T08:59:07"),
        ("%Y-%m-%d %I:%M %p", "2026-11-23 12:05 AM", "2026-11-23T00:05:00"),
        ("%Y年%m月%d日 %p%I:%M", "2026年3月4日 下午3:07", "2026-03-04T15:07:00"),
        ("%Y-%m-%dT%H:%M:%S.%f", "2026-11-23T08:59:07.123456", "2026-11-23T08:59:07"),
    ],
)
def test_till_times_are_read_in_their_declared_form(form: str, text: str, expected: str) -> None:
    assert time_reader([form])(text) == expected


@pytest.mark.parametrize(
    "text", ["2026-02-30 10:00", "2026-13-01 10:00", "2026-11-23 25:00", "2026-11-23", "", "today"]
)
def test_a_time_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no such time|not of the form"):
        time_reader(["%Y-%m-%d %H:%M"])(text)


def test_packed_digits_need_their_full_width() -> None:
    with pytest.raises(ValueError, match="not of the form"):
        time_reader(["%Y%m%d%H%M"])("20261123859")


@pytest.mark.parametrize("form", ["%H:%M", "%Y-%m", "%Y-%m-%d %Z", "%Q"])
def test_a_form_without_a_date_or_with_a_foreign_directive_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"needed|none of"):
        time_pattern(form)
