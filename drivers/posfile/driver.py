"""The shell around a POS folder: lists it, reads on where it stood, never writes to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final, TypeVar
from zoneinfo import ZoneInfo

from drivers.contract import Capabilities, Cursor, Reading
from drivers.errors import DriverError, LinkDownError, RefusedError
from drivers.posfile.archives import Bounded, is_archive, members
from drivers.posfile.bookmarks import Bookmark, Bookmarks, FileState
from drivers.posfile.dbf import CHANGING_HEAD_BYTES, DbfError
from drivers.posfile.dialects import FileFormat
from drivers.posfile.fields import HeaderError
from drivers.posfile.folder import bookmark, has_same_beginning, list_exports, shown_name
from drivers.posfile.parse import Parsed, Parser
from drivers.posfile.settings import PosFileSettings
from drivers.posfile.sheet import sheet_rows
from sync.clock import Clock

BLOCK_BYTES: Final = 128 * 1024
MAX_ROWS: Final = 2000
MAX_FILES: Final = 5000
MAX_PARSERS: Final = 32
HISTORY_AGE: Final = timedelta(days=2)
_LOOK_EVERY_S: Final = 0.2
_REST_PER_LOOK: Final = 20  # a slow share is looked at less often

Look = frozenset[FileState]
ItemT = TypeVar("ItemT")


class PosFileDriver:
    """Read every export in a folder under one map.

    A growing file is read on from its bookmark while its head and tail are unchanged; any
    other change means reading it again, which adds nothing because lines keep their
    identity. The parser of a growing file stays in memory; after a restart it is brought
    to the bookmark by reading the file up to there, so the cursor never carries its state.
    """

    capabilities = Capabilities(live=True, repair=True)

    def __init__(self, settings: PosFileSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._source_id = f"pos:{settings.source}"
        self._parsers: dict[str, Parser] = {}
        self._rested: dict[str, tuple[FileState, float]] = {}
        self._seen: Look = frozenset()
        self._closed = threading.Event()
        is_dbf = settings.dialect.format is FileFormat.DBF
        self._ignored_head_bytes = CHANGING_HEAD_BYTES if is_dbf else 0

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what the folder holds beyond `cursor`, least recently changed file first.

        Raises:
            LinkDownError: the folder or its share is away.
            RefusedError: the folder, or at the end of the pass one of its files, cannot
                be read until a person changes something; the other files were read.
            MalformedError: at the end of the pass: an archive or workbook is damaged.
        """
        self._closed.clear()
        states = list_exports(self._settings.folder, self._settings.names)
        self._seen = frozenset(states)
        self._note_rest(states)
        marks = Bookmarks(cursor, self._settings.dialect.digest)
        troubles: list[DriverError] = []
        waiting: list[str] = []
        if len(states) > MAX_FILES:
            troubles.append(_too_many(len(states)))
        for state in states[-MAX_FILES:]:
            if marks.is_read(state):
                continue
            try:
                yield from self._read_file(state, marks)
            except FileNotFoundError:
                continue  # gone since it was listed
            except (DriverError, HeaderError, DbfError, OSError) as error:
                troubles.append(_classed(state.name, error))
                continue
            if not marks.is_read(state):
                waiting.append(shown_name(state.name))
        marks.settle(states)
        yield self._reading(
            Parsed(),
            marks,
            complete=not troubles and not waiting,
            facts={"files": str(len(states)), "waiting": ", ".join(waiting[:5])},
        )
        if troubles:
            raise troubles[0]

    def wait(self, timeout_s: float) -> bool:
        """Look at the folder until a file changed since the last `read` began listing."""
        deadline_s = self._clock.monotonic_s() + timeout_s
        while not self._closed.is_set():
            began_s = self._clock.monotonic_s()
            look = self._look()
            if look != self._seen:
                self._seen = look
                return True
            now_s = self._clock.monotonic_s()
            if now_s >= deadline_s:
                return False
            pause_s = max(_LOOK_EVERY_S, (now_s - began_s) * _REST_PER_LOOK)
            self._closed.wait(min(pause_s, deadline_s - now_s))
        return False

    def close(self) -> None:
        """Wake a `wait`; between reads nothing is held open."""
        self._closed.set()

    def _look(self) -> Look:
        try:
            return frozenset(list_exports(self._settings.folder, self._settings.names))
        except DriverError:
            return frozenset()  # `read` says what is wrong

    def _note_rest(self, states: list[FileState]) -> None:
        """Remember since when each file has rested, on the clock that never jumps."""
        now_s = self._clock.monotonic_s()
        before = self._rested
        self._rested = {}
        for state in states:
            known = before.get(state.name)
            self._rested[state.name] = known if known and known[0] == state else (state, now_s)

    def _has_settled(self, state: FileState) -> bool:
        _, since_s = self._rested[state.name]
        return self._clock.monotonic_s() - since_s >= self._settings.settle_s

    def _read_file(self, state: FileState, marks: Bookmarks) -> Iterator[Reading]:
        """Yield one file's new rows and set its bookmark; without one it waits to settle."""
        is_workbook = self._settings.dialect.format is FileFormat.XLSX
        with (self._settings.folder / state.name).open("rb") as file:
            if not is_archive(state.name) and not is_workbook:
                yield from self._read_growing(file, state, marks)
            elif self._has_settled(state):
                if is_archive(state.name):
                    yield from self._read_archive(file, state.name, marks)
                else:
                    yield from self._read_workbook(file, state.name, marks)
                mark = Bookmark(
                    state.size, state.mtime_ns, state.inode, state.size, "", "", waits=False
                )
                marks.put(state.name, mark)

    def _read_growing(
        self, file: BinaryIO, state: FileState, marks: Bookmarks
    ) -> Iterator[Reading]:
        parser = self._parser_at(file, state, marks.of(state.name))
        file.seek(parser.consumed)
        left = state.size - parser.consumed
        has_settled = self._has_settled(state)
        while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            parsed = parser.feed(block, final=has_settled and left == 0)
            mark = self._mark(file, state, parser, waits=True)
            yield from self._readings(parsed, marks, partial(marks.put, state.name, mark))
        waits = parser.waiting_bytes > 0 and not has_settled
        parser.forget_waiting()
        marks.put(state.name, self._mark(file, state, parser, waits=waits))
        self._parsers[state.name] = parser
        while len(self._parsers) > MAX_PARSERS:
            del self._parsers[next(iter(self._parsers))]

    def _mark(self, file: BinaryIO, state: FileState, parser: Parser, *, waits: bool) -> Bookmark:
        return bookmark(file, state, parser.consumed, self._ignored_head_bytes, waits=waits)

    def _parser_at(self, file: BinaryIO, state: FileState, mark: Bookmark | None) -> Parser:
        """Return a parser that has read what the bookmark says, or nothing."""
        parser = self._parsers.pop(state.name, None)
        unread = Parser(self._settings.dialect, shown_name(state.name))
        if mark is None or not mark.may_have_grown(state):
            return unread
        if not has_same_beginning(file, mark, self._ignored_head_bytes):
            return unread
        if parser is None or parser.consumed != mark.offset:
            parser = Parser(self._settings.dialect, shown_name(state.name))
            left = mark.offset
            while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
                left -= len(block)
                parser.feed(block, final=left == 0)
        return parser if parser.consumed == mark.offset else unread

    def _read_archive(self, file: BinaryIO, name: str, marks: Bookmarks) -> Iterator[Reading]:
        for inner, stream in members(file, name, self._settings.names):
            if self._settings.dialect.format is FileFormat.XLSX:
                yield from self._read_workbook(stream.held(), f"{name}/{inner}", marks)
            else:
                yield from self._read_stream(stream, f"{name}/{inner}", marks)

    def _read_stream(self, stream: Bounded, name: str, marks: Bookmarks) -> Iterator[Reading]:
        parser = Parser(self._settings.dialect, shown_name(name))
        while block := stream.read(BLOCK_BYTES):
            yield from self._readings(parser.feed(block), marks)
        yield from self._readings(parser.feed(b"", final=True), marks)

    def _read_workbook(
        self, file: BinaryIO | BytesIO, name: str, marks: Bookmarks
    ) -> Iterator[Reading]:
        parser = Parser(self._settings.dialect, shown_name(name))
        rows = sheet_rows(file, self._settings.dialect.sheet, name)
        while pieces := list(islice(rows, MAX_ROWS)):
            yield from self._readings(parser.take(pieces), marks)

    def _readings(
        self, parsed: Parsed, marks: Bookmarks, advance: Callable[[], None] | None = None
    ) -> Iterator[Reading]:
        """Yield rows in readings of bounded size; only the last one moves the bookmark."""
        since = self._history_ends()
        old = [sale for sale in parsed.sales if sale.sold_at < since]
        new = [sale for sale in parsed.sales if sale.sold_at >= since]
        parts = [(Parsed(sales=rows), True) for rows in _portions(old)]
        parts += [(Parsed(sales=rows), False) for rows in _portions(new)]
        parts += [(Parsed(rejected=lines), False) for lines in _portions(parsed.rejected)]
        for i, (part, is_history) in enumerate(parts):
            if advance and i == len(parts) - 1:
                advance()
            yield self._reading(part, marks, history=is_history)

    def _history_ends(self) -> str:
        since = self._clock.now_utc().astimezone(self._zone) - HISTORY_AGE
        return since.strftime("%Y-%m-%dT%H:%M:%S")

    def _reading(
        self,
        parsed: Parsed,
        marks: Bookmarks,
        *,
        history: bool = False,
        complete: bool = False,
        facts: dict[str, str] | None = None,
    ) -> Reading:
        return Reading(
            source_id=self._source_id,
            cursor=marks.cursor(),
            sales=tuple(parsed.sales),
            rejected=tuple(parsed.rejected),
            history=history,
            complete=complete,
            facts=facts or {},
        )


def _portions(items: list[ItemT]) -> list[list[ItemT]]:
    return [items[at : at + MAX_ROWS] for at in range(0, len(items), MAX_ROWS)]


def _too_many(count: int) -> RefusedError:
    return RefusedError(
        "too_many_files",
        f"the folder holds {count} exports; the {MAX_FILES} changed last were read",
        "Move old exports elsewhere.",
    )


def _classed(name: str, error: Exception) -> DriverError:
    """Return the trouble with one file, classed by what to do."""
    file = shown_name(name)
    match error:
        case DriverError():
            return error
        case HeaderError() | DbfError():
            return RefusedError(
                "other_columns",
                f"{file}: {error}",
                "Correct the map, or narrow the file names; 'daka-agent pos learn' proposes a map.",
            )
        case PermissionError():
            return RefusedError(
                "file_denied", f"{file} may not be read", "Give the agent's user read access to it."
            )
        case _:
            return LinkDownError("file_unreadable", f"{file}: {error}", "It is tried again.")
