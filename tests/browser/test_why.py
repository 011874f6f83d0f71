"""From ten yuan to the touch of a finger: the way back, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud_receiver.store.engine import read
from cloud_receiver.store.statement import Selection, totals
from cloud_receiver.web.phrases import signed_yuan
from tests.browser.conftest import DESKTOP, PHONE, Headquarters, Witness, looking
from tests.browser.seeding import LATE_DAY, LATE_PERSON, REFUND_PERSON

WORDS = {
    "zh": ("为什么扣10元?", "迟到分钟为20 分钟", "迟到扣减", "扣减当日补贴的 10%", "总部已回执", "20 分钟"),
    "en": ("Why were 10 yuan not granted?", "minutes late = 20 min", "Late arrival",
           "10% of the subsidy of the day", "Receipted", "20 min"),
}  # fmt: skip


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_ten_yuan_lead_back_to_the_raw_punch(
    browser: Browser,
    headquarters: Headquarters,
    witness: Witness,
    language: str,
    size: dict[str, int],
) -> None:
    with looking(browser, headquarters.url, witness, language, size) as page:
        page.goto(f"{headquarters.url}/ledger?person={LATE_PERSON}&from={LATE_DAY}&account=subsidy")
        row = page.locator("tbody tr", has_text="-10.00")
        expect(row).to_have_count(1)
        row.locator("a.button").click()
        main = page.locator("#content")
        for words in WORDS[language]:
            expect(main).to_contain_text(words)
        expect(main).to_contain_text(f"{LATE_DAY} 10:20:12")  # as the terminal said it: 1.4 s slow
        expect(main).to_contain_text(f"{LATE_DAY} 10:20:13")  # corrected
        expect(main).to_contain_text("OID7050067001")
        expect(main).to_contain_text("box-002")
        expect(main).not_to_contain_text("后来的变化" if language == "zh" else "What changed since")


def _tab_to(page: Page, what: str) -> None:
    """Press Tab until what a selector names has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"no key reaches {what}")


def test_keys_alone_lead_from_the_day_to_the_punch(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/?date={LATE_DAY}")
    expect(reader.locator(".store-head")).to_have_count(3)
    _tab_to(reader, '.store-head[data-value="S002"]')
    reader.keyboard.press("Enter")
    expect(reader.locator(f"tr[data-key={LATE_PERSON}]")).to_be_visible()
    _tab_to(reader, f"tr[data-key={LATE_PERSON}] a[href^='/ledger']")
    reader.keyboard.press("Enter")
    expect(reader.locator("tbody tr")).to_have_count(1)
    _tab_to(reader, "tbody a[href^='/why']")
    reader.keyboard.press("Enter")
    expect(reader.locator("#content")).to_contain_text("OID7050067001")


def test_a_finger_leads_from_the_day_to_the_punch(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    with looking(browser, headquarters.url, witness, size=PHONE) as page:
        page.goto(f"{headquarters.url}/?date={LATE_DAY}")
        page.locator('.store-head[data-value="S002"]').tap()
        page.locator(f"tr[data-key={LATE_PERSON}] a[href^='/ledger']").tap()
        page.locator("tbody a[href^='/why']").tap()
        expect(page.locator("#content")).to_contain_text("OID7050067001")


def test_a_correction_says_what_was_booked_and_why_it_changed(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/ledger?person={REFUND_PERSON}&account=instant")
    row = reader.locator("tbody tr", has_text="更正").first
    expect(row).to_contain_text("-50.00")
    row.locator("a.button").click()
    main = reader.locator("#content")
    expect(main).to_contain_text("此前已入账 +50.00 元,按现在的数据应为 0.00 元")
    expect(main).to_contain_text("是 → 否")
    expect(main).to_contain_text("refund-1")
    expect(main.locator("table tr", has_text="本笔")).to_contain_text("0.00")


def test_the_structure_and_the_fingerprint_can_be_seen(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/ledger")
    reader.locator("tbody tr").first.locator("a.button").click()
    reader.get_by_text("以结构化数据查看").click()
    expect(reader.locator("pre")).to_contain_text('"previous_hash"')
    reader.get_by_text("防篡改指纹").click()
    expect(reader.locator("details[open]", has_text="上一笔")).to_be_visible()


def test_filters_narrow_the_ledger_and_its_totals(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/ledger")
    reader.wait_for_selector("tbody tr")
    reader.get_by_label("账户").select_option("subsidy")
    expect(reader.locator("tbody tr", has_text="+50.00")).to_have_count(0)
    with read(headquarters.engine) as connection:
        (total,) = totals(connection, Selection(account="subsidy"))
    expect(reader.locator(".figures")).to_contain_text(f"{total.entries} 笔")
    expect(reader.locator(".figures")).to_contain_text(signed_yuan(total.net_fen))
    expect(reader).to_have_url(re.compile("account=subsidy"))
    reader.get_by_role("button", name="清除筛选").click()
    expect(reader.locator("tbody tr", has_text="+50.00").first).to_be_visible()


def test_the_day_leads_to_a_person_s_entries(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/?date={LATE_DAY}&store=S002")
    reader.locator("tr", has_text="周杰").get_by_role("link", name="奖惩明细").click()
    expect(reader.locator("tbody tr")).to_have_count(1)
    expect(reader.locator("tbody")).to_contain_text("-10.00")
