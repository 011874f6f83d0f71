"""What a box took before it knew the time is dated once headquarters knows when it woke up."""

from __future__ import annotations

from typing import Any

from cloud_receiver.store import boots, projection
from cloud_receiver.store.engine import read

MONDAY = "2026-11-23"
YEARS_MS = 26 * 365 * 24 * 3600 * 1000


def early(hq: Any, user_id: str, local: str, boottime_ms: int, **changes: Any) -> Any:
    """Return a punch of a box that woke up in 2000, of a terminal that knew the time."""
    values = {
        "boot_id": "boot-2000", "boottime_ms": boottime_ms, "clock_offset_ms": YEARS_MS,
        "received_at_utc": "2000-01-01T00:01:00.000Z",
    }  # fmt: skip
    return hq.punch(user_id, local, **values | changes)


def test_records_are_dated_by_boot_whichever_comes_first(hq: Any) -> None:
    hq.bind("1001", "E1")
    hq.roster("E1", MONDAY)
    hq.at(f"{MONDAY}T08:56")
    in_2000_ms = 946_684_860_000
    offset_ms = hq.now_utc_ms - in_2000_ms  # what the box measured of a terminal that is right
    touch = early(hq, "1001", f"{MONDAY}T08:55:00", 60_000, clock_offset_ms=offset_ms)
    ids = hq.journal(touch)
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["evidence"]["punches"] == []

    heard = hq.now_utc_ms + 60_000, 120_000
    assert hq.writing(lambda c: boots.note(c, "box", "boot-2000", heard[1], heard[0]))
    hq.writing(lambda c: projection.redate(c, "box", hq.now_utc_ms))
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["evidence"]["punches"] == ids
    assert not hq.writing(lambda c: boots.note(c, "box", "boot-2000", heard[1], heard[0] + 5000))
    with read(hq.engine) as connection:
        known = boots.began_of(connection, {("box", "boot-2000")})
    assert known == {("box", "boot-2000"): heard[0] - heard[1]}, "the earliest stands"

    line = early(
        hq, "1001", "2000-01-01T17:10:00", 9 * 3600_000 + 600_000, clock_offset_ms=0,
        received_at_utc="2000-01-01T09:10:00.000Z", device_serial="LINE",
    )  # fmt: skip
    later = hq.journal(line)
    hq.at(f"{MONDAY}T23:00")
    facts = hq.facts("E1", MONDAY)
    assert facts["evidence"]["punches"] == ids + later, "it showed the box's time"


def test_another_box_and_a_machine_without_a_boot_id_say_nothing(hq: Any) -> None:
    hq.at(f"{MONDAY}T09:00")
    now = hq.now_utc_ms
    assert not hq.writing(lambda c: boots.note(c, "box", "unknown-boot", 1, now))
    assert hq.writing(lambda c: boots.note(c, "other", "boot-2000", 60_000, now))
    hq.bind("1001", "E1")
    hq.roster("E1", MONDAY)
    hq.journal(early(hq, "1001", f"{MONDAY}T08:55:00", 60_000))
    hq.evaluate()
    assert hq.facts("E1", MONDAY)["evidence"]["punches"] == []
