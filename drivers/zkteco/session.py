"""The conversation with a ZKTeco terminal on port 4370, without I/O and without a clock.

Each exchange is a generator. It yields a frame to be sent, or None for "give me the next
frame"; it is sent that frame, or None when the terminal stayed silent too long; it returns
its result. Answers are told by their reply number only: the session word means other
things in half of them, as published captures show. Late answers are dropped, live events are
acknowledged wherever they turn up.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from drivers.errors import BusyError, DriverError, LinkDownError, MalformedError, RefusedError
from drivers.zkteco.frames import EVENT_ATTLOG, Command, Frame, scramble_key
from drivers.zkteco.layouts import decode_text, decode_time, time_word
from drivers.zkteco.live import LiveTouch, decode_event

ResultT = TypeVar("ResultT")
Exchange = Generator[Frame | None, Frame | None, ResultT]

TCP_CHUNK_BYTES: Final = 0xFFC0
UDP_CHUNK_BYTES: Final = 16 * 1024
TOTAL_BYTES: Final = 4
"""A prepared buffer opens with the length of what follows, 32 bits."""
MAX_LOG_BYTES: Final = 64 * 1024 * 1024
"""Ten times the largest log any terminal was seen to hold."""

_UDP_ATTEMPTS: Final = 5
_REPLY_MODULUS: Final = 0xFFFF
_MAX_FRAMES_BEFORE_ANSWER: Final = 100_000
"""A day's live events may be waiting to be acknowledged; an endless stream is an error."""
_RECORDS_AT: Final = 32
_CAPACITY_AT: Final = 64
_AGAIN: Final = "It is tried again by itself."
_ERRORS: Final = (
    Command.ACK_ERROR,
    Command.ERROR_DATA,
    Command.ERROR_INIT,
    Command.ERROR_COMMAND,
    Command.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How full the terminal says it is; None where it does not say."""

    records: int | None
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The log as the terminal froze it for reading.

    Attributes:
        size: its bytes, the 4-byte total at the start included; 0: there is none.
        inline: the whole of it, when it was small enough to come at once.
    """

    size: int
    inline: bytes | None


class Session:
    """One connection's state.

    Attributes:
        attempts: how often a request is sent before the terminal counts as silent.
        chunk_bytes: how much of a log is asked for at once.
        touch_heard: a touch was announced since this was last set to False.
        last_touch: what was announced last, where it could be read.
    """

    def __init__(self, comm_key: int, *, is_datagram: bool) -> None:
        self._comm_key = comm_key
        self._is_datagram = is_datagram
        self._id = 0
        self._reply = _REPLY_MODULUS - 1
        self.attempts = _UDP_ATTEMPTS if is_datagram else 1
        self.chunk_bytes = UDP_CHUNK_BYTES if is_datagram else TCP_CHUNK_BYTES
        self.touch_heard = False
        self.last_touch: LiveTouch | None = None

    def connect(self) -> Exchange[None]:
        """Open the session, with the Comm Key when the terminal asks for it.

        Raises:
            RefusedError: ``unauthorised`` or ``encrypted``.
        """
        answer = yield from self._ask(Command.CONNECT)
        self._id = answer.session
        if answer.command in (Command.ENCRYPTED, Command.ACK_ENCRYPTED):
            raise RefusedError(
                "encrypted",
                f"the terminal's firmware wants an encrypted session (answer {answer.command})",
                "Let it push instead: set this box as its cloud (ADMS) server and use "
                'driver = "zkpush".',
            )
        if answer.command == Command.ACK_UNAUTH:
            answer = yield from self._ask(Command.AUTH, scramble_key(self._comm_key, self._id))
            if answer.command == Command.ACK_UNAUTH:
                raise RefusedError(
                    "unauthorised",
                    "the terminal refuses the Comm Key in our settings",
                    "Set comm_key to the key in the terminal's menu (Comm. > PC Connection).",
                )
        _require(answer, "to connect", Command.ACK_OK)

    def exit_frame(self) -> Frame:
        """Return the request that ends the session; a terminal serves one client at a time."""
        return Frame(Command.EXIT, self._id, self._next_reply())

    def exit(self) -> Exchange[None]:
        """End the session."""
        yield from self._request(self.exit_frame())

    def option(self, name: str) -> Exchange[str | None]:
        """Return an option of the terminal, None when it has no such option."""
        answer = yield from self._ask(Command.OPTION, name.encode("ascii") + b"\0")
        _require(answer, f"option {name}", Command.ACK_OK, *_ERRORS)
        _, _, value = decode_text(answer.data).partition("=")
        return value.strip() if answer.command == Command.ACK_OK and value.strip() else None

    def version(self) -> Exchange[str | None]:
        """Return the firmware's version, None when it does not say."""
        answer = yield from self._ask(Command.GET_VERSION)
        _require(answer, "the version", Command.ACK_OK, *_ERRORS)
        return decode_text(answer.data) or None if answer.command == Command.ACK_OK else None

    def time(self) -> Exchange[str | None]:
        """Return the terminal's wall time, None when it is no time."""
        answer = yield from self._ask(Command.GET_TIME)
        _require(answer, "the time", Command.ACK_OK, *_ERRORS)
        if answer.command != Command.ACK_OK or len(answer.data) < 4:
            return None
        return decode_time(int.from_bytes(answer.data[:4], "little"))

    def set_time(self, when: datetime) -> Exchange[bool]:
        """Set the terminal's clock to a wall time; False when it refuses."""
        word = time_word(when).to_bytes(4, "little")
        answer = yield from self._ask(Command.SET_TIME, word)
        _require(answer, "to set its clock", Command.ACK_OK, *_ERRORS)
        return answer.command == Command.ACK_OK

    def sizes(self) -> Exchange[Sizes]:
        """Return how full the terminal is: a hint, wrong on some and missing on others."""
        answer = yield from self._ask(Command.FREE_SIZES)
        _require(answer, "its counts", Command.ACK_OK, *_ERRORS)
        known = answer.data if answer.command == Command.ACK_OK else b""
        return Sizes(_count_at(known, _RECORDS_AT), _count_at(known, _CAPACITY_AT))

    def register(self) -> Exchange[bool]:
        """Ask for live events; False when the terminal has none to give.

        It must be enabled to send any, and we never disable it.
        """
        yield from self._ask(Command.ENABLE)
        mask = EVENT_ATTLOG.to_bytes(4, "little")
        answer = yield from self._ask(Command.REGISTER_EVENTS, mask)
        _require(answer, "live events", Command.ACK_OK, *_ERRORS)
        return answer.command == Command.ACK_OK

    def listen(self) -> Exchange[bool]:
        """Wait for a touch; False when the terminal stayed silent."""
        while not self.touch_heard:
            frame = yield None
            if frame is None:
                return False
            if frame.command == Command.REGISTER_EVENTS:
                yield self._heard(frame)
        return True

    def prepare_log(self) -> Exchange[Prepared]:
        """Have the terminal freeze its attendance log for reading.

        Raises:
            RefusedError: ``access_mode`` or ``no_log``.
        """
        argument = struct.pack("<bhii", 1, Command.ATTLOG, 0, 0)
        answer = yield from self._ask(Command.PREPARE_BUFFER, argument)
        if answer.command == Command.ACCESS_MODE:
            raise RefusedError(
                "access_mode",
                "the terminal is in access-control mode and keeps no attendance log",
                'Set it to attendance mode, or let it push with driver = "zkpush".',
            )
        if answer.command == Command.UNKNOWN:
            raise RefusedError(
                "no_log",
                "the terminal does not know how to hand out its log",
                "Export it by USB stick and import the file.",
            )
        _require(answer, "to read the log", Command.ACK_OK, Command.DATA)
        if answer.command == Command.DATA:
            return Prepared(len(answer.data), answer.data)
        if not answer.data:
            return Prepared(0, b"")
        if len(answer.data) < 1 + TOTAL_BYTES:
            raise _malformed("size", "no size for the prepared log")
        size = int.from_bytes(answer.data[1 : 1 + TOTAL_BYTES], "little")
        if size > MAX_LOG_BYTES:
            raise _malformed("size", f"a size of {size} bytes for its log")
        return Prepared(size, None if size else b"")

    def read_chunk(self, start: int, size: int) -> Exchange[bytes]:
        """Return part of the prepared log: at least 1, at most `size` bytes from `start`.

        What the terminal promises is delivered to the byte, or it is an error. Its final
        acknowledgement is not awaited: it may come before the data, late, or never.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return (yield from self._read_chunk_once(start, size))
            except (LinkDownError, MalformedError):
                if attempt == self.attempts:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def free_data(self) -> Exchange[None]:
        """Release the prepared log; a terminal that is not told mixes up the next read."""
        yield from self._ask(Command.FREE_DATA)

    def _read_chunk_once(self, start: int, size: int) -> Exchange[bytes]:
        reply = self._next_reply()
        argument = struct.pack("<ii", start, size)
        yield Frame(Command.READ_BUFFER, self._id, reply, argument)
        chunk = _Chunk(size, is_datagram=self._is_datagram)
        while not chunk.is_whole:
            frame = yield from self._answer(reply)
            if frame is None:
                raise _silent(f"part of the log ({chunk.received} of {chunk.expected} bytes came)")
            _require(frame, "log data", Command.PREPARE_DATA, Command.DATA, Command.ACK_OK)
            chunk.take(frame)
        return chunk.joined()

    def _ask(self, command: Command, data: bytes = b"") -> Exchange[Frame]:
        return (yield from self._request(Frame(command, self._id, self._next_reply(), data)))

    def _request(self, request: Frame) -> Exchange[Frame]:
        for _ in range(self.attempts):
            yield request
            answer = yield from self._answer(request.reply)
            if answer is not None:
                return answer
        raise _silent(f"an answer to command {request.command}")

    def _answer(self, reply: int) -> Exchange[Frame | None]:
        for _ in range(_MAX_FRAMES_BEFORE_ANSWER):
            frame = yield None
            if frame is None:
                return None
            if frame.command == Command.REGISTER_EVENTS:
                yield self._heard(frame)
            elif frame.reply == reply:
                return frame
        raise _malformed("late", "no end of frames and no answer among them")

    def _heard(self, event: Frame) -> Frame:
        if event.session == EVENT_ATTLOG:
            self.touch_heard = True
            self.last_touch = decode_event(event.data)
        return Frame(Command.ACK_OK, self._id, 0)

    def _next_reply(self) -> int:
        self._reply = (self._reply + 1) % _REPLY_MODULUS
        return self._reply


class _Chunk:
    """The answer to one READ_BUFFER, put together to the byte."""

    def __init__(self, asked: int, *, is_datagram: bool) -> None:
        self.expected = asked
        self.received = 0
        self._asked = asked
        self._is_datagram = is_datagram
        self._parts: dict[int, bytes] = {}

    @property
    def is_whole(self) -> bool:
        return self.received == self.expected

    def take(self, frame: Frame) -> None:
        if frame.command == Command.PREPARE_DATA:
            self.expected = int.from_bytes(frame.data[:TOTAL_BYTES], "little")
            if not 0 < self.expected <= self._asked:
                raise _malformed("size", f"{self.expected} bytes where {self._asked} were asked")
        elif frame.command == Command.DATA:
            # datagrams carry their index where the session id stands; a stream keeps order
            index = frame.session if self._is_datagram else len(self._parts)
            if index not in self._parts:
                self._parts[index] = frame.data
                self.received += len(frame.data)
        if self.received > self.expected:
            raise _malformed("size", f"{self.received} bytes where {self.expected} were announced")

    def joined(self) -> bytes:
        indexes = sorted(self._parts)
        if self._is_datagram and indexes[-1] - indexes[0] != len(indexes) - 1:
            raise _malformed("order", "datagrams whose numbers leave a gap")
        return b"".join(self._parts[index] for index in indexes)


def _count_at(data: bytes, offset: int) -> int | None:
    """Return a 32-bit count of a free-sizes answer; 4, 80, 92 and 112 bytes of it were seen."""
    if len(data) < offset + 4:
        return None
    count = int.from_bytes(data[offset : offset + 4], "little", signed=True)
    return count if count >= 0 else None


def _require(answer: Frame, what: str, *allowed: Command) -> None:
    """Pass an allowed answer; raise what any other means."""
    if answer.command not in allowed:
        raise _refusal(answer.command, what)


def _refusal(command: int, what: str) -> DriverError:
    if command == Command.ACK_UNAUTH:
        return LinkDownError(
            "session_lost",
            f"the terminal forgot this session when asked for {what}",
            "It restarted, or another program connected to it; one program must own a terminal.",
        )
    if command in (Command.ACK_RETRY, Command.ACK_REPEAT, *_ERRORS):
        return BusyError("device_error", f"the terminal answered {command} to {what}", _AGAIN)
    return _malformed("answer", f"command {command} when asked for {what}")


def _silent(what: str) -> LinkDownError:
    return LinkDownError("timeout", f"the terminal fell silent instead of sending {what}", _AGAIN)


def _malformed(code: str, what: str) -> MalformedError:
    return MalformedError(code, f"the terminal sent {what}", "The connection is made anew.")
