"""What a line said once is held until it is stored, and gaps are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from drivers.arrivals import HEARD_TO_STEP, MAX_HELD, Arrivals, Listening, heard_to_text, told_of
from sync.clock import utc_text

OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def texts(arrivals: Arrivals[str]) -> list[str]:
    return [arrived.item for arrived in arrivals.held()]


def test_what_is_not_acknowledged_is_told_again() -> None:
    arrivals: Arrivals[str] = Arrivals("run-1")
    arrivals.add("a")
    arrivals.add("b")
    arrivals.acknowledge(None)
    assert texts(arrivals) == ["a", "b"]
    arrivals.acknowledge(arrivals.position(1))
    assert texts(arrivals) == ["b"]
    arrivals.acknowledge(arrivals.position(1))
    assert texts(arrivals) == ["b"]


def test_a_cursor_of_an_earlier_run_acknowledges_nothing() -> None:
    arrivals: Arrivals[str] = Arrivals("run-2")
    arrivals.add("a")
    arrivals.acknowledge({"run": "run-1", "arrival": 7})
    assert texts(arrivals) == ["a"]


def test_an_agent_that_cannot_store_is_a_bound_not_a_leak() -> None:
    arrivals: Arrivals[int] = Arrivals("run")
    for number in range(MAX_HELD):
        assert not arrivals.is_full
        arrivals.add(number)
    assert arrivals.is_full


def test_a_gap_before_this_run_is_told_and_a_restart_is_not() -> None:
    listening = Listening()
    assert listening.opened(OPENED) is None
    heard_to = OPENED - timedelta(hours=2)
    gap = listening.resumed({"heard_to": utc_text(heard_to)})
    assert gap is not None
    assert (gap.from_utc, gap.to_utc) == (utc_text(heard_to), utc_text(OPENED))
    assert told_of(gap).code == "not_listening"
    assert utc_text(heard_to) in told_of(gap).detail
    assert listening.resumed({"heard_to": utc_text(OPENED - timedelta(seconds=65))}) is None
    assert listening.resumed({}) is None


def test_a_gap_within_this_run_counts_from_when_the_line_was_last_open() -> None:
    listening = Listening()
    listening.opened(OPENED)
    listening.heard(OPENED + timedelta(minutes=50))
    assert listening.opened(OPENED + timedelta(minutes=50, seconds=1)) is None
    listening.heard(OPENED + timedelta(minutes=51))
    gap = listening.opened(OPENED + timedelta(minutes=60))
    assert gap is not None
    assert gap.from_utc == utc_text(OPENED + timedelta(minutes=51))


def test_a_quiet_line_keeps_its_cursor_for_a_while_and_a_talking_one_moves_it() -> None:
    before = {"heard_to": utc_text(OPENED)}
    soon, later = OPENED + HEARD_TO_STEP / 2, OPENED + HEARD_TO_STEP
    assert heard_to_text(before, soon, is_quiet=True) == utc_text(OPENED)
    assert heard_to_text(before, later, is_quiet=True) == utc_text(later)
    assert heard_to_text(before, soon, is_quiet=False) == utc_text(soon)
    assert heard_to_text(None, soon, is_quiet=True) == utc_text(soon)
