"""Which date a column of a table with a column a day is, however its heading is written."""

from __future__ import annotations

import pytest

from cloud_receiver.exchange.sheets import Line, Sheet
from cloud_receiver.exchange.wide import day_cells, is_wide
from sync.errors import DakaError


def _sheet(*rows: list[str]) -> Sheet:
    lines = [Line(number, tuple(row)) for number, row in enumerate(rows, start=1)]
    return Sheet(lines[0].cells, tuple(lines[1:]))


@pytest.mark.parametrize(
    ("title", "labels", "dates"),
    [
        ("2026年2月", ["27", "28"], ["2026-02-27", "2026-02-28"]),
        ("", ["2026-12-31", "2027-01-01"], ["2026-12-31", "2027-01-01"]),
        ("2026-12", ["31日", "1日"], ["2026-12-31", "2027-01-01"]),
        (
            "2026-11-28 至 2026-11-30",
            ["六", "日", "30"],
            ["2026-11-28", "2026-11-29", "2026-11-30"],
        ),
        ("2026-11", ["1(周日)", "2 周一"], ["2026-11-01", "2026-11-02"]),
        ("2026-11", ["11月1日", "11/2"], ["2026-11-01", "2026-11-02"]),
        ("2026-01-31", ["31", "1"], ["2026-01-31", "2026-02-01"]),
    ],
)
def test_columns_are_dates(title: str, labels: list[str], dates: list[str]) -> None:
    sheet = _sheet([title or "排班表"], ["姓名", "工号", *labels], ["王芳", "E1", *labels])
    assert is_wide(sheet)
    cells = list(day_cells(sheet, "x.xlsx"))
    assert [cell.work_date for cell in cells] == dates
    assert {cell.line.first("工号") for cell in cells} == {"E1"}
    assert [cell.line.number for cell in cells] == [3] * len(dates)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(DakaError, match="which year and month"):
        list(day_cells(_sheet(["姓名", "1", "2"], ["王芳", "早", "早"]), "x.xlsx"))
    with pytest.raises(DakaError, match="is no day"):
        list(day_cells(_sheet(["2026-02"], ["姓名", "28", "31"], ["王芳", "", ""]), "x.xlsx"))
    with pytest.raises(DakaError, match="another export"):
        list(day_cells(_sheet(["a", "b"], ["c", "d"]), "x.xlsx"))
    assert not is_wide(_sheet(["姓名", "工号", "出勤天数"], ["王芳", "E1", "3"]))
