"""An attendance log as a stream: where it was read to, what is new, whether all came; pure.

A log is only appended to, cleared, or rolled over at its front. The cursor remembers how
long it was and a fingerprint of its last records; whoever finds that fingerprint again
knows that everything before it was seen and everything behind it is new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from drivers.contract import Cursor, PunchRow, Rejected
from drivers.errors import MalformedError
from drivers.occurrences import Occurrences
from drivers.zkteco.layouts import (
    LAYOUTS,
    MIN_KNOWN_SCORE,
    Layout,
    RecordDecoder,
    choose_layout,
    score,
)
from drivers.zkteco.session import TOTAL_BYTES, Sizes

TAIL_RECORDS: Final = 16
"""Records the fingerprint covers: enough that no two places of a log look alike."""
_VERSION: Final = 1
_SAMPLE_BYTES: Final = 2048


class UnknownLayoutError(MalformedError):
    """A log came whole and makes sense in no known layout.

    Attributes:
        block: its beginning, to be kept.
    """

    def __init__(self, block: bytes) -> None:
        super().__init__(
            "unknown_layout",
            "the terminal's log makes sense in no known record layout",
            "Send the bytes kept with this trouble to support; until then, use the USB export.",
        )
        self.block = block


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCursor:
    """Where a log was read to.

    Attributes:
        log_bytes: its length then.
        records: what the terminal counted then; None: it did not agree with the log.
        tail_bytes, tail_sha256: length and hash of the last records.
        occurrences: how equal touches of the last second were numbered.
        tail_reads: False once the terminal failed to serve a part of its log truthfully.
    """

    serial: str
    stride: int
    log_bytes: int
    records: int | None
    tail_bytes: int
    tail_sha256: str
    occurrences: list[Any]
    tail_reads: bool

    def to_cursor(self) -> Cursor:
        """Return the JSON form."""
        return {
            "v": _VERSION,
            "serial": self.serial,
            "stride": self.stride,
            "bytes": self.log_bytes,
            "records": self.records,
            "tail_bytes": self.tail_bytes,
            "tail_sha256": self.tail_sha256,
            "occurrences": self.occurrences,
            "tail_reads": self.tail_reads,
        }

    @classmethod
    def from_cursor(cls, cursor: Cursor | None) -> LogCursor | None:
        """Read the JSON form; None for the cursor of an unfinished pass or another version."""
        if not isinstance(cursor, Mapping) or cursor.get("v") != _VERSION:
            return None
        if "tail_sha256" not in cursor or cursor.get("stride") not in LAYOUTS:
            return None
        return cls(
            serial=cursor["serial"],
            stride=cursor["stride"],
            log_bytes=cursor["bytes"],
            records=cursor["records"],
            tail_bytes=cursor["tail_bytes"],
            tail_sha256=cursor["tail_sha256"],
            occurrences=cursor["occurrences"],
            tail_reads=cursor["tail_reads"],
        )

    @property
    def overlap(self) -> slice:
        """Where the fingerprinted records stood in the log."""
        return slice(self.log_bytes - self.tail_bytes, self.log_bytes)

    def can_read_tail_of(self, log_bytes: int) -> bool:
        """Tell whether looking for the fingerprint in a log of that length makes sense."""
        return self.tail_reads and self.tail_bytes > 0 and log_bytes % self.stride == 0

    def is_unchanged(self, sizes: Sizes) -> bool:
        """Tell whether the terminal's count proves that nothing was added.

        A count of 0 proves nothing (it stays 0 in access-control mode), nor does that of a
        full log, which drops an old record for each new one.
        """
        if not self.records or self.records != sizes.records:
            return False
        return not sizes.capacity or self.records < sizes.capacity

    def is_tail(self, records: bytes) -> bool:
        """Tell whether these bytes are the fingerprinted records."""
        return bool(records) and sha256(records).hexdigest() == self.tail_sha256

    def end_of_tail(self, window: bytes) -> int | None:
        """Return where in `window` the fingerprinted records end; None unless exactly once.

        `window` begins at a record.
        """
        ends = [
            end
            for end in range(self.tail_bytes, len(window) + 1, self.stride)
            if self.is_tail(window[end - self.tail_bytes : end])
        ]
        return ends[0] if len(ends) == 1 else None


def unfinished_cursor(serial: str, stride: int | None) -> Cursor:
    """Return the cursor within a pass over everything: whoever goes on from it starts anew."""
    return {"v": _VERSION, "serial": serial, "stride": stride}


def remembered_stride(cursor: Cursor | None, serial: str) -> int | None:
    """Return the stride this terminal's log had, from a finished or unfinished cursor."""
    if cursor is None or cursor.get("serial") != serial:
        return None
    stride = cursor.get("stride")
    return stride if stride in LAYOUTS else None


def declared_bytes(head: bytes, log_bytes: int) -> int:
    """Return how many bytes of records a prepared log says it has.

    Args:
        head: its beginning, with the total.
        log_bytes: what the terminal promised, the total left out.

    Raises:
        MalformedError: more than came, or none although some came.
    """
    declared = int.from_bytes(head[:TOTAL_BYTES], "little")
    if len(head) < TOTAL_BYTES or declared > log_bytes or (log_bytes and not declared):
        raise MalformedError(
            "total",
            f"the terminal's log of {log_bytes} bytes says it has {declared}",
            "It is read again; the records are safe in the terminal.",
        )
    return declared


def counts_agree(before: Sizes, records: int, after: Sizes) -> bool:
    """Tell whether a log of `records` fits what the terminal counted before and after.

    Where it does not count, the exact length of the transfer has to do.
    """
    return (before.records or 0) <= records and (not after.records or records <= after.records)


class LogPass:
    """One pass over a log: fed its bytes in order, gives rows and, at the end, a cursor.

    Args:
        start: offset of the first byte it will be fed; 0 for the whole log.
        log_bytes: where the log ends.
        latest: the last day a record can plausibly be of.
        stride: what this terminal's records measured last time.
        watch: look whether the end remembered there is in this log, at its place.
        after: go on from there; `tail` is the end it remembers.
    """

    def __init__(
        self,
        log_bytes: int,
        latest: date,
        *,
        stride: int | None = None,
        watch: LogCursor | None = None,
        after: LogCursor | None = None,
        start: int = 0,
        tail: bytes = b"",
    ) -> None:
        self._log_bytes = log_bytes
        self._latest = latest
        self._stride_hint = stride
        self._waiting = b""
        self._fed_to = start
        self._decoder: RecordDecoder | None = None
        self._watch = watch
        self._watched = b""
        self.tail = tail
        self.is_readable = True
        if after is not None:
            self._decoder = RecordDecoder(
                LAYOUTS[after.stride], start // after.stride, Occurrences(after.occurrences)
            )

    @property
    def layout(self) -> Layout | None:
        """The layout of the records, None before enough of them came."""
        return self._decoder.layout if self._decoder else None

    @property
    def records(self) -> int:
        """Records in the whole log, as far as they are whole."""
        return self._log_bytes // self._decoder.layout.stride if self._decoder else 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes fed that are no whole record yet."""
        return len(self._waiting)

    @property
    def watched_tail_is_there(self) -> bool:
        """Tell whether the watched cursor's end was seen at its place."""
        return self._watch is not None and self._watch.is_tail(self._watched)

    def feed(self, data: bytes) -> tuple[list[PunchRow], list[Rejected]]:
        """Take the next bytes of the log; return the records they completed.

        Raises:
            UnknownLayoutError: the beginning makes sense in no layout.
        """
        self._waiting += data[: max(0, self._log_bytes - self._fed_to)]
        if self._watch is not None:
            wanted = self._watch.overlap
            first, end = (max(0, place - self._fed_to) for place in (wanted.start, wanted.stop))
            self._watched += data[first:end]
        self._fed_to += len(data)
        is_last = self._fed_to >= self._log_bytes
        if self._decoder is None:
            if len(self._waiting) < _SAMPLE_BYTES and not is_last:
                return [], []
            self._decoder = self._decoder_for(self._waiting)
        whole = len(self._waiting) - len(self._waiting) % self._decoder.layout.stride
        block, self._waiting = self._waiting[:whole], self._waiting[whole:]
        rows, rejected = self._decode(self._decoder, block)
        if is_last and self._waiting:
            rejected.append(self._leftover())
        return rows, rejected

    def cursor(self, serial: str, records: int | None, *, tail_reads: bool) -> Cursor:
        """Return where the log stands once everything was fed."""
        if self._decoder is None:
            return unfinished_cursor(serial, self._stride_hint)
        return LogCursor(
            serial=serial,
            stride=self._decoder.layout.stride,
            log_bytes=self._log_bytes,
            records=records,
            tail_bytes=len(self.tail),
            tail_sha256=sha256(self.tail).hexdigest(),
            occurrences=self._decoder.occurrences_state(),
            tail_reads=tail_reads,
        ).to_cursor()

    def _decoder_for(self, block: bytes) -> RecordDecoder:
        layout = choose_layout(block, self._log_bytes, self._latest, self._stride_hint)
        if layout is None:
            raise UnknownLayoutError(block)
        return RecordDecoder(layout, 0, Occurrences())

    def _decode(
        self, decoder: RecordDecoder, block: bytes
    ) -> tuple[list[PunchRow], list[Rejected]]:
        layout = decoder.layout
        self.tail = (self.tail + block)[-TAIL_RECORDS * layout.stride :]
        if len(block) < TAIL_RECORDS * layout.stride:
            return decoder.decode(block)  # too few to judge them together
        if score(layout, block, self._latest) >= MIN_KNOWN_SCORE:
            return decoder.decode(block)
        self.is_readable = False
        decoder.skip(block)
        return [], [
            Rejected(
                position="attendance log",
                code="implausible",
                detail=f"{len(block) // layout.stride} records in a row make no sense; they are "
                "kept as they came. Export the log by USB stick and import the file.",
                raw=block,
            )
        ]

    def _leftover(self) -> Rejected:
        self.is_readable = False
        return Rejected(
            position="end of the attendance log",
            code="cut_record",
            detail=f"The log ends with {len(self._waiting)} bytes that are no whole record; the "
            "last punch may be missing. It is read again each time.",
            raw=self._waiting,
        )
