"""Data problems are shown raw, and unknown ids can be given a person on the spot."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from bench.rig import wait_until
from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import badge, punch, sale, seller
from tests.browser.conftest import Headquarters
from tests.browser.seeding import LOGIN, STRANGER, STRANGER_STORE, UNKNOWN_SELLER


def test_an_unknown_user_is_bound_and_the_punches_find_their_owner(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=people")
    card = reader.locator("article", has_text=STRANGER)
    expect(card).to_contain_text("5 次打卡")
    expect(card).to_contain_text("正门")
    card.get_by_label("这是谁").select_option("E104")
    card.get_by_role("button", name="登记").click()
    expect(reader.locator("#content")).to_contain_text("每个打卡的人都认得")
    expect(reader.get_by_text("9001 是 Emma Wilson")).to_be_visible()
    said = reader.locator("tr", has_text=STRANGER)
    expect(said).to_contain_text("Emma Wilson")
    expect(said, "who said so").to_contain_text(LOGIN)
    with read(headquarters.engine) as connection:
        holder = select(badge.c.device_serial, badge.c.employee_id).where(
            badge.c.store_id == STRANGER_STORE, badge.c.user_id == STRANGER
        )
        assert connection.execute(holder).one() == ("CKQA210160001", "E104")
        waiting = select(func.count()).select_from(punch).where(punch.c.employee_id.is_(None))
        assert connection.execute(waiting).scalar_one() == 0


def test_nobody_chosen_binds_nothing(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=sellers")
    card = reader.locator("article", has_text=UNKNOWN_SELLER)
    card.get_by_role("button", name="登记").click()
    expect(card).to_be_visible()
    with read(headquarters.engine) as connection:
        waiting = select(func.count()).select_from(sale).where(sale.c.employee_id.is_(None))
        assert connection.execute(waiting).scalar_one() > 0


def test_a_code_is_bound_from_the_day_that_is_said(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=sellers")
    card = reader.locator("article", has_text=UNKNOWN_SELLER)
    card.get_by_label("这是谁").select_option("E104")
    card.get_by_label("从哪天起").fill("2099-01-01")
    card.get_by_role("button", name="登记").click()
    since = select(seller.c.first_date).where(seller.c.seller_code == UNKNOWN_SELLER)

    def is_bound() -> bool:
        with read(headquarters.engine) as connection:
            return connection.scalar(since) == "2099-01-01"

    wait_until("the binding", is_bound, within_s=30)
    reader.reload()
    expect(card, "before that day they are nobody's yet").to_be_visible()


def test_an_unknown_seller_is_bound(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=sellers")
    card = reader.locator("article", has_text=UNKNOWN_SELLER)
    card.get_by_label("这是谁").select_option("E203")
    card.get_by_role("button", name="登记").click()
    expect(reader.locator("#content")).to_contain_text("每笔销售都有主人")


def test_unreadable_data_is_shown_with_reason_text_and_hex(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=unreadable")
    card = reader.locator("article", has_text="line 42")
    expect(card).to_contain_text("时间读不懂")
    card.get_by_text("看原始数据").click()
    expect(card.locator("pre").first).to_contain_text("洗发水")
    expect(card.locator(".hex")).to_contain_text("31 31 32 33 2d 30 30 34 32")


def test_refused_data_is_kept_as_it_came(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=refused")
    expect(reader.locator("article")).to_have_count(2)
    first = reader.locator("article", has_text="yesterday")
    first.get_by_text("看原始数据").click()
    expect(first.locator("pre").first).to_contain_text('"device_time":"yesterday"')


def test_sources_and_days_are_told_in_one_table(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/problems?tab=feeds")
    row = reader.locator("tr", has_text="正门")
    expect(row).to_contain_text("人民广场超市")
    expect(row.get_by_text("完整", exact=True).first).to_be_visible()
    expect(reader.locator("thead th")).to_have_count(11)
