"""The shell around a POS folder: lists it, reads on where it stood, never writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from drivers.contract import Capabilities, Cursor, Reading
from drivers.errors import DriverError, RefusedError
from drivers.files.bookmarks import Bookmark, Bookmarks, FileState
from drivers.files.folder import shown_name
from drivers.files.growing import BLOCK_BYTES, GrowingFiles
from drivers.files.watch import MAX_FILES, FolderWatch, file_trouble, too_many
from drivers.portions import history_ends
from drivers.posfile.archives import Bounded, is_archive, members
from drivers.posfile.dbf import CHANGING_HEAD_BYTES, DbfError
from drivers.posfile.dialects import FileFormat
from drivers.posfile.fields import HeaderError
from drivers.posfile.parse import Parsed, Parser
from drivers.posfile.settings import PosFileSettings
from drivers.posfile.sheet import sheet_rows
from sync.clock import Clock
from sync.portions import portions

MAX_ROWS: Final = 4000
"""Rows of one reading."""


class PosFileDriver:
    """Read every export in a folder under one map.

    A growing file is read on from its bookmark while its head and tail are unchanged; any
    other change means reading it again, which adds nothing because lines keep their
    identity.
    """

    capabilities = Capabilities(live=True, repair=True)

    def __init__(self, settings: PosFileSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._source_id = f"pos:{settings.source}"
        self._watch = FolderWatch(settings.folder, settings.names, settings.settle_s, clock)
        is_dbf = settings.dialect.format is FileFormat.DBF
        self._growing = GrowingFiles(self._parser, CHANGING_HEAD_BYTES if is_dbf else 0)

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what the folder holds beyond `cursor`, least recently changed file first.

        Raises:
            LinkDownError: the folder or its share is away.
            RefusedError: the folder, or at the end of the pass one of its files, cannot
                be read until a person changes something; the other files were read.
            MalformedError: at the end of the pass: an archive or workbook is damaged.
        """
        states = self._watch.look()
        marks = Bookmarks(cursor, self._settings.dialect.digest)
        troubles: list[DriverError] = []
        waiting: list[str] = []
        if len(states) > MAX_FILES:
            troubles.append(too_many(len(states)))
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
        return self._watch.wait(timeout_s)

    def close(self) -> None:
        """Wake a `wait`; between reads nothing is held open."""
        self._watch.close()

    def _parser(self, name: str) -> Parser:
        return Parser(self._settings.dialect, name)

    def _read_file(self, state: FileState, marks: Bookmarks) -> Iterator[Reading]:
        """Yield one file's new rows and set its bookmark; without one it waits to settle."""
        is_workbook = self._settings.dialect.format is FileFormat.XLSX
        with (self._settings.folder / state.name).open("rb") as file:
            if not is_archive(state.name) and not is_workbook:
                yield from self._read_growing(file, state, marks)
            elif self._watch.has_settled(state):
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
        has_settled = self._watch.has_settled(state)
        for parsed, advance in self._growing.read(file, state, marks, has_settled=has_settled):
            yield from self._readings(parsed, marks, advance)

    def _read_archive(self, file: BinaryIO, name: str, marks: Bookmarks) -> Iterator[Reading]:
        for inner, stream in members(file, name, self._settings.names):
            if self._settings.dialect.format is FileFormat.XLSX:
                yield from self._read_workbook(stream.held(), f"{name}/{inner}", marks)
            else:
                yield from self._read_stream(stream, f"{name}/{inner}", marks)

    def _read_stream(self, stream: Bounded, name: str, marks: Bookmarks) -> Iterator[Reading]:
        parser = self._parser(shown_name(name))
        while block := stream.read(BLOCK_BYTES):
            yield from self._readings(parser.feed(block), marks)
        yield from self._readings(parser.feed(b"", final=True), marks)

    def _read_workbook(
        self, file: BinaryIO | BytesIO, name: str, marks: Bookmarks
    ) -> Iterator[Reading]:
        parser = self._parser(shown_name(name))
        rows = sheet_rows(file, self._settings.dialect.sheet, name)
        while pieces := list(islice(rows, MAX_ROWS)):
            yield from self._readings(parser.take(pieces), marks)

    def _readings(
        self, parsed: Parsed, marks: Bookmarks, advance: Callable[[], None] | None = None
    ) -> Iterator[Reading]:
        """Yield rows in readings of bounded size; only the last one moves the bookmark."""
        since = history_ends(self._clock.now_utc(), self._zone)
        old = [sale for sale in parsed.sales if sale.sold_at < since]
        new = [sale for sale in parsed.sales if sale.sold_at >= since]
        parts = [(Parsed(sales=[*rows]), True) for rows in portions(old, MAX_ROWS)]
        parts += [(Parsed(sales=[*rows]), False) for rows in portions(new, MAX_ROWS)]
        parts += [(Parsed(rejected=[*some]), False) for some in portions(parsed.rejected, MAX_ROWS)]
        for i, (part, is_history) in enumerate(parts):
            if advance and i == len(parts) - 1:
                advance()
            yield self._reading(part, marks, history=is_history)

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


def _classed(name: str, error: DriverError | HeaderError | DbfError | OSError) -> DriverError:
    """Return the trouble with one file, classed by what to do."""
    match error:
        case DriverError():
            return error
        case OSError():
            return file_trouble(name, error)
        case _:
            return RefusedError(
                "other_columns",
                f"{shown_name(name)}: {error}",
                "Correct the map, or narrow the file names; 'daka-agent pos learn' proposes a map.",
            )
