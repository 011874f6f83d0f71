"""The window widens while receipts come soon and narrows while they come late."""

from __future__ import annotations

from agent.window import (
    NARROW_AFTER_S,
    NARROW_WINDOW,
    WIDE_WINDOW,
    WIDE_WITHIN_S,
    WINDOW,
    Window,
)


def _open(most: int = 65533) -> Window:
    window = Window()
    window.open(most)
    return window


def _places(window: Window, took_s: float, receipts: int) -> int:
    for _ in range(receipts):
        window.note(took_s)
    return window.places


def test_receipts_that_come_soon_widen_it_one_by_one() -> None:
    window = _open()
    assert window.places == WINDOW
    assert _places(window, 0.0, 3) == WINDOW + 3
    assert _places(window, 0.0, 100) == WIDE_WINDOW
    assert _places(window, WIDE_WITHIN_S, 1) == WINDOW


def test_receipts_that_come_very_late_narrow_it_one_by_one() -> None:
    window = _open()
    assert _places(window, NARROW_AFTER_S, 3) == WINDOW - 3
    assert _places(window, WIDE_WITHIN_S, 9) == WINDOW - 3, "neither soon nor very late"
    assert _places(window, NARROW_AFTER_S, 100) == NARROW_WINDOW
    assert _places(window, 0.0, 2) == NARROW_WINDOW + 2


def test_a_receipt_that_does_not_come_narrows_it_at_once() -> None:
    window = _open()
    window.note_silence()
    assert window.places == NARROW_WINDOW


def test_a_broker_that_allows_less_is_given_less() -> None:
    window = _open(2)
    assert _places(window, 0.0, 5) == 2
    assert _places(window, NARROW_AFTER_S, 5) == 2
    window.note_silence()
    assert window.places == 2
    assert _open(0).places == 1
