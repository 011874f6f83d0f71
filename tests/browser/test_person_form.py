"""HR adds one person, and changes one from a date on, without a file."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import accounts
from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import employee
from tests.browser.conftest import PHONE, Headquarters, Witness, log_in, looking, shot
from tests.browser.looks import overflow_px, spilling, violations
from tests.browser.seeding import LOGIN, NOW, PASSWORD, STRANGER

SOON_MS = 30_000


def test_a_person_is_added_and_punches_from_before_come_to_them(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/people")
    reader.get_by_role("link", name="新增员工").click()
    form = reader.locator(".person-form")
    form.get_by_label("工号").fill("E101")
    form.get_by_label("姓名").fill("欧阳新")
    form.get_by_role("button", name="保存").click()
    own = form.locator(".field", has=reader.locator("[name=employee_id]"))
    expect(own.locator(".wrong")).to_have_text("工号“E101”已有人用")
    expect(own.locator("input")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("工号").fill("E900")
    form.get_by_role("button", name="保存").click()
    shop = form.locator(".field", has=reader.locator("[name=store_id]"))
    expect(shop.locator(".wrong")).to_have_text("请写明门店")
    expect(own.locator(".wrong")).to_have_count(0)
    expect(form.get_by_label("姓名")).to_have_value("欧阳新")
    form.get_by_label("所属门店").select_option("S001")
    form.get_by_label("入职日期").fill("2026-11-19")
    form.get_by_label("打卡号").fill(STRANGER)
    form.get_by_role("button", name="保存").click()
    said = reader.get_by_role("status")
    expect(said).to_contain_text("已新增 欧阳新(E900)。2026-11-19 起的 4 天考勤正在重新判定。")
    expect(reader).to_have_url(f"{headquarters.url}/person?id=E900")
    expect(form.get_by_label("加一个打卡号")).to_have_value("")
    said.get_by_role("link", name="看欧阳新的档案").click()
    expect(reader.locator('li[data-key="2026-11-20"]')).to_contain_text("12:07", timeout=SOON_MS)
    expect(reader.locator('[data-key="held"]')).to_contain_text(STRANGER)


def test_a_name_a_move_and_leaving_show_who_said_so_on_the_person_and_in_the_audit(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/people/E102")
    reader.get_by_role("link", name="修改资料").click()
    form, said = reader.locator(".person-form"), reader.get_by_role("status")
    form.get_by_label("考勤组").fill("甲组")
    form.get_by_label("生效日期").fill("2026-11-21")
    form.get_by_role("button", name="保存").click()
    expect(said).to_contain_text("已保存 李强 的修改。2026-11-21 起的 3 天考勤正在重新判定。")
    form.get_by_role("button", name="保存").click()
    expect(said).to_contain_text("没有改动")
    form.get_by_label("姓名").fill("李小强")
    form.get_by_label("所属门店").select_option("S002")
    form.get_by_label("生效日期").fill("2099-01-01")
    form.get_by_role("button", name="保存").click()
    expect(said).to_contain_text("没有已判定的日子要重算")
    said.get_by_role("link", name="看李小强的档案").click()
    listed = reader.locator('[data-key="moves"] tbody')
    expect(listed.locator("tr")).to_have_count(4)
    expect(listed).to_contain_text("2099-01-01")
    expect(listed.locator("tr", has_text="甲组")).to_contain_text(LOGIN)
    with read(headquarters.engine) as connection:
        home = select(employee.c.store_id).where(employee.c.employee_id == "E102")
        assert connection.scalar(home) == "S001", "it moves when the date begins"
    reader.goto(f"{headquarters.url}/audit?act=home")
    expect(reader.locator("tbody")).to_contain_text("2099-01-01 起")
    reader.goto(f"{headquarters.url}/audit?act=team")
    expect(reader.locator("tbody")).to_contain_text("甲组 · 自 2026-11-21 起")
    reader.goto(f"{headquarters.url}/person?id=E204")
    for state, told in (("no", "离职"), ("yes", "在职")):
        form.get_by_label("状态").select_option(state)
        form.get_by_role("button", name="保存").click()
        expect(said).to_contain_text("已保存")
        see = said.get_by_role("link", name="看郑浩的档案").get_attribute("href")
        reader.goto(f"{headquarters.url}{see}")
        expect(reader.locator('[data-key="moves"] tbody tr').first).to_contain_text(told)
        reader.goto(f"{headquarters.url}/person?id=E204")


def test_who_only_looks_sees_neither_the_ways_there_nor_the_form(
    browser: Browser, headquarters: Headquarters
) -> None:
    reader = Reader(Role.AUDITOR)
    accounts.add(headquarters.engine, "auditor", PASSWORD, utc_ms(NOW), reader=reader)
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    log_in(page, headquarters.url, "auditor")
    page.wait_for_selector("main#content")
    for address in ("/people", "/people/E101"):
        page.goto(headquarters.url + address)
        expect(page.locator("#content h1")).to_be_visible()
        expect(page.locator('#content a[href^="/person"]')).to_have_count(0)
    answer = page.goto(f"{headquarters.url}/person?id=E101")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator(".person-form")).to_have_count(0)
    context.close()


def test_it_reads_well_at_a_desk_and_on_a_phone_in_both_languages(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    for language in ("zh", "en"):
        with looking(browser, headquarters.url, witness, language, PHONE) as page:
            page.goto(f"{headquarters.url}/person?id=E103")
            page.locator("[name=name]").fill("")
            page.locator(".person-form button").click()
            expect(page.get_by_role("alert")).to_be_visible()
            expect(page.locator(".wrong")).to_be_visible()
            shot(page, f"person-form-wrong-phone-{language}")
            assert violations(page) == []
            assert overflow_px(page) <= 0
            assert spilling(page) == []
        with looking(browser, headquarters.url, witness, language) as page:
            page.goto(f"{headquarters.url}/person")
            expect(page.locator(".person-form")).to_be_visible()
            shot(page, f"person-form-desktop-{language}")
            assert violations(page) == []
            page.goto(f"{headquarters.url}/people/E103")
            expect(page.locator(".calendar, .month").first).to_be_visible()
            shot(page, f"person-desktop-{language}")
