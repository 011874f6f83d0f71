"""Worksheets (XLSX) as rows of text; the one form that is read whole, with openpyxl."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from typing import Any, BinaryIO, Final
from zipfile import BadZipFile, ZipFile

from drivers.errors import MalformedError, RefusedError
from drivers.posfile.pieces import Piece

MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024
_DAMAGE: Final = (
    *(BadZipFile, EOFError, zlib.error, struct.error, NotImplementedError, SyntaxError),
    *(LookupError, ValueError, ArithmeticError),
    # openpyxl hands what stands in the XML to its constructors as it is
    *(TypeError, AttributeError),
)
_SHOWN_DIGITS: Final = ".15g"  # what a spreadsheet shows of a number, no binary tail behind it


def cell_text(value: Any) -> str:
    """Return a cell's value as an export would print it.

    >>> cell_text(1001.0), cell_text(548.9715), cell_text(None)
    ('1001', '548.9715', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return format(Decimal(format(value, _SHOWN_DIGITS)), "f")
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M:%S")
        case _:
            return str(value)


def sheet_rows(file: BinaryIO, sheet: str, name: str) -> Iterator[Piece]:
    """Yield the rows of a worksheet, numbered from 1.

    Args:
        sheet: its name; empty: the first.
        name: the file, for errors.

    Raises:
        RefusedError: openpyxl is not installed, the sheet is not there, the file is too big.
        MalformedError: the file is no workbook.
    """
    try:
        load_workbook = import_module("openpyxl").load_workbook
    except ImportError as error:
        raise RefusedError(
            "no_openpyxl",
            f"{name} is a workbook and openpyxl is not installed",
            "Run 'pip install openpyxl' in Daka's environment, or export CSV.",
        ) from error
    try:
        with ZipFile(file) as archive:
            unpacked_bytes = sum(member.file_size for member in archive.infolist())
        if unpacked_bytes > MAX_UNPACKED_BYTES:
            raise RefusedError(
                "too_large", f"{name} unpacks to {unpacked_bytes} bytes", "Split it."
            )
        workbook = load_workbook(file, read_only=True, data_only=True)
        if sheet and sheet not in workbook.sheetnames:
            found = ", ".join(workbook.sheetnames)
            raise RefusedError("no_sheet", f"{name} has no sheet {sheet!r}", f"It has {found}.")
        table = workbook[sheet] if sheet else workbook.worksheets[0]
        yield from _rows(table.iter_rows(values_only=True))
    except _DAMAGE as error:
        raise MalformedError(
            "no_workbook", f"{name} is no workbook: {error}", "Export it again."
        ) from error


def _rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[Piece]:
    """Yield the rows that hold something, each as wide as the widest before it."""
    width = 0
    for number, row in enumerate(rows, start=1):
        cells = [cell_text(value) for value in row]
        if any(cells):
            width = max(width, len(cells))
            cells += [""] * (width - len(cells))
            yield number, cells, "\t".join(cells)
