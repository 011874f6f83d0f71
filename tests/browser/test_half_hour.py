"""HR's half hour: a day of 200 people with 40 oddities, from the inbox to a closed and paid month."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, func, insert, select

from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import Shift, utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store import accounts, closing, tables
from cloud_receiver.store.engine import open_engine, read, sqlite_url, write
from cloud_receiver.store.enrolment import RosterEntry, add_roster
from cloud_receiver.store.rulebook import publish_shipped
from cloud_receiver.store.verification import verify_ledger
from cloud_receiver.store.withdrawals import withdraw, withdrawal
from sync.records import Record
from tests.browser.conftest import Headquarters, shot
from tests.browser.seeding import (
    LOGIN,
    NOW,
    PASSWORD,
    ZONE,
    Box,
    FixedClock,
    local,
    punch,
    sale,
    terminal,
    tills,
)

MAX_CLICKS = 60
DAY = date(2026, 10, 31)  # the last day of a month that is over
MONTH = "2026-10"
STORES = [f"S{number:03}" for number in range(1, 5)]
PEOPLE = [f"P{number:03}" for number in range(200)]
STRANGERS = PEOPLE[:4]  # came, but nobody had said whose id it is
ABSENT = PEOPLE[4:8]
NO_CARD_OUT = PEOPLE[8:28]
ELSEWHERE = PEOPLE[28:40]  # touched the terminal of another store
LATE, LATE_MIN = PEOPLE[40:44], 20  # a tenth of the day's subsidy each
SELLERS = PEOPLE[44:46]  # met their target: 50 yuan at once, and asked for 20 of it
SOLD_FEN, ASKED_FEN = 60_000, 2_000
WAITING = (DayStatus.PENDING, DayStatus.AWAITING_DATA)


def store_of(person: str) -> str:
    return STORES[int(person[1:]) % len(STORES)]


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Path, dict[str, Box]]:
    """A database with that day in it; the server of this module runs on it."""
    path = tmp_path_factory.mktemp("half-hour") / "hq.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(sqlite_url(path))
    accounts.add(engine, LOGIN, PASSWORD, utc_ms(NOW))
    _organisation(engine)
    boxes = {store: Box(engine, f"box-{store}", store) for store in STORES}
    for store, box in boxes.items():
        box.send(_records(store), NOW)
        box.beat(NOW, 0, (terminal("门口", f"T{store}", store, NOW, NOW), tills(store, NOW)))
    evaluator = Evaluator(engine, FixedClock(NOW))
    while evaluator.flush():
        pass
    with write(engine) as connection:
        for number, person in enumerate(SELLERS):
            withdraw(connection, person, ASKED_FEN, f"w{number}", utc_ms(NOW))
    engine.dispose()
    return path, boxes


def _organisation(engine: Engine) -> None:
    created = utc_ms(local(DAY, "00:00"))
    with write(engine) as connection:
        for number, store in enumerate(STORES):
            shop = {
                "store_id": store,
                "name": f"第{number + 1}店",
                "zone": ZONE,
                "scene": "community",
            }
            connection.execute(insert(tables.store), shop)
        for person in PEOPLE:
            who = {"employee_id": person, "store_id": store_of(person)}
            named = who | {"name": f"员工{person[1:]}", "language": "zh", "active": True}
            connection.execute(insert(tables.employee), named)
            if person in SELLERS:
                code = who | {"seller_code": person}
                connection.execute(insert(tables.seller), code)
            if person not in STRANGERS:
                badges = [
                    who | {"store_id": store, "device_serial": "*", "user_id": person}
                    for store in STORES
                ]
                connection.execute(insert(tables.badge), badges)
            shift = Shift(
                shift_id="day", store_id=store_of(person), zone=ZONE, start="09:00", end="18:00"
            )
            day = RosterEntry(
                employee_id=person, work_date=DAY.isoformat(), store_id=store_of(person),
                shifts=(shift,), target_fen=50_000 if person in SELLERS else 0, subsidy_fen=10_000,
            )  # fmt: skip
            add_roster(connection, [day], "seed", created)
        publish_shipped(connection, created)


def _records(store: str) -> list[Record]:
    """Return what the terminal of a store saw that day."""
    found: list[Record] = []
    for person in PEOPLE:
        at = (
            STORES[(STORES.index(store_of(person)) + 1) % 4]
            if person in ELSEWHERE
            else store_of(person)
        )
        if at != store or person in ABSENT:
            continue
        late_s = 60 * (LATE_MIN + 10) if person in LATE else 0
        came = local(DAY, "08:50", late_s or int(person[1:]))
        found.append(punch(store, f"T{store}", person, came))
        if person not in NO_CARD_OUT:
            found.append(punch(store, f"T{store}", person, local(DAY, "18:05", int(person[1:]))))
        if person in SELLERS:
            found.append(sale(store, person, f"r{person}", local(DAY, "11:00"), SOLD_FEN))
    return found


class Clicks:
    """Clicks and counts; choosing in a list is two."""

    def __init__(self, page: Page) -> None:
        self.page, self.count, self.seen = page, 0, 0

    def on(self, role: str, name: str) -> None:
        self.count += 1
        found = self.page.locator("#content, nav").get_by_role(role, name=name)  # type: ignore[arg-type]
        found.first.click()

    def see(self, what: str) -> None:
        """Keep a picture of a step, to be looked at."""
        self.seen += 1
        shot(self.page, f"half-hour-{self.seen:02}-{what}")

    def agree(self) -> None:
        """Say yes to what was asked."""
        self.count += 1
        self.see("asked")
        self.page.get_by_role("dialog").get_by_role("button", name="确定").click()

    def decide_all(self, kind: str, choice: str) -> None:
        """Decide everything of a kind in one way."""
        self.on("link", kind)
        expect(self.page.locator(".tab[aria-current]")).to_contain_text(kind)
        self.count += 2
        self.page.locator("thead [data-all]").check()
        self.see("chosen")
        self.page.locator(".bulk").get_by_role("button", name=choice).click()
        expect(self.page.locator(".done")).to_contain_text("已处理")


def test_from_the_inbox_to_payroll_in_few_clicks(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(headquarters.url)
    hands = Clicks(reader)
    hands.on("link", "待处理")
    waiting = reader.locator(".tab[aria-current] .count")
    expect(waiting).to_be_visible()
    assert int(waiting.inner_text()) >= len(PEOPLE[:40])
    hands.see("inbox")
    hands.on("link", "去登记")
    expect(reader.locator("article").first).to_be_visible()
    hands.see("strangers")
    for person in STRANGERS:
        card = reader.locator("article", has_text=f"用户号 {person}")
        card.get_by_label("这是谁").select_option(person)
        card.get_by_role("button", name="登记").click()
        hands.count += 3
        expect(card).to_have_count(0)
    hands.on("link", "待处理")
    expect(reader.locator(".tab", has_text="旷工").locator(".count")).to_have_text(
        "4", timeout=30_000
    )
    hands.see("judged-anew")
    hands.decide_all("旷工", "记为事假")
    expect(reader.locator("#content")).to_contain_text("看其余 32 项")
    hands.see("decided")
    hands.decide_all("缺卡", "按排班补卡")
    hands.decide_all("可疑记录", "确认无误")
    expect(reader.locator("#content")).to_contain_text("没有要决定的事", timeout=30_000)
    hands.see("empty")
    _close_the_month(hands)
    hands.see("paid")
    print(f"{hands.count} clicks from the inbox to the paid month")
    assert hands.count <= MAX_CLICKS
    with read(headquarters.engine) as connection:
        fact = tables.day_fact.c
        query = select(func.count()).where(fact.work_date == DAY.isoformat())
        assert connection.scalar(query) == len(PEOPLE)
        assert connection.scalar(query.where(fact.status.in_(WAITING))) == 0
        closed = closing.close_of(connection, MONTH)
        assert closed is not None
        assert closed.author == LOGIN
        assert {one.employee_id for one in closed.payments if one.subsidy_fen} >= set(LATE)
        assert closing.payroll_settled(connection, MONTH)
        assert [withdrawal(connection, one).state for one in ("w0", "w1")] == ["paid", "returned"]
        assert verify_ledger(connection).trouble == ""


def _close_the_month(hands: Clicks) -> None:
    """Pay one withdrawal, give the other back, close, export, and say that payroll has paid."""
    page = hands.page
    hands.on("link", "封账与工资")
    for person, act, told in ((SELLERS[0], "已支付", "w0"), (SELLERS[1], "退回", "w1")):
        row = page.locator("tr", has_text=f"员工{person[1:]}").filter(has_text=told)
        row.get_by_role("button", name=act).click()
        hands.agree()
        hands.count += 1
        expect(row.get_by_role("button", name=act)).to_have_count(0, timeout=30_000)
    hands.on("button", "预览")
    expect(page.locator("#content")).to_contain_text("预览:现在封账会是这样", timeout=30_000)
    hands.see("preview")
    hands.on("button", "封账")
    hands.agree()
    expect(page.locator("#content")).to_contain_text("已封账", timeout=30_000)
    hands.on("button", "导出工资文件")
    expect(page.get_by_role("link", name="XLSX № 1")).to_be_visible(timeout=30_000)
    hands.on("button", "工资已发放")
    hands.agree()
    expect(page.get_by_role("button", name="工资已发放")).to_have_count(0, timeout=30_000)
