"""The lines of an ``attlog.dat`` to punches, whatever pieces the bytes come in; pure.

Six columns between TABs: user id, right aligned; ``YYYY-MM-DD HH:MM:SS``; the number of the
device; state; verification; workcode. A stick that was pulled leaves holes, cut lines and
lines grown together; what is not exactly such a line is kept as it came, never guessed.

Source: five public exports of 125 000 lines, and the manuals of the terminals that wrote them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from drivers.contract import PunchRow, Rejected
from drivers.files.lines import AUTO, BadLine, Line, TextLines
from drivers.occurrences import Occurrences
from sync.errors import DakaError
from sync.records import is_clean_text

MAX_STRANGE_LINES: Final = 200
"""A file with so many lines and no column of an attendance log among them is none."""
_COLUMNS: Final = 6
_MAX_CODE: Final = 255
_WHEN: Final = r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
_TIME: Final = re.compile(_WHEN)
_LINE: Final = re.compile(
    rf" *([^\t ]+) *\t{_WHEN}\t *[0-9]+ *\t *([0-9]{{1,3}}) *\t *([0-9]{{1,3}}) *\t"
    r" *([^\t\r ]{0,20})[\t ]*\r?"
)
_PROBLEMS: Final = {
    "columns": "is not the six columns of an attendance log",
    "user_id": "has no user id a person can have typed",
    "impossible_time": "has no time that exists",
    "code": "has a device number, state, verification or workcode that is none",
    "encoding": "is no text",
    "nul": "holds NUL bytes: the file has a hole",
    "line_too_long": "is longer than 1 MB",
}


class NotAttlogError(DakaError):
    """A file has nothing of an attendance log."""


@dataclass(slots=True)
class Parsed:
    """What some bytes of a log said, each list in the order of the file."""

    punches: list[PunchRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class AttlogParser:
    """Read one file from its first byte on.

    Args:
        source_name: the file's name, for people.
    """

    def __init__(self, source_name: str) -> None:
        self._source_name = source_name
        self._opening = b""
        self._lines: TextLines | None = None
        self._occurrences = Occurrences()
        self._number = 0
        self._is_attlog = False

    @property
    def consumed(self) -> int:
        """Return how many bytes are behind it for good: where to read on."""
        return self._lines.consumed if self._lines else 0

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of an unfinished line at the end."""
        return self._lines.waiting_bytes if self._lines else len(self._opening)

    def forget_waiting(self) -> None:
        """Let go of an unfinished line; the next bytes come from `consumed` again."""
        self._opening = b""
        if self._lines:
            self._lines.forget_waiting()

    def feed(self, data: bytes, *, final: bool = False) -> Parsed:
        """Read the next bytes; an unfinished last line waits, unless `final` says it ended.

        Raises:
            NotAttlogError: there is no attendance log in this file.
        """
        if self._lines is None:
            self._opening += data
            if len(self._opening) < 2 and not final:
                return Parsed()
            self._lines = TextLines(_encoding_of(self._opening))
            data, self._opening = self._opening, b""
        parsed = Parsed()
        for line in self._lines.feed(data, final=final):
            self._number += 1
            self._read(line, self._lines, parsed)
        return parsed

    def _read(self, line: Line, lines: TextLines, parsed: Parsed) -> None:
        if isinstance(line, BadLine):
            self._reject(line.code, line.raw, parsed)
            return
        found = _LINE.fullmatch(line)
        row = self._row(found) if found else None
        if row is not None:
            parsed.punches.append(row)
            self._is_attlog = True
        elif line.strip("\r\t \x1a"):  # blank, or the end mark of old systems
            self._is_attlog = self._is_attlog or line.count("\t") >= _COLUMNS - 1
            self._reject(_problem_of(line), lines.raw(line), parsed)

    def _row(self, found: re.Match[str]) -> PunchRow | None:
        user_id, day, clock, state, verify, workcode = found.groups()
        codes = int(state), int(verify)
        if not _exists(day) or max(codes) > _MAX_CODE or not _is_id(user_id):
            return None
        if workcode and not is_clean_text(workcode):
            return None
        when = f"{day}T{clock}"
        occurrence = self._occurrences.number(when, user_id, *codes)
        # over the network, no workcode is 0 too
        return PunchRow(user_id, when, *codes, occurrence, "" if workcode == "0" else workcode)

    def _reject(self, code: str, raw: bytes, parsed: Parsed) -> None:
        if not self._is_attlog and self._number > MAX_STRANGE_LINES:
            raise NotAttlogError(f"{self._number} lines, none of them of an attendance log")
        rejected = Rejected(
            # the place moves from export to export: it must not be identity
            position="attendance log",
            code=code,
            detail=f"{self._source_name}, line {self._number}, {_PROBLEMS[code]}; it is kept as "
            "it came. Export once more, or enter the punch by hand if one is missing that day.",
            raw=raw,
        )
        parsed.rejected.append(rejected)


def _encoding_of(opening: bytes) -> str:
    """Return the encoding of a log without byte order mark: ASCII, one or two bytes a sign."""
    if opening[1:2] == b"\0" and opening[:1] != b"\0":
        return "utf-16-le"
    return AUTO


@lru_cache(maxsize=4096)
def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _is_id(text: str) -> bool:
    return is_clean_text(text) and text.isprintable() and " " not in text


def _problem_of(line: str) -> str:
    """Return the code of what is wrong with a line that gave no punch."""
    cells = [cell.strip(" ") for cell in line.rstrip("\r\t ").split("\t")]
    if not _COLUMNS - 1 <= len(cells) <= _COLUMNS:  # an empty workcode was stripped
        return "columns"
    if not _is_id(cells[0]):
        return "user_id"
    time = _TIME.fullmatch(cells[1])
    if time is None or not _exists(time[1]):
        return "impossible_time"
    return "columns" if len(cells) < _COLUMNS else "code"
