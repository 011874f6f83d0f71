"""What people write into cells is understood, or refused with words that help."""

from __future__ import annotations

from datetime import date

import pytest

from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError


@pytest.mark.parametrize(
    "text", ["2026-11-03", "2026/11/3", "2026.11.03", "20261103", "2026年11月3日"]
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert fields.day("work_date", text) == date(2026, 11, 3)


@pytest.mark.parametrize("text", ["", "2026-02-30", "03.11.2026", "2026113", "1999-12-31", "soon"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="work_date"):
        fields.day("work_date", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:00", "09:00"),
        ("09:00", "09:00"),
        ("23:59", "23:59"),
        ("9:30", "09:30"),
        ("09:00:00", "09:00"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: str) -> None:
    assert fields.clock("start", text) == expected


@pytest.mark.parametrize("text", ["", "24:00", "9", "09:60", "9h", "09:00:30"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="start"):
        fields.clock("start", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {1, 2, 3, 4, 5, 6, 7}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("1,3,7", {1, 3, 7}),
        ("一三五", {1, 3, 5}),
        ("周一至周五", {1, 2, 3, 4, 5}),
        ("6、日", {6, 7}),
    ],
)
def test_days_of_the_week_are_read_as_people_write_them(text: str, expected: set[int]) -> None:
    assert fields.weekdays("weekdays", text) == expected


@pytest.mark.parametrize("text", ["8", "0-3", "Mon", "5-1"])
def test_what_are_no_days_of_the_week_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="weekdays"):
        fields.weekdays("weekdays", text)


def test_money_is_read_exactly_and_never_negative() -> None:
    assert fields.fen("target_yuan", "1,234.5") == 123_450
    assert fields.fen("target_yuan", "") == 0
    for text in ("-1", "much"):
        with pytest.raises(CellError, match="target_yuan"):
            fields.fen("target_yuan", text)


def test_a_zone_must_exist() -> None:
    assert fields.zone("zone", "") == "Asia/Shanghai"
    assert fields.zone("zone", "Europe/Berlin") == "Europe/Berlin"
    for text in ("Beijing", "../etc/passwd", "/etc"):
        with pytest.raises(CellError, match="zone"):
            fields.zone("zone", text)


def test_words_of_choice_are_read_in_both_languages() -> None:
    assert [fields.language("language", text) for text in ("", "中文", "EN")] == ["zh", "zh", "en"]
    assert [fields.yes("active", text) for text in ("", "是", "no", "离职")] == [
        True,
        True,
        False,
        False,
    ]
    assert fields.scene("scene", "超市") == "supermarket"
    for read, text in ((fields.language, "de"), (fields.yes, "maybe"), (fields.minutes, "5.5")):
        with pytest.raises(CellError):
            read("x", text)
