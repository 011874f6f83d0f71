"""What is sent of a page that changed brings the browser to exactly the new page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.web.live import splices

KEYED = ' data-key="'
PAGES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(KEYED.join)


def browser(shown: str, changes: list[tuple[int, int, list[str]]]) -> str:
    """Do as static/live.js does."""
    pieces = shown.split(KEYED)
    for first, count, by in changes:
        pieces[first : first + count] = by
    return KEYED.join(pieces)


@given(PAGES, PAGES)
def test_every_change_arrives_whole(old: str, new: str) -> None:
    assert browser(old, splices(old, new)) == new


def test_of_a_long_board_only_the_row_that_changed_is_sent() -> None:
    rows = [f'{number}">' for number in range(500)]
    changed = [*rows[:250], '250">late', *rows[251:]]
    assert splices(KEYED.join(rows), KEYED.join(changed)) == [(250, 1, ['250">late'])]
