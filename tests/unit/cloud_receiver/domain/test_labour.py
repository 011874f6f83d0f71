"""Hours a roster asks for against the Labour Law, told by article."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.labour import Concern, about, concerns, planned_min
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.templates import part
from cloud_receiver.domain.workday import shift_date

MONDAY = "2026-11-02"


def _days(pattern: list[str], first: str = MONDAY, **more: int) -> dict[str, RosterDay]:
    """Return consecutive days, each ``09:00-18:00`` or empty for rest."""
    found = {}
    for number, hours in enumerate(pattern):
        date = shift_date(first, number)
        start, _, end = hours.partition("-")
        shifts = (part("x", start, end, **more),) if hours else ()
        found[date] = RosterDay(work_date=date, store_id="S1", zone="Asia/Shanghai", shifts=shifts)
    return found


def test_an_ordinary_week_raises_nothing() -> None:
    assert concerns("E1", _days([*["09:00-18:00"] * 5, "", ""])) == []


@pytest.mark.parametrize(
    ("hours", "concern"),
    [
        ("09:00-18:01", Concern.DAY),
        ("09:00-20:00", Concern.DAY),
        ("09:00-20:01", Concern.DAY_LIMIT),
    ],
)
def test_long_days_are_told_by_the_article(hours: str, concern: Concern) -> None:
    (note,) = concerns("E1", _days([hours]))
    assert (note.concern, note.dates) == (concern, (MONDAY,))
    assert "第四十一条" in note.text.zh
    assert "art. 41" in note.text.en


def test_an_unpaid_break_is_no_work_and_a_night_is_as_long_as_it_is() -> None:
    assert concerns("E1", _days(["09:00-19:00"], break_min=60)) == []
    assert planned_min((part("night", "22:00", "06:30"),)) == 510
    assert planned_min((part("short", "08:00", "12:00", break_min=60, break_after_min=360),)) == 240


def test_a_week_without_rest_names_its_monday() -> None:
    (note,) = concerns("E1", _days(["10:00-16:00"] * 7))
    assert (note.concern, note.dates) == (Concern.WEEK_REST, (MONDAY,))
    assert "第三十八条" in note.text.zh


def test_overtime_of_a_month_is_beyond_8_hours_a_day_and_44_a_week() -> None:
    six_long_days = ["09:00-18:00"] * 6 + [""]  # 6 h beyond eight, 4 h beyond 44 of the week
    days = _days(six_long_days * 4)
    (note,) = concerns("E1", days)
    assert (note.concern, note.month, note.most_min) == (Concern.MONTH, "2026-11", 40 * 60)
    assert "40 小时" in note.text.zh
    assert concerns("E1", _days(six_long_days * 3)) == []


def test_only_what_was_changed_is_told() -> None:
    notes = concerns("E1", _days(["09:00-21:00", *["10:00-16:00"] * 6]))
    assert [one.concern for one in about(notes, ["2026-11-05"])] == [Concern.WEEK_REST]
    assert [one.concern for one in about(notes, [MONDAY])] == [Concern.DAY_LIMIT, Concern.WEEK_REST]
    assert about(notes, ["2026-12-01"]) == []
