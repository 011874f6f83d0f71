"""S31: in a community, an hour after the shift's end and the target met is rewarded."""

from __future__ import annotations

import msgspec
import pytest

from cloud_receiver.store import rulebook
from tests.acceptance.conftest import MONDAY, Play


@pytest.mark.parametrize(("left", "sold_fen", "fen"), [
    ("19:00", 10_000, 3000), ("18:59", 10_000, 0), ("19:30", 9_999, 0),
])  # fmt: skip
def test_s31_an_hour_more_and_the_target_met(hq: Play, left: str, sold_fen: int, fen: int) -> None:
    shelf = next(rule for rule in rulebook.shipped_rules() if rule.id == "community_evening")
    rule = msgspec.structs.replace(shelf, effective_from="2026-01-01")
    hq.writing(lambda c: rulebook.publish(c, rule, "hr", hq.now_utc_ms))
    (who,) = hq.people(1)
    hq.day(who, 0, left=left, sold_fen=sold_fen)
    hq.finish(1)
    said = [entry[3] for entry in hq.ledger() if entry[0] == "community_evening"]
    assert said == ([fen] if fen else [])
    assert hq.facts(who, MONDAY)["scene"] == "community"
