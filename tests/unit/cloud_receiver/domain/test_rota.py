"""Patterns of shifts over dates, as people write them."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.calendar import Calendar, DayKind
from cloud_receiver.domain.rota import (
    CalendarUse,
    PatternError,
    Stretch,
    copied,
    lay,
    parse_pattern,
)
from cloud_receiver.domain.templates import (
    ShiftTemplate,
    TemplateError,
    decode_parts,
    encode_parts,
    hours_text,
    part,
)

NATION = Calendar({})


def laid(pattern: str, first: str, last: str, **options) -> str:
    options = {"begins": first, "kind_of": lambda day: NATION.day("S1", day).kind} | options
    slots = lay(parse_pattern(pattern), Stretch(first, last), **options)
    return "".join(slot or "." for _, slot in slots)


def test_five_on_two_off_runs_through_weekends() -> None:
    assert laid("早*5 休*2", "2026-11-25", "2026-12-08") == "早早早早早..早早早早早.."


def test_a_cycle_goes_on_from_its_first_date_whatever_part_is_laid() -> None:
    whole = laid("早*2 晚*2 休*2", "2026-11-01", "2026-11-30")
    assert laid("早*2 晚*2 休*2", "2026-11-11", "2026-11-30", begins="2026-11-01") == whole[10:]
    assert laid("早 晚 休", "2026-11-01", "2026-11-03", begins="2026-11-30") == "晚.早"


def test_people_take_turns_when_each_is_ahead_of_the_last() -> None:
    turns = [laid("早 晚 休", "2026-11-01", "2026-11-03", ahead_days=n) for n in range(3)]
    assert turns == ["早晚.", "晚.早", ".早晚"]
    assert all(set(day) == {"早", "晚", "."} for day in zip(*turns, strict=True)), "always staffed"


def test_odd_and_even_weeks_follow_the_iso_week() -> None:
    pattern = "单周: 早*5 休*2 / 双周：晚*5 休*2"  # 2026-11-23 begins week 48
    assert laid(pattern, "2026-11-23", "2026-12-06") == "晚晚晚晚晚..早早早早早.."
    english = laid("odd: E*5 rest*2; even: L*5 rest*2", "2026-11-25", "2026-11-30")
    assert english == "LLL..E"


def test_holidays_off_and_workdays_follow_the_calendar() -> None:
    """National Day 2026: off 1 to 7 October, the 10th, a Saturday, is worked."""
    dates = ("2026-09-30", "2026-10-11")
    assert laid("早", *dates) == "早" * 12
    assert laid("早", *dates, use=CalendarUse.HOLIDAYS_OFF) == "早.......早早早早"
    assert laid("早", *dates, use=CalendarUse.WORKDAYS) == "早.......早早早."
    turning = laid("早 晚", *dates, use=CalendarUse.WORKDAYS)
    assert turning == "早.......晚早晚.", "the cycle goes on where it stood"
    later = laid("早 晚", "2026-10-09", "2026-10-11", begins="2026-09-30", use=CalendarUse.WORKDAYS)
    assert later == turning[9:]


def test_a_store_that_works_through_the_holiday_has_its_own_calendar() -> None:
    from cloud_receiver.domain.calendar import Override

    own = Calendar({("S1", "2026-10-01"): Override(DayKind.WORKDAY, "国庆营业")})
    options = {"use": CalendarUse.HOLIDAYS_OFF, "kind_of": lambda day: own.day("S1", day).kind}
    assert laid("早", "2026-10-01", "2026-10-02", **options) == "早."
    assert own.day("S2", "2026-10-01").kind is DayKind.HOLIDAY


@pytest.mark.parametrize(
    "text", ["", "早*", "早*0", "早**2", "早*999", "单周: 早*5 休*2", "单周: 早*7 / 双周: 晚*6", "周: 早*7"]
)  # fmt: skip
def test_what_is_no_pattern_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse_pattern(text)
    assert "早*5 休*2" in caught.value.zh
    assert "rest*2" in caught.value.en


def test_a_week_is_repeated_until_the_target_is_full() -> None:
    dates = copied(Stretch("2026-12-01", "2026-12-07"), Stretch("2026-12-15", "2026-12-31"))
    assert dates["2026-12-15"] == dates["2026-12-22"] == dates["2026-12-29"] == "2026-12-01"
    assert dates["2026-12-31"] == "2026-12-03"


@pytest.mark.parametrize("dates", [("2026-12-02", "2026-12-01"), ("2026-01-01", "2027-12-31")])
def test_a_stretch_runs_forward_and_ends(dates: tuple[str, str]) -> None:
    with pytest.raises(PatternError, match="must not be before"):
        Stretch(*dates)


def test_a_split_template_survives_its_document_and_stands_in_a_store() -> None:
    parts = (part("两头", "08:00", "12:00", grace_min=5), part("两头", "22:00", "02:00"))
    template = ShiftTemplate("两头", "两头班", parts)
    assert decode_parts(encode_parts(template)) == parts
    assert hours_text(parts) == "08:00-12:00 + 22:00-02:00+1"
    placed = template.at("S1", "Asia/Urumqi")
    assert {(one.store_id, one.zone) for one in placed} == {("S1", "Asia/Urumqi")}


@pytest.mark.parametrize(
    ("name", "spans"),
    [("早 班", ["08:00-12:00"]), ("早*", ["08:00-12:00"]), ("早", []),
     ("早", ["08:00-12:00", "11:00-13:00"])],
)  # fmt: skip
def test_a_template_nobody_can_work_or_name_is_refused(name: str, spans: list[str]) -> None:
    parts = tuple(part(name, *span.split("-")) for span in spans)
    with pytest.raises(TemplateError, match="shift"):
        ShiftTemplate(name, name, parts)
