"""Worksheets (XLSX) of other programs as rows of values: bounded, and damage said in one way.

A workbook of a few kilobytes can claim a million rows of sixteen thousand cells, or unpack
to gigabytes; openpyxl would try.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, BinaryIO, Final
from zipfile import BadZipFile, ZipFile

from sync.errors import DakaError

MAX_UNPACKED_BYTES: Final = 128 * 1024 * 1024
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 1_000
MAX_CELLS: Final = 20_000_000
_DAMAGE: Final = (
    *(BadZipFile, EOFError, zlib.error, struct.error, NotImplementedError, SyntaxError),
    *(LookupError, ValueError, ArithmeticError, OSError, RuntimeError),
    # openpyxl hands what stands in the XML to its constructors as it is
    *(TypeError, AttributeError),
)


_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a compound file begins [MS-CFB 2.2]: XLS of before 2007, or a workbook with a password."""
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
"""What the stream of such a workbook is called [MS-OFFCRYPTO 2.3.4.4]."""


class WorkbookError(DakaError):
    """A workbook cannot be read.

    Attributes:
        code: ``no_openpyxl``, ``too_large``, ``encrypted``, ``old_format`` or ``no_workbook``.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def workbook_rows(
    file: BinaryIO, choose: Callable[[Sequence[str]], str]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the rows of a worksheet that hold something, numbered from 1.

    Args:
        choose: says which of the sheets, by their names; there is at least one.

    Raises:
        WorkbookError: it is no workbook, or holds more than an honest one.
    """
    try:
        load_workbook = import_module("openpyxl").load_workbook
    except ImportError as error:
        raise WorkbookError("no_openpyxl", "openpyxl is not installed") from error
    _refuse_compound(file)
    try:
        with ZipFile(file) as archive:
            unpacked_bytes = sum(member.file_size for member in archive.infolist())
        if unpacked_bytes > MAX_UNPACKED_BYTES:
            raise WorkbookError("too_large", f"it unpacks to {unpacked_bytes} bytes")
        workbook = load_workbook(file, read_only=True, data_only=True)
        sheet = workbook[choose([one.title for one in workbook.worksheets])]
        yield from _rows(sheet)
    except _DAMAGE as error:
        raise WorkbookError("no_workbook", f"it is no workbook: {error}") from error


def _refuse_compound(file: BinaryIO) -> None:
    begin = file.read(len(_COMPOUND))
    if begin == _COMPOUND and _LOCKED in file.read():
        raise WorkbookError("encrypted", "it has a password")
    if begin == _COMPOUND:
        raise WorkbookError("old_format", "it is an XLS of before Excel 2007")
    file.seek(0)


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    width = min(sheet.max_column or MAX_COLUMNS, MAX_COLUMNS)
    cells, empty = 0, None
    rows = sheet.iter_rows(values_only=True, max_row=MAX_ROWS, max_col=width)
    for number, row in enumerate(rows, start=1):
        if row is empty:  # of rows that are not there openpyxl hands out the same again
            continue
        cells += len(row)
        if cells > MAX_CELLS:
            raise WorkbookError("too_large", f"it has more than {MAX_CELLS} cells")
        if any(value is not None for value in row):
            yield number, row
        else:
            empty = row
