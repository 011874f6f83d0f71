"""Overtime of a month beyond the law: found with its days and touches, told once, reported."""

from __future__ import annotations

from functools import partial

from cloud_receiver.store import decisions, labour, matters, reports
from cloud_receiver.store.decisions import Choice
from cloud_receiver.store.matters import Kind

DATES = [f"2026-11-{day:02d}" for day in range(2, 15)]


def _matters(hq) -> list:
    found = hq.reading(
        partial(matters.pending, first=DATES[0], last=DATES[-1], now_utc_ms=hq.now_utc_ms)
    )
    return [one for one in found if one.kind is Kind.OVERTIME]


def test_a_month_beyond_36_hours_is_found_with_its_evidence_and_decided_once(hq) -> None:
    hq.bind("7", "E1")
    left = {}
    for date in DATES[:12]:
        hq.roster("E1", date)
        ids = hq.journal(hq.punch("7", f"{date}T08:59:00"), hq.punch("7", f"{date}T21:00:00"))
        left[date] = ids[1]
    hq.at("2026-11-14T12:00")
    assert _matters(hq) == [], "36 hours are allowed"
    hq.roster("E1", DATES[12], "rest")
    hq.journal(hq.punch("7", f"{DATES[12]}T10:00:00"))
    late = hq.journal(hq.punch("7", f"{DATES[12]}T12:30:00"))
    hq.at("2026-11-15T12:00")
    (found,) = _matters(hq)
    assert (found.employee_id, found.detail, found.people) == ("E1", "38.5", 13)
    assert found.record_ids == (*left.values(), late[0])
    assert hq.facts("E1", DATES[12])["overtime_over_month_min"] == 150
    (month,) = hq.reading(partial(labour.beyond_limit, first=DATES[0], last=DATES[0]))
    assert (month.overtime_min, month.days[DATES[0]]) == (38 * 60 + 30, 180)
    whole = reports.Stretch(first=DATES[0], last=DATES[-1])
    (reported,) = hq.reading(partial(reports.overtime, stretch=whole))
    assert (reported.days, reported.long_days, reported.overtime_min) == (13, 0, 38 * 60 + 30)
    hq.writing(
        partial(
            decisions.decide,
            matters=[found],
            choice=Choice.KEEP,
            author="hr",
            note="旺季",
            now_utc_ms=hq.now_utc_ms,
        )
    )
    assert _matters(hq) == []
