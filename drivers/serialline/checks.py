"""The check bytes of ASCII frames: xor, sum, LRC, CRC-16; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Final

from drivers.serialline.frames import Framing, Piece


class CheckKind(StrEnum):
    """How the check is counted."""

    NONE = "none"
    XOR = "xor"
    SUM8 = "sum8"
    LRC = "lrc"  # two's complement of the sum, so that everything sums to 0
    CRC16_MODBUS = "crc16_modbus"  # polynomial A001h reflected, start FFFFh
    CRC16_CCITT = "crc16_ccitt"  # polynomial 1021h, start FFFFh


class CheckForm(StrEnum):
    """How the check is written."""

    RAW = "raw"  # CRC-16: low byte first
    HEX = "hex"  # two or four hexadecimal characters of either case, high digit first


class Cover(StrEnum):
    """Which bytes are checked."""

    BODY = "body"
    BODY_END = "body_end"  # and the end byte
    ALL = "all"  # and the start byte too
    DECODED = "decoded"  # the bytes that the body's hexadecimal characters spell


@dataclass(frozen=True, slots=True)
class Check:
    """The check of a profile; its bytes are the frame's tail, or else the body's last."""

    kind: CheckKind = CheckKind.NONE
    form: CheckForm = CheckForm.HEX
    cover: Cover = Cover.BODY


def _crc16_modbus(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def _crc16_ccitt(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


_COUNT: Final[dict[CheckKind, Callable[[bytes], int]]] = {
    CheckKind.XOR: lambda data: reduce(lambda left, right: left ^ right, data, 0),
    CheckKind.SUM8: lambda data: sum(data) & 0xFF,
    CheckKind.LRC: lambda data: -sum(data) & 0xFF,
    CheckKind.CRC16_MODBUS: _crc16_modbus,
    CheckKind.CRC16_CCITT: _crc16_ccitt,
}


def check_bytes(check: Check) -> int:
    """Return how many bytes the check takes in the frame."""
    if check.kind is CheckKind.NONE:
        return 0
    size = 2 if check.kind in (CheckKind.CRC16_MODBUS, CheckKind.CRC16_CCITT) else 1
    return size if check.form is CheckForm.RAW else 2 * size


def count(kind: CheckKind, data: bytes) -> int:
    """Return the check value of `data`."""
    return _COUNT[kind](data)


def checked_body(piece: Piece, check: Check, framing: Framing) -> bytes | None:
    """Return the body without its check bytes, or None when the check is wrong."""
    size = check_bytes(check)
    if not size:
        return piece.body
    if framing.tail_bytes:
        body, written = piece.body, piece.tail
    else:
        body, written = piece.body[:-size], piece.body[-size:]
    if len(written) != size:
        return None
    covered = _covered(piece, body, check.cover, framing)
    if covered is None or _written_value(written, check.form) != count(check.kind, covered):
        return None
    return body


def _covered(piece: Piece, body: bytes, cover: Cover, framing: Framing) -> bytes | None:
    if cover is Cover.DECODED:
        try:
            return bytes.fromhex(body.decode("ascii"))
        except ValueError:
            return None
    if cover is Cover.BODY:
        return body
    start = 0 if cover is Cover.ALL or framing.start_byte is None else 1
    end_at = len(piece.raw) - len(piece.tail)
    return piece.raw[start:end_at]


def _written_value(written: bytes, form: CheckForm) -> int | None:
    if form is CheckForm.RAW:
        return int.from_bytes(written, "little")
    try:
        return int.from_bytes(bytes.fromhex(written.decode("ascii")), "big")
    except ValueError:
        return None
