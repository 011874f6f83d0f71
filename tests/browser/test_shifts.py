"""Shifts written, changed, taken over and withdrawn on their page; a date's calendar changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from cloud_receiver.domain.calendar import DayKind
from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.store import calendar, organisation, shifts
from cloud_receiver.store.engine import read, write
from tests.browser.conftest import PHONE, Headquarters
from tests.browser.seeding import LOGIN

ADDRESS = "/schedule/shifts"


@pytest.fixture
def page(reader: Page, headquarters: Headquarters) -> Iterator[Page]:
    reader.goto(f"{headquarters.url}{ADDRESS}")
    return reader


def _fill(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f"form[data-submit=put] [name={name}]").fill(text)
    page.get_by_role("button", name="保存").click()


def _line(page: Page, shift_id: str) -> Locator:
    return page.locator(f'[data-key="shift/{shift_id}"]')


def test_a_shift_is_written_changed_and_withdrawn(page: Page, headquarters: Headquarters) -> None:
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="新增班次").click()
    _fill(page, shift_id="两头", hours="8:00-12:00+17:00-21:00", grace_min="5|ten")
    alert = page.locator("form[data-submit=put] .wrong")
    expect(alert).to_have_text("请填写整数分钟")
    assert page.locator("[name=grace_min]").get_attribute("aria-invalid") == "true"
    expect(page.locator("[name=hours]")).to_have_value("8:00-12:00+17:00-21:00")
    _fill(page, grace_min="1|2|3")
    expect(alert).to_contain_text("2 段时间,却写了 3 段的设置")
    _fill(page, grace_min="5|10")
    expect(page.get_by_role("status")).to_contain_text("班次“两头”已保存为第 1 版")
    expect(_line(page, "两头")).to_contain_text("08:00–12:00 + 17:00–21:00")
    expect(_line(page, "两头")).to_contain_text("允许迟到 5 | 10 分钟")
    page.get_by_role("button", name="新增班次").click()
    _fill(page, shift_id="两头", hours="09:00-18:00")
    expect(alert).to_contain_text("已有班次“两头”")
    page.get_by_role("button", name="取消").click()
    _line(page, "两头").get_by_role("button", name="修改").click()
    expect(page.locator("[name=hours]")).to_have_value("08:00-12:00 + 17:00-21:00")
    _fill(page, grace_min="")
    expect(page.get_by_role("status")).to_contain_text("第 2 版")
    _line(page, "两头").get_by_text("以前的 1 版").click()
    expect(_line(page, "两头")).to_contain_text(f"第 2 版 · {LOGIN}")
    _line(page, "两头").get_by_role("button", name="停用").click()
    expect(_line(page, "两头")).to_contain_text("已停用")
    with read(headquarters.engine) as connection:
        assert "两头" not in shifts.in_force(connection)
    _line(page, "两头").get_by_role("button", name="恢复").click()
    expect(_line(page, "两头").get_by_role("button", name="停用")).to_be_visible()
    with read(headquarters.engine) as connection:
        told = [
            (one.version, one.active, one.author) for one in shifts.versions(connection, "两头")
        ]
    assert told == [(1, True, LOGIN), (2, True, LOGIN), (3, False, LOGIN), (4, True, LOGIN)]


def test_a_new_version_is_taken_over_after_a_look(page: Page, headquarters: Headquarters) -> None:
    who, date = "E103", "2026-11-27"
    with write(headquarters.engine) as connection:
        shifts.put(
            connection, ShiftTemplate("接", "接", (part("接", "10:00", "19:00"),)), "seed", 0
        )
    page.goto(f"{headquarters.url}/schedule?week=2026-11-23&store=S001")
    page.locator(f'[data-value="{who}/{date}"]').click()
    page.get_by_label("班次").select_option("shift:接")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存")
    page.get_by_role("link", name="班次").first.click()
    _line(page, "接").get_by_role("button", name="修改").click()
    _fill(page, grace_min="7")
    _line(page, "接").get_by_role("button", name="换成新版").click()
    page.get_by_role("button", name="先看结果").click()
    plan = page.locator('[data-key="plan"]')
    expect(plan).to_contain_text("将改变 1 天")
    expect(plan).to_contain_text("(窗口、允许迟到等设置有变)")
    assert _grace_min(headquarters, who, date) == 0, "only looked at"
    plan.get_by_role("button", name="就这样排").click()
    expect(page.get_by_role("status")).to_contain_text("已换成新版,改变 1 天")
    assert _grace_min(headquarters, who, date) == 7


def _grace_min(headquarters: Headquarters, who: str, date: str) -> int:
    with read(headquarters.engine) as connection:
        sites = organisation.sites(connection)
        day = organisation.rosters(connection, [who], date, date, sites)[who][date]
    return day.shifts[0].grace_min


def test_a_date_is_said_to_be_another_kind_of_day(page: Page, headquarters: Headquarters) -> None:
    date = "2026-11-26"
    page.goto(f"{headquarters.url}/schedule?week=2026-11-23&store=S001")
    for where, name in (("S001", "店庆"), ("S001", "")):
        page.locator(f'[data-act="date"][data-value="{date}"]').click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("这一天是").select_option("holiday" if name else "nation")
        sheet.get_by_label("叫什么").fill(name)
        sheet.get_by_label("用于").select_option(where)
        sheet.get_by_role("button", name="保存").click()
        expect(sheet).to_have_count(0)
        head = page.locator("th", has=page.locator(f'[data-value="{date}"]'))
        (expect(head).to_contain_text if name else expect(head).not_to_contain_text)("店庆")
        with read(headquarters.engine) as connection:
            found = calendar.calendar(connection, date, date)
        wanted = DayKind.HOLIDAY if name else DayKind.WORKDAY
        assert (found.kind("S001", date), found.kind("S002", date)) == (wanted, DayKind.WORKDAY)
    page.locator(f'[data-act="date"][data-value="{date}"]').click()
    expect(page.get_by_role("dialog")).to_contain_text(
        f"第 2 版 · 人民广场超市 · 按国家日历 · {LOGIN}"
    )
