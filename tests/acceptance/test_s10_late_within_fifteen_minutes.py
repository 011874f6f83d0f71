"""S10: late within 15 minutes costs 10 % of the day's subsidy."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import MONDAY, Play


@pytest.mark.parametrize(("came", "fen"), [("09:00", 0), ("09:01", -1000), ("09:15", -1000)])
def test_s10_late_within_fifteen_minutes_costs_a_tenth(hq: Play, came: str, fen: int) -> None:
    (who,) = hq.people(1)
    hq.day(who, 0, came=came)
    hq.finish(1)
    assert sum(entry[3] for entry in hq.ledger()) == fen
    if fen:
        assert hq.ledger() == [("late_standard", who, MONDAY, fen)]
