"""Files that spreadsheets open: no text of anybody's is run, and none keeps the file from being made."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cloud_receiver.exchange.blank_files import Choices, write_blank
from cloud_receiver.exchange.cells import safe
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.web.report_sheet import Column, Row, Sheet, to_xlsx

FORMULA, PASTED = '=HYPERLINK("http://evil.example")', "first line\x0bsecond line"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    said = str(safe(text))
    assert said[0] in "' "
    assert said.strip(" ").startswith(("'", "="))


def test_a_report_holds_any_text() -> None:
    values = (FORMULA, "", PASTED, "-5", None)
    columns = tuple(Column(name) for name in "abcde")
    sheet = Sheet(title="report", findings=(FORMULA, PASTED), method="counted", columns=columns,
                  rows=(Row(values=values),))  # fmt: skip
    page = load_workbook(BytesIO(to_xlsx(sheet))).active
    found = [[(cell.value, cell.data_type) for cell in row] for row in page.iter_rows()]
    assert all(kind in {"s", "n", "inlineStr"} for row in found for _, kind in row)
    assert [value for value, _ in found[-1]] == [
        f"'{FORMULA}", None, "first line second line", "'-5", None,
    ]  # fmt: skip
    assert found[1][0][0] == f"'{FORMULA}"


def test_a_template_offers_ids_as_they_are_and_runs_none(tmp_path: Path) -> None:
    file = tmp_path / "roster.xlsx"
    offered = Choices({"employee_id": [(FORMULA, PASTED)]})
    write_blank(ImportKind.ROSTER, file, offered, "en")
    lists = load_workbook(file).worksheets[1]
    cells = {
        str(cell.value): cell.data_type for row in lists.iter_rows() for cell in row if cell.value
    }
    assert cells[FORMULA] == "s"
    assert "first line second line" in cells
