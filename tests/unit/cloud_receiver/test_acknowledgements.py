"""A broker hears of its messages in the order it sent them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.acknowledgements import Acknowledgements


def test_what_was_dealt_with_early_waits_for_what_came_before() -> None:
    owed = Acknowledgements()
    for number in (7, 8, 9):
        owed.owe(number)
    assert owed.settle(8) == []
    assert owed.settle(7) == [7, 8]
    assert owed.settle(9) == [9]


def test_a_number_is_given_again_once_it_is_free_and_on_a_new_connection() -> None:
    owed = Acknowledgements()
    owed.owe(1)
    assert owed.settle(1) == [1]
    owed.owe(1)
    owed.owe(2)
    assert owed.settle(2) == []
    owed.forget()
    owed.owe(2)
    assert owed.settle(2) == [2]


@given(st.permutations(range(12)))
def test_in_whatever_order_they_are_filed_all_are_told_in_turn(filed: list[int]) -> None:
    owed = Acknowledgements()
    for number in range(12):
        owed.owe(number)
    assert [told for number in filed for told in owed.settle(number)] == list(range(12))
