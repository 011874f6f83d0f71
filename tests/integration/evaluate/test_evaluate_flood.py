"""A flood: days are judged when their touches have come in, and a flood is not waited out."""

from __future__ import annotations

from datetime import date, timedelta

from cloud_receiver.evaluate import PORTIONS_READ_ON, Evaluator
from cloud_receiver.store import tables

PORTION = 2
DATES = [str(date(2026, 9, 1) + timedelta(number)) for number in range(PORTION * PORTIONS_READ_ON)]


def _flood(hq) -> Evaluator:
    """File a day's coming and going after the other, more than is read on; return who judges."""
    hq.bind("7", "E1")
    for day in DATES:
        hq.roster("E1", day)
    hq.feed_complete("2026-11-23T07:00")
    for day in DATES:
        hq.journal(hq.punch("7", f"{day}T08:55:00"), hq.punch("7", f"{day}T18:05:00"))
    return Evaluator(hq.engine, hq.clock, portion=PORTION)


def _revised(hq) -> dict[str, int]:
    return {
        row[0]: row[1] for row in hq.table(
            tables.day_fact, *(c.name for c in tables.day_fact.c
                               if c.name not in ("work_date", "revision")))
    }  # fmt: skip


def test_a_flood_is_read_on_before_it_is_judged_but_not_for_ever(hq) -> None:
    evaluator = _flood(hq)
    before = _revised(hq)
    for _ in range(PORTIONS_READ_ON - 1):
        assert evaluator.flush()
        assert _revised(hq) == before
    assert evaluator.flush(), "half of the flood is still to be read"
    after = _revised(hq)
    assert after[DATES[0]] == before[DATES[0]] + 1
    while evaluator.flush():
        pass
    assert all(hq.facts("E1", day)["full_attendance"] for day in DATES)
