"""Cursors: what proves that nothing was added, and where the new begins."""

import json
from datetime import date, datetime, timedelta

import pytest

from drivers.errors import MalformedError
from drivers.simulators.zk_terminal import encode_record
from drivers.zkteco.attlog import (
    TAIL_RECORDS,
    LogCursor,
    LogPass,
    counts_agree,
    declared_bytes,
    remembered_stride,
    unfinished_cursor,
)
from drivers.zkteco.layouts import time_word
from drivers.zkteco.session import Sizes

LATEST = date(2027, 1, 1)
START = datetime(2026, 11, 1, 9)


def _records(count: int, first: int = 0) -> bytes:
    return b"".join(
        encode_record(40, index, "1001", time_word(START + timedelta(minutes=index)), 0, 1)
        for index in range(first, first + count)
    )


def _known(log: bytes, records: int | None) -> LogCursor:
    passing = LogPass(len(log), LATEST)
    passing.feed(log)
    stored = json.loads(json.dumps(passing.cursor("S", records, tail_reads=True)))
    known = LogCursor.from_cursor(stored)
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("records", "counted", "capacity", "is_unchanged"),
    [
        (50, 50, 1000, True),
        (50, 50, 0, True),
        (50, 50, None, True),
        (50, 51, 1000, False),
        (50, 49, 1000, False),
        (50, 50, 50, False),  # a full log drops one for each it adds
        (0, 0, 1000, False),  # it counts nothing in access-control mode
        (50, None, None, False),
        (None, 50, 1000, False),  # it did not agree with the log last time
    ],
)
def test_only_a_trustworthy_count_proves_that_nothing_was_added(
    records: int | None, counted: int | None, capacity: int | None, *, is_unchanged: bool
) -> None:
    known = _known(_records(50), records)
    assert known.is_unchanged(Sizes(counted, capacity)) is is_unchanged


def test_the_end_is_found_where_old_records_were_dropped_at_the_front() -> None:
    log = _records(60)
    known = _known(log[: 50 * 40], 50)
    assert known.overlap == slice((50 - TAIL_RECORDS) * 40, 50 * 40)
    assert known.end_of_tail(log[known.overlap.start :]) == TAIL_RECORDS * 40
    assert known.end_of_tail(log[7 * 40 :]) == 43 * 40


def test_an_end_that_is_not_there_or_there_twice_is_not_found() -> None:
    log = _records(50)
    known = _known(log, 50)
    assert known.end_of_tail(_records(50, first=100)) is None
    assert known.end_of_tail(log + log) is None
    assert known.end_of_tail(b"") is None


def test_the_cursor_of_an_unfinished_pass_starts_anew_but_knows_the_stride() -> None:
    cursor = unfinished_cursor("S", 40)
    assert LogCursor.from_cursor(cursor) is None
    assert remembered_stride(cursor, "S") == 40
    assert remembered_stride(cursor, "OTHER") is None
    assert LogCursor.from_cursor(None) is None
    assert LogCursor.from_cursor({"v": 99, "tail_sha256": ""}) is None


@pytest.mark.parametrize(
    ("head", "log_bytes"),
    [(b"", 0), (b"\1\0", 0), (bytes(4), 40), ((41).to_bytes(4, "little"), 40)],
)
def test_a_log_whose_own_length_cannot_be_is_refused(head: bytes, log_bytes: int) -> None:
    with pytest.raises(MalformedError, match="says it has"):
        declared_bytes(head, log_bytes)


@pytest.mark.parametrize(
    ("before", "records", "after", "agrees"),
    [
        (10, 10, 10, True),
        (10, 11, 12, True),
        (10, 9, 10, False),  # a record was lost on the way
        (10, 11, 10, False),
        (10, 10, 0, True),  # cleared while it was read
        (0, 10, 0, True),  # it never counts
        (None, 10, None, True),
    ],
)
def test_counts_before_and_after_enclose_the_log(
    before: int | None, records: int, after: int | None, *, agrees: bool
) -> None:
    assert counts_agree(Sizes(before, 100), records, Sizes(after, 100)) is agrees


def test_rows_past_the_declared_end_are_no_rows() -> None:
    log = _records(5)
    passing = LogPass(3 * 40, LATEST)
    rows, rejected = passing.feed(log)
    assert (len(rows), rejected, passing.records) == (3, [], 3)


def test_a_rejected_record_keeps_its_bytes_whatever_its_place_in_the_log() -> None:
    """Old records drop out at the front: the place must not make it another trouble."""
    bad = encode_record(40, 0, "1001", 0xC6872491, 0, 1)
    first, second = (_records(count) + bad for count in (10, 7))
    found = [LogPass(len(log), LATEST).feed(log)[1] for log in (first, second)]
    ((a,), (b,)) = found
    assert (a.position, a.code, a.raw) == (b.position, b.code, b.raw)
    assert "Record 11 " in a.detail
