"""Shifts become instants, roster documents come back as they went."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud_receiver.domain.workday import (
    LateBasis,
    Shift,
    decode_shifts,
    effective_utc_ms,
    encode_shifts,
    local_date,
    local_to_utc_ms,
    plan,
    utc_ms,
)

DAY = Shift(shift_id="day", store_id="S1", zone="Asia/Shanghai", start="09:00", end="18:00")
NIGHT = Shift(
    shift_id="night", store_id="S2", zone="Europe/Berlin", start="22:00", end="06:00", end_day=1,
    grace_min=5, late_basis=LateBasis.AFTER_GRACE, off_after_min=60,
)  # fmt: skip
HOUR_MS = 3_600_000

YEAR_MS = 365 * 24 * 3600 * 1000


def test_a_local_time_is_an_instant_of_its_zone() -> None:
    expected = utc_ms(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert local_to_utc_ms("2026-11-23T09:00:00", "Asia/Shanghai") == expected


def test_a_skipped_local_time_moves_forward_and_a_doubled_one_is_the_first() -> None:
    berlin = "Europe/Berlin"
    assert local_to_utc_ms("2026-03-29T02:30", berlin) == local_to_utc_ms(
        "2026-03-29T03:30", berlin
    )
    doubled = local_to_utc_ms("2026-10-25T02:30", berlin)
    assert doubled == utc_ms(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert local_to_utc_ms("2026-10-25T03:30", berlin) - doubled == 2 * HOUR_MS


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("date", ["2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25"])
def test_every_hour_of_a_date_begins_where_its_zone_says(zone: str, date: str) -> None:
    for minute in range(0, 24 * 60, 29):
        local = f"{date}T{minute // 60:02}:{minute % 60:02}:59"
        own = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
        assert local_to_utc_ms(local, zone) == utc_ms(own)


@pytest.mark.parametrize(
    "local", ["2026-11-23T24:00:00", "2026-11-23T09:60:00", "2026-11-23T09:00:60",
              "2026-11-23T9:00:000", "2026-13-23T09:00:00", "2026-11-23T09:00;00", "-" * 19],
)  # fmt: skip
def test_what_is_no_time_of_day_has_no_instant(local: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        local_to_utc_ms(local, "Asia/Shanghai")


def test_the_calendar_date_of_an_instant_is_its_zones() -> None:
    instant = utc_ms(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))
    assert local_date(instant, "Asia/Shanghai") == "2026-11-24"
    assert local_date(instant, "Europe/Berlin") == "2026-11-23"


NINE = local_to_utc_ms("2026-11-23T09:00", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("device_time", "offset_ms", "expected"),
    [
        ("2026-11-23T09:00:00", None, NINE),
        ("2026-11-23T09:00:00", 0, NINE),
        ("2026-11-23T09:03:00", 180_000, NINE),
        ("2026-11-23T08:50:00", -600_000, NINE),
        ("2026-11-23T09:00:00", 600_001, None),
        ("2026-11-23T09:00:00", -600_001, None),
        ("1999-12-31T23:59:59", 0, None),
        ("2100-01-01T00:00:00", 0, None),
        ("9999-12-31T23:59:59", None, None),
    ],
)
def test_a_touch_was_when_a_believable_clock_less_its_offset_says(
    device_time: str, offset_ms: int | None, expected: int | None
) -> None:
    assert effective_utc_ms(device_time, "Asia/Shanghai", offset_ms) == expected


def test_windows_stand_around_the_card_points() -> None:
    planned = plan(DAY, "2026-11-23")
    start = local_to_utc_ms("2026-11-23T09:00", DAY.zone)
    end = start + 9 * HOUR_MS
    assert (planned.on_duty.opens_utc_ms, planned.on_duty.closes_utc_ms) == (
        start - 2 * HOUR_MS, end,
    )  # fmt: skip
    assert (planned.off_duty.opens_utc_ms, planned.off_duty.closes_utc_ms) == (
        start, end + 4 * HOUR_MS,
    )  # fmt: skip
    assert planned.settles_utc_ms == end + 4 * HOUR_MS + HOUR_MS // 2


def test_a_night_is_as_long_as_it_really_was() -> None:
    lengths = [
        plan(NIGHT, date).off_duty.planned_utc_ms - plan(NIGHT, date).on_duty.planned_utc_ms
        for date in ("2026-03-28", "2026-06-01", "2026-10-24")
    ]
    assert lengths == [7 * HOUR_MS, 8 * HOUR_MS, 9 * HOUR_MS]


def test_a_roster_document_comes_back_as_it_went() -> None:
    zones = {"S1": DAY.zone, "S2": NIGHT.zone}
    assert decode_shifts(encode_shifts((DAY, NIGHT)), zones) == (DAY, NIGHT)
    assert encode_shifts(()) == "null"
    assert decode_shifts("null", zones) == ()


def test_a_roster_document_holds_no_zone_and_no_defaults() -> None:
    (written,) = json.loads(encode_shifts((DAY,)))
    assert written == {"shift_id": "day", "store_id": "S1", "start": "09:00", "end": "18:00"}


def test_a_single_shift_may_stand_without_its_list() -> None:
    document = json.dumps(json.loads(encode_shifts((DAY,)))[0])
    assert decode_shifts(document, {"S1": DAY.zone}) == (DAY,)


@pytest.mark.parametrize(
    ("start", "end", "end_day"),
    [
        ("18:00", "09:00", 0),
        ("09:00", "09:00", 0),
        ("09:00", "10:00", 1),
        ("9:00", "18:00", 0),
        ("09:00", "24:00", 0),
        ("09:60", "18:00", 0),
        ("0900", "1800", 0),
    ],
)
def test_what_cannot_be_a_shift_is_refused(start: str, end: str, end_day: int) -> None:
    with pytest.raises(ValueError, match=r"shift|time of day"):
        Shift(shift_id="x", store_id="S1", zone="UTC", start=start, end=end, end_day=end_day)


def test_a_window_longer_than_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="windows and graces"):
        Shift(shift_id="x", store_id="S1", zone="UTC", start="09:00", end="18:00",
              off_after_min=24 * 60 + 1)  # fmt: skip


@pytest.mark.parametrize(
    ("device_time", "offset_ms", "really"),
    [
        ("2026-11-23T09:00:30", 26 * YEAR_MS + 30_000, "2026-11-23T09:00:00"),  # it was right
        ("2000-11-23T09:00:00", 0, "2026-11-17T09:00:00"),  # it shows the box's own time
        ("2026-11-23T09:00:00", None, "2026-11-23T09:00:00"),  # nothing was measured
        ("2026-11-23T09:00:00", 25 * YEAR_MS, None),  # wrong in yet another way
    ],
)
def test_a_box_that_lived_in_another_age_is_dated_by_how_far_it_was_off(
    device_time: str, offset_ms: int | None, really: str | None
) -> None:
    found = effective_utc_ms(device_time, "Asia/Shanghai", offset_ms, box_ahead_ms=-26 * YEAR_MS)
    assert found == (None if really is None else local_to_utc_ms(really, "Asia/Shanghai"))
