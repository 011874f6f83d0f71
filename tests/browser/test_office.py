"""What the office does by itself: a month exported, a campaign entered, a box asked and let in."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import select

from bench.rig import wait_until
from cloud_receiver.domain.budgets import Budget, Share
from cloud_receiver.domain.campaigns import Targets
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import campaigns, notices, webhooks
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.tables import box_command, campaign_member, notice, payroll_export
from cloud_receiver.store.webhooks import Fate
from tests.browser.conftest import Headquarters, shot
from tests.browser.seeding import NOW


def test_a_month_is_looked_at_and_exported_and_a_statement_printed(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/payroll")
    reader.get_by_role("button", name="预览").click()
    expect(reader.locator("#content .note")).to_contain_text("尚未入账")
    row = reader.locator("tr[data-key=E202]")
    expect(row).to_contain_text("周杰")
    reader.get_by_label("姓名或工号").fill("周杰")
    expect(reader.locator("tr[data-key=E201]")).to_have_count(0)
    shot(reader, "office-preview")
    statement = row.get_by_role("link", name="对账单 周杰", exact=True).get_attribute("href")
    answer = reader.request.get(f"{headquarters.url}{statement}")
    assert answer.status == 200
    assert "周杰" in answer.text()
    reader.get_by_role("button", name="导出工资文件").click()
    expect(reader.get_by_role("status")).to_contain_text("工资文件已生成")
    with reader.expect_download() as download:
        reader.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "payroll-2026-11-1.xlsx"
    with read(headquarters.engine) as connection:
        assert connection.scalar(select(payroll_export.c.author)) == "hr"


def test_a_campaign_is_entered_and_joined_and_its_standings_are_provisional(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/campaigns")
    reader.get_by_label("名称").fill("双十一卖货")
    reader.get_by_label("从", exact=True).fill("2026-11-23")
    reader.get_by_label("到", exact=True).fill("2026-11-29")
    reader.get_by_label("每人目标").fill("3000")
    reader.get_by_label("奖励预算").fill("500")
    reader.get_by_label("预算不够时").select_option("按名次先到先得")
    reader.get_by_text("门店(不勾为全部)").click()
    reader.get_by_label("人民广场超市的目标").fill("9000.50")
    reader.get_by_role("button", name="保存").click()
    expect(reader.locator("#content h1")).to_have_text("双十一卖货")
    reader.get_by_role("button", name="加入全部相关门店的员工").click()
    expect(reader.get_by_role("status")).to_contain_text("新增")
    expect(reader.locator("#content")).to_contain_text("并列规则")
    expect(reader.locator("#content tr[data-key] td.lead").first).to_be_visible(timeout=30_000)
    shot(reader, "office-campaign")
    expect(reader.locator("#content")).to_contain_text("到目前为止")
    expect(reader.locator("#content")).to_contain_text("共花费")
    with read(headquarters.engine) as connection:
        assert len(connection.execute(select(campaign_member)).all()) > 3
        (one,) = campaigns.every(connection)
        assert one.budget == Budget(50_000, Share.FIRST_COME)
        assert one.targets == Targets(member_fen=300_000, stores={"S001": 900_050})


def test_a_box_is_chosen_on_the_board_and_asked_and_a_gap_of_settings_is_said(
    reader: Page, headquarters: Headquarters
) -> None:
    reader.goto(f"{headquarters.url}/fleet")
    reader.locator("a.tile-box.bad").first.click()
    reader.wait_for_url("**/fleet?box=box-003")
    reader.get_by_role("button", name="诊断").click()
    expect(reader.locator("tbody tr[data-key]", has_text="等待回应")).to_be_visible()
    with read(headquarters.engine) as connection:
        asked = connection.execute(select(box_command.c.box_id, box_command.c.author)).all()
    assert [tuple(row) for row in asked] == [("box-003", "hr")]
    shot(reader, "office-box")
    reader.get_by_label("盒子名称").fill("box-900")
    reader.get_by_role("button", name="生成接入码").click()
    expect(reader.locator(".qr svg")).to_be_visible()
    expect(reader.locator("#content")).to_contain_text("https://hq.example/enrol#")
    reader.locator("li", has_text="box-900").get_by_role("button", name="作废").click()
    reader.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(reader.locator("li", has_text="box-900")).to_contain_text("已作废")


def test_what_failed_is_sent_again_from_the_page_and_no_password_is_shown(
    reader: Page, headquarters: Headquarters
) -> None:
    failed = Notice(
        notice_id="group/1", target=Target(TargetKind.GROUP, "S9"), text_zh="x", text_en="x", document="{}"
    )  # fmt: skip
    now_utc_ms = utc_ms(NOW)
    with write(headquarters.engine) as connection:
        notices.queue(connection, [failed], ["wecom"], now_utc_ms)
        gone = {"state": "failed", "last_error": "no group is named for store S9"}
        connection.execute(notice.update().where(notice.c.channel == "wecom").values(gone))
        kinds = frozenset({ChangeKind.ENTRY_BOOKED})
        url = "https://planted:planted@erp.example/daka?access_token=planted"
        one = webhooks.add(connection, url, kinds, "li", now_utc_ms)
        through = one.told_through
        webhooks.log(connection, one.webhook_id, through, Fate.REFUSED, "HTTP 422", now_utc_ms)
    reader.goto(f"{headquarters.url}/connections")
    card = reader.locator("article", has_text="企业微信群")
    expect(card).to_contain_text("no group is named for store S9")
    card.get_by_role("button", name="失败的重新发送").click()
    expect(card).to_contain_text("排队中")
    hook = reader.locator("article", has_text="https://erp.example/daka?…")
    expect(hook).to_contain_text("对方拒绝")
    hook.get_by_role("button", name="马上重试").click()
    expect(reader.get_by_text("1 条将重新发送").first).to_be_visible()
    assert "planted" not in reader.content()

    def is_to_be_told_again() -> bool:  # the channel's own retry says the same on the page
        with read(headquarters.engine) as connection:
            return webhooks.of_id(connection, one.webhook_id).told_through == through - 1

    wait_until("the webhook to be told again", is_to_be_told_again, 30.0)
    with read(headquarters.engine) as connection:
        states = connection.scalars(select(notice.c.state).where(notice.c.channel == "wecom")).all()
    assert states == ["pending"]
