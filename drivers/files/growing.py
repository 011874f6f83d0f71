"""Read files that grow, from where reading stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Final, Generic, Protocol, TypeVar

from drivers.files.bookmarks import Bookmark, Bookmarks, FileState
from drivers.files.folder import bookmark, has_same_beginning, shown_name

BLOCK_BYTES: Final = 128 * 1024
MAX_PARSERS: Final = 32

ParsedT = TypeVar("ParsedT")
ParsedT_co = TypeVar("ParsedT_co", covariant=True)


class GrowingParser(Protocol[ParsedT_co]):
    """Bytes of one file, from its first on, to what they say, however they are split."""

    @property
    def consumed(self) -> int:
        """Return how many bytes are behind it for good: where to read on."""

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of an unfinished line at the end."""

    def feed(self, data: bytes, *, final: bool = False) -> ParsedT_co:
        """Read the next bytes; an unfinished last line waits, unless `final` says it ended."""

    def forget_waiting(self) -> None:
        """Let go of an unfinished line; the next bytes come from `consumed` again."""


class GrowingFiles(Generic[ParsedT]):
    """Read a growing file on while its head and tail are unchanged, else from its start.

    The parser of a growing file stays in memory; after a restart it is brought to the
    bookmark by reading the file up to there, so the cursor never carries its state.

    Args:
        new_parser: shown name of a file -> its parser, before the first byte.
        ignored_head_bytes: bytes at the beginning that change while the file only grows.
    """

    def __init__(
        self, new_parser: Callable[[str], GrowingParser[ParsedT]], ignored_head_bytes: int = 0
    ) -> None:
        self._new_parser = new_parser
        self._ignored_head_bytes = ignored_head_bytes
        self._parsers: dict[str, GrowingParser[ParsedT]] = {}

    def read(
        self, file: BinaryIO, state: FileState, marks: Bookmarks, *, has_settled: bool
    ) -> Iterator[tuple[ParsedT, Callable[[], None]]]:
        """Yield what is new in a file, and with each part what moves the bookmark behind it.

        The bookmark is to be moved with the last row of the part. At the end it stands at
        the end of the file, waiting there when the last line is unfinished.

        Args:
            has_settled: a last line without newline is taken as finished.
        """
        parser = self._parser_at(file, state, marks.of(state.name))
        file.seek(parser.consumed)
        left = state.size - parser.consumed
        while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            parsed = parser.feed(block, final=has_settled and left == 0)
            mark = self._mark(file, state, parser, waits=True)
            yield parsed, partial(marks.put, state.name, mark)
        waits = parser.waiting_bytes > 0 and not has_settled
        parser.forget_waiting()
        marks.put(state.name, self._mark(file, state, parser, waits=waits))
        self._parsers[state.name] = parser
        while len(self._parsers) > MAX_PARSERS:
            del self._parsers[next(iter(self._parsers))]

    def _mark(
        self, file: BinaryIO, state: FileState, parser: GrowingParser[ParsedT], *, waits: bool
    ) -> Bookmark:
        return bookmark(file, state, parser.consumed, self._ignored_head_bytes, waits=waits)

    def _parser_at(
        self, file: BinaryIO, state: FileState, mark: Bookmark | None
    ) -> GrowingParser[ParsedT]:
        """Return a parser that has read what the bookmark says, or nothing."""
        parser = self._parsers.pop(state.name, None)
        unread = self._new_parser(shown_name(state.name))
        if mark is None or not mark.may_have_grown(state):
            return unread
        if not has_same_beginning(file, mark, self._ignored_head_bytes):
            return unread
        if parser is None or parser.consumed != mark.offset:
            parser = self._new_parser(shown_name(state.name))
            left = mark.offset
            while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
                left -= len(block)
                parser.feed(block, final=left == 0)
        return parser if parser.consumed == mark.offset else unread
