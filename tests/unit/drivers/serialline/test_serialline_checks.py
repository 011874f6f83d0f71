"""Check bytes are counted as the published values say, and a wrong one is refused."""

from __future__ import annotations

import pytest

from drivers.serialline.checks import Check, CheckForm, CheckKind, Cover, checked_body, count
from drivers.serialline.frames import Framing, FramingKind, LineDecoder, Piece

PLAIN = Framing(kind=FramingKind.DELIMITER)
TAILED = Framing(kind=FramingKind.STX_ETX, start_byte=2, end_bytes=b"\x03", tail_bytes=1)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CheckKind.XOR, 0x31),
        (CheckKind.SUM8, 0xDD),
        (CheckKind.LRC, 0x23),
        (CheckKind.CRC16_MODBUS, 0x4B37),
        (CheckKind.CRC16_CCITT, 0x29B1),
    ],
)
def test_the_check_of_123456789_is_the_published_one(kind: CheckKind, value: int) -> None:
    assert count(kind, b"123456789") == value


@pytest.mark.parametrize(
    ("kind", "form", "written"),
    [
        (CheckKind.XOR, CheckForm.HEX, b"31"),
        (CheckKind.XOR, CheckForm.RAW, b"1"),
        (CheckKind.LRC, CheckForm.HEX, b"23"),
        (CheckKind.CRC16_MODBUS, CheckForm.HEX, b"4B37"),
        (CheckKind.CRC16_MODBUS, CheckForm.HEX, b"4b37"),
        (CheckKind.CRC16_MODBUS, CheckForm.RAW, b"\x37\x4b"),
    ],
)
def test_a_check_in_either_form_is_taken_off(
    kind: CheckKind, form: CheckForm, written: bytes
) -> None:
    check = Check(kind, form)
    body = b"123456789"
    assert checked_body(Piece(b"", body + written), check, PLAIN) == body
    spoiled = body + bytes((written[0] ^ 1,)) + written[1:]
    assert checked_body(Piece(b"", spoiled), check, PLAIN) is None


@pytest.mark.parametrize("cover", [Cover.BODY, Cover.BODY_END, Cover.ALL])
def test_a_check_behind_the_end_covers_what_the_profile_says(cover: Cover) -> None:
    covered = {Cover.BODY: b"abc", Cover.BODY_END: b"abc\x03", Cover.ALL: b"\x02abc\x03"}[cover]
    check = Check(CheckKind.XOR, CheckForm.RAW, cover)
    tail = bytes((count(CheckKind.XOR, covered),))
    (piece,) = LineDecoder(TAILED).feed(b"\x02abc\x03" + tail)
    assert checked_body(piece, check, TAILED) == b"abc"


@pytest.mark.parametrize("body", [b"", b"1", b"zz", b"12zz"])
def test_a_frame_too_short_or_not_hexadecimal_is_refused_not_a_crash(body: bytes) -> None:
    for cover in (Cover.BODY, Cover.DECODED):
        check = Check(CheckKind.XOR, CheckForm.HEX, cover)
        assert checked_body(Piece(b"", body), check, PLAIN) is None
