"""Packed exports under fire: gzip, zip, workbooks, and the sheet inside a sound workbook."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from io import BytesIO

from openpyxl import Workbook

from bench.fuzz_target import Target
from drivers.errors import DriverError
from drivers.posfile.archives import members
from drivers.posfile.dialects import parse_map
from drivers.posfile.fields import HeaderError
from drivers.posfile.parse import Parser
from drivers.posfile.sheet import sheet_rows

_HEAD = ["receipt", "till", "sold", "quantity", "amount"]
_ROWS = [[f"R{n}", "1", f"2026-11-23 10:0{n}:00", n, n + 0.5] for n in range(1, 6)]
_CSV = "\n".join(",".join(map(str, row)) for row in [_HEAD, *_ROWS]).encode() + b"\n"
_FIELDS = (
    '[columns]\nreceipt_id = "receipt"\nregister_id = "till"\nsold_at = "sold"\n'
    'quantity = "quantity"\namount = "amount"\n'
)
_CSV_MAP = parse_map('[file]\nformat = "csv"\n' + _FIELDS, "packed")
_SHEET_MAP = parse_map('[file]\nformat = "xlsx"\n' + _FIELDS, "sheet")
_SHEET = "xl/worksheets/sheet1.xml"
_LEAST_BYTES_A_ROW = 5  # ``<row>`` alone
_DECLARED = (DriverError, HeaderError)


def archive_targets() -> list[Target]:
    """Return the readers of what exports are packed in; they are slow, so few inputs each."""
    return [
        Target("pos_gzip", [gzip.compress(_CSV, mtime=0)], _unpacks("day.csv.gz"), _DECLARED, 0.2),
        Target("pos_zip", [_zip(zipfile.ZIP_STORED), _zip(zipfile.ZIP_DEFLATED)],
               _unpacks("day.zip"), _DECLARED, 0.1),
        Target("pos_workbook", [_SOUND], _read_workbook, _DECLARED, 0.03),
        Target("pos_sheet", [_member(_SOUND, _SHEET)], _read_sheet, _DECLARED, 0.03),
    ]  # fmt: skip


def _zip(method: int) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in ("day.csv", "notes.txt", "deep/er.csv"):
            archive.writestr(zipfile.ZipInfo(name), _CSV)
    return packed.getvalue()


def _unpacks(name: str) -> Callable[[bytes], int]:
    def read(data: bytes) -> int:
        pieces = 0
        for inner, stream in members(BytesIO(data), name, ("*.csv",)):
            text = stream.held().read()
            parsed = Parser(_CSV_MAP, inner).feed(text, final=True)
            found = len(parsed.sales) + len(parsed.rejected)
            assert found <= text.count(b"\n") + text.count(b"\r") + 1, "more rows than lines"
            pieces += found
        return pieces

    return read


def _workbook() -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in [_HEAD, *_ROWS]:
        sheet.append(row)
    packed = BytesIO()
    book.save(packed)
    return packed.getvalue()


_SOUND = _workbook()


def _member(book: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(book)) as archive:
        return archive.read(name)


def _read_workbook(data: bytes) -> int:
    parsed = Parser(_SHEET_MAP, "day").take(list(sheet_rows(BytesIO(data), "", "day.xlsx")))
    return len(parsed.sales) + len(parsed.rejected)


def _read_sheet(data: bytes) -> int:
    """Read a damaged sheet in a sound workbook: no checksum stands before it."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(_SOUND)) as sound, zipfile.ZipFile(packed, "w") as archive:
        for name in sound.namelist():
            archive.writestr(name, data if name == _SHEET else sound.read(name))
    pieces = _read_workbook(packed.getvalue())
    assert pieces * _LEAST_BYTES_A_ROW <= len(data), "more rows than the sheet can hold"
    return pieces
