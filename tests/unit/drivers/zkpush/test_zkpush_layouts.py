"""Lines of a push become punches, or are kept with a reason; hostile items 21 and 22."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import PunchRow, Rejected
from drivers.zkpush.layouts import LineReader, count_lines, holds_body_parts, lines_of, whole_lines

WHEN = "2026-11-23 08:00:00"


def read(body: bytes) -> list[PunchRow | Rejected | None]:
    reader = LineReader()
    return [reader.read(line) for line in lines_of(body)]


def punches(body: bytes) -> list[PunchRow]:
    return [row for row in read(body) if isinstance(row, PunchRow)]


def code_of(line: str) -> str:
    (row,) = read(line.encode())
    assert isinstance(row, Rejected)
    assert row.raw == line.encode()
    return row.code


GOOD = f"0701\t{WHEN}\t255\t1\t0".encode()
ROW = PunchRow("0701", "2026-11-23T08:00:00", 255, 1, 0)


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        GOOD + b"\r\n",
        GOOD + b"\r",
        b"\n\n" + GOOD + b"\n\n",
        GOOD + b"\t\t\t\t\n",
        b"\xef\xbb\xbf" + GOOD,
        GOOD + b"\0\0\0",
        f"0701 {WHEN} 255 1 0".encode(),
        f"  0701\t{WHEN.replace(' ', 'T')}\t255\t1\tnull\t0\t0\t16461+".encode(),
        f"PIN=0701\tDateTime={WHEN}\tStatus=255\tVerify=1".encode(),
    ],
)
def test_item_21_however_a_line_is_dressed_it_says_the_same(body: bytes) -> None:
    assert read(body) == [ROW]


def test_item_21_bodies_with_nothing_say_nothing() -> None:
    for nothing in (b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\0\0", b" \t\n"):
        assert read(nothing) == []


def test_item_21_ids_are_read_in_the_encodings_terminals_use() -> None:
    for encoding in ("utf-8", "gb18030"):
        (row,) = punches(f"张三\t{WHEN}\t0\t1".encode(encoding))
        assert row.user_id == "张三"
    assert code_of("12\x003\t" + WHEN) == "encoding"


def test_item_22_few_fields_and_many() -> None:
    assert punches(f"7\t{WHEN}".encode()) == [PunchRow("7", "2026-11-23T08:00:00", 255, 255, 0)]
    (row,) = punches(
        ("982\t" + WHEN + "\t1\t0\t9001\t0\t0\t1\t2\t3\t4\t5\t6\t1.0\t2.0\t3.0").encode()
    )
    assert (row.state_code, row.verify_code, row.workcode) == (1, 0, "9001")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("junk", "columns"),
        ("200\tbad-ts\t0", "impossible_time"),
        ("200\t1795420800\t0\t1", "impossible_time"),
        ("200\t2026-02-30 08:00:00\t0", "impossible_time"),
        ("200\t2026-02-20 25:00:00\t0", "impossible_time"),
        (f"null\t{WHEN}\t0", "user_id"),
        (f"\t{WHEN}\t0", "user_id"),
        (f"1 2\t{WHEN}\t0", "user_id"),
        (f"1\t{WHEN}\t-1\t1", "code"),
        (f"1\t{WHEN}\t0\t999", "code"),
        (f"cardno=123,inoutstatus=0,time={WHEN}", "no_user"),
        (f"time={WHEN}\tpin=7\tevent=27", "door_event"),
        ("time=never\tpin=7\tevent=0", "impossible_time"),
    ],
)
def test_item_22_a_bad_line_says_why_and_its_neighbours_are_read(line: str, code: str) -> None:
    assert code_of(line) == code
    assert punches(GOOD + b"\n" + line.encode() + b"\n" + GOOD)[0] == ROW


def test_item_28_door_events_of_nobody_are_counted_and_masks_are_no_code() -> None:
    reader = LineReader()
    assert reader.read(f"time={WHEN}\tpin=0\tevent=200".encode()) is None
    assert reader.device_events == 1
    row = reader.read(f"time={WHEN}\tpin=7\tevent=0\tverifytype=0000000000000010".encode())
    assert isinstance(row, PunchRow)
    assert row.verify_code == 255


def test_item_28_what_may_hold_a_body_part_is_known_and_operations_are_only_counted() -> None:
    assert holds_body_parts(b"BIODATA Pin=1\tTmp=AAAA")
    assert holds_body_parts(b"PIN=1.jpg\0\xff\xd8\xff\xe0")
    assert not holds_body_parts(GOOD)
    counts = count_lines(b"USER PIN=1\tPasswd=x\nFP PIN=1\tTMP=A\nFP PIN=2\tTMP=B\nWHAT is this\n")
    assert counts == {"USER": 1, "FP": 2, "OTHER": 1}


def test_of_a_broken_transfer_only_whole_lines_count() -> None:
    assert whole_lines(GOOD + b"\n" + GOOD[:20]) == GOOD + b"\n"
    assert whole_lines(GOOD) == b""


def test_item_26_the_same_batch_gives_the_same_numbers_also_with_a_line_more() -> None:
    twice = [GOOD, GOOD]
    assert [row.occurrence for row in punches(b"\n".join(twice))] == [0, 1]
    assert punches(b"\n".join([*twice, b"9\t" + WHEN.encode()]))[:2] == punches(b"\n".join(twice))


@given(st.binary(max_size=300))
def test_noise_invents_no_punch(noise: bytes) -> None:
    for row in punches(noise):
        assert len(row.device_time) == 19
        assert 0 <= row.state_code <= 255
        assert row.user_id.strip() == row.user_id != ""
