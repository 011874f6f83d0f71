"""The schedule page: a file looked at line by line and imported, and a day changed on the grid."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import select

from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.store import shifts
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.tables import roster
from tests.browser.conftest import PHONE, Headquarters
from tests.browser.seeding import LOGIN

WEEK = "/schedule?week=2026-11-23&store=S001"
LINES = """工号,日期,上班,下班
E101,2026-11-28,10:00,22:30
E102,2026-11-28,休,
E404,2026-11-28,09:00,18:00
E101,2026-11-29,9点,18:00
"""


def _versions(headquarters: Headquarters, who: str, date: str) -> list[tuple[str, str]]:
    """Return (shift document, author) of a day, the oldest first."""
    one = roster.c
    query = select(one.shift, one.author).where(one.employee_id == who, one.work_date == date)
    with read(headquarters.engine) as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(one.version))]


def test_a_file_is_told_line_by_line_and_its_good_lines_come_in(
    reader: Page, headquarters: Headquarters, tmp_path: Path
) -> None:
    file = tmp_path / "排班.csv"
    file.write_text(LINES, encoding="gb18030")
    reader.goto(f"{headquarters.url}{WEEK}")
    form = reader.locator("section", has=reader.get_by_role("heading", name="导入排班表"))
    form.get_by_label("文件").set_input_files(file)
    form.get_by_role("button", name="先看结果").click()
    trial = reader.locator("section", has_text="排班.csv:4 行,将改变 2 天,2 行有误")
    expect(trial.locator("tbody tr")).to_have_count(2)
    expect(trial).to_contain_text("没有员工“E404”")
    expect(trial).to_contain_text("“9点”不是时间")
    trial.get_by_text("用工时间提示(1)").click()
    expect(trial).to_contain_text("超过 11 小时(最长 12.5 小时)")
    expect(trial).to_contain_text("劳动法第四十一条")
    before = _versions(headquarters, "E101", "2026-11-28")
    assert len(before) <= 1, "nothing is written yet"
    trial.get_by_role("button", name="导入(2 天)").click()
    expect(reader.get_by_role("status")).to_contain_text("排班.csv 已导入:改变 2 天,2 行有误未导入")
    document, author = _versions(headquarters, "E101", "2026-11-28")[-1]
    assert '"start":"10:00"' in document
    assert author == LOGIN
    expect(reader.locator('[data-value="E101/2026-11-28"]')).to_contain_text("10:00–22:30")
    with reader.expect_download() as download:
        form.get_by_role("link", name="下载空模板").click()
    download.value.save_as(tmp_path / "template.xlsx")
    book = load_workbook(tmp_path / "template.xlsx")
    assert "工号" in [cell.value for cell in book.worksheets[0][1]]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_day_is_changed_on_the_grid_and_back(
    reader: Page, headquarters: Headquarters, size: str
) -> None:
    who, date = ("E101", "2026-11-25") if size == "desktop" else ("E102", "2026-11-26")
    if size == "phone":
        reader.set_viewport_size(PHONE)
    with write(headquarters.engine) as connection:
        late = ShiftTemplate("晚", "晚班", (part("晚", "13:00", "22:00"),))
        shifts.put(connection, late, "seed", 0)
    reader.goto(f"{headquarters.url}{WEEK}")
    cell = reader.locator(f'[data-value="{who}/{date}"]')
    stood = cell.inner_text()
    for choice, shown in (("晚班", "13:00–22:00"), ("不排班", "—"), ("休", "休")):
        cell.click()
        sheet = reader.get_by_role("dialog")
        expect(sheet.get_by_label("上班", exact=True)).to_be_hidden()
        option = sheet.locator("option", has_text=choice).last
        sheet.get_by_label("班次").select_option(option.get_attribute("value"))
        sheet.get_by_role("button", name="保存").click()
        expect(sheet).to_have_count(0)
        expect(cell).to_contain_text(shown)
    cell.click()
    sheet = reader.get_by_role("dialog")
    expect(sheet).to_contain_text(f"第 4 版 · {LOGIN}")
    reader.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    cell.click()
    sheet.get_by_label("班次").select_option("own")
    sheet.get_by_label("上班", exact=True).fill("07:30")
    sheet.get_by_label("下班", exact=True).fill("16:00")
    sheet.get_by_role("button", name="保存").click()
    expect(cell).to_contain_text("07:30–16:00")
    reader.get_by_role("button", name="撤销").click()
    expect(cell).to_contain_text("休")
    versions = _versions(headquarters, who, date)
    assert [author for _, author in versions] == ["seed", *[LOGIN] * 5]
    assert versions[-1][0] == "null"
    assert stood not in cell.inner_text()
