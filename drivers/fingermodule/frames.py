"""Module frames of both families: bytes to packets and back; pure.

EF01 (ZFM-20/60, R30x, R307, R311, R503, AS608, FPM10A, ZW101), big endian:
``EF 01 | address u32 | kind | length u16 | content | sum u16``, length counts the sum.
GT-511 (GT-511C3, GT-521F), little endian: ``55 AA | device u16 | parameter u32 | word u16
| sum u16``. Source: the data sheets of ZFM-20, R30x and GT-511C3, and published captures.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from drivers.resync import NOT_A_FRAME, Resync

EF01_MARK: Final = b"\xef\x01"
DEFAULT_ADDRESS: Final = 0xFFFFFFFF
MAX_CONTENT_BYTES: Final = 256
"""The largest data packet of the family; an answer to a command has at most 33 bytes."""
_EF01_HEAD: Final = Struct(">2sIBH")
_SUM_BYTES: Final = 2

GT511_MARK: Final = b"\x55\xaa"
_GT511: Final = Struct("<2sHIHH")
GT511_DEVICE: Final = 1


class PacketKind(IntEnum):
    """What an EF01 packet is."""

    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    END_OF_DATA = 0x08


@dataclass(frozen=True, slots=True)
class Packet:
    """One EF01 packet; the first content byte is the command or the confirmation code."""

    address: int
    kind: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """One GT-511 packet: a command, or 30h (done) and 31h (not done) with a parameter."""

    device: int
    parameter: int
    word: int


def encode_packet(packet: Packet) -> bytes:
    """Return the bytes of an EF01 packet."""
    assert 1 <= len(packet.content) <= MAX_CONTENT_BYTES
    length = len(packet.content) + _SUM_BYTES
    head = _EF01_HEAD.pack(EF01_MARK, packet.address, packet.kind, length)
    total = _ef01_sum(head + packet.content)
    return head + packet.content + total.to_bytes(_SUM_BYTES, "big")


def _ef01_sum(covered: bytes) -> int:
    return sum(covered[6:]) & 0xFFFF  # kind, length and content; not mark and address


def _measure_packet(head: bytes) -> int | None:
    if len(head) < _EF01_HEAD.size:
        return None
    _, _, kind, length = _EF01_HEAD.unpack_from(head)
    is_possible = kind in set(PacketKind) and _SUM_BYTES < length <= MAX_CONTENT_BYTES + _SUM_BYTES
    return _EF01_HEAD.size + length if is_possible else NOT_A_FRAME


def _decode_packet(raw: bytes) -> Packet | None:
    if _ef01_sum(raw[:-_SUM_BYTES]) != int.from_bytes(raw[-_SUM_BYTES:], "big"):
        return None
    _, address, kind, _ = _EF01_HEAD.unpack_from(raw)
    return Packet(address, kind, raw[_EF01_HEAD.size : -_SUM_BYTES])


class PacketDecoder(Resync[Packet]):
    """Give the EF01 packets of a byte stream, whatever stands between them."""

    def __init__(self) -> None:
        super().__init__(EF01_MARK, _measure_packet, _decode_packet)


def encode_word(word: Word) -> bytes:
    """Return the bytes of a GT-511 packet."""
    body = _GT511.pack(GT511_MARK, word.device, word.parameter, word.word, 0)[:-_SUM_BYTES]
    return body + (sum(body) & 0xFFFF).to_bytes(_SUM_BYTES, "little")


def _measure_word(head: bytes) -> int | None:
    return _GT511.size if head else None


def _decode_word(raw: bytes) -> Word | None:
    _, device, parameter, word, total = _GT511.unpack(raw)
    if sum(raw[:-_SUM_BYTES]) & 0xFFFF != total:
        return None
    return Word(device, parameter, word)


class WordDecoder(Resync[Word]):
    """Give the GT-511 packets of a byte stream, whatever stands between them."""

    def __init__(self) -> None:
        super().__init__(GT511_MARK, _measure_word, _decode_word)
