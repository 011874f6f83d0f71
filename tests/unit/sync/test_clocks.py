"""The demonstration's clock: fast, and still until the play begins."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from sync.clock import ScaledClock, SystemClock, parse_utc, utc_text

MORNING = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)


def test_before_its_start_a_scaled_clock_stands_still() -> None:
    clock = ScaledClock(MORNING, time.time() + 1000, 720)
    assert clock.now_utc() == MORNING
    assert clock.boottime_ms() == 0


def test_after_its_start_a_scaled_clock_runs_that_much_faster() -> None:
    clock = ScaledClock(MORNING, time.time() - 10, 720)
    assert timedelta(seconds=7200) <= clock.now_utc() - MORNING < timedelta(seconds=9000)
    assert clock.boottime_ms() >= 7_200_000


def test_an_instant_on_the_wire_reads_back_to_the_millisecond() -> None:
    instant = datetime(2026, 11, 23, 8, 59, 59, 123456, tzinfo=UTC)
    assert parse_utc(utc_text(instant)) == instant.replace(microsecond=123000)


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "2026-11-23T08:59:59.123", "2026-11-23T08:59:59Z", "20261123T085959.123Z",
     "2026-11-23T08:59:59.123+08:00", "2026-11-23 08:59:59.123Z", "2026-02-30T08:59:59.123Z",
     "2026-11-23T24:00:00.000Z", "2026-11-23T08:60:00.000Z"],
)  # fmt: skip
def test_what_is_no_instant_of_the_wire_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|range|must be in"):
        parse_utc(text)


def test_the_machines_clock_counts_from_its_boot() -> None:
    clock = SystemClock.of_this_boot()
    assert clock.boot_id
    assert 0 < clock.boottime_ms() <= clock.boottime_ms()
