"""Workbooks of strangers: what they claim is bounded, what is damaged is said."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from sync import workbook
from sync.workbook import WorkbookError, workbook_rows

SHEET = "xl/worksheets/sheet1.xml"
Change = Callable[[str, bytes], bytes]


def _book(change: Change = lambda _name, part: part) -> BytesIO:
    """Return a workbook of two rows, each of its parts changed."""
    book, plain, changed = Workbook(), BytesIO(), BytesIO()
    for row in (["store_id", "name"], ["S1", "x"]):
        book.active.append(row)
    book.save(plain)
    with ZipFile(plain) as old, ZipFile(changed, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return changed


def _rows(file: BytesIO) -> list[tuple[int, tuple[object, ...]]]:
    return list(workbook_rows(file, lambda titles: titles[0]))


def _in_sheet(*changes: tuple[bytes, bytes]) -> Change:
    def change(name: str, part: bytes) -> bytes:
        for old, new in changes if name == SHEET else ():
            assert old in part
            part = part.replace(old, new)
        return part

    return change


def test_rows_keep_their_numbers() -> None:
    assert _rows(_book()) == [(1, ("store_id", "name")), (2, ("S1", "x"))]


def test_a_small_file_that_claims_every_cell_there_is_costs_little() -> None:
    last = _in_sheet(
        (b"A1:B2", b"A1:XFD1048576"), (b'<row r="2"', b'<row r="1048576"'),
        (b'r="A2"', b'r="A1048576"'), (b'r="B2"', b'r="XFD1048576"'),
    )  # fmt: skip
    (_, first), (number, row) = _rows(_book(last))
    assert (number, row[0]) == (1_048_576, "S1")
    assert len(first) == len(row) == workbook.MAX_COLUMNS


def test_a_workbook_of_more_cells_than_honest_ones_have_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "MAX_CELLS", 3)
    with pytest.raises(WorkbookError, match="more than 3 cells") as caught:
        _rows(_book())
    assert caught.value.code == "too_large"


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 100_000)
    bomb = _book(lambda name, part: part + b" " * 100_000 if name == SHEET else part)
    assert bomb.getbuffer().nbytes < 10_000
    with pytest.raises(WorkbookError, match="unpacks to") as caught:
        _rows(bomb)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "change",
    [
        lambda name, part: part[: len(part) // 2] if name == SHEET else part,
        lambda name, part: b"<x" if name == "xl/styles.xml" else part,
        lambda name, part: part.replace(b"sheet1.xml", b"none.xml") if "rels" in name else part,
    ],
)
def test_damage_is_said(change: Change) -> None:
    with pytest.raises(WorkbookError, match="no workbook") as caught:
        _rows(_book(change))
    assert caught.value.code == "no_workbook"
