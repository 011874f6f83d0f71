"""Every page is clean for the axe rules of WCAG 2.1 AA, light and dark; search works by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Headquarters, Witness, looking
from tests.browser.looks import violations
from tests.browser.test_pages import PAGES

LOOKS = [
    ("zh", "light", DESKTOP), ("zh", "dark", PHONE), ("en", "light", PHONE), ("en", "dark", DESKTOP),
]  # fmt: skip


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS, ids=lambda one: str(one)[:5])
def test_every_page_is_accessible(
    browser: Browser,
    headquarters: Headquarters,
    witness: Witness,
    language: str,
    theme: str,
    size: dict[str, int],
) -> None:
    found: dict[str, list[str]] = {}
    with looking(browser, headquarters.url, witness, language, size, theme) as page:
        for name, (address, zh, en) in PAGES.items():
            page.goto(f"{headquarters.url}{address}")
            expect(page.locator("#content")).to_contain_text(zh if language == "zh" else en)
            found[name] = violations(page)
    assert {name: said for name, said in found.items() if said} == {}


def test_search_finds_people_stores_and_pages_by_keyboard(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/ledger")
    expect(reader.locator("#content h1")).to_be_visible()
    reader.keyboard.press("Control+k")
    reader.keyboard.type("周杰")
    expect(reader.locator("dialog [aria-selected=true]")).to_contain_text("E202")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/people/E202")
    expect(reader.locator("#content h1")).to_contain_text("周杰")
    reader.keyboard.press("/")
    reader.keyboard.type("滨江")
    expect(reader.locator("dialog [aria-selected=true]")).to_contain_text("滨江社区店")
    reader.keyboard.press("Escape")
    expect(reader.get_by_role("dialog")).to_be_hidden()


def test_a_phone_reaches_every_area_through_the_drawer(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    with looking(browser, headquarters.url, witness, size=PHONE) as page:
        page.goto(headquarters.url)
        drawer = page.get_by_role("navigation", name="主导航")
        expect(drawer).to_be_hidden()
        page.get_by_role("button", name="更多").click()
        drawer.get_by_role("link", name="数据问题").click()
        page.wait_for_url("**/problems")
