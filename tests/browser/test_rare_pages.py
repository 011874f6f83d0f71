"""Pages that are seldom looked at, at their worst: long names, campaigns, trials, photos, print.

Shots are kept; every page fits the screen and is clean for axe, in both languages and colours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from bench.rig import wait_until
from cloud_receiver.domain.budgets import Budget
from cloud_receiver.domain.campaigns import Campaign, Targets
from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import accounts, appeals, campaigns, consents, membership, tables
from cloud_receiver.store.campaign_review import review
from cloud_receiver.store.engine import read, write
from tests.browser import scenes
from tests.browser.conftest import DESKTOP, PHONE, Headquarters, Witness, looking, shot
from tests.browser.looks import overflow_px, spilling, violations
from tests.browser.seeding import FIRST_DAY, LATE_DAY, LATE_ENTRY, LATE_PERSON, NOW, PEOPLE, TODAY
from tests.browser.test_phones import SECRET, carry

LONG_STORE = "上海市黄浦区人民广场地下一层中央商场东侧入口旁二十四小时营业社区生鲜超级便利旗舰店"
LONG_NAME = "Alexandria Featherstonehaugh-Wu"
ROSTER = "工号,日期,上班,下班\nE101,2026-11-28,10:00,22:30\nE404,2026-11-28,09:00,18:00\n"
LOOKS = [
    ("zh", "light", DESKTOP), ("en", "light", PHONE), ("zh", "dark", PHONE), ("en", "dark", DESKTOP)
]  # fmt: skip
Step = Callable[[Page, str], None]


@pytest.fixture(scope="module", autouse=True)
def _rare(headquarters: Headquarters) -> None:
    """Give a store and a person names as long as they come, enter a campaign, doubt an entry."""
    engine, now = headquarters.engine, utc_ms(NOW)
    accounts.ensure(engine, LATE_PERSON, SECRET, 0, reader=Reader(Role.SALESPERSON, LATE_PERSON))
    accounts.ensure(engine, "boss", SECRET, 0, reader=Reader(Role.SUPERVISOR, "E104", ("S001",)))
    store, employee = tables.store, tables.employee
    one = Campaign(
        campaign_id="c1", name="双十一十天冲刺:全城门店联合大卖场", first_date=f"{FIRST_DAY + timedelta(days=2)}",
        last_date=f"{TODAY}", budget=Budget(500_000), targets=Targets(member_fen=300_000),
    )  # fmt: skip
    over = Campaign(
        campaign_id="c0", name="周末满额冲刺", budget=Budget(200_000), targets=Targets(member_fen=80_000),
        first_date=f"{FIRST_DAY}", last_date=f"{FIRST_DAY + timedelta(days=1)}",
    )  # fmt: skip
    with write(engine) as connection:
        connection.execute(update(store).where(store.c.store_id == "S001").values(name=LONG_STORE))
        connection.execute(
            update(employee).where(employee.c.employee_id == "E101").values(name=LONG_NAME)
        )
        for purpose in Purpose:
            consents.say(connection, LATE_PERSON, purpose, is_given=True, language="zh",
                         author=LATE_PERSON, now_utc_ms=1)  # fmt: skip
        for campaign in (one, over):
            campaigns.enter(connection, campaign, "hr", now)
            everybody = [person for person, *_ in PEOPLE]
            membership.join(connection, campaign.campaign_id, everybody, campaign.first_date, now)
        doubt = appeals.open_for_entry(connection, LATE_ENTRY, LATE_PERSON, "公交车坏了", now)
        scenes.show_evidence(connection, doubt.appeal_id, LATE_PERSON, "S002")
        scenes.arrive_with_photos(connection, "S001", ["E101", "E102", "E103"])
        scenes.hear_customers(connection, "S001", ["E101", "E102", "E103"])
        scenes.check_in_late(connection)
        scenes.go_on_leave(connection, "E204")

    def is_placed() -> bool:
        with read(engine) as connection:
            return (
                len(review(connection, "c1").standings) == len(PEOPLE)
                and review(connection, "c0").closed_utc_ms is not None
                and scenes.entry_of_check_in(connection) is not None
            )

    wait_until("the standings, the settlement and what the late touch cost", is_placed, 60.0)


def _cell(page: Page, _language: str) -> None:
    page.locator('[data-value="E101/2026-11-24"]').click()
    expect(page.locator("form[data-submit=set]")).to_be_visible()


def _date(page: Page, _language: str) -> None:
    page.locator('[data-act="date"]').first.click()
    expect(page.locator("form[data-submit=say]")).to_be_visible()


def _new_shift(page: Page, language: str) -> None:
    """Write a split shift whose second stretch has a grace that is none."""
    page.locator('[data-act="new"]').click()
    for name, text in (
        ("shift_id", "两头"),
        ("hours", "08:00-12:00+17:00-21:00"),
        ("grace_min", "5|x"),
    ):
        page.locator(f"form[data-submit=put] [name={name}]").fill(text)
    page.locator("form[data-submit=put] button[type=submit]").click()
    said = "请填写整数分钟" if language == "zh" else "write a whole number of minutes"
    expect(page.locator("form[data-submit=put] .wrong")).to_have_text(said)


def _trial(page: Page, _language: str) -> None:
    form = page.locator("form", has=page.locator("input[type=file]"))
    file = {"name": "排班.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}
    form.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    form.locator("button[type=submit]").click()
    expect(page.locator("#content")).to_contain_text("E404")


def _swap(page: Page, _language: str) -> None:
    page.locator(".entry-form select").first.select_option("swap")


def _pictures(page: Page, _language: str) -> None:
    """Wait until every picture of the page is there, and is one."""
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every(one => one.complete)")
    assert page.evaluate("[...document.images].every(one => one.naturalWidth > 100)")
    page.evaluate("scrollTo(0, 0)")


def _menu(page: Page, _language: str) -> None:
    more = page.locator(".bottom button")
    if more.is_visible():
        more.click()
        expect(page.locator(".nav")).to_be_visible()


def _search(page: Page, _language: str) -> None:
    page.keyboard.press("Control+k")
    page.locator(".search input").fill("E2")
    expect(page.locator(".search [role=option]").first).to_contain_text("E20")


def _nothing(_page: Page, _language: str) -> None:
    """Look at the page as it opens."""


PAGES: dict[str, tuple[str, str, str, Step]] = {
    "overtime": ("/reports?report=overtime", "劳动法第四十一条", "Overtime is", _nothing),
    "settled": ("/campaigns?id=c0", "活动复盘", "Review", _nothing),
    "by-phone": (
        f"/why/late_standard/{scenes.PHONE_PERSON}/{TODAY}%231",
        "手机打卡",
        "Check-in by phone",
        _pictures,
    ),
    "audit": ("/audit", "请假或外出", "Leave or outing", _nothing),
    "menu": ("/ledger", LONG_STORE, LONG_STORE, _menu),
    "search": ("/settings", "登录账号", "Accounts", _search),
    "feeds": ("/problems?tab=feeds", LONG_STORE, LONG_STORE, _nothing),
    "campaign": ("/campaigns?id=c1", "并列规则", "Ties:", _nothing),
    "cell": ("/schedule?week=2026-11-23&store=S001", LONG_NAME, LONG_NAME, _cell),
    "trial": ("/schedule?week=2026-11-23&store=S001", LONG_NAME, LONG_NAME, _trial),
    "date": ("/schedule?week=2026-11-23&store=S001", LONG_NAME, LONG_NAME, _date),
    "new-shift": ("/schedule/shifts", "新增班次", "Add a shift", _new_shift),
    "entry": ("/people/E101?month=2026-11", LONG_NAME, LONG_NAME, _swap),
    "long-today": ("/?store=S001", LONG_STORE, LONG_STORE, _nothing),
    "long-ledger": ("/ledger?person=E101", LONG_STORE, LONG_STORE, _nothing),
    "long-fleet": ("/fleet?box=box-001", LONG_STORE, LONG_STORE, _nothing),
    "appeal": ("/decide?kind=appeal", "公交车坏了", "公交车坏了", _nothing),
    "doubted": (f"/why/{LATE_ENTRY.replace('#', '%23')}", "公交车坏了", "公交车坏了", _pictures),
}
PHONE_PAGES = {
    "day": ("/me", LATE_PERSON), "checkin": ("/me/checkin", LATE_PERSON),
    "statement": (f"/me/statement?period={LATE_DAY:%Y-%m}", LATE_PERSON),
    "own-entry": (f"/me/entry/{LATE_ENTRY.replace('#', '%23')}", LATE_PERSON),
    "consent": ("/me/consent", LATE_PERSON),
    "store": ("/store", "boss"), "codes": ("/store/codes", "boss"),
    "photos": ("/store/photos", "boss"), "feedback": ("/store/feedback", "boss"),
}  # fmt: skip


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS, ids=lambda one: str(one)[:5])
def test_seldom_seen_pages_read_well(
    browser: Browser,
    headquarters: Headquarters,
    witness: Witness,
    language: str,
    theme: str,
    size: dict[str, int],
) -> None:
    wrong = {}
    with looking(browser, headquarters.url, witness, language, size, theme) as page:
        for name, (address, zh, en, step) in PAGES.items():
            page.goto(headquarters.url + address)
            expect(page.locator("#content")).to_contain_text(zh if language == "zh" else en)
            step(page, language)
            if found := _looked_at(page, f"rare-{name}-{language}-{theme}-{size['width']}"):
                wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_phone_pages_read_well(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    wrong = {}
    for who in (LATE_PERSON, "boss"):
        context = carry(browser, headquarters.url, who, language)
        page = context.new_page()
        witness.watch(page)
        for name, (address, owner) in PHONE_PAGES.items():
            if owner == who:
                page.goto(headquarters.url + address)
                _pictures(page, language)
                if found := _looked_at(page, f"rare-phone-{name}-{language}"):
                    wrong[name] = found
        context.close()
    assert wrong == {}


def _looked_at(page: Page, name: str) -> list[str]:
    """Keep a picture of a page and return what is wrong with it."""
    page.evaluate("document.fonts.ready")
    expect(page.locator(".skeleton")).to_have_count(0)
    shot(page, name)
    wide_px = overflow_px(page)
    found = [f"{wide_px} px too wide"] if wide_px > 0 else []
    return [*found, *spilling(page), *violations(page)]


def test_what_is_printed_is_the_page_and_not_the_bars(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.emulate_media(media="print")
    for name, address in (("ledger", "/ledger"), ("campaign", "/campaigns?id=c1")):
        reader.goto(headquarters.url + address)
        expect(reader.locator("#content table").first).to_be_visible()
        for bar in (".nav", ".bottom"):
            expect(reader.locator(bar).first).to_be_hidden()
        shot(reader, f"rare-print-{name}")
