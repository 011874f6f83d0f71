"""A text file's lines taken apart into cells: separated values and JSON lines; pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Final, Protocol

from drivers.files.lines import BadLine, Line, TextLines
from drivers.posfile.dialects import PosMap
from drivers.posfile.rows import synthetic_header

MAX_LINES_OF_A_ROW: Final = 50
"""A quoted cell may hold newlines; a quote that never ends must not swallow the file."""


Piece = tuple[int, list[str], str | bytes]
"""A row: its number in the file (line, row or record, from 1), its cells, what they were cut from."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that has no cells."""

    number: int
    code: str
    problem: str
    raw: bytes


Cut = list[Piece | Refusal]

_PROBLEMS: Final = {
    "encoding": "the bytes are no text in the encoding of this file",
    "line_too_long": "the line is longer than 1 MB",
    "nul": "the line holds NUL bytes: the file has a hole",
    "csv": "the cells cannot be told apart",
    "open_quote": "a double quote opens a cell and never closes it",
    "json": "the line is no JSON object",
}


class Cutter(Protocol):
    """Bytes of one growing file to pieces, whatever splitting they arrive in."""

    @property
    def consumed(self) -> int:
        """Return the bytes behind the last piece given: where to read on."""

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of a row that has begun and not ended."""

    def feed(self, data: bytes, *, final: bool = False) -> Cut:
        """Return what `data` completes; with `final` also an unfinished end."""

    def forget_waiting(self) -> None:
        """Let go of what is unfinished; the next bytes come from `consumed` again."""


class _LineCutter:
    """What both forms of text share: numbered lines, and what is wrong with one."""

    def __init__(self, dialect: PosMap) -> None:
        self.lines = TextLines(dialect.encoding)
        self.number = 0  # lines given so far

    @property
    def consumed(self) -> int:
        return self.lines.consumed

    @property
    def waiting_bytes(self) -> int:
        return self.lines.waiting_bytes

    def forget_waiting(self) -> None:
        self.lines.forget_waiting()

    def refuse(self, number: int, code: str, line: Line) -> Refusal:
        return Refusal(number, code, _PROBLEMS[code], self.lines.raw(line))


class SeparatedCutter(_LineCutter):
    """Comma, tab or otherwise separated values, with quoted cells that may hold newlines."""

    def __init__(self, dialect: PosMap) -> None:
        super().__init__(dialect)
        self._delimiter = dialect.delimiter

    def feed(self, data: bytes, *, final: bool = False) -> Cut:
        """Return what `data` completes; with `final` also an unfinished end."""
        lines = self.lines.feed(data, final=final)
        cut: Cut = []
        at = 0
        while at < len(lines):
            line = lines[at]
            if isinstance(line, BadLine):
                cut.append(self.refuse(self.number + at + 1, line.code, line))
                at += 1
                continue
            stretch = _stretch(lines, at)
            is_last = at + len(stretch) == len(lines)
            done = self._cut_stretch(stretch, self.number + at, cut, final or not is_last)
            at += done
            if done < len(stretch) and is_last:
                self.lines.give_back(stretch[done:])
                break
        self.number += at
        return cut

    def _cut_stretch(self, lines: list[str], before: int, cut: Cut, is_ended: bool) -> int:
        """Cut lines without a bad one among them.

        Args:
            before: lines of the file before these.
            is_ended: no line follows that could close an open quote.

        Returns:
            How many lines were cut; the rest is one open row that waits for more.
        """
        at = 0
        if '"' not in "".join(lines):
            at = self._cut_plain(lines, before, cut)
        while at < len(lines):
            at, code, may_close = self._cut_rows(lines, at, before, cut)
            if code and may_close and not is_ended:
                return at
            if code:
                cut.append(self.refuse(before + at + 1, code, lines[at]))
                at += 1
        return at

    def _cut_plain(self, lines: list[str], before: int, cut: Cut) -> int:
        """Cut lines without a quote, a row each, in one go; return 0 when one does not hold."""
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter))
        except csv.Error:
            return 0
        numbered = zip(count(before + 1), rows, lines, strict=False)
        cut += [piece for piece in numbered if piece[1]]
        return len(lines)

    def _cut_rows(self, lines: list[str], at: int, before: int, cut: Cut) -> tuple[int, str, bool]:
        """Cut rows up to the end or to one that does not hold.

        Returns:
            The place of the line that does not hold, why, and whether more lines may mend
            it; the number of lines and no reason when all hold.
        """
        is_exhausted = False

        def told() -> Iterator[str]:
            nonlocal is_exhausted
            for line in islice(lines, at, None):
                yield line + "\n"
            is_exhausted = True  # asked for more: the row at hand is open, or there is none

        reader = csv.reader(told(), delimiter=self._delimiter)
        start = at
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:
                return start, "csv", False
            if cells is None:
                return len(lines), "", False
            end = at + reader.line_num
            if is_exhausted or end - start > MAX_LINES_OF_A_ROW:
                return start, "open_quote", end - start < MAX_LINES_OF_A_ROW
            if cells:
                raw = lines[start] if end - start == 1 else "\n".join(lines[start:end])
                cut.append((before + start + 1, cells, raw))
            start = end


def _stretch(lines: list[Line], at: int) -> list[str]:
    """Return the lines of text from `at` to the next bad one."""
    stretch: list[str] = []
    for line in islice(lines, at, None):
        if isinstance(line, BadLine):
            break
        stretch.append(line)
    return stretch


class JsonCutter(_LineCutter):
    """One JSON object a line; its numbers stay the text they were written as."""

    def __init__(self, dialect: PosMap) -> None:
        super().__init__(dialect)
        self._names = synthetic_header(dialect)
        self._decode = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).decode

    def feed(self, data: bytes, *, final: bool = False) -> Cut:
        """Return what `data` completes; with `final` also an unfinished end."""
        cut: Cut = []
        for line in self.lines.feed(data, final=final):
            self.number += 1
            if isinstance(line, BadLine):
                cut.append(self.refuse(self.number, line.code, line))
            elif line.strip():
                cut.append(self._piece(line))
        return cut

    def _piece(self, line: str) -> Piece | Refusal:
        try:
            item = self._decode(line)
        except (ValueError, RecursionError):
            return self.refuse(self.number, "json", line)
        if not isinstance(item, dict):
            return self.refuse(self.number, "json", line)
        return self.number, [_json_text(item.get(name)) for name in self._names], line


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
