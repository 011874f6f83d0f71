"""An Anviz terminal that behaves, and misbehaves by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from drivers.anviz.frames import Command, Frame, FrameDecoder, Return, encode
from drivers.anviz.layouts import DEFAULT_EPOCH, RECORD_BYTES, RECORD_EPOCHS, device_time_data

FAULTS: Final = {
    "two_devices": "a second terminal answers to the same number",
    "bad_crc_once": "the next download answer has a wrong checksum",
    "lost_answer_once": "the next download answer is lost",
    "lost_question_once": "the next download question is lost",
    "late_answer_once": "the next download answer comes after the next question",
    "count_lies_once": "the next packet claims more records than it has",
    "count_lies": "every packet claims more records than it has",
    "fails": "every question is answered with FAIL",
    "no_serial": "does not know the serial number question",
    "no_clear": "does not know how to clear new marks",
    "crash_after_clear": "clears the new marks, then its answer is lost",
    "short_log": "says it is empty after the first packet",
}


def record(user_id: int, at: datetime, state: int = 0, verify: int = 1, workcode: int = 0) -> bytes:
    """Return the 14 bytes of a record as the terminal stores it."""
    seconds = int((at - RECORD_EPOCHS[DEFAULT_EPOCH]).total_seconds())
    return (
        user_id.to_bytes(5, "big")
        + seconds.to_bytes(4, "big")
        + bytes((verify, state))
        + workcode.to_bytes(3, "big")
    )


class AnvizTerminal:
    """The log, the "new" pointer and the answers of a terminal.

    Args:
        now: its clock, local wall time.

    Attributes:
        records: raw records, oldest first; the last `new` of them carry the new mark.
        cleared: amounts of every 4Eh it obeyed, for tests.
        whole_downloads: how often the whole log was asked for.
        spared_downloads: downloads that go well before a fault of "once" strikes one.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        device_id: int = 1,
        serial: str = "SIM0000000000001",
        faults: frozenset[str] = frozenset(),
    ) -> None:
        unknown = faults - FAULTS.keys()
        assert not unknown, f"no such fault of an Anviz terminal: {unknown}"
        self._now = now
        self._device_id = device_id
        self._serial = serial
        self.faults = set(faults)
        self.records: list[bytes] = []
        self.new = 0
        self.cleared: list[int] = []
        self.whole_downloads = 0
        self.time_set: bytes = b""
        self._decoder = FrameDecoder()
        self._only_new = False
        self._next_at = 0
        self._last_packet = b"\0"
        self._to_say = b""
        self._late = b""
        self.spared_downloads = 0
        self._lock = threading.Lock()

    def punch(self, raw: bytes, *, live: bool = True) -> None:
        """Store a record as a touch does, and say so at once when `live`."""
        with self._lock:
            self.records.append(raw)
            self.new += 1
            if live:
                self._to_say += encode(Frame(self._device_id, Command.PUNCHED, raw, 0))

    def ping(self) -> None:
        """Send the keep-alive question of TCP terminals."""
        with self._lock:
            self._to_say += encode(Frame(self._device_id, Command.PING, b""))

    def speak(self) -> bytes:
        """Return realtime records and pings."""
        with self._lock:
            said, self._to_say = self._to_say, b""
        return said

    def hear(self, data: bytes) -> bytes:
        """Answer the questions that are for this terminal."""
        with self._lock:
            questions = [
                frame
                for frame in self._decoder.feed(data)
                if not frame.is_answer and frame.device_id in (0, self._device_id)
            ]
            return b"".join(self._answer(question) for question in questions)

    def _answer(self, question: Frame) -> bytes:
        if question.command == Command.PONG:
            return b""
        is_download = question.command == Command.DOWNLOAD
        if is_download and self.spared_downloads:
            said = self._said(question)
            self.spared_downloads -= 1
            return said
        if is_download and self._happens("lost_question_once"):
            return b""
        said = self._said(question)
        if is_download and self._happens("lost_answer_once"):
            return b""
        if is_download and self._happens("late_answer_once"):
            self._late = said
            return b""
        if question.command == Command.CLEAR_NEW and self._happens("crash_after_clear"):
            return b""
        if is_download and self._happens("bad_crc_once"):
            said = said[:-1] + bytes((said[-1] ^ 1,))
        late, self._late = self._late, b""
        return late + said

    def _said(self, question: Frame) -> bytes:
        return_code, data = self._reply(question)
        said = encode(Frame(self._device_id, question.command, data, return_code))
        return said * 2 if "two_devices" in self.faults else said

    def _happens(self, fault: str) -> bool:
        """Tell whether a fault of once strikes now; it is then over."""
        if fault not in self.faults:
            return False
        self.faults.discard(fault)
        return True

    def _reply(self, question: Frame) -> tuple[int, bytes]:
        if "fails" in self.faults:
            return Return.FAIL, b""
        if question.command == Command.COUNTERS:
            counters = (3, 4, 0, 0, len(self.records), self.new)
            return Return.SUCCESS, b"".join(count.to_bytes(3, "big") for count in counters)
        if question.command == Command.GET_TIME:
            return Return.SUCCESS, device_time_data(self._now())
        if question.command == Command.SET_TIME:
            self.time_set = question.data
            return Return.SUCCESS, b""
        if question.command == Command.SERIAL and "no_serial" not in self.faults:
            return Return.SUCCESS, self._serial.encode().ljust(16, b"\0")
        if question.command == Command.DOWNLOAD:
            return self._download(*question.data)
        if question.command == Command.CLEAR_NEW and "no_clear" not in self.faults:
            amount = int.from_bytes(question.data[1:], "big")
            self.cleared.append(amount)
            self.new = max(0, self.new - amount)
            return Return.SUCCESS, b""
        return Return.FAIL, b""

    def _download(self, parameter: int, wanted: int) -> tuple[int, bytes]:
        if parameter in (1, 2):
            self._only_new = parameter == 2
            self.whole_downloads += parameter == 1
            self._next_at = len(self.records) - self.new if self._only_new else 0
        elif "short_log" in self.faults:
            return Return.EMPTY, b""
        if parameter != 0x10:
            batch = self.records[self._next_at : self._next_at + wanted]
            self._next_at += len(batch)
            self._last_packet = bytes((len(batch),)) + b"".join(batch)
        packet = self._last_packet
        is_struck = not self.spared_downloads and self._happens("count_lies_once")
        if is_struck or "count_lies" in self.faults:
            packet = bytes((packet[0] + 1,)) + packet[1:]
        assert len(packet) <= 1 + 25 * RECORD_BYTES
        return Return.SUCCESS, packet
