"""Pages follow the data without a reload, and leave the reader's hands alone."""

from __future__ import annotations

import time
from datetime import timedelta

from playwright.sync_api import Page, expect

from cloud_receiver.store.engine import write
from cloud_receiver.store.tables import box
from tests.browser.conftest import Headquarters
from tests.browser.seeding import NOW, punch, sale, user_of

FOLLOWS_WITHIN_MS = 5_000


def _figure(page: Page, label: str) -> str:
    return page.locator(".figure", has_text=label).first.locator("dd").inner_text()


def test_a_punch_appears_on_the_board(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/?store=S003")
    reader.wait_for_selector(".feed")
    before = int(_figure(reader, "已到"))
    reader.evaluate("window.same = true")
    store = reader.locator(".store-head").nth(2)
    store.focus()
    at = NOW + timedelta(seconds=5)
    came = punch("S003", "CKQA210160077", user_of("E301"), at)
    sent = time.monotonic()
    headquarters.boxes["S003"].send([came], at)
    newest = reader.locator(".feed li").first
    expect(newest).to_contain_text("冯雪", timeout=FOLLOWS_WITHIN_MS)
    print(f"on the board {time.monotonic() - sent:.2f} s after it was taken in")
    row = reader.locator("tr", has_text="冯雪")
    expect(row).to_contain_text("迟到", timeout=FOLLOWS_WITHIN_MS)
    assert int(_figure(reader, "已到")) == before + 1
    assert reader.evaluate("window.same"), "the page was not loaded again"
    assert store.evaluate("el => el === document.activeElement"), "the focus stayed"


def test_a_reward_appears_with_its_reason(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/")
    reader.wait_for_selector(".feed")
    at = NOW + timedelta(seconds=20)
    sold = sale("S001", "P102", "live-1", at, 52_000)
    headquarters.boxes["S001"].send([sold], at)
    newest = reader.locator(".feed li", has_text="+50.00").first
    expect(newest).to_contain_text("李强", timeout=FOLLOWS_WITHIN_MS)
    newest.get_by_role("link", name="为什么").click()
    expect(reader.locator("#content")).to_contain_text("live-1")


def test_a_box_that_goes_away_shows_at_once(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/fleet")
    card = reader.locator("section.card", has=reader.locator(".card-head", has_text="box-001"))
    expect(card.locator(".card-head")).to_contain_text("在线")
    with write(headquarters.engine) as connection:
        connection.execute(box.update().where(box.c.box_id == "box-001").values(online=False))
    expect(card.locator(".card-head")).to_contain_text("离线", timeout=FOLLOWS_WITHIN_MS)


def test_what_the_reader_opened_stays_open(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=refused")
    raw = reader.locator("details").first
    raw.locator("summary").click()
    expect(raw.locator(".hex")).to_be_visible()
    at = NOW + timedelta(seconds=30)
    headquarters.boxes["S001"].deliver("daka/v1/acme/box-001/up/0/punch", b"J{broken", at)
    expect(reader.locator("article")).to_have_count(3, timeout=FOLLOWS_WITHIN_MS)
    expect(reader.locator("details[open]")).to_have_count(1)
    assert raw.count() == 1
