"""The import page: a template is filled in, looked at line by line, and brought in."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Headquarters, shot


def test_a_new_person_comes_in_by_the_template(
    reader: Page, headquarters: Headquarters, tmp_path: Path
) -> None:
    reader.goto(f"{headquarters.url}/people")
    reader.get_by_role("link", name="导入名单").click()
    expect(reader.get_by_role("heading", name="员工:要填的列")).to_be_visible()
    with reader.expect_download() as download:
        reader.get_by_role("link", name="下载空模板").click()
    assert download.value.suggested_filename == "员工.xlsx"
    file = tmp_path / "新员工.xlsx"
    download.value.save_as(file)
    book = load_workbook(file)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    for row, told in enumerate((("E901", "欧阳新", "S001"), ("E902", "无店", "S999")), start=2):
        for heading, value in zip(("工号", "姓名", "门店编号"), told, strict=True):
            sheet.cell(row, headings.index(heading) + 1, value)
    book.save(file)
    reader.get_by_label("文件").set_input_files(file)
    reader.get_by_role("button", name="先看结果").click()
    trial = reader.locator("section", has_text="新员工.xlsx:2 行,将改变 1 条,1 行有误")
    expect(trial.locator("tbody tr")).to_have_count(1)
    expect(trial).to_contain_text("第 3 行")
    expect(trial).to_contain_text("S999")
    trial.get_by_role("button", name="导入(1 条)").click()
    expect(reader.get_by_role("status")).to_contain_text("新员工.xlsx 已导入:改变 1 条")
    reader.goto(f"{headquarters.url}/people/E901")
    expect(reader.locator("#content")).to_contain_text("欧阳新")


def test_a_file_that_cannot_be_used_is_told_in_the_readers_language(
    reader: Page, headquarters: Headquarters, tmp_path: Path
) -> None:
    file = tmp_path / "名单.csv"
    file.write_text("姓名\n孙丽\n", encoding="utf-8")
    for language, told in (("zh", "名单.csv:缺少列:工号"), ("en", "名单.csv: missing column")):
        cookie = {"name": "daka_language", "value": language, "url": headquarters.url}
        reader.context.add_cookies([cookie])  # type: ignore[list-item]
        reader.goto(f"{headquarters.url}/import?kind=employees")
        reader.locator("input[type=file]").set_input_files(file)
        reader.locator('form[data-submit="file"] button').click()
        expect(reader.get_by_role("status")).to_contain_text(told)
        shot(reader, f"import-refused-{language}")


def test_another_kind_is_chosen_and_says_whose_files_it_reads(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/import")
    expect(reader.get_by_role("heading", name="导入门店")).to_be_visible()
    expect(reader.get_by_label("谁的格式")).to_have_count(0)
    reader.get_by_label("导入什么").select_option("punches")
    expect(reader.get_by_role("heading", name="导入历史打卡")).to_be_visible()
    expect(reader.get_by_label("谁的格式").locator("option")).to_have_count(3)
    expect(reader.get_by_label("打卡记录齐全到(可不填)")).to_be_visible()
    expect(reader).to_have_url(f"{headquarters.url}/import?kind=punches")
