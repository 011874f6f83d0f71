"""Worksheets (XLSX) as rows of text; the one form that is read whole, with openpyxl."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, Final

from drivers.errors import MalformedError, RefusedError
from drivers.posfile.pieces import Piece
from sync.workbook import WorkbookError, workbook_rows

_DO: Final = {
    "no_openpyxl": "Run 'pip install openpyxl' in Daka's environment, or export CSV.",
    "too_large": "Split it.",
    "no_workbook": "Export it again.",
    "encrypted": "Export it without a password.",
    "old_format": "Export it as XLSX or CSV.",
}
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
    """Yield the rows of a worksheet that hold something, each as wide as the widest before it.

    Args:
        sheet: its name; empty: the first.
        name: the file, for errors.

    Raises:
        RefusedError: openpyxl is not installed, the sheet is not there, the file is too big.
        MalformedError: the file is no workbook.
    """

    def choose(titles: Sequence[str]) -> str:
        if sheet and sheet not in titles:
            found = ", ".join(titles)
            raise RefusedError("no_sheet", f"{name} has no sheet {sheet!r}", f"It has {found}.")
        return sheet or titles[0]

    width = 0
    try:
        for number, row in workbook_rows(file, choose):
            cells = [cell_text(value) for value in row]
            if any(cells):
                width = max(width, len(cells))
                cells += [""] * (width - len(cells))
                yield number, cells, "\t".join(cells)
    except WorkbookError as error:
        is_ours = error.code in {"no_openpyxl", "too_large"}
        trouble = RefusedError if is_ours else MalformedError
        raise trouble(error.code, f"{name}: {error}", _DO[error.code]) from error
