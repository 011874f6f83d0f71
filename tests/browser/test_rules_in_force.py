"""A rule comes into force: changed by one person, run on history, approved by another."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import accounts
from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import rule_version
from tests.browser.conftest import DESKTOP, Headquarters, log_in, shot
from tests.browser.seeding import NOW

SECOND, PASSWORD = "boss", "a second pair of eyes"


def test_a_second_person_brings_a_rule_into_force(
    reader: Page, browser: Browser, headquarters: Headquarters
) -> None:
    accounts.add(headquarters.engine, SECOND, PASSWORD, utc_ms(NOW))
    reader.goto(f"{headquarters.url}/rules/target_instant")
    reader.locator('[data-key="amount-0"]').fill("60")
    expect(reader.locator(".sentence")).to_contain_text("60 元")
    drop = reader.get_by_role("button", name="去掉这个例子")
    expect(drop.first).to_be_visible()
    while drop.count():
        before = drop.count()
        drop.first.click()
        expect(drop).to_have_count(before - 1)
    reader.get_by_role("button", name="试算", exact=True).click()
    expect(reader.locator(".rehearsal")).to_contain_text("现行规则合计")
    expect(reader.locator(".rehearsal")).to_contain_text("人多得")
    reader.locator('[data-key="effective"]').fill("2026-12-01")
    reader.locator('[data-key="effective"]').blur()
    reader.get_by_role("button", name="试算并提交批准").click()
    expect(reader.locator(".saved")).to_contain_text("已试算并提交")
    reader.goto(f"{headquarters.url}/rules")
    card = reader.locator("[data-key^=draft-]")
    expect(card).to_contain_text("自己写的,要请另一位同事批准")
    expect(card.get_by_role("button", name="批准并公布")).to_have_count(0)
    row = card.locator(".changes tr", has_text="第 1 行")
    expect(row).to_contain_text("改动")
    expect(row.locator("del")).to_have_text("50")
    expect(row.locator("ins")).to_have_text("60")
    expect(card.locator(".costs")).to_contain_text("人多得")
    shot(reader, "rule-draft")
    other = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = other.new_page()
    log_in(page, headquarters.url, SECOND, PASSWORD)
    page.wait_for_selector("main#content")
    page.goto(f"{headquarters.url}/rules")
    page.get_by_role("button", name="批准并公布").click()
    expect(page.get_by_role("dialog")).to_contain_text("2026-12-01 起生效")
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.locator("[data-key=target_instant]")).to_contain_text("2026-12-01 起生效")
    other.close()
    with read(headquarters.engine) as connection:
        versions = connection.execute(
            select(rule_version.c.version, rule_version.c.author, rule_version.c.effective_from)
            .where(rule_version.c.rule_id == "target_instant")
            .order_by(rule_version.c.version)
        ).all()
    reader.goto(f"{headquarters.url}/rules/target_instant")
    expect(reader.locator(".changes ins", has_text="60")).to_be_visible()
    assert versions[-1] == (2, "hr", "2026-12-01")


def test_a_week_is_copied_after_a_look(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/schedule?week=2026-11-23&store=S002")
    reader.get_by_role("button", name="复制到下一周").click()
    expect(reader.get_by_role("heading", name="将改变 20 天")).to_be_visible()
    reader.get_by_role("button", name="就这样排").click()
    expect(reader.get_by_text("已排好,改变 20 天")).to_be_visible()
    expect(reader.locator("#content h1")).to_contain_text("11月30日")
    reader.goto(f"{headquarters.url}/audit?act=roster")
    expect(reader.locator("tbody tr").first).to_contain_text("20 天")
