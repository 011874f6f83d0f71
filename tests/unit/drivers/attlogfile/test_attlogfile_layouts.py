"""Lines of an attlog.dat become punches or are kept as they came; hostile item 35."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.attlogfile.layouts import MAX_STRANGE_LINES, AttlogParser, NotAttlogError, Parsed
from drivers.contract import PunchRow
from drivers.simulators.attlog import FAULTS, export, standard_punches

VECTORS = json.loads(
    (Path(__file__).parents[5] / "shared/vectors/attlog_dat.json").read_text(encoding="utf-8")
)
END = datetime(2026, 11, 23, 18)
PUNCHES = list(standard_punches(40, END))
GOOD = "      126\t2020-01-07 10:34:08\t1\t0\t1\t0\n"


def read(data: bytes) -> Parsed:
    return AttlogParser("1_attlog.dat").feed(data, final=True)


def codes(text: str) -> list[str]:
    return [rejected.code for rejected in read(text.encode()).rejected]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_real_lines_mean_what_the_vectors_say(vector: dict[str, object]) -> None:
    parsed = read(str(vector["text"]).encode())
    meaning = vector["meaning"]
    assert isinstance(meaning, dict)
    if "pin" in meaning:
        (punch,) = parsed.punches
        assert punch.user_id == meaning["pin"]
        assert punch.state_code == meaning.get("status", punch.state_code)
        assert punch.verify_code == meaning.get("verify", punch.verify_code)
        assert punch.workcode == meaning.get("workcode", "")
        assert parsed.rejected == []
    elif vector["name"] == "backwards_time":
        times = [punch.device_time for punch in parsed.punches]
        assert times == ["2020-09-17T08:01:09", "2020-09-17T07:19:10"]
    else:
        assert parsed.punches == []
        (rejected,) = parsed.rejected
        assert rejected.code == "impossible_time"
        assert rejected.raw == str(vector["text"]).rstrip("\n").encode()


def test_item_35_every_fault_of_an_export_costs_only_what_it_damaged() -> None:
    whole = set(PUNCHES)
    lost = {"hole": 1, "cut": 1, "negative_date": 1}
    for fault in FAULTS:
        parsed = read(export(PUNCHES, faults=[fault]))
        assert set(parsed.punches) <= whole, fault
        assert len(set(parsed.punches)) == len(whole) - lost.get(fault, 0), fault
        assert len(parsed.rejected) == lost.get(fault, 0), fault


def test_lines_grown_together_are_never_guessed_at() -> None:
    assert codes("  126\t2020-01-07 10:3      173\t2018-05-29 17:28:07\t1\t0\t1\t0\n") == [
        "columns"
    ]
    assert codes("   12      173\t2018-05-29 17:28:07\t1\t0\t1\t0\n") == ["user_id"]
    assert codes("  126\t2020-01-07 10:34:08\t1\t0\t1") == ["columns"]
    assert codes("  126\t2020-01-07 10:34:08\t1\t0\t1  173\t2018-05-29 17:28:07\t1\t0\t1\t0") == [
        "columns"
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("126\t2020-02-30 10:34:08\t1\t0\t1\t0", "impossible_time"),
        ("126\t2020-01-07 24:00:00\t1\t0\t1\t0", "impossible_time"),
        ("126\t2020-01-07 10:34:08\t1\t256\t1\t0", "code"),
        ("126\t2020-01-07 10:34:08\t1\t0\t-1\t0", "code"),
        ("12\x016\t2020-01-07 10:34:08\t1\t0\t1\t0", "user_id"),
        ("\t2020-01-07 10:34:08\t1\t0\t1\t0", "user_id"),
        ("junk", "columns"),
    ],
)
def test_what_is_no_punch_says_why_and_where(line: str, code: str) -> None:
    parsed = read(f"{GOOD}{line}\n{GOOD}".encode())
    assert len(parsed.punches) == 2
    (rejected,) = parsed.rejected
    assert (rejected.code, rejected.raw) == (code, line.encode())
    assert "1_attlog.dat, line 2" in rejected.detail


def test_equal_touches_of_one_second_are_numbered_and_an_empty_file_is_empty() -> None:
    assert [punch.occurrence for punch in read((GOOD * 3).encode()).punches] == [0, 1, 2]
    for nothing in (b"", b"\r\n\r\n", b"\xef\xbb\xbf", b"\x1a"):
        assert read(nothing) == Parsed()


def test_an_empty_workcode_is_none() -> None:
    (punch,) = read(b"126\t2020-01-07 10:34:08\t1\t0\t1\t\n").punches
    assert punch.workcode == ""


def test_utf16_without_a_mark_reads_alike() -> None:
    text = export(PUNCHES).decode()
    assert read(text.encode("utf-16-le")).punches == PUNCHES


def test_a_file_of_another_kind_is_refused_and_not_kept_line_by_line() -> None:
    with pytest.raises(NotAttlogError):
        read(b"{not: this}\n" * (MAX_STRANGE_LINES + 1))
    assert len(read(GOOD.encode() + b"junk\n" * 1000).rejected) == 1000


@given(st.lists(st.integers(0, 2000), max_size=8), st.sampled_from(sorted(FAULTS)))
def test_any_split_of_the_bytes_reads_alike(cuts: list[int], fault: str) -> None:
    data = export(PUNCHES, faults=[fault])
    parser = AttlogParser("1_attlog.dat")
    punches: list[PunchRow] = []
    raw: list[bytes] = []
    for piece in _pieces(data, sorted(cuts)):
        parsed = parser.feed(piece)
        punches += parsed.punches
        raw += [rejected.raw for rejected in parsed.rejected]
    last = parser.feed(b"", final=True)
    expected = read(data)
    assert punches + last.punches == expected.punches
    assert raw + [r.raw for r in last.rejected] == [r.raw for r in expected.rejected]


def _pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    start = 0
    for cut in cuts:
        yield data[start:cut]
        start = max(start, min(cut, len(data)))
    yield data[start:]


@given(st.binary(max_size=300))
def test_noise_invents_no_punch(noise: bytes) -> None:
    for punch in read(noise).punches:
        assert len(punch.device_time) == 19
        assert 0 <= punch.state_code <= 255
