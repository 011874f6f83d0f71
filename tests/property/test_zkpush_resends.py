"""However batches are cut, repeated and shuffled, a push never loses and never invents a touch."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import PunchRow
from drivers.zkpush.layouts import LineReader, lines_of

START = datetime(2026, 11, 23, 8)
Touch = tuple[int, int]
TOUCHES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5)), min_size=1, max_size=20)


def stored(batches: list[list[Touch]]) -> set[PunchRow]:
    """Return the distinct records that posts of these batches make."""
    rows: set[PunchRow] = set()
    for batch in batches:
        reader = LineReader()
        read = [reader.read(line) for line in lines_of(_body(batch))]
        rows.update(row for row in read if isinstance(row, PunchRow))
    return rows


def _body(batch: list[Touch]) -> bytes:
    times = ((user, START + timedelta(seconds=second)) for user, second in batch)
    return "".join(f"{user}\t{when:%Y-%m-%d %H:%M:%S}\t0\t1\n" for user, when in times).encode()


@given(TOUCHES, st.lists(st.integers(0, 20), max_size=4))
def test_parts_of_a_batch_posted_again_add_nothing_to_the_whole(
    touches: list[Touch], cuts: list[int]
) -> None:
    touches.sort(key=lambda touch: touch[1])
    whole = stored([touches])
    edges = [0, *sorted(cuts), len(touches)]
    parts = [touches[start:end] for start, end in pairwise(edges)]
    assert stored([touches, *parts, touches]) == whole
    assert stored(parts) <= whole
    assert {row[:4] for row in stored(parts)} == {row[:4] for row in whole}


@given(TOUCHES, TOUCHES)
def test_a_batch_with_more_behind_it_contains_the_batch(
    first: list[Touch], more: list[Touch]
) -> None:
    assert stored([first]) <= stored([first + more])
