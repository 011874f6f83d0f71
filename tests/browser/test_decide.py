"""HR decides many oddities in few clicks, takes a decision back, and reads reports to the records."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import appeals
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.ledger import entries_about
from tests.browser.conftest import PHONE, Headquarters, Witness, looking, shot
from tests.browser.seeding import LATE_ENTRY, LATE_PERSON, NOW


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
    expect(reader.locator("#content")).to_contain_text("看其余 3 项")
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


def test_an_appeal_is_read_with_its_evidence_and_changed_in_part(
    reader: Page, headquarters: Headquarters
) -> None:
    with write(headquarters.engine) as connection:
        appeals.open_for_entry(connection, LATE_ENTRY, LATE_PERSON, "公交车坏了", utc_ms(NOW))
    reader.goto(f"{headquarters.url}/decide?kind=appeal")
    row = reader.locator("tr", has_text="公交车坏了")
    row.get_by_role("link", name="来由与证据").click()
    card = reader.locator("section[data-key^=appeal-]")
    expect(card).to_contain_text("公交车坏了")
    expect(card).to_contain_text("处理中")
    card.get_by_role("link", name="去裁定").click()
    row.get_by_label("理由").fill("有公交公司的通知")
    row.get_by_label("改为(元)").fill("十块")
    row.get_by_role("button", name="部分调整").click()
    sure = reader.get_by_role("dialog").get_by_role("button", name="确定")
    sure.click()
    expect(reader.locator(".done")).to_contain_text("不是金额")
    row.get_by_label("改为(元)").fill("4.00")
    row.get_by_role("button", name="部分调整").click()
    sure.click()
    expect(row).to_have_count(0)
    with read(headquarters.engine) as connection:
        (one,) = appeals.about(connection, LATE_ENTRY.partition("#")[0])
        booked = sum(e.amount_fen for e in entries_about(connection, one.outcome_key))
    assert (one.state, booked) == (State.PARTIAL, -400)
    assert one.events[-1].text == "有公交公司的通知"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_appeal_is_ruled_on_a_phone_with_room_to_write(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    with write(headquarters.engine) as connection:
        if appeals.about(connection, "late_standard/E204/2026-11-19") == []:
            appeals.open_for_entry(
                connection, "late_standard/E204/2026-11-19#1", "E204", "地铁停运", utc_ms(NOW)
            )
    with looking(browser, headquarters.url, witness, language, PHONE) as page:
        page.goto(f"{headquarters.url}/decide?kind=appeal")
        form = page.locator(".ruling").first
        boxes = [one.bounding_box() for one in form.locator("input, .button").all()]
        shot(page, f"ruling-phone-{language}")
        assert boxes[0] is not None
        assert boxes[0]["width"] >= 300, "the reason has a line of its own"
        assert all(box is not None and box["height"] >= 38 for box in boxes), "a thumb hits them"
    with looking(browser, headquarters.url, witness, language) as page:
        page.goto(f"{headquarters.url}/decide?kind=appeal")
        expect(page.locator(".ruling").first).to_be_visible()
        shot(page, f"ruling-desktop-{language}")
