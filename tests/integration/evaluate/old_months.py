"""Ten weeks of one person, in three months that are closed and old enough for the archive."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cloud_receiver.store import closing

FIRST, LAST, ALL_DAYS = "2026-11-23", "2027-01-29", 68
CLOSED = ("2026-11", "2026-12", "2027-01")
LATE_ON, TODAY = "2026-12-03", "2027-05-10T12:00"


def _date(number: int) -> str:
    return (date.fromisoformat(FIRST) + timedelta(days=number)).isoformat()


def fill(hq: Any) -> None:
    """Ten weeks of E1, weekends free: clean but for one late day, filed in the month of each."""
    hq.publish_rules()
    hq.bind("1001", "E1")
    hq.bind_seller("P01", "E1")
    working = [day for day in map(_date, range(ALL_DAYS)) if date.fromisoformat(day).weekday() < 5]
    for day in working:
        hq.roster("E1", day)
    for month in CLOSED:
        own = [day for day in working if day[:7] == month]
        hq.at(f"{own[-1]}T19:00")
        hq.journal(
            *[
                hq.punch("1001", f"{day}T{'09:20' if day == LATE_ON else '08:55'}:00")
                for day in own
            ],
            *[hq.punch("1001", f"{day}T18:02:00") for day in own],
            *[hq.sale("P01", f"{day}T10:00:00", 12_345) for day in own],
        )
        hq.evaluate()
    hq.at("2027-05-01T09:00")
    hq.journal(hq.punch("1001", "2027-05-01T09:00:00"))
    hq.feed_complete(TODAY)
    hq.at(TODAY)
    hq.writing(
        lambda connection: closing.close_period(connection, CLOSED[-1], "wang", hq.now_utc_ms)
    )
