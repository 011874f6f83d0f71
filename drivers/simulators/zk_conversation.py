"""What a simulated ZKTeco terminal answers; no network."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Final

from drivers.simulators.zk_faults import Faults, spoil_answers, spoil_buffer, spoil_chunk
from drivers.simulators.zk_terminal import Terminal, Touch, encode_touch
from drivers.zkteco.frames import EVENT_ATTLOG, Command, Frame, scramble_key
from drivers.zkteco.layouts import decode_time, time_word

DISABLE: Final = 1003
REFRESH: Final = 1013
CLEAR_LOG: Final = 15
USERS: Final = 9
START_VERIFY: Final = 60
CANCEL_CAPTURE: Final = 62
INLINE_BYTES: Final = 1024
"""Prepared buffers below this come at once."""
UDP_PACKET_BYTES: Final = 1024
TCP_PACKET_BYTES: Final = 0x10000

Answers = list[Frame]


class Conversation:
    """One client's session.

    Args:
        session_id: the number it is given.
        packet_bytes: how much log data one frame carries.
    """

    def __init__(
        self, terminal: Terminal, faults: Faults, session_id: int, packet_bytes: int
    ) -> None:
        self._terminal = terminal
        self._faults = faults
        self._id = session_id
        self._packet_bytes = packet_bytes
        self._is_known = False
        self._buffer = b""
        self.wants_touches = False
        self.is_over = False

    def answer(self, request: Frame) -> Answers:
        """Return what the terminal sends upon a request."""
        if request.command == Command.ACK_OK or self._faults.take("mute"):
            return []  # an acknowledged live event wants no answer
        self._terminal.commands.append(request.command)
        if request.command == Command.CONNECT:
            answers = self._greet(request)
        elif request.command == Command.AUTH:
            answers = self._authorise(request)
        elif not self._is_known:
            answers = [self._reply(request, Command.ACK_UNAUTH)]
        else:
            answers = self._ACTIONS.get(request.command, Conversation._unknown)(self, request)
        fake = Touch(1, "999", datetime(2026, 1, 1), 0, 1)
        return spoil_answers(request, answers, self.event(fake), self._faults)

    def event(self, touch: Touch) -> Frame:
        """Return the live event that announces a touch."""
        data = encode_touch(touch, self._terminal.live_bytes)
        return Frame(Command.REGISTER_EVENTS, EVENT_ATTLOG, 0, data)

    def _reply(self, request: Frame, command: int, data: bytes = b"") -> Frame:
        return Frame(command, self._id, request.reply, data)

    def _greet(self, request: Frame) -> Answers:
        if self._faults.take("encrypted"):
            return [self._reply(request, Command.ENCRYPTED)]
        if self._faults.take("encrypted_2032"):
            return [self._reply(request, Command.ACK_ENCRYPTED)]
        self._is_known = self._terminal.comm_key == 0
        return [self._reply(request, Command.ACK_OK if self._is_known else Command.ACK_UNAUTH)]

    def _authorise(self, request: Frame) -> Answers:
        self._is_known = request.data == scramble_key(self._terminal.comm_key, self._id)
        return [self._reply(request, Command.ACK_OK if self._is_known else Command.ACK_UNAUTH)]

    def _unknown(self, request: Frame) -> Answers:
        return [self._reply(request, Command.UNKNOWN)]

    def _agree(self, request: Frame) -> Answers:
        return [self._reply(request, Command.ACK_OK)]

    def _exit(self, request: Frame) -> Answers:
        self.is_over = True
        self.wants_touches = False
        return self._agree(request)

    def _option(self, request: Frame) -> Answers:
        name = request.data.rstrip(b"\0").decode("ascii", "replace")
        value = self._terminal.options().get(name)
        if value is None or (name == "~SerialNumber" and self._faults.take("no_serial")):
            return [self._reply(request, Command.ACK_ERROR)]
        return [self._reply(request, Command.ACK_OK, f"{name}={value}".encode() + b"\0")]

    def _version(self, request: Frame) -> Answers:
        return [self._reply(request, Command.ACK_OK, self._terminal.firmware.encode() + b"\0")]

    def _free_sizes(self, request: Frame) -> Answers:
        return [self._reply(request, Command.ACK_OK, self._terminal.free_sizes())]

    def _get_time(self, request: Frame) -> Answers:
        if self._faults.take("no_time"):
            return [self._reply(request, Command.ACK_ERROR)]
        word = time_word(self._terminal.now_local())
        return [self._reply(request, Command.ACK_OK, word.to_bytes(4, "little"))]

    def _set_time(self, request: Frame) -> Answers:
        told = decode_time(int.from_bytes(request.data[:4], "little"))
        if told is None or self._faults.take("refuse_set_time"):
            return [self._reply(request, Command.ACK_ERROR)]
        self._terminal.set_time(datetime.fromisoformat(told))
        return self._agree(request)

    def _register(self, request: Frame) -> Answers:
        if self._faults.take("no_live"):
            return [self._reply(request, Command.ACK_ERROR)]
        mask = int.from_bytes(request.data[:4], "little")
        self.wants_touches = bool(mask & EVENT_ATTLOG)
        return self._agree(request)

    def _clear(self, request: Frame) -> Answers:
        self._terminal.clear()
        return self._agree(request)

    def _prepare(self, request: Frame) -> Answers:
        _, command, _, _ = struct.unpack("<bhii", request.data[:11])
        if command == USERS:
            return self._offer(request, self._terminal.buffer(self._terminal.users()))
        if command != Command.ATTLOG:
            return [self._reply(request, Command.ACK_ERROR)]
        for name, refusal in (
            ("unauth_midway", Command.ACK_UNAUTH),
            ("access_mode", Command.ACCESS_MODE),
            ("no_buffered_read", Command.UNKNOWN),
            ("error_answer", Command.ACK_ERROR),
            ("ack_for_log", Command.ACK_OK),
        ):
            if self._faults.take(name):
                return [self._reply(request, refusal)]
        for name, size in (("data_0", 0), ("data_1", 1), ("data_3", 3)):
            if self._faults.take(name):
                return [self._reply(request, Command.DATA, bytes(size))]
        with self._terminal.lock:
            buffer = self._terminal.buffer(self._terminal.log)
        return self._offer(request, spoil_buffer(buffer, self._faults))

    def _offer(self, request: Frame, buffer: bytes) -> Answers:
        self._buffer = buffer
        if len(buffer) < INLINE_BYTES:
            return [self._reply(request, Command.DATA, buffer)]
        size = len(buffer).to_bytes(4, "little")
        unknown = b"\xcd\xef\x23\x00"
        return [self._reply(request, Command.ACK_OK, b"\0" + size + size + unknown)]

    def _read(self, request: Frame) -> Answers:
        start, size = struct.unpack("<ii", request.data[:8])
        if start and self._faults.take("tail_error"):
            return [self._reply(request, Command.ACK_ERROR)]
        if start and self._faults.take("tail_from_start"):
            start = 0
        if self._faults.take("short_chunk"):
            size = max(1, size // 2)
        data = self._buffer[start : start + size]
        if not data:
            return [self._reply(request, Command.ACK_ERROR)]
        step = self._packet_bytes
        sizes = struct.pack("<II", len(data), step)
        parts = [
            Frame(Command.DATA, index, request.reply, data[at : at + step])
            for index, at in enumerate(range(0, len(data), step))
        ]
        head = self._reply(request, Command.PREPARE_DATA, sizes)
        end = Frame(Command.ACK_OK, len(parts) - 1, request.reply)
        return spoil_chunk([head, *parts, end], self._faults)

    def _free(self, request: Frame) -> Answers:
        self._buffer = b""
        return self._agree(request)

    _ACTIONS: Final[dict[int, Callable[[Conversation, Frame], Answers]]] = {
        Command.EXIT: _exit,
        Command.ENABLE: _agree,
        DISABLE: _agree,
        REFRESH: _agree,
        START_VERIFY: _agree,
        CANCEL_CAPTURE: _agree,
        Command.OPTION: _option,
        Command.GET_VERSION: _version,
        Command.FREE_SIZES: _free_sizes,
        Command.GET_TIME: _get_time,
        Command.SET_TIME: _set_time,
        Command.REGISTER_EVENTS: _register,
        CLEAR_LOG: _clear,
        Command.PREPARE_BUFFER: _prepare,
        Command.READ_BUFFER: _read,
        Command.FREE_DATA: _free,
    }
