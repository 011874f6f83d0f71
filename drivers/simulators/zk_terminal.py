"""What a simulated ZKTeco terminal holds: people, an attendance log, a clock; no network."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from drivers.zkteco.layouts import time_word

LIVE_BYTES: Final = (10, 12, 14, 32, 36, 37, 52)
"""Lengths of live events that were seen in the field."""
_USER: Final = struct.Struct("<HB8s24sIx7sx24s")
_OLD_USER: Final = struct.Struct("<HB5s8sIxBhI")
_TAIL_49: Final = b"\xff255" + bytes(5)
_FREE_SIZES_WORDS: Final = 28


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the terminal.

    Attributes:
        uid: its internal number.
        user_id: what people type.
        name: as stored, not as text: terminals know no encoding.
        privilege: 14 is an administrator.
    """

    uid: int
    user_id: str
    name: bytes = b""
    privilege: int = 0


@dataclass(frozen=True, slots=True)
class Touch:
    """A touch as it is announced live."""

    uid: int
    user_id: str
    when: datetime
    state: int
    verify: int


def encode_record(
    stride: int, index: int, user_id: str, word: int, state: int, verify: int, workcode: int = 0
) -> bytes:
    """Return a record of the log in one of the four layouts."""
    if stride == 8:
        return struct.pack("<HBBI", int(user_id), state | verify << 3, 0, word)
    if stride == 16:
        return struct.pack("<IIBB2xI", int(user_id), word, state, verify, workcode)
    assert stride in (40, 49), f"no layout of {stride} bytes"
    text = user_id.encode()
    record = struct.pack("<H24sBIB", index & 0xFFFF, text, verify, word, state)
    record += bytes(4) + b"\xff" + bytes(3)
    return record if stride == 40 else record + _TAIL_49


def encode_user(person: Person, *, is_old: bool = False) -> bytes:
    """Return a user as terminals store it, 72 bytes, or 28 on old ones."""
    if is_old:
        number = int(person.user_id)
        return _OLD_USER.pack(person.uid, person.privilege, b"", person.name[:8], 0, 0, 0, number)
    return _USER.pack(
        person.uid, person.privilege, b"", person.name[:24], 0, b"", person.user_id.encode()
    )


def encode_touch(touch: Touch, length: int) -> bytes:
    """Return the data of a live event in one of the `LIVE_BYTES` forms."""
    when = touch.when
    time = bytes((when.year - 2000, when.month, when.day, when.hour, when.minute, when.second))
    codes = bytes((touch.verify, touch.state))
    if length in (10, 14):
        event = touch.uid.to_bytes(2, "little") + codes + time
    elif length == 12:
        event = int(touch.user_id).to_bytes(4, "little") + codes + time
    else:
        event = touch.user_id.encode()[:24].ljust(24, b"\0") + codes + time
    return event.ljust(length, b"\0")


@dataclass(kw_only=True)
class Terminal:
    """A terminal's memory; safe to use from several threads.

    Attributes:
        now_utc: the world's time.
        local_of: turns it into the wall time where the terminal hangs.
        clock_error: how far its clock is off.
        layout: bytes a record takes: 8, 16, 40 or 49.
        free_sizes_bytes: length of its answer about counts: 4, 80, 92 or 112.
        extra_count: added to the number of records it claims.
        state_file: where the log is kept over restarts; None: nowhere.
        commands: every command it was ever given, for tests of good manners.
    """

    now_utc: Callable[[], datetime]
    local_of: Callable[[datetime], datetime]
    serial: str = "DAKA00000001"
    model: str = "Simulated"
    firmware: str = "Ver 6.60 Apr 26 2016"
    platform: str = "ZMM220_TFT"
    comm_key: int = 0
    layout: int = 40
    capacity: int = 100_000
    free_sizes_bytes: int = 80
    live_bytes: int = 32
    extra_count: int = 0
    people: list[Person] = field(default_factory=list)
    clock_error: timedelta = timedelta(0)
    state_file: Path | None = None
    commands: list[int] = field(default_factory=list)
    log: bytearray = field(default_factory=bytearray)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _listeners: list[Callable[[Touch], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.state_file is not None and self.state_file.exists():
            self._load(self.state_file)

    @property
    def records(self) -> int:
        """Number of records in the log."""
        return len(self.log) // self.layout

    def now_local(self) -> datetime:
        """Return what its display shows."""
        return self.local_of(self.now_utc()) + self.clock_error

    def set_time(self, when: datetime) -> None:
        """Set its clock."""
        self.clock_error = when - self.local_of(self.now_utc())

    def on_touch(self, listener: Callable[[Touch], None]) -> None:
        """Call `listener` after each touch."""
        self._listeners.append(listener)

    def punch(
        self,
        user_id: str,
        *,
        state: int = 0,
        verify: int = 1,
        at: datetime | None = None,
        workcode: int = 0,
    ) -> Touch:
        """Let somebody touch it: one record, then the live event; a full log drops its oldest."""
        with self.lock:
            when = (at or self.now_local()).replace(microsecond=0)
            record = encode_record(
                self.layout, self.records, user_id, time_word(when), state, verify, workcode
            )
            self._append(record)
        touch = Touch(self._uid_of(user_id), user_id, when, state, verify)
        for listener in self._listeners:
            listener(touch)
        return touch

    def fill(self, log: bytes) -> None:
        """Replace the log as it stands in memory."""
        with self.lock:
            self.log = bytearray(log)

    def clear(self) -> None:
        """Delete the log, as a person does in the menu."""
        with self.lock:
            self.log.clear()
            if self.state_file is not None:
                self.state_file.unlink(missing_ok=True)

    def buffer(self, records: bytes | bytearray) -> bytes:
        """Return what a buffered read prepares: length, then content."""
        return len(records).to_bytes(4, "little") + bytes(records)

    def users(self) -> bytes:
        """Return all people as stored."""
        is_old = self.layout in (8, 16)
        return b"".join(encode_user(person, is_old=is_old) for person in self.people)

    def free_sizes(self) -> bytes:
        """Return its counts as it answers them."""
        words = [0] * _FREE_SIZES_WORDS
        words[4], words[8] = len(self.people), self.records + self.extra_count
        words[15], words[16] = 5000, self.capacity
        words[18], words[19] = 5000 - len(self.people), self.capacity - self.records
        return struct.pack(f"<{_FREE_SIZES_WORDS}i", *words)[: self.free_sizes_bytes]

    def options(self) -> dict[str, str]:
        """Return the options it answers."""
        return {
            "~SerialNumber": self.serial,
            "~DeviceName": self.model,
            "~Platform": self.platform,
            "~OS": "1",
            "~ExtendFmt": "0",
            "~PIN2Width": "9",
            "MAC": "00:17:61:00:00:01",
        }

    def _uid_of(self, user_id: str) -> int:
        return next((person.uid for person in self.people if person.user_id == user_id), 0)

    def _append(self, record: bytes) -> None:
        self.log += record
        excess = self.records - self.capacity
        if excess > 0:
            del self.log[: excess * self.layout]
        if self.state_file is not None:
            with self.state_file.open("a", encoding="ascii") as file:
                if file.tell() == 0:
                    file.write(json.dumps({"serial": self.serial, "layout": self.layout}) + "\n")
                file.write(record.hex() + "\n")

    def _load(self, state_file: Path) -> None:
        head, *lines = state_file.read_text("ascii").splitlines()
        known = json.loads(head)
        mine = {"serial": self.serial, "layout": self.layout}
        if known != mine:
            raise ValueError(f"{state_file} is the log of {known}, not of {mine}")
        records = [bytes.fromhex(line) for line in lines if len(line) == 2 * self.layout]
        self.log = bytearray(b"".join(records[-self.capacity :]))


def people_named(user_ids: Sequence[str]) -> list[Person]:
    """Return people with these ids and no names."""
    return [Person(uid, user_id) for uid, user_id in enumerate(user_ids, start=1)]
