"""What one reading of a source becomes before it is stored; pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NamedTuple

from drivers.contract import Cursor
from sync.topics import Lane

NO_TIME: Final = "0000-00-00T00:00:00"
"""Stands for the time of what has none; troubles are few."""
_TIME_DIGITS: Final = 14
_ONLY_DIGITS: Final = str.maketrans("", "", "-T:")


def key_prefix(local_time: str) -> bytes:
    """Return the start of the keys of events at a local time; it sorts as the time does.

    >>> key_prefix("2026-11-23T08:59:59").hex()
    '20261123085959'
    """
    return bytes.fromhex(local_time.translate(_ONLY_DIGITS))


def keys_of(record_ids: Sequence[str], local_times: Sequence[str] | None = None) -> list[bytes]:
    """Return the keys of records in the outbox: their identities, led by their times.

    The time in front keeps the keys of a log in the order of the log: they are appended to
    their index instead of scattered over it, which made storing three times as fast. A
    punch's identity begins with its minute already; for punches `local_times` is None.
    """
    if local_times is None:
        return list(map(bytes.fromhex, record_ids))
    digits = "".join(local_times).translate(_ONLY_DIGITS)  # all at once: one by one costs twice
    assert len(digits) == _TIME_DIGITS * len(record_ids), "a time is not as it should be"
    return [
        bytes.fromhex(digits[at : at + _TIME_DIGITS] + record_id)
        for at, record_id in zip(count(0, _TIME_DIGITS), record_ids)
    ]


class Row(NamedTuple):
    """A record on its way into a lane; a named tuple, since captures are made of little else.

    Attributes:
        key: its identity in the outbox; the same record has the same key, always.
        body: its JSON text, checked, as it travels.
    """

    lane: Lane
    key: bytes
    body: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Something unreadable, kept whole; `key` is that of the trouble record that tells of it."""

    key: bytes
    position: str
    code: str
    detail: str
    raw: bytes
    raw_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Everything that must be stored in one transaction (law 2).

    Attributes:
        device, driver: whose cursor it is.
        cursor: where the source stands now; None leaves it where it stood.
        complete_utc: the moment the pass began that ends with this reading, else None.
    """

    device: str
    driver: str
    source_id: str
    cursor: Cursor | None
    captured_utc_ms: int
    rows: tuple[Row, ...]
    pieces: tuple[Piece, ...] = ()
    complete_utc: str | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where a source stands, as last committed.

    Attributes:
        complete_utc: when the last complete pass began, None before the first.
        complete_heads: the lanes' heads after the rows of that pass were stored.
    """

    source_id: str
    cursor: Mapping[str, Any]
    complete_utc: str | None
    complete_heads: Mapping[Lane, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a committed capture added; what was known already added nothing."""

    heads: Mapping[Lane, int]
    rows: int
    pieces: int
    state: SourceState | None
