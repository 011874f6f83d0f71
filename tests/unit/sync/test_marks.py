"""Laws of the mark: it is a set of numbers, however the ranges come in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import WireError
from sync.receipt import (
    MAX_RANGES,
    Mark,
    Receipt,
    Rejection,
    decode_receipt,
    encode_receipt,
    merge,
)
from sync.topics import Lane

ranges = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair))),
    max_size=30,
)


def _numbers(mark: Mark) -> set[int]:
    held = set(range(1, mark.through + 1))
    for low, high in mark.beyond:
        held |= set(range(low, high + 1))
    return held


def _filled(batches: list[tuple[int, int]]) -> Mark:
    mark = Mark()
    for first, last in batches:
        mark = mark.add(first, last)
    return mark


@given(ranges)
def test_a_mark_is_the_set_of_what_was_added(batches: list[tuple[int, int]]) -> None:
    mark = _filled(batches)
    expected = {seq for first, last in batches for seq in range(first, last + 1)}
    assert _numbers(mark) == expected
    assert all(mark.holds(seq) == (seq in expected) for seq in range(1, 80))


@given(ranges, st.randoms(use_true_random=False))
def test_order_and_doubling_do_not_matter(batches: list[tuple[int, int]], random: object) -> None:
    shuffled = batches + batches
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _filled(shuffled) == _filled(batches)


@given(ranges)
def test_ranges_beyond_are_sorted_apart_and_above_the_mark(batches: list[tuple[int, int]]) -> None:
    mark = _filled(batches)
    edge = mark.through
    for low, high in mark.beyond:
        assert edge + 1 < low <= high
        edge = high


@given(ranges)
def test_a_receipt_survives_the_wire(batches: list[tuple[int, int]]) -> None:
    rejected = tuple(Rejection(first, "field") for first, _ in batches)
    receipt = Receipt("e1", Lane.SALE, _filled(batches), rejected, "hq")
    assert decode_receipt(encode_receipt(receipt)) == receipt


def test_a_receipt_never_says_more_than_is_stored() -> None:
    mark = merge(0, [(seq, seq) for seq in range(2, 4 * MAX_RANGES, 2)])
    told = decode_receipt(encode_receipt(Receipt("e1", Lane.PUNCH, mark, (), "hq"))).mark
    assert len(told.beyond) == MAX_RANGES
    assert _numbers(told) < _numbers(mark)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b'{"v":1,"epoch":"e","lane":"punch","through":-1,"beyond":[],"rejected":[],"hq_epoch":"h"}',
        b'{"v":1,"epoch":"e","lane":"punch","through":0,"beyond":[[3,2]],"rejected":[],"hq_epoch":"h"}',
        b'{"v":1,"epoch":"e","lane":"punch","through":0,"beyond":[[1,true]],"rejected":[],"hq_epoch":"h"}',
        b'{"v":1,"epoch":"e","lane":"punch","through":0,"beyond":[],"rejected":[7],"hq_epoch":"h"}',
        b'{"v":1,"epoch":"e","lane":"cake","through":0,"beyond":[],"rejected":[],"hq_epoch":"h"}',
    ],
)
def test_a_broken_receipt_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        decode_receipt(payload)
