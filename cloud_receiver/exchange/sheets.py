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

from sync.errors import ToldError
from sync.workbook import WorkbookError, workbook_rows

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
_ENCODINGS: Final = ("utf-8-sig", "gb18030")  # GB 18030 reads nearly anything: it comes last
_DELIMITERS: Final = ",;\t"
_ZIP: Final = b"PK\x03\x04"
_WORKBOOKS: Final = {
    "no_openpyxl": ("本机没有安装 openpyxl,请另存为 CSV", "save it as CSV"),
    "too_large": ("内容太多,请拆成几个文件", "save it in parts"),
    "encrypted": (
        "文件有密码,请去掉密码(另存为 → 工具 → 常规选项)或存成 CSV 后再试",
        "save it without one, or as CSV",
    ),
    "old_format": ("这是旧版 Excel(XLS),请另存为 XLSX 或 CSV", "save it as XLSX or CSV"),
    "no_workbook": ("这不是 Excel 工作簿,请重新另存为 XLSX 或 CSV", "save it as XLSX or CSV again"),
}
"""What to do about a workbook that cannot be read, by the code of its error."""


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
            mb = MAX_FILE_BYTES // 2**20
            raise unusable(
                path.name, f"超过 {mb} MB,请拆成几个文件", f"it is over {mb} MB; split it"
            )
        is_workbook = path.suffix.lower() in (".xlsx", ".xlsm")
        rows = _workbook_rows(path, names) if is_workbook else _text_rows(path)
        lines = [line for line in rows if any(line.cells)]
    except OSError as error:
        raise unreadable(path, error) from error
    if not lines:
        zh, en = "文件是空的,第一行应是表头", "it is empty; the first row must hold the headings"
        raise unusable(path.name, zh, en)
    return Sheet(lines[0].cells, tuple(lines[1:]))


def unusable(source: str, zh: str, en: str) -> ToldError:
    """Return that a file as a whole cannot be used, and what to do."""
    return ToldError(f"{source}:{zh}", f"{source}: {en}")


def unreadable(path: Path, error: OSError) -> ToldError:
    """Return that the system does not let a file be read."""
    said = error.strerror or error
    return ToldError(f"{path.name} 读不出来:{said}", f"{path.name} cannot be read: {said}")


def _text_rows(path: Path) -> Iterator[Line]:
    text = _decode(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield Line(reader.line_num, tuple(cell.strip() for cell in cells))
    except csv.Error as error:
        at = reader.line_num
        zh = f"第 {at} 行不是 CSV({error}),请重新另存为 CSV"
        raise unusable(path.name, zh, f"line {at}: {error}; save it as CSV again") from error


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith(_ZIP):
        zh, en = "这是 Excel 文件,扩展名应是 .xlsx", "it is a workbook: call it .xlsx"
        raise unusable(path.name, zh, en)
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unusable(
        path.name,
        "既不是 UTF-8 也不是 GBK(GB 18030),请另存为“CSV UTF-8”后再试",
        "it is neither UTF-8 nor GB 18030; save it as 'CSV UTF-8' and try again",
    )


def _workbook_rows(path: Path, names: Sequence[str]) -> Iterator[Line]:
    def choose(titles: Sequence[str]) -> str:
        return next((name for name in names if name in titles), titles[0])

    try:
        with path.open("rb") as file:
            for number, cells in workbook_rows(file, choose):
                yield Line(number, tuple(_text(cell) for cell in cells))
    except WorkbookError as error:
        zh, en = _WORKBOOKS[error.code]
        raise unusable(path.name, zh, f"{error}; {en}") from error


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
