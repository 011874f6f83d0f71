"""When heartbeats are due."""

from __future__ import annotations

from agent.beats import APART_S, Beats


def test_the_first_is_due_at_once_and_the_others_in_their_turn() -> None:
    beats = Beats()
    assert beats.take(100.0, 30.0)
    assert not beats.take(129.9, 30.0)
    assert beats.take(130.0, 30.0)


def test_what_is_asked_for_comes_soon_but_not_on_top_of_the_last_and_once() -> None:
    beats = Beats()
    beats.take(100.0, 30.0)
    beats.ask()
    beats.ask()
    assert not beats.take(100.0, 30.0)
    assert beats.take(100.0 + APART_S, 30.0)
    assert not beats.take(102.5, 30.0)
    assert beats.take(101.0 + 30.0, 30.0), "the next is due from then on"


def test_what_is_asked_for_at_once_comes_now() -> None:
    beats = Beats()
    beats.take(100.0, 30.0)
    beats.ask_at_once(100.0)
    assert beats.take(100.0, 30.0)
