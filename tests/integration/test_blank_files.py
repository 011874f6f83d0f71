"""Workbooks to fill in: what they offer is what imports take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.exchange import blank_files
from cloud_receiver.exchange.headings import COLUMNS, ImportKind
from cloud_receiver.exchange.importing import import_file
from cloud_receiver.store import shifts
from cloud_receiver.store.engine import read, write
from sync.places import config_dir

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = 1_764_000_000_000


@pytest.fixture
def office(hq_engine: Engine) -> Engine:
    for kind in ("stores", "employees"):
        import_file(hq_engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
    with write(hq_engine) as connection:
        shifts.put(
            connection, ShiftTemplate("早", "早班", (part("早", "09:00", "18:00"),)), "li", NOW
        )
    return hq_engine


def _blank(engine: Engine, path: Path, kind: ImportKind, language: str = "zh"):
    with read(engine) as connection:
        offered = blank_files.choices(connection, language)
    blank_files.write_blank(kind, path, offered, language)
    return load_workbook(path)


def test_a_roster_filled_in_from_the_drop_downs_comes_in(office: Engine, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    book = _blank(office, path, ImportKind.ROSTER)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        heading = headings[next(iter(rule.sqref.ranges)).min_col - 1]
        title, span = rule.formula1.lstrip("=").replace("'", "").split("!")
        offered[heading] = [row[0].value for row in book[title][span.replace("$", "")]]
    assert offered == {"工号": ["E001", "E006"], "门店编号": ["S001", "S002"], "班次": ["早", "休"]}
    filled = {
        "工号": "E001",
        "开始日期": "2026-12-01",
        "结束日期": "2026-12-07",
        "班次": "早",
        "当日目标": "450",
    }
    sheet.append([filled.get(heading) for heading in headings])
    sheet.append(
        [{"工号": "E001", "日期": "2026-12-06", "班次": "休"}.get(name) for name in headings]
    )
    book.save(path)
    report = import_file(office, "roster", path, "li", NOW)
    assert (report.errors, report.changed) == ((), 7)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", list(ImportKind))
def test_every_kind_has_a_workbook_whose_help_explains_each_column(
    hq_engine: Engine, tmp_path: Path, kind: ImportKind, language: str
) -> None:
    book = _blank(hq_engine, tmp_path / "blank.xlsx", kind, language)
    explained = [row[0].value for row in book.worksheets[2].iter_rows(min_row=2)]
    assert explained == [cell.value for cell in book.worksheets[0][1]]
    assert len(explained) == len(COLUMNS[kind])
    assert all(row[2].value for row in book.worksheets[2].iter_rows(min_row=2))
