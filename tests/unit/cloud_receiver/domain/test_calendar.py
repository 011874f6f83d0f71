"""China's calendar: two libraries laid side by side, and headquarters' word before both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cloud_receiver.domain.calendar import DOUBTS, EVERY_STORE, Calendar, DayKind, Override
from cloud_receiver.domain.national import (
    FIRST_PUBLISHED_YEAR,
    LAST_PUBLISHED_YEAR,
    Doubt,
    national_day,
)

KNOWN_DISAGREEMENTS = {"2005-12-31"}
"""A Saturday that the notice for 2006 made a workday; the transcription leaves it out."""


def test_two_sources_agree_on_every_day_but_those_we_know() -> None:
    first, last = date(FIRST_PUBLISHED_YEAR, 1, 1), date(LAST_PUBLISHED_YEAR, 12, 31)
    days = [(first + timedelta(n)).isoformat() for n in range((last - first).days + 1)]
    assert len(days) > 365 * 20
    disagreed = {day for day in days if national_day(day).doubt is Doubt.SOURCES_DISAGREE}
    assert disagreed == KNOWN_DISAGREEMENTS


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-02-14", DayKind.MAKEUP_WORKDAY),
        ("2026-02-28", DayKind.MAKEUP_WORKDAY),
        ("2026-05-09", DayKind.MAKEUP_WORKDAY),
        ("2026-09-20", DayKind.MAKEUP_WORKDAY),
        ("2026-10-10", DayKind.MAKEUP_WORKDAY),
        ("2025-01-26", DayKind.MAKEUP_WORKDAY),
        ("2026-10-01", DayKind.HOLIDAY),
        ("2026-02-20", DayKind.HOLIDAY),
        ("2026-11-28", DayKind.WEEKEND),
        ("2026-11-27", DayKind.WORKDAY),
    ],
)
def test_published_days_are_what_the_notices_say(day: str, kind: DayKind) -> None:
    found = Calendar({}).day("S1", day)
    assert (found.kind, found.doubt, found.is_own) == (kind, None, False)


def test_a_year_without_a_notice_is_estimated_and_says_so() -> None:
    day = Calendar({}).day("S1", f"{LAST_PUBLISHED_YEAR + 1}-10-01")
    assert (day.kind, day.doubt) == (DayKind.HOLIDAY, Doubt.NOT_PUBLISHED)
    assert "推算" in DOUBTS[day.doubt][0]


def test_a_stores_word_goes_before_that_for_all_and_both_before_the_nations() -> None:
    day = "2026-10-01"
    calendar = Calendar(
        {
            (EVERY_STORE, day): Override(DayKind.WORKDAY, "盘点"),
            ("S1", day): Override(DayKind.WEEKEND, "装修"),
        }
    )
    assert calendar.day("S1", day).kind is DayKind.WEEKEND
    assert calendar.day("S2", day).name_zh == "盘点"
    assert calendar.day("S2", "2026-10-02").kind is DayKind.HOLIDAY
