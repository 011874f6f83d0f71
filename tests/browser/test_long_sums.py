"""Sums of eight digits and a sign stand on one line on a phone, wherever money is shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Headquarters, Witness, looking, shot
from tests.browser.looks import overflow_px, spilling

PAGES = (
    "/", "/?store=S001", "/ledger", "/payroll", "/people/E202?month=2026-11", "/decide",
    "/reports?report=amounts", "/reports?report=store_anomaly", "/campaigns",
)  # fmt: skip
_LENGTHEN = r"""() => {
  const walker = document.createTreeWalker(document.querySelector("#content"), NodeFilter.SHOW_TEXT);
  const wrapped = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!/^\s*[+-]?[\d,]+\.\d\d\s*$/.test(node.nodeValue)) continue;
    node.nodeValue = "-12,345,678.90";
    const range = document.createRange();
    range.selectNodeContents(node);
    const [rects, box] = [range.getClientRects(), node.parentElement.closest(".figure, td, li")];
    const sticksOut = box && range.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
    if (rects.length > 1 || sticksOut) wrapped.push(node.parentElement.outerHTML.slice(0, 200));
  }
  return wrapped;
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sums_of_eight_digits_do_not_wrap_on_a_phone(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    wrong = {}
    with looking(browser, headquarters.url, witness, language, PHONE) as page:
        for number, address in enumerate(PAGES):
            page.goto(headquarters.url + address)
            expect(page.locator("#content h1")).to_be_visible()
            expect(page.locator(".skeleton")).to_have_count(0)
            found = [*page.evaluate(_LENGTHEN), *spilling(page)]
            shot(page, f"long-sums-{language}-{number}")
            if found or overflow_px(page) > 0:
                wrong[address] = (found, overflow_px(page))
    assert wrong == {}
