"""Frames of the ZKTeco protocol on port 4370: encode, and decode incrementally; pure.

A payload is four little-endian 16-bit words (command, checksum, session, reply) and data.
On TCP each payload stands behind an 8-byte top (magic, 32-bit length); on UDP one datagram
is one payload. Nothing is trusted before its length is bounded and its checksum holds.

Source: ZKSoftware, Communication protocol manual (2006), and published captures.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from drivers.errors import MalformedError, RefusedError
from drivers.strangers import SAMPLE_BYTES, describe_stranger


class Command(IntEnum):
    """Commands and answers used here."""

    ATTLOG = 13  # argument of PREPARE_BUFFER only; asked directly, a K40 answers garbage
    OPTION = 11
    FREE_SIZES = 50
    GET_TIME = 201
    SET_TIME = 202
    REGISTER_EVENTS = 500  # and the events themselves
    CONNECT = 1000
    EXIT = 1001
    ENABLE = 1002
    GET_VERSION = 1100
    AUTH = 1102
    PREPARE_DATA = 1500
    DATA = 1501
    FREE_DATA = 1502
    PREPARE_BUFFER = 1503
    READ_BUFFER = 1504
    ACK_OK = 2000
    ACK_ERROR = 2001
    ACK_RETRY = 2003
    ACK_REPEAT = 2004
    ACK_UNAUTH = 2005
    ACK_ENCRYPTED = 2032  # firmware of 2025 and later, which wants an unpublished handshake
    ACCESS_MODE = 4989  # a terminal in access-control mode asked for its attendance log
    ENCRYPTED = 6001
    ERROR_DATA = 65531
    ERROR_INIT = 65532
    ERROR_COMMAND = 65533
    UNKNOWN = 65535


MAGIC: Final = b"\x50\x50\x82\x7d"
TOP_BYTES: Final = 8
HEADER_BYTES: Final = 8
MAX_PAYLOAD_BYTES: Final = 128 * 1024
"""Packets of up to 0x10000 data bytes were seen; what claims more is no frame."""
EVENT_ATTLOG: Final = 1
"""Event code of a touch, in the session word; also its bit in the registration mask."""

_WORD_MODULUS: Final = 0xFFFF
_AUTH_TICKS: Final = 50
_AUTH_MARK: Final = int.from_bytes(b"ZKSO", "little")
_TOP: Final = struct.Struct("<4sI")
_HEADER: Final = struct.Struct("<4H")


@dataclass(frozen=True, slots=True)
class Frame:
    """One payload.

    Attributes:
        session: the session id; in DATA the index of the packet, in an event its code.
        reply: number of the request; an answer repeats it.
    """

    command: int
    session: int
    reply: int
    data: bytes = b""


def checksum(payload: bytes) -> int:
    """Return the ones-complement of the folded 16-bit word sum of `payload`.

    Folding adds carries back, which is arithmetic modulo 65535; an odd last byte counts
    as a word with a zero on top.
    """
    total = int.from_bytes(payload, "little")
    return _WORD_MODULUS - (total % _WORD_MODULUS or (_WORD_MODULUS if total else 0))


def encode(frame: Frame) -> bytes:
    """Return the payload of a frame: what one UDP datagram carries."""
    head = _HEADER.pack(frame.command, 0, frame.session, frame.reply)
    check = checksum(head + frame.data)
    return _HEADER.pack(frame.command, check, frame.session, frame.reply) + frame.data


def encode_tcp(frame: Frame) -> bytes:
    """Return a frame with the top it needs on a stream."""
    payload = encode(frame)
    return _TOP.pack(MAGIC, len(payload)) + payload


def decode(payload: bytes) -> Frame:
    """Return the frame a payload carries.

    A checksum of 0 and one of 0xFFFF mean the same: devices write either.

    Raises:
        MalformedError: ``length`` or ``checksum``.
    """
    if not HEADER_BYTES <= len(payload) <= MAX_PAYLOAD_BYTES:
        raise _malformed("length", f"a frame of {len(payload)} bytes", payload)
    if int.from_bytes(payload, "little") % _WORD_MODULUS:
        raise _malformed(
            "checksum", f"a frame with a wrong checksum: {payload[:16].hex()}", payload
        )
    command, _, session, reply = _HEADER.unpack_from(payload)
    return Frame(command, session, reply, payload[HEADER_BYTES:])


def _malformed(code: str, what: str, raw: bytes) -> MalformedError:
    return MalformedError(
        code,
        f"the terminal sent {what}",
        "The connection is made anew; if it goes on, look at the cable, the switch and the "
        "terminal's power supply.",
        bytes(raw),
    )


class Decoder(Protocol):
    """Turns what a link gave into frames, whatever way the bytes were split."""

    def feed(self, data: bytes) -> None:
        """Take what one `Transport.read` returned."""

    def next_frame(self) -> Frame | None:
        """Return the next whole frame, None when more bytes are needed.

        Raises:
            MalformedError: the next bytes are no frame.
            RefusedError: the other side is no ZKTeco terminal; says what it is.
        """


class StreamDecoder:
    """Frames of a TCP connection.

    A wrong magic, length or checksum ends it: the length that lied has already misled us
    about where the next frame starts, and a fresh connection is the only honest resync.
    At most one frame and what one read returned is held.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._any_frame = False
        self._trouble: MalformedError | RefusedError | None = None

    def feed(self, data: bytes) -> None:
        """Take what one read returned."""
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """Return the next whole frame; once the stream is broken it stays so."""
        if self._trouble is None:
            try:
                return self._cut()
            except (MalformedError, RefusedError) as trouble:
                self._trouble = trouble
                self._buffer.clear()
        raise self._trouble

    def _cut(self) -> Frame | None:
        start = bytes(self._buffer[: len(MAGIC)])
        if start != MAGIC[: len(start)]:
            head = bytes(self._buffer[:SAMPLE_BYTES])
            if not self._any_frame:
                raise _not_a_terminal(head)
            raise _malformed("magic", f"bytes that start no frame: {head[:16].hex()}", head)
        if len(self._buffer) < TOP_BYTES:
            return None
        _, length = _TOP.unpack_from(self._buffer)
        if not HEADER_BYTES <= length <= MAX_PAYLOAD_BYTES:
            head = bytes(self._buffer[:SAMPLE_BYTES])
            raise _malformed("length", f"a frame that claims {length} bytes", head)
        end = TOP_BYTES + length
        if len(self._buffer) < end:
            return None
        payload = bytes(memoryview(self._buffer)[TOP_BYTES:end])
        del self._buffer[:end]
        frame = decode(payload)
        self._any_frame = True
        return frame


class DatagramDecoder:
    """Frames of a UDP exchange: a damaged datagram is one that never came."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take one datagram."""
        self._waiting.append(data)

    def next_frame(self) -> Frame | None:
        """Return the frame of the next undamaged datagram."""
        while self._waiting:
            try:
                return decode(self._waiting.pop(0))
            except MalformedError:
                continue
        return None


def _not_a_terminal(head: bytes) -> RefusedError:
    return RefusedError(
        "not_a_terminal",
        f"this address is answered by {describe_stranger(head)}",
        "Check the address and the port in the settings of the device.",
    )


def scramble_key(comm_key: int, session: int) -> bytes:
    """Return the 4 bytes by which AUTH proves the terminal's Comm Key.

    >>> scramble_key(45, 0x45CF).hex()
    '61c9323c'
    """
    reversed_bits = int(f"{comm_key & 0xFFFFFFFF:032b}"[::-1], 2)
    mixed = ((reversed_bits + session) & 0xFFFFFFFF) ^ _AUTH_MARK
    low, high = mixed & 0xFFFF, mixed >> 16
    first, second, _, fourth = ((low << 16) | high).to_bytes(4, "little")
    ticks = _AUTH_TICKS
    return bytes((first ^ ticks, second ^ ticks, ticks, fourth ^ ticks))
