"""HR decides many oddities in few clicks, takes a decision back, and reads reports to the records."""

from __future__ import annotations

from io import BytesIO

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.conftest import Headquarters


def test_a_card_is_filled_and_taken_back(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/decide?kind=missing")
    row = reader.locator("tr", has_text="Emma Wilson")
    expect(row).to_contain_text("下班 21:00 无卡")
    row.get_by_role("button", name="按排班补卡").click()
    expect(reader.get_by_text("已处理 1 项:按排班补卡")).to_be_visible()
    expect(row).to_have_count(0)
    reader.locator(".done").get_by_role("button", name="撤销").click()
    expect(reader.get_by_text("已撤销 1 项")).to_be_visible()
    expect(row).to_have_count(1)


def test_many_are_decided_at_once_and_nothing_chosen_does_nothing(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/decide?kind=awaiting")
    bulk = reader.locator(".bulk")
    bulk.get_by_role("button", name="确认无误").click()
    expect(reader.get_by_text("请先勾选")).to_be_visible()
    reader.get_by_role("checkbox", name="全选").last.check()
    bulk.get_by_role("button", name="确认无误").click()
    expect(reader.locator("#content")).to_contain_text("没有要决定的事")
    reader.locator(".done").get_by_role("button", name="撤销").click()
    expect(reader.locator("tr", has_text="望京便利店")).to_have_count(1)


def test_a_report_is_a_picture_a_table_and_a_file(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/reports?report=amounts")
    expect(reader.locator(".findings")).to_contain_text("奖励是扣减的")
    expect(reader.locator(".picture canvas")).to_be_visible()
    with reader.expect_download() as coming:
        reader.get_by_role("link", name="下载 Excel").click()
    book = openpyxl.load_workbook(BytesIO(coming.value.path().read_bytes()))
    values = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert "即时达标奖励" in values
    assert any(isinstance(value, int | float) and value > 0 for value in values)
    reader.get_by_role("link", name="即时达标奖励").click()
    reader.wait_for_url("**/ledger?**rule=target_instant**")
    expect(reader.locator("#content h1")).to_have_text("奖惩台账")
