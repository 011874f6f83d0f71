"""Every page in both languages, at a desk and on a phone, light and dark; shots are kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    Headquarters,
    Witness,
    looking,
    open_context,
    shot,
)
from tests.browser.looks import overflow_px, spilling
from tests.browser.seeding import LATE_DAY, LATE_ENTRY

PAGES = {
    "today": ("/?store=S001,S002", "今日到岗", "Today"),
    "yesterday": (f"/?date={LATE_DAY}&store=S002,S003", "到岗情况", "Attendance of the day"),
    "ledger": ("/ledger", "奖惩台账", "Ledger"),
    "payroll": ("/payroll?month=2026-11", "封账", "Month and payroll"),
    "why": (f"/why/{LATE_ENTRY.replace('#', '%23')}", "为什么扣10元?", "Why were 10 yuan"),
    "why-missing": ("/why/no-such-entry", "没有这一笔", "There is no such entry"),
    "rules": ("/rules", "超市迟到扣减", "Late arrival in a supermarket"),
    "rule": ("/rules/late_standard", "前提:以下都满足", "Given that"),
    "fleet": ("/fleet", "门店与设备", "Stores and devices"),
    "fleet-box": ("/fleet?box=box-001", "远程操作", "From afar"),
    "campaigns": ("/campaigns", "新建活动", "New campaign"),
    "people": ("/people", "王芳", "Emma Wilson"),
    "decide": ("/decide", "下班 21:00 无卡", "no card out at 21:00"),
    "report": ("/reports", "个班次中", "shifts went wrong"),
    "report-people": ("/reports?report=person_anomaly", "周杰", "周杰"),
    "report-amounts": ("/reports?report=amounts", "奖励是扣减的", "rewards are"),
    "report-effect": ("/reports?report=effect", "这是相关", "This is correlation"),
    "report-health": ("/reports?report=health", "从未命中", "never hit"),
    "report-complete": ("/reports?report=completeness", "结果已定", "are final"),
    "schedule": ("/schedule?week=2026-11-18&store=S001", "09:00–18:00", "09:00–18:00"),
    "schedule-empty": ("/schedule?week=2030-01-01&store=S001", "这一周还没有排班", "No roster in"),
    "shifts": ("/schedule/shifts", "排班由班次组成", "Rosters are made of shifts"),
    "import": ("/import?kind=employees", "工号,每人唯一", "the employee's id"),
    "connections": ("/connections", "门店盒子", "Store boxes"),
    "audit": ("/audit", "超市迟到扣减", "Late arrival in a supermarket"),
    "settings": ("/settings", "登录账号", "Accounts"),
    "person": ("/people/E202?month=2026-11", "严重迟到", "seriously late"),
    "nobody": ("/people/E999", "没有这个人", "There is no such person"),
    "strangers": ("/problems?tab=people", "用户号 9001", "User id 9001"),
    "sellers": ("/problems?tab=sellers", "销售员代码 X99", "Seller code X99"),
    "unreadable": ("/problems?tab=unreadable", "line 42", "line 42"),
    "refused": ("/problems?tab=refused", "拒收的数据", "Refused data"),
    "empty-day": ("/?date=2020-01-01", "这一天还没有排班", "Nobody is rostered"),
    "empty-ledger": ("/ledger?from=2030-01-01", "没有符合条件的分录", "No entry matches"),
}
SIZES = {"desk": DESKTOP, "phone": PHONE}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_reads_well(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str, size: str
) -> None:
    with looking(browser, headquarters.url, witness, language, SIZES[size]) as page:
        for name, (address, zh, en) in PAGES.items():
            page.goto(f"{headquarters.url}{address}")
            expect(page.locator("#content")).to_contain_text(zh if language == "zh" else en)
            page.evaluate("document.fonts.ready")
            shot(page, f"{name}-{language}-{size}")
            assert overflow_px(page) <= 0, f"{name} is wider than the screen"
            assert spilling(page) == [], f"{name}: something is wider than its card"
            assert page.evaluate("document.documentElement.lang").startswith(language)
            assert page.locator("#content h1").count() == 1, f"{name} has one heading"


def test_dark_and_light_differ_and_are_remembered(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = reader.evaluate(colour)
    reader.get_by_role("link", name="配色").click()
    expect(reader.locator("html.dark")).to_be_attached()
    reader.goto(f"{headquarters.url}/fleet")
    assert reader.evaluate(colour) != light


def test_the_language_is_switched_where_one_is(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/ledger?person=E202")
    reader.get_by_role("link", name="English").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Ledger")
    assert reader.url.endswith("/ledger?person=E202")


def test_an_unknown_address_is_said_in_words(browser: Browser, headquarters: Headquarters) -> None:
    context = open_context(browser, headquarters.url, "zh", DESKTOP)
    page = context.new_page()
    answer = page.goto(f"{headquarters.url}/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("body")).to_contain_text("没有这个页面")
    context.close()


def test_the_keyboard_reaches_content_and_stores(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/")
    reader.wait_for_selector(".store-head")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.getAttribute('href')") == "#content"
    store = reader.locator(".store-head").first
    store.focus()
    reader.keyboard.press("Enter")
    expect(store).to_have_attribute("aria-expanded", "true")
    expect(reader).to_have_url(re.compile("store=S001"))
