"""A table file as rows of text under its headings: CSV in the encodings offices use, and XLSX.

Nothing is understood here; numbers, dates and times of a workbook become the text a person
would have typed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from sync.errors import DakaError
from sync.workbook import WorkbookError, workbook_rows

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
_ENCODINGS: Final = ("utf-8-sig", "gb18030")  # GB 18030 reads nearly anything: it comes last
_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class Line:
    """A row that holds something; `number` is what an editor or Excel shows beside it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its headings."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(path: Path, names: Sequence[str] = ()) -> Sheet:
    """Read a table file; the first row that holds something is the headings.

    Args:
        names: of a workbook's sheets, the first of these that is there; else its first.

    Raises:
        DakaError: the file is not there, too big, empty, or of no form that can be read.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise DakaError(f"{path} is over {MAX_FILE_BYTES // 2**20} MB; split it and try again")
        is_workbook = path.suffix.lower() in (".xlsx", ".xlsm")
        rows = _workbook_rows(path, names) if is_workbook else _text_rows(path)
        lines = [line for line in rows if any(line.cells)]
    except OSError as error:
        raise DakaError(f"{path} cannot be read: {error.strerror or error}") from error
    if not lines:
        raise DakaError(f"{path} is empty; the first row must hold the headings")
    return Sheet(lines[0].cells, tuple(lines[1:]))


def _text_rows(path: Path) -> Iterator[Line]:
    text = _decode(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield Line(reader.line_num, tuple(cell.strip() for cell in cells))
    except csv.Error as error:
        raise DakaError(f"{path}, line {reader.line_num}: {error}; save it as CSV again") from error


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DakaError(f"{path} is neither UTF-8 nor GB 18030; save it as 'CSV UTF-8' and try again")


def _workbook_rows(path: Path, names: Sequence[str]) -> Iterator[Line]:
    def choose(titles: Sequence[str]) -> str:
        return next((name for name in names if name in titles), titles[0])

    try:
        with path.open("rb") as file:
            for number, cells in workbook_rows(file, choose):
                yield Line(number, tuple(_text(cell) for cell in cells))
    except WorkbookError as error:
        raise DakaError(
            f"{path}: {error}; save it as XLSX or CSV, in parts if it is large"
        ) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
