"""Every part is killed at random while records flow; the journal holds each record once."""

from __future__ import annotations

from bench import chaos


def test_kills_at_random_lose_nothing_and_double_nothing() -> None:
    outcome = chaos.run(records=6_000, kills_each=2, seed=7)
    assert outcome.is_exact, outcome
    assert outcome.sales == 5_400
    assert outcome.punches == 600
