"""Portions hold everything once, in order, and never too much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.portions import portions


@given(st.lists(st.integers(), max_size=40), st.integers(1, 7))
def test_portions_are_the_whole_in_order_and_none_is_too_large_or_empty(
    items: list[int], size: int
) -> None:
    made = list(portions(items, size))
    assert [one for some in made for one in some] == items
    assert all(1 <= len(some) <= size for some in made)
    assert all(len(some) == size for some in made[:-1])
