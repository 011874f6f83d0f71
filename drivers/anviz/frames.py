"""TC_B frames: bytes to requests and answers and back; pure.

Request ``A5 | id u32 | command | length u16 | data | CRC16``; an answer adds 80h to the
command and has a return code before the length. Big endian, the CRC low byte first.
Source: Anviz, TC_B Communication Protocol User Manual V2.1; captures in anviz_tcb.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from drivers.resync import NOT_A_FRAME, Resync

MARK: Final = b"\xa5"
MAX_DATA_BYTES: Final = 600
"""The manual's "0-600Byte"; a longer claim is noise."""
ANSWER: Final = 0x80
_REQUEST_HEAD: Final = Struct(">BIBH")
_ANSWER_HEAD: Final = Struct(">BIBBH")
_CRC_BYTES: Final = 2


class Command(IntEnum):
    """What this driver says; nothing here reads a template or deletes a record.

    Source: TC_B V2.1 items 5, 6, 9, 10, 24, 41, 61; PONG: captures of TCP terminals.
    """

    SERIAL = 0x24
    GET_TIME = 0x38
    SET_TIME = 0x39
    COUNTERS = 0x3C
    DOWNLOAD = 0x40
    CLEAR_NEW = 0x4E
    PUNCHED = 0x5F  # never asked: the terminal sends its answer (DF) on its own
    PING = 0x7F  # from the terminal
    PONG = 0xFF  # to the terminal; a request in form although above 80h


class Return(IntEnum):
    """How the terminal judges a request. Source: TC_B V2.1, return values."""

    SUCCESS = 0x00
    FAIL = 0x01
    EMPTY = 0x05


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `return_code` is None for requests, `command` is without 80h."""

    device_id: int
    command: int
    data: bytes
    return_code: int | None = None

    @property
    def is_answer(self) -> bool:
        """Tell whether a terminal said it, not a host (our own echo on RS-485)."""
        return self.return_code is not None


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0x8408 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """Return CRC-16/MCRF4XX: polynomial 8408h reflected, start FFFFh.

    >>> hex(crc16(b"123456789"))
    '0x6f91'
    """
    value = 0xFFFF
    for byte in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame; the inverse of `FrameDecoder`."""
    assert len(frame.data) <= MAX_DATA_BYTES
    size = len(frame.data)
    if frame.return_code is None:
        head = _REQUEST_HEAD.pack(MARK[0], frame.device_id, frame.command, size)
    else:
        assert frame.command < ANSWER
        command = frame.command | ANSWER
        head = _ANSWER_HEAD.pack(MARK[0], frame.device_id, command, frame.return_code, size)
    body = head + frame.data
    return body + crc16(body).to_bytes(_CRC_BYTES, "little")


def _is_answer(command: int) -> bool:
    return command >= ANSWER and command != Command.PONG


def _measure(head: bytes) -> int | None:
    if len(head) < _REQUEST_HEAD.size:
        return None
    form = _ANSWER_HEAD if _is_answer(head[5]) else _REQUEST_HEAD
    if len(head) < form.size:
        return None
    data_bytes = int.from_bytes(head[form.size - 2 : form.size], "big")
    if data_bytes > MAX_DATA_BYTES:
        return NOT_A_FRAME
    return form.size + data_bytes + _CRC_BYTES


def _decode(raw: bytes) -> Frame | None:
    if crc16(raw[:-_CRC_BYTES]) != int.from_bytes(raw[-_CRC_BYTES:], "little"):
        return None
    if not _is_answer(raw[5]):
        _, device_id, command, _ = _REQUEST_HEAD.unpack_from(raw)
        return Frame(device_id, command, raw[_REQUEST_HEAD.size : -_CRC_BYTES])
    _, device_id, command, return_code, _ = _ANSWER_HEAD.unpack_from(raw)
    data = raw[_ANSWER_HEAD.size : -_CRC_BYTES]
    return Frame(device_id, command - ANSWER, data, return_code)


class FrameDecoder(Resync[Frame]):
    """Give the frames of a TC_B byte stream, whatever stands between them."""

    def __init__(self) -> None:
        super().__init__(MARK, _measure, _decode)
