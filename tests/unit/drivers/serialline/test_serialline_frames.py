"""A stream is cut into frames as the profile says, with bounded memory."""

from __future__ import annotations

import pytest

from drivers.serialline.frames import Framing, FramingKind, LineDecoder, Piece

LINES = Framing(kind=FramingKind.DELIMITER, max_bytes=20)
STX = Framing(kind=FramingKind.STX_ETX, start_byte=2, end_bytes=b"\x03", max_bytes=20)


def bodies(pieces: list[Piece]) -> list[bytes]:
    return [piece.body for piece in pieces]


def troubles(pieces: list[Piece]) -> list[tuple[str, bytes]]:
    return [(piece.trouble, piece.raw) for piece in pieces]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r\n"])
def test_any_line_end_ends_a_line_and_empty_lines_do_not_count(end: bytes) -> None:
    decoder = LineDecoder(LINES)
    assert bodies(decoder.feed(b"one" + end + b"two" + end)) == [b"one", b"two"]
    assert not decoder.has_begun


def test_item_34_a_line_without_an_end_is_told_when_the_line_falls_silent() -> None:
    decoder = LineDecoder(LINES)
    assert decoder.feed(b"12345") == []
    assert decoder.has_begun
    assert troubles(decoder.gap()) == [("unterminated", b"12345")]
    assert bodies(decoder.feed(b"next\r")) == [b"next"]


def test_item_34_a_line_of_a_megabyte_is_cut_told_once_and_the_next_one_is_whole() -> None:
    decoder = LineDecoder(LINES)
    pieces = [piece for _ in range(1000) for piece in decoder.feed(b"x" * 1000)]
    assert troubles(pieces) == [("overlong", b"x" * 20)]
    assert decoder.dropped_bytes == 1_000_000 - 20
    assert bodies(decoder.feed(b"\rafter\r")) == [b"after"]


def test_item_34_stx_without_etx_is_told_and_the_next_frame_is_whole() -> None:
    pieces = LineDecoder(STX).feed(b"\x02broken\x02whole\x03")
    assert [(piece.trouble, piece.body) for piece in pieces] == [
        ("unterminated", b""),
        ("", b"whole"),
    ]


def test_bytes_outside_stx_and_etx_are_told_as_noise() -> None:
    decoder = LineDecoder(STX)
    assert troubles(decoder.feed(b"zz\x02a\x03yy")) == [("noise", b"zz"), ("", b"\x02a\x03")]
    assert troubles(decoder.gap()) == [("noise", b"yy")]


def test_noise_without_end_is_bounded_and_a_frame_behind_it_is_found() -> None:
    decoder = LineDecoder(STX)
    assert troubles(decoder.feed(b"z" * 5000)) == [("noise", b"z" * 20)]
    assert bodies(decoder.feed(b"\x02a\x03")) == [b"a"]


def test_check_bytes_behind_etx_belong_to_the_frame_whatever_they_are() -> None:
    framing = Framing(kind=FramingKind.STX_ETX, start_byte=2, end_bytes=b"\x03", tail_bytes=2)
    (piece,) = LineDecoder(framing).feed(b"\x02abc\x03\x02\x03")
    assert (piece.body, piece.tail) == (b"abc", b"\x02\x03")


def test_a_fixed_length_needs_no_end() -> None:
    framing = Framing(kind=FramingKind.FIXED, length=4)
    assert bodies(LineDecoder(framing).feed(b"aaaabbbbcc")) == [b"aaaa", b"bbbb"]


def test_a_fixed_length_with_a_start_byte_finds_its_start_again() -> None:
    framing = Framing(kind=FramingKind.FIXED, start_byte=0x23, length=4)
    decoder = LineDecoder(framing)
    pieces = decoder.feed(b"zz#abc#def")
    assert [(piece.trouble, piece.body) for piece in pieces] == [
        ("noise", b""),
        ("", b"abc"),
        ("", b"def"),
    ]
    decoder.feed(b"#x")
    assert troubles(decoder.gap()) == [("unterminated", b"#x")]


def test_silence_ends_a_frame_where_nothing_else_does() -> None:
    decoder = LineDecoder(Framing(kind=FramingKind.GAP))
    assert decoder.feed(b"12") == []
    assert decoder.feed(b"34") == []
    assert bodies(decoder.gap()) == [b"1234"]
    assert decoder.gap() == []
