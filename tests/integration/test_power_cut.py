"""Power cuts over the real outbox writer: see `bench.powercut` for how and what it proves."""

from __future__ import annotations

from bench.powercut import fates

CUTS = 300


def test_no_stored_record_is_lost_and_no_file_is_corrupt_after_any_cut() -> None:
    found = fates(CUTS, seed=20261123)
    assert len(found) == CUTS
    assert [fate for fate in found if fate.wrong] == []
    assert len({fate.stored for fate in found}) > 30, "the cuts are spread over the run"


def test_the_emulation_sees_what_a_weaker_setting_loses() -> None:
    lost = [fate for fate in fates(40, seed=7, synchronous="NORMAL") if fate.found < fate.stored]
    assert len(lost) > 10
