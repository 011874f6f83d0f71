"""Cells of files that spreadsheets open: nothing in them is run, and none breaks the file."""

from __future__ import annotations

from typing import Final, TypeVar

from cloud_receiver.domain.entries import NO_CHARACTER

Cell = str | int
Value = TypeVar("Value")

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run it


def safe(value: Value) -> Value | str:
    """Return a value that a spreadsheet does not run and a workbook can hold; texts alone change.

    >>> safe("=1+1"), safe("王芳"), safe(""), safe(-5)
    ("'=1+1", '王芳', '', -5)
    """
    if not isinstance(value, str):
        return value
    text = NO_CHARACTER.sub(" ", value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
