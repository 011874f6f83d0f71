"""Attendance records of ZKTeco terminals: four layouts, chosen by what they make sense as; pure.

A terminal does not say which layout its log has, so each candidate is tried on a sample
and scored by plausibility. Decoding is exact: what is no time or no id becomes `Rejected`
with its bytes, and the records around it go on.

Source: ZKSoftware, Communication protocol manual (2006), and published captures.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from drivers.contract import PunchRow, Rejected
from drivers.occurrences import Occurrences
from sync.records import is_clean_text

RawRecord = tuple[bytes | int, int, int, int, int]
"""User id as stored, time word, state, verify, workcode."""

EARLIEST_PLAUSIBLE_YEAR: Final = 2015
MIN_SCORE: Final = 0.4
"""What a layout must earn to be chosen; a wrong one earns below 0.3."""
MIN_KNOWN_SCORE: Final = 0.2
"""What suffices where the layout is known already."""
_CLEARLY_BETTER: Final = 0.2
_SAMPLE_RUNS: Final = 4
_RUN_RECORDS: Final = 48
_DAY_S: Final = 24 * 60 * 60
_DAYS_A_YEAR: Final = 12 * 31
_NO_WORD: Final = -1
_MAX_CACHED: Final = 20_000
_MAX_WORKCODE: Final = 99_999_999
_MAX_FLAGS: Final = 0b11_1111
_MAX_KEY: Final = 15
_MAX_VERIFY: Final = 200
_KEY_OFF: Final = 255

_MINUTES: Final = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS: Final = tuple(f"{second:02d}" for second in range(60))


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay out a record.

    Attributes:
        stride: bytes a record takes.
        records: cut whole records out of a block.
        is_shapely: tell whether one record's fixed parts look as this layout has them.
        odd_time_credit: what a record with an odd time (a reset clock) still earns; little
            where the fixed parts prove little.
    """

    stride: int
    records: Callable[[bytes], Iterator[RawRecord]]
    is_shapely: Callable[[bytes], bool]
    odd_time_credit: float


def _records_8(block: bytes) -> Iterator[RawRecord]:
    for pin, flags, word in struct.iter_unpack("<HBxI", block):
        yield pin, word, flags & 7, flags >> 3 & 3, 0


def _records_16(block: bytes) -> Iterator[RawRecord]:
    yield from struct.iter_unpack("<IIBB2xI", block)


def _records_40(block: bytes) -> Iterator[RawRecord]:
    for user, verify, word, state in struct.iter_unpack("<2x24sBIB8x", block):
        yield user, word, state, verify, 0


def _records_49(block: bytes) -> Iterator[RawRecord]:
    for user, verify, word, state in struct.iter_unpack("<2x24sBIB17x", block):
        yield user, word, state, verify, 0


def _is_shapely_8(record: bytes) -> bool:
    return record[:2] != b"\0\0" and record[2] <= _MAX_FLAGS and record[3] == 0


def _is_shapely_16(record: bytes) -> bool:
    state, verify, reserved = record[8], record[9], record[10:12]
    return (
        record[:4] != b"\0\0\0\0"
        and (state <= _MAX_KEY or state == _KEY_OFF)
        and verify <= _MAX_VERIFY
        and reserved == b"\0\0"
        and int.from_bytes(record[12:], "little") <= _MAX_WORKCODE
    )


def _is_shapely_40(record: bytes) -> bool:
    user = record[2:26].partition(b"\0")[0]
    return user.isascii() and user.decode("ascii").isprintable() and bool(user.strip())


LAYOUTS: Final = {
    layout.stride: layout
    for layout in (
        Layout(8, _records_8, _is_shapely_8, 0.3),
        Layout(16, _records_16, _is_shapely_16, 0.5),
        Layout(40, _records_40, _is_shapely_40, 0.5),
        Layout(49, _records_49, _is_shapely_40, 0.5),
    )
}


def time_word(when: datetime) -> int:
    """Return the 32-bit form of a wall time, 2000 .. 2099."""
    day_index = (when.year % 100 * 12 + when.month - 1) * 31 + when.day - 1
    return day_index * _DAY_S + when.hour * 3600 + when.minute * 60 + when.second


def _date_of(day_index: int) -> date | None:
    """Return the day a time word names; None when it names none.

    Every month counts 31 days, not all of which exist; years beyond 2099 come from damaged
    memory.
    """
    years, rest = divmod(day_index, _DAYS_A_YEAR)
    months, days = divmod(rest, 31)
    if years > 99:
        return None
    try:
        return date(2000 + years, months + 1, days + 1)
    except ValueError:
        return None


def decode_time(word: int) -> str | None:
    """Return the device's wall time, ``YYYY-MM-DDTHH:MM:SS``; None when it names no instant."""
    day_index, second = divmod(word, _DAY_S)
    day = _date_of(day_index)
    if day is None:
        return None
    return f"{day.isoformat()}{_MINUTES[second // 60]}{_SECONDS[second % 60]}"


def decode_text(raw: bytes) -> str:
    """Return a NUL-ended text as people typed it: UTF-8, else GB18030, else its bytes escaped.

    >>> decode_text(bytes.fromhex("d5c5c8fd00ff"))
    '张三'
    """
    text = raw.partition(b"\0")[0]
    for encoding in ("utf-8", "gb18030"):
        try:
            return text.decode(encoding).strip(" ")
        except UnicodeDecodeError:
            continue
    return text.decode("ascii", "backslashreplace")


def _user_id(raw: bytes | int) -> str | None:
    """Return the id as the terminal shows it; None when no person can have typed it."""
    if isinstance(raw, int):
        return str(raw)
    text = decode_text(raw)
    return text if is_clean_text(text) and text.isprintable() and "\\" not in text else None


def score(layout: Layout, block: bytes, latest: date) -> float:
    """Return how plausible `block` is as records of `layout`, 0 .. 1.

    A well-shaped record with a time between 2015 and `latest` earns 1; with another
    existing time the layout's `odd_time_credit`; anything else nothing.
    """
    indexes = _sampled(len(block) // layout.stride)
    earned = 0.0
    for index in indexes:
        record = block[index * layout.stride : (index + 1) * layout.stride]
        if not layout.is_shapely(record):
            continue
        day = _date_of(next(layout.records(record))[1] // _DAY_S)
        if day is not None:
            is_likely = day.year >= EARLIEST_PLAUSIBLE_YEAR and day <= latest
            earned += 1.0 if is_likely else layout.odd_time_credit
    return earned / len(indexes) if indexes else 0.0


def _sampled(count: int) -> list[int]:
    """Return which of `count` records to look at: all of a few, else runs spread evenly.

    Runs, since every second record may look right in a layout half as long.
    """
    if count <= _SAMPLE_RUNS * _RUN_RECORDS:
        return list(range(count))
    apart = (count - _RUN_RECORDS) // (_SAMPLE_RUNS - 1)
    return [run * apart + index for run in range(_SAMPLE_RUNS) for index in range(_RUN_RECORDS)]


def choose_layout(
    block: bytes, log_bytes: int, latest: date, remembered_stride: int | None = None
) -> Layout | None:
    """Return the layout a log most probably has; None when it makes sense in none.

    Args:
        block: the beginning of the log.
        log_bytes: length of the whole log; a stride that divides it is preferred.
        latest: the last day a record can be of: tomorrow.
        remembered_stride: what this terminal used last time; kept unless clearly worse.
    """
    dividing = [layout for layout in LAYOUTS.values() if log_bytes % layout.stride == 0]
    for candidates in (dividing, list(LAYOUTS.values())):
        scores = {layout.stride: score(layout, block, latest) for layout in candidates}
        best = max(scores, key=lambda stride: (scores[stride], stride), default=0)
        known_score = scores.get(remembered_stride or 0, 0.0)
        if known_score >= MIN_KNOWN_SCORE and scores[best] - known_score < _CLEARLY_BETTER:
            return LAYOUTS[remembered_stride or best]
        if scores.get(best, 0.0) >= MIN_SCORE:
            return LAYOUTS[best]
    return None


class RecordDecoder:
    """Turns blocks of one log into rows, in order; numbers equal touches across blocks.

    Args:
        first_index: number of records in the log before the first block.
        occurrences: where the count of equal touches stands before the first block.
    """

    def __init__(self, layout: Layout, first_index: int, occurrences: Occurrences) -> None:
        self.layout = layout
        self._occurrences = occurrences
        self._index = first_index
        self._users: dict[bytes | int, str | None] = {}
        self._days: dict[int, str | None] = {}
        self._last_word = _NO_WORD
        self._uncounted: PunchRow | None = None

    def decode(self, block: bytes) -> tuple[list[PunchRow], list[Rejected]]:
        """Return the rows of whole records and what could not be read among them."""
        assert len(block) % self.layout.stride == 0, "records are decoded whole"
        rows: list[PunchRow] = []
        rejected: list[Rejected] = []
        users, days, last_word = self._users, self._days, self._last_word
        for offset, (raw, word, state, verify, workcode) in enumerate(self.layout.records(block)):
            day_index, second = divmod(word, _DAY_S)
            try:
                user = users[raw]
                day = days[day_index]
            except KeyError:
                user, day = self._learn(raw, day_index)
            if user is None or day is None:
                rejected.append(self._reject(block, offset, user))
                continue
            when = f"{day}{_MINUTES[second // 60]}{_SECONDS[second % 60]}"
            work = str(workcode) if workcode else ""
            if word == last_word or last_word == _NO_WORD:
                occurrence = self._count(when, user, state, verify)
                row = PunchRow(user, when, state, verify, occurrence, work)
            else:  # alone in its second so far, as nearly every touch: counted only if not
                row = PunchRow(user, when, state, verify, 0, work)
                self._uncounted = row
            last_word = word
            rows.append(row)
        self._last_word = last_word
        self._index += len(block) // self.layout.stride
        return rows, rejected

    def skip(self, block: bytes) -> None:
        """Pass over records that are not to be decoded."""
        self._index += len(block) // self.layout.stride

    def occurrences_state(self) -> list[Any]:
        """Return where the count of equal touches stands, for `Occurrences` to go on from."""
        self._count_uncounted()
        return self._occurrences.state()

    def _count(self, when: str, user: str, state: int, verify: int) -> int:
        self._count_uncounted()
        return self._occurrences.number(when, user, state, verify)

    def _count_uncounted(self) -> None:
        row, self._uncounted = self._uncounted, None
        if row is not None:
            self._occurrences.number(row.device_time, row.user_id, row.state_code, row.verify_code)

    def _learn(self, raw: bytes | int, day_index: int) -> tuple[str | None, str | None]:
        if len(self._users) >= _MAX_CACHED:
            self._users.clear()  # garbage has no end of different ids
        if len(self._days) >= _MAX_CACHED:
            self._days.clear()
        user = self._users[raw] = _user_id(raw)
        day = _date_of(day_index)
        text = self._days[day_index] = day.isoformat() if day else None
        return user, text

    def _reject(self, block: bytes, offset: int, user: str | None) -> Rejected:
        stride = self.layout.stride
        number = self._index + offset + 1
        what, code = ("user id", "user_id") if user is None else ("time", "impossible_time")
        return Rejected(
            # the place in the log moves when old records are deleted: it must not be identity
            position="attendance log",
            code=code,
            detail=f"Record {number} of the log has no readable {what}; it is kept as it came. "
            "Enter the punch by hand if one is missing that day.",
            raw=block[offset * stride : (offset + 1) * stride],
        )
