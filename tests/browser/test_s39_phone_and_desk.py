"""S39: the same morning on a phone and at a desk: 200 people late at once, seen by both as it happens."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import Shift, utc_ms
from cloud_receiver.store import accounts, tables
from cloud_receiver.store.engine import open_engine, sqlite_url, write
from cloud_receiver.store.enrolment import Badge, RosterEntry, add_roster, bind_badges
from cloud_receiver.store.rulebook import publish_shipped
from tests.browser.conftest import PHONE, Headquarters, Witness, log_in, open_context
from tests.browser.seeding import LOGIN, NOW, PASSWORD, TODAY, ZONE, Box, local, punch, terminal

if TYPE_CHECKING:
    from pathlib import Path

STORES = ("S001", "S002")
PEOPLE = tuple(f"P{number:03}" for number in range(200))
WHO, NAME = PEOPLE[7], "员工007"
FOLLOWS_WITHIN_MS = 30_000


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Path, dict[str, Box]]:
    """Two stores before their shift begins at ten; nobody has come."""
    path = tmp_path_factory.mktemp("s39") / "hq.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(sqlite_url(path))
    created = utc_ms(local(TODAY, "00:00"))
    accounts.add(engine, LOGIN, PASSWORD, created)
    with write(engine) as connection:
        for store_id in STORES:
            shop = {
                "store_id": store_id,
                "name": f"{store_id}店",
                "zone": ZONE,
                "scene": "community",
            }
            connection.execute(insert(tables.store), shop)
        people = [
            {"employee_id": who, "name": f"员工{who[1:]}", "store_id": _store(who), "language": "zh",
             "active": True}
            for who in PEOPLE
        ]  # fmt: skip
        connection.execute(insert(tables.employee), people)
        badges = [Badge(store_id=_store(who), user_id=who, employee_id=who) for who in PEOPLE]
        bind_badges(connection, badges, "seed", created)
        days = [
            RosterEntry(
                employee_id=who, work_date=TODAY.isoformat(), store_id=_store(who), target_fen=0,
                subsidy_fen=10_000, shifts=(Shift(shift_id="day", store_id=_store(who), zone=ZONE,
                                                  start="10:00", end="19:00"),),
            )
            for who in PEOPLE
        ]  # fmt: skip
        add_roster(connection, days, "seed", created)
        publish_shipped(connection, created)
    accounts.ensure(engine, WHO, PASSWORD, created, reader=Reader(Role.SALESPERSON, WHO))
    boxes = {store_id: Box(engine, f"box-{store_id}", store_id) for store_id in STORES}
    for store_id, box in boxes.items():
        box.beat(NOW, 0, (terminal("门口", f"T{store_id}", store_id, NOW, NOW),))
    engine.dispose()
    return path, boxes


def _store(who: str) -> str:
    return STORES[int(who[1:]) % len(STORES)]


def _figure(page: Page, label: str) -> str:
    return page.locator(".figure", has_text=label).first.locator("dd").inner_text()


def test_s39_two_hundred_come_late_and_desk_and_phone_show_it_as_it_happens(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    url = headquarters.url
    desk = open_context(browser, url, "zh", {"width": 1440, "height": 900})
    pocket = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN")  # type: ignore[arg-type]
    board, phone = desk.new_page(), pocket.new_page()
    for page in (board, phone):
        page.set_default_timeout(FOLLOWS_WITHIN_MS)
        witness.watch(page)
    board.goto(url)
    board.wait_for_selector(".figure")
    assert (_figure(board, "应到"), _figure(board, "迟到")) == ("200", "0")
    log_in(phone, url, WHO)
    phone.wait_for_selector(".phone-places")
    assert "-10.00" not in phone.content()
    for store_id, box in headquarters.boxes.items():
        came = [
            punch(store_id, f"T{store_id}", who, local(TODAY, "10:10", 1))
            for who in PEOPLE
            if _store(who) == store_id
        ]
        box.send(came, NOW)
    late = board.locator(".figure", has_text="迟到").first.locator("dd")
    expect(late).to_have_text("200", timeout=FOLLOWS_WITHIN_MS)
    expect(board.locator(".feed li").first).to_be_visible()
    phone.reload()
    expect(phone.locator("main")).to_contain_text("-10.00")
    expect(phone.locator("main")).to_contain_text("迟到")
    phone.goto(f"{url}/?store=S001")
    assert phone.url.startswith(f"{url}/me"), "the desk's board is not a salesperson's"
    for context in (desk, pocket):
        for page in context.pages:
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    board.set_viewport_size(PHONE)  # type: ignore[arg-type]  # HR's own phone
    board.goto(f"{url}/?store={_store(WHO)}")
    expect(board.locator("tr", has_text=NAME)).to_contain_text("迟到")
    assert board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.close()
    pocket.close()
