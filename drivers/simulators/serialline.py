"""ASCII terminals and card readers that behave, and misbehave by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import Final

FAULTS: Final = {
    "unterminated": "the end of every frame is missing",
    "megabyte": "a megabyte without an end comes before every frame",
    "wrong_check": "the last check character is wrong",
    "lower_case": "hexadecimal digits are lower case",
    "keypad": "a keypad digit comes before every frame, alone",
    "dates_swapped": "day and month have changed places",
}


def _line(user_id: str, at: datetime) -> bytes:
    return f"{user_id},{at:%Y-%m-%d %H:%M:%S}\r\n".encode()


def _line_dmy(user_id: str, at: datetime) -> bytes:
    return f"{user_id};{at:%d-%m-%Y %H:%M:%S}\r".encode()


def _tr320(user_id: str, at: datetime) -> bytes:
    return f"1\t{at:%d-%m-%Y}\t{at:%H:%M:%S}\t'{user_id}\t01\t0001\r\n".encode()


def _acrocomm(user_id: str, at: datetime) -> bytes:
    return f"{at:%H%M%S},1,{user_id},01,40,40,40,40,40\r\n".encode()


def _rdm6300(user_id: str, at: datetime) -> bytes:  # noqa: ARG001 - it knows no time
    card = b"\x4a" + int(user_id).to_bytes(4, "big")
    check = reduce(lambda left, right: left ^ right, card)
    return b"\x02" + card.hex().upper().encode() + f"{check:02X}".encode() + b"\x03"


def _wie232(user_id: str, at: datetime) -> bytes:  # noqa: ARG001 - it knows no time
    return f"{int(user_id):06X}\r".encode()


def _s4a(user_id: str, at: datetime) -> bytes:  # noqa: ARG001 - it knows no time
    return f"{int(user_id):010d}\r\n".encode()


FORMS: Final[dict[str, Callable[[str, datetime], bytes]]] = {
    "line": _line,
    "line_dmy": _line_dmy,
    "tr320": _tr320,
    "acrocomm": _acrocomm,
    "rdm6300": _rdm6300,
    "wie232": _wie232,
    "s4a": _s4a,
}
"""What each shipped profile reads, as the device writes it."""


class AsciiTerminal:
    """A terminal of one shipped profile; it tells each touch once and hears nothing."""

    def __init__(self, profile: str, *, faults: frozenset[str] = frozenset()) -> None:
        unknown = faults - FAULTS.keys()
        assert not unknown, f"no such fault of an ASCII terminal: {unknown}"
        self._form = FORMS[profile]
        self._profile = profile
        self.faults = set(faults)
        self._to_say: list[bytes] = []
        self._lock = threading.Lock()

    def touch(self, user_id: str, at: datetime) -> None:
        """Tell a touch on the terminal's wall clock."""
        if "dates_swapped" in self.faults:
            at = at.replace(day=at.month, month=at.day)
        frame = self._form(user_id, at)
        if "unterminated" in self.faults:
            frame = frame.rstrip(b"\r\n\x03")
        if "wrong_check" in self.faults:
            frame = frame[:-2] + bytes((frame[-2] ^ 1,)) + frame[-1:]
        if "lower_case" in self.faults:
            frame = frame.lower()
        if "megabyte" in self.faults:
            self.say(b"7" * 1_000_000)
        if "keypad" in self.faults:
            self.say(b"5")
        self.say(frame)

    def change_date(self, at: datetime) -> None:
        """Tell the date, as AcroComm terminals do at midnight and when switched on."""
        assert self._profile == "acrocomm", "only these tell the date apart"
        self.say(f"{at:%H%M%S},4,{at:%Y%m%d},&-Date\r\n".encode())

    def say(self, data: bytes) -> None:
        """Say any bytes."""
        with self._lock:
            self._to_say.append(data)

    def hear(self, data: bytes) -> bytes:  # noqa: ARG002 - a terminal that only talks
        """Ignore the host."""
        return self.speak()

    def speak(self) -> bytes:
        """Return the next thing to say: one frame at a time, as fingers touch."""
        with self._lock:
            return self._to_say.pop(0) if self._to_say else b""
