"""How a simulated ZKTeco terminal misbehaves, by name (docs/hostile-inputs.md, 1-20)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from drivers.zkteco.frames import Command, Frame

FAULTS: Final[dict[str, str]] = {
    "silent_accept": "accepts a connection and never answers, as when another program holds it",
    "mute": "answers nothing any more, as after a power cut",
    "hang_up_at_once": "accepts a connection and closes it",
    "http": "is a web server",
    "ssh": "is an SSH server",
    "tls": "is a TLS server",
    "c3": "is a C3 door panel",
    "encrypted": "wants the encrypted session of new firmware (answer 6001)",
    "encrypted_2032": "wants the encrypted session of new firmware (answer 2032)",
    "split_headers": "sends the head of each frame byte by byte",
    "bad_checksum": "sends log data with a wrong checksum",
    "cut_zero_tail": "loses zero bytes at the end of a frame, which no checksum notices",
    "length_0": "claims a frame of no bytes",
    "length_7": "claims a frame of 7 bytes",
    "length_7fffffff": "claims a frame of 2 GB",
    "length_ffffffff": "claims a frame of 4 GB",
    "half_frame": "sends half of a log frame and falls silent",
    "stall": "announces log data and falls silent",
    "reset": "resets the connection in the middle of log data",
    "hang_up": "closes the connection in the middle of log data",
    "stale_ack": "repeats the acknowledgement of an earlier request before each answer",
    "duplicate_reply": "sends each answer twice",
    "event_in_bulk": "announces touches between the parts of the log",
    "unknown_event": "announces events nobody knows",
    "wrong_reply": "answers with a reply number nobody asked for",
    "ack_for_log": "acknowledges the request for the log and gives none",
    "data_0": "answers the request for the log with no data",
    "data_1": "answers the request for the log with 1 byte",
    "data_3": "answers the request for the log with 3 bytes",
    "total_zero": "says its log has 0 bytes and sends some",
    "total_large": "says its log has more bytes than it sends",
    "ragged": "sends a log that no record size divides",
    "prepare_lies": "announces more log data than was asked for",
    "short_chunk": "announces and sends less than was asked for",
    "missing_data": "announces log data and sends less",
    "extra_data": "sends more log data than it announced",
    "no_final_ack": "does not acknowledge the end of log data",
    "ack_before_data": "acknowledges the end of log data before sending them",
    "unauth_midway": "forgets the session when asked for the log",
    "access_mode": "is in access-control mode (answer 4989)",
    "no_buffered_read": "does not know the buffered read (answer 65535)",
    "error_answer": "answers 2001 when asked for the log",
    "tail_from_start": "ignores from where the log is asked for",
    "tail_error": "answers 2001 when the log is not asked for from its start",
    "no_live": "refuses to announce touches",
    "no_serial": "does not tell its serial number",
    "no_time": "does not tell its time",
    "refuse_set_time": "refuses to have its clock set",
    "udp_lost": "loses a datagram of the log",
    "udp_duplicated": "sends datagrams of the log twice",
    "udp_reordered": "sends datagrams of the log in another order",
    "udp_truncated": "cuts a datagram of the log",
    "udp_other_port": "answers from another port",
}

BANNERS: Final = {
    "http": b"HTTP/1.1 400 Bad Request\r\nServer: ZK Web Server\r\n\r\n",
    "ssh": b"SSH-2.0-dropbear_2019.78\r\n",
    "tls": bytes.fromhex("15030100020246"),
    "c3": bytes.fromhex("aa00c8040000000000a5d055"),
}


class End(Enum):
    """What a connection does after an answer, when it does not go on."""

    SILENCE = auto()
    RESET = auto()
    HANG_UP = auto()


Wire = Iterator[bytes | End]


class Faults:
    """The faults in force; thread-safe."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()

    def arm(self, name: str, times: int = 1_000_000_000) -> None:
        """Let a fault happen the next `times` it can.

        Raises:
            ValueError: there is no such fault.
        """
        if name not in FAULTS:
            raise ValueError(f"no fault {name!r}; there are {', '.join(FAULTS)}")
        with self._lock:
            self._left[name] = times

    def clear(self) -> None:
        """Let it behave."""
        with self._lock:
            self._left.clear()

    def take(self, name: str) -> bool:
        """Tell whether the fault happens now, which uses it up once."""
        with self._lock:
            left = self._left.get(name, 0)
            if left:
                self._left[name] = left - 1
            return left > 0


def spoil_buffer(buffer: bytes, faults: Faults) -> bytes:
    """Return what a terminal with faults prepares instead of `buffer`."""
    if faults.take("total_zero"):
        return bytes(4) + buffer[4:]
    if faults.take("total_large"):
        return (len(buffer) + 36).to_bytes(4, "little") + buffer[4:]
    if faults.take("ragged"):
        return (len(buffer) - 4 - 3).to_bytes(4, "little") + buffer[4:-3]
    return buffer


def spoil_chunk(answers: list[Frame], faults: Faults) -> list[Frame]:
    """Return what a terminal with faults answers instead of PREPARE_DATA, DATA.., ACK_OK."""
    head, data, end = answers[0], answers[1:-1], answers[-1]
    last = data[-1]
    if faults.take("prepare_lies"):
        head = replace(head, data=(0x7FFFFFFF).to_bytes(4, "little") + head.data[4:])
    if faults.take("missing_data"):
        data = [*data[:-1], replace(last, data=last.data[:-1])]
    if faults.take("extra_data"):
        data = [*data, replace(last, data=b"extra bytes")]
    if faults.take("cut_zero_tail"):
        data = [*data[:-1], replace(last, data=last.data.rstrip(b"\0"))]
    if faults.take("udp_lost"):
        data = data[:1] + data[2:]
    if faults.take("udp_duplicated"):
        data = [frame for frame in data for _ in range(2)]
    if faults.take("udp_reordered"):
        data = data[::-1]
    if faults.take("ack_before_data"):
        return [end, head, *data]
    if faults.take("no_final_ack"):
        return [head, *data]
    return [head, *data, end]


def spoil_answers(
    request: Frame, answers: list[Frame], touch: Frame, faults: Faults
) -> list[Frame]:
    """Return the frames around and instead of an answer.

    Args:
        touch: a live event to be thrown in.
    """
    if faults.take("wrong_reply"):
        answers = [replace(frame, reply=frame.reply ^ 0x55) for frame in answers]
    if faults.take("duplicate_reply"):
        answers = [frame for frame in answers for _ in range(2)]
    if faults.take("stale_ack"):
        late = Frame(Command.ACK_OK, request.session, (request.reply - 1) & 0xFFFF)
        answers = [late, *answers]
    if len(answers) > 1 and faults.take("event_in_bulk"):
        answers = [frame for answer in answers for frame in (touch, answer)]
    if faults.take("unknown_event"):
        answers = [replace(touch, session=0x0100, data=b"\x64"), *answers]
    return answers


_LENGTHS: Final = {
    "length_0": 0,
    "length_7": 7,
    "length_7fffffff": 0x7FFFFFFF,
    "length_ffffffff": 0xFFFFFFFF,
}


_ENDS: Final = {
    "half_frame": End.SILENCE,
    "stall": End.SILENCE,
    "reset": End.RESET,
    "hang_up": End.HANG_UP,
}


def to_stream(frames: list[Frame], encode: Callable[[Frame], bytes], faults: Faults) -> Wire:
    """Yield the bytes of an answer on TCP, and how the connection ends if it does."""
    whole = b""
    for frame in frames:
        raw = _spoil_bytes(frame, encode(frame), faults)
        end_name = _end_within(frame, faults)
        if end_name is not None:
            yield whole + (b"" if end_name == "stall" else raw[: len(raw) // 2])
            yield _ENDS[end_name]
            return
        if faults.take("split_headers"):
            yield whole
            yield from (raw[at : at + 1] for at in range(16))
            whole = raw[16:]
        else:
            whole += raw
    yield whole


def _spoil_bytes(frame: Frame, raw: bytes, faults: Faults) -> bytes:
    for name, length in _LENGTHS.items():
        if faults.take(name):
            return raw[:4] + length.to_bytes(4, "little") + raw[8:]
    if frame.command == Command.DATA and faults.take("bad_checksum"):
        return raw[:10] + bytes((raw[10] ^ 0x01,)) + raw[11:]
    return raw


def _end_within(frame: Frame, faults: Faults) -> str | None:
    if frame.command != Command.DATA:
        return None
    return next((name for name in _ENDS if faults.take(name)), None)


def to_datagrams(frames: list[Frame], encode: Callable[[Frame], bytes], faults: Faults) -> Wire:
    """Yield the datagrams of an answer on UDP."""
    for frame in frames:
        raw = encode(frame)
        if frame.command == Command.DATA and faults.take("udp_truncated"):
            raw = raw[: len(raw) // 2]
        yield raw
