"""The soak in short: faults at random, and every law holds all the time."""

from __future__ import annotations

from bench.soak import run


def test_a_fleet_under_random_faults_loses_and_doubles_nothing() -> None:
    found = run("", boxes=20, rate=10.0, seconds=10.0, seed=7, look_every_s=2.0)
    assert found.broken == []
    assert found.captured == found.journaled == found.judged > 1000
    assert found.entries == found.entries_anew > 0
    assert sum(found.faults.values()) >= 3
