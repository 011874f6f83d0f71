"""Fetch a terminal's log over a connection: by its tail where that is safe, else whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from drivers.contract import PunchRow, Rejected
from drivers.errors import BusyError, LinkDownError, MalformedError
from drivers.zkteco.attlog import LogCursor, LogPass, declared_bytes
from drivers.zkteco.connection import Connection
from drivers.zkteco.session import TOTAL_BYTES

Batch = tuple[list[PunchRow], list[Rejected]]

_MAX_RESUMES: Final = 3
_MAX_TAIL_SILENCES: Final = 2


class PreparedLog:
    """A log the terminal froze for reading; offsets count from its 4-byte total."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        prepared = connection.run(connection.session.prepare_log())
        if 0 < prepared.size < TOTAL_BYTES:
            raise MalformedError(
                "size",
                f"the terminal prepared a log of {prepared.size} bytes",
                "It is read again; the records are safe in the terminal.",
            )
        self.size = prepared.size
        self._inline = prepared.inline

    @property
    def log_bytes(self) -> int:
        """Bytes of records."""
        return max(0, self.size - TOTAL_BYTES)

    def fetch(self, start: int, end: int) -> bytes:
        """Return at least one byte from `start`, at most up to `end` or one chunk."""
        if self._inline is not None:
            return self._inline[start:end]
        session = self._connection.session
        size = min(end - start, session.chunk_bytes)
        return self._connection.run(session.read_chunk(start, size))

    def release(self) -> None:
        """Tell the terminal that the log was read."""
        if self._inline is None:
            self._connection.run(self._connection.session.free_data())


class LogReader:
    """Reads one terminal's log pass by pass and remembers what that terminal cannot do.

    Args:
        connected: gives the open connection, opening it if need be.
        reconnected: drops the connection and gives a fresh one.

    Attributes:
        tail_reads: parts of the log may be asked for; False once that went wrong.
        is_whole: the pass under way reads everything, not only what is new.
        passed: the last pass that reached the end of the log.
    """

    def __init__(
        self, connected: Callable[[], Connection], reconnected: Callable[[], Connection]
    ) -> None:
        self._connected = connected
        self._reconnected = reconnected
        self._tail_silences = 0
        self.tail_reads = True
        self.is_whole = True
        self.passed = LogPass(0, date.min)

    def batches(self, known: LogCursor | None, stride: int | None, latest: date) -> Iterator[Batch]:
        """Yield what is new since `known`, or everything; `passed` then says where it ended.

        Args:
            stride: what this terminal's records measured last time.
            latest: the last day a record can plausibly be of.

        Raises:
            DriverError: nothing of what was yielded is wrong, but it is not all.
        """
        log = PreparedLog(self._connected())
        if known is not None and self.tail_reads and known.can_read_tail_of(log.log_bytes):
            try:
                entry = self._enter_by_tail(log, known, latest)
            except (MalformedError, BusyError):
                self.tail_reads = False
                entry = None
                log = PreparedLog(self._reconnected())
            if entry is not None:
                self.is_whole = False
                yield from self._rest(log, *entry)
                return
        self.is_whole = True
        yield from self._whole(log, known, stride, latest)

    def _enter_by_tail(
        self, log: PreparedLog, known: LogCursor, latest: date
    ) -> tuple[LogPass, int, bytes] | None:
        """Find the remembered end: at its place, or shifted by records dropped at the front."""
        chunk_bytes = self._connected().session.chunk_bytes
        last_chunk = log.log_bytes - chunk_bytes // known.stride * known.stride
        for start in (known.overlap.start, max(0, last_chunk)):
            if start + known.tail_bytes > log.log_bytes:
                continue
            window = self._fetch_window(log, start)
            end = known.end_of_tail(window)
            if end is not None:
                tail = window[end - known.tail_bytes : end]
                passing = LogPass(log.log_bytes, latest, after=known, start=start + end, tail=tail)
                return passing, TOTAL_BYTES + start + len(window), window[end:]
        return None

    def _fetch_window(self, log: PreparedLog, start: int) -> bytes:
        try:
            window = log.fetch(TOTAL_BYTES + start, log.size)
        except LinkDownError:
            self._tail_silences += 1
            self.tail_reads = self._tail_silences < _MAX_TAIL_SILENCES
            raise
        self._tail_silences = 0
        return window

    def _whole(
        self, log: PreparedLog, known: LogCursor | None, stride: int | None, latest: date
    ) -> Iterator[Batch]:
        head = log.fetch(0, log.size) if log.size else bytes(TOTAL_BYTES)
        declared = declared_bytes(head, log.log_bytes)
        if not declared:
            self.passed = LogPass(0, latest, stride=stride)
            log.release()
            return
        passing = LogPass(declared, latest, stride=stride, watch=known)
        yield from self._rest(log, passing, len(head), head[TOTAL_BYTES:])
        if passing.watched_tail_is_there:  # it was there, so the tail read did not show it
            self.tail_reads = False

    def _rest(
        self, log: PreparedLog, passing: LogPass, fetched_to: int, data: bytes
    ) -> Iterator[Batch]:
        size, resumes_left = log.size, _MAX_RESUMES
        while True:
            yield passing.feed(data)
            if fetched_to >= size:
                break
            try:
                data = log.fetch(fetched_to, size)
            except LinkDownError:
                if not resumes_left:
                    raise
                resumes_left -= 1
                log = self._resumed(size, passing, fetched_to)
                data = b""
                continue
            fetched_to += len(data)
        log.release()
        self.passed = passing

    def _resumed(self, size: int, passing: LogPass, fetched_to: int) -> PreparedLog:
        """Return the log on a fresh connection, proven to be the one that was being read.

        Raises:
            MalformedError: it is another log now; the next read starts anew.
        """
        log = PreparedLog(self._reconnected())
        tail_end = fetched_to - passing.waiting_bytes
        tail_start = tail_end - len(passing.tail)
        if log.size < size or log.fetch(tail_start, tail_end) != passing.tail:
            raise MalformedError(
                "log_changed",
                "the terminal's log changed while the link was down",
                "It is read again from its start.",
            )
        return log
