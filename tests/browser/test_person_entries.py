"""HR enters a correction, leave by the hour and a swap on a person's page, and takes back."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import select

from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import entry, roster
from tests.browser.conftest import Headquarters
from tests.browser.seeding import LOGIN

SOON_MS = 30_000


def test_a_missing_card_is_filled_and_the_card_taken_back(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/people/E104?month=2026-11")
    day = reader.locator('li[data-key="2026-11-21"]')
    expect(day).to_contain_text("缺卡")
    form = reader.locator(".entry-form")
    expect(form.get_by_label("时间", exact=True)).to_be_hidden()
    form.get_by_label("登记什么").select_option("correction")
    form.get_by_label("日期", exact=True).fill("2026-11-21")
    form.get_by_label("上班还是下班").select_option("OffDuty")
    form.get_by_label("时间", exact=True).fill("21:00")
    form.get_by_label("原因").fill("忘记打卡")
    form.get_by_role("button", name="登记").click()
    said = reader.locator('[data-key="entries"] li', has_text="忘记打卡")
    expect(said).to_contain_text(
        f"2026-11-21 · 下班 · 21:00 · 补卡(计入次数与时限) · 忘记打卡 {LOGIN}"
    )
    expect(day).not_to_contain_text("缺卡", timeout=SOON_MS)
    said.get_by_role("button", name="撤销").click()
    reader.get_by_role("button", name="确定").click()
    expect(said).to_contain_text("已撤销", timeout=SOON_MS)
    expect(day).to_contain_text("缺卡", timeout=SOON_MS)


def test_leave_by_the_hour_and_a_swap_are_entered(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/people/E101?month=2026-11")
    form = reader.locator(".entry-form")
    form.get_by_label("多久").select_option("hours")
    form.get_by_label("日期", exact=True).fill("2026-11-24")
    form.get_by_label("从几点").fill("09:00")
    form.get_by_label("到几点").fill("10:30")
    form.get_by_role("button", name="登记").click()
    listed = reader.locator('[data-key="entries"]')
    expect(listed).to_contain_text("年假 · 2026-11-24 · 09:00–10:30")
    form.get_by_label("登记什么").select_option("swap")
    form.get_by_label("日期", exact=True).fill("2026-11-25")
    form.get_by_label("和谁换").select_option("E104")
    form.get_by_role("button", name="登记").click()
    expect(listed).to_contain_text("2026-11-25 · ⇄ · E104 2026-11-25")
    with read(headquarters.engine) as connection:
        kinds = select(entry.c.kind).where(entry.c.employee_id == "E101")
        assert set(connection.scalars(kinds)) == {"leave", "swap"}
        newest = select(roster.c.shift, roster.c.author).where(
            roster.c.employee_id == "E101", roster.c.work_date == "2026-11-25"
        )
        document, author = connection.execute(newest.order_by(roster.c.version.desc())).first()
    assert '"start":"12:00"' in document, "E104 comes at noon"
    assert author == LOGIN
    form.get_by_label("日期", exact=True).fill("2030-01-01")
    form.get_by_role("button", name="登记").click()
    expect(reader.get_by_role("status")).to_contain_text("没有排班,不能调班")


def test_a_day_is_shown_as_it_was_known_at_an_instant(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/people/E102?month=2026-11")
    form = reader.locator('[data-key="then"] form')
    for at, told in (("2026-11-20T08:30", "未定"), ("2026-11-22T12:00", "上班")):
        form.get_by_label("哪一天").fill("2026-11-20")
        form.get_by_label("截至何时").fill(at)
        form.get_by_role("button", name="查看").click()
        shown = reader.locator('[data-key="then"] .pairs')
        expect(shown).to_contain_text(f"截至 {at.replace('T', ' ')}")
        expect(shown.locator("div").first).to_contain_text(told)
    expect(reader.locator('[data-key="then"]')).to_contain_text("门店 人民广场超市")
