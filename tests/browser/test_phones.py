"""The phone pages at phone size: check-in with camera and position, offline, my day, the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect
from sqlalchemy import select

from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.entries import CheckIn, from_body
from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store import accounts, consents, tables
from cloud_receiver.store.engine import read, write
from tests.browser.conftest import PHONE, Headquarters, Witness, log_in
from tests.browser.seeding import LATE_DAY, LATE_PERSON

SECRET = "a phone in a pocket"
STORE_AT = (31_230_416, 121_473_701)
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module", autouse=True)
def _staff(headquarters: Headquarters) -> None:
    """Give people accounts and the stores of two of them a place."""
    engine = headquarters.engine
    for who in (LATE_PERSON, "E101", "E204"):
        accounts.ensure(engine, who, SECRET, 0, reader=Reader(Role.SALESPERSON, who))
    boss = Reader(Role.SUPERVISOR, "E104", ("S001",))
    accounts.ensure(engine, "boss", SECRET, 0, reader=boss)
    with write(engine) as connection:
        fence = {
            "latitude_microdeg": STORE_AT[0],
            "longitude_microdeg": STORE_AT[1],
            "fence_m": 200,
        }
        connection.execute(tables.store.update().values(fence))


@pytest.fixture(scope="module")
def camera(browser_type: BrowserType, browser_type_launch_args: dict) -> Iterator[Browser]:  # type: ignore[type-arg]
    """Chromium with a camera that shows a moving picture."""
    arguments = [
        *browser_type_launch_args.get("args", ()),
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    yield browser
    browser.close()


def carry(
    browser: Browser, url: str, login: str, language: str = "zh", at: tuple[int, int] = STORE_AT
) -> BrowserContext:
    """Return a phone somebody is logged in on, at a place."""
    context = browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        has_touch=True,
        geolocation={"latitude": at[0] / 1e6, "longitude": at[1] / 1e6, "accuracy": 12},
        permissions=["geolocation", "camera"],
    )
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "daka_language", "value": language, "url": url}])
    page = context.new_page()
    log_in(page, url, login, SECRET)
    page.wait_for_selector(".phone-places")
    page.close()
    return context


def agree(headquarters: Headquarters, who: str, *purposes: Purpose) -> None:
    """Have somebody agree to some things and refuse the others."""
    with write(headquarters.engine) as connection:
        for one in Purpose:
            consents.say(connection, who, one, is_given=one in purposes, language="zh", author=who,
                         now_utc_ms=1)  # fmt: skip


def check_ins(headquarters: Headquarters, who: str) -> list[CheckIn]:
    """Return the check-ins of a person in the journal."""
    row = tables.journal.c
    with read(headquarters.engine) as connection:
        bodies = connection.scalars(select(row.body).where(row.kind == "check_in")).all()
    found = [from_body(body).entry for body in bodies]
    return [one for one in found if isinstance(one, CheckIn) and one.employee_id == who]


def fits(page: Page) -> None:
    """See that nothing sticks out of a phone's screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_agrees_checks_in_with_a_photo_and_sees_it_in_their_day(
    camera: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    who = {"zh": "E101", "en": "E204"}[language]
    context = carry(camera, headquarters.url, who, language)
    page = context.new_page()
    witness.watch(page)
    page.goto(f"{headquarters.url}/me/checkin")
    page.wait_for_selector("form[action='/me/consent']")
    fits(page)
    for purpose in Purpose:
        page.check(f"input[name={purpose}][value=yes]")
    page.click("main button[type=submit]")
    page.wait_for_url("**/me/checkin")
    page.click("#open")
    page.click("#take")
    page.wait_for_selector("#shot[data-ready]")
    page.click("#go")
    expect(page.locator("#results .note")).to_contain_text(
        {"zh": "在门店范围内", "en": "at the store"}[language]
    )
    fits(page)
    (touch,) = check_ins(headquarters, who)
    assert (touch.latitude_microdeg, touch.kept_place) == (None, "Normal")
    assert touch.accuracy_m == 12
    with read(headquarters.engine) as connection:
        kept = connection.execute(
            select(tables.photo).where(tables.photo.c.employee_id == who)
        ).one()
    assert kept.sha256 == touch.photo_sha256
    assert kept.content.startswith(b"\xff\xd8")
    assert b"Exif" not in kept.content
    _until_shown(page, f"{headquarters.url}/me", {"zh": "手机", "en": "phone"}[language])
    fits(page)
    context.close()


def _until_shown(page: Page, url: str, text: str) -> None:
    """Open a page again until the evaluator has brought something to it."""
    for _ in range(60):
        page.goto(url)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{text!r} never came")


def test_without_a_line_touches_wait_on_the_phone_and_count_once(
    camera: Browser, headquarters: Headquarters
) -> None:
    agree(headquarters, LATE_PERSON, Purpose.LOCATION)
    context = carry(camera, headquarters.url, LATE_PERSON)
    page = context.new_page()
    page.goto(f"{headquarters.url}/me/checkin")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.reload()  # the worker has the page
    page.click("#go")
    expect(page.locator("#waiting")).to_contain_text("1 次打卡")
    assert check_ins(headquarters, LATE_PERSON) == []
    page.reload()  # closed and opened again: still there
    expect(page.locator("#waiting")).to_contain_text("1 次打卡")
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#results .note.good, #results .note.warn").first).to_be_visible()
    expect(page.locator("#waiting")).to_be_hidden()
    (touch,) = check_ins(headquarters, LATE_PERSON)
    # the answer was lost on the way: the phone sends the same touch again
    again = page.evaluate(
        "(touch) => fetch('/me/checkin', {method: 'POST', body: JSON.stringify(touch)})"
        ".then((answer) => answer.status)",
        {"client_id": touch.client_id, "store_id": touch.store_id},
    )
    assert again == 200
    assert len(check_ins(headquarters, LATE_PERSON)) == 1
    context.close()


def test_who_refuses_positions_is_told_the_other_ways(
    browser: Browser, headquarters: Headquarters
) -> None:
    who = "E303"
    accounts.ensure(headquarters.engine, who, SECRET, 0, reader=Reader(Role.SALESPERSON, who))
    agree(headquarters, who)
    context = carry(browser, headquarters.url, who)
    page = context.new_page()
    page.goto(f"{headquarters.url}/me/checkin")
    expect(page.get_by_role("status")).to_contain_text("打卡机")
    assert page.locator("#go").count() == 0
    sent = {
        "client_id": "12345678",
        "store_id": "S003",
        "latitude_microdeg": 1,
        "longitude_microdeg": 1,
    }
    answer = page.request.post(f"{headquarters.url}/me/checkin", data=sent)
    assert answer.status == 422
    assert check_ins(headquarters, who) == []
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deduction_is_explained_appealed_and_signed(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    context = carry(browser, headquarters.url, LATE_PERSON, language)
    page = context.new_page()
    witness.watch(page)
    page.goto(f"{headquarters.url}/me/statement?period={LATE_DAY:%Y-%m}")
    fits(page)
    line = page.locator("li:has(a)", has_text="-10.00").first
    expect(line).to_contain_text("20")
    line.get_by_role("link").click()
    page.wait_for_url("**/me/entry/**")
    expect(page.locator("#why")).to_contain_text("-10.00")
    fits(page)
    if language == "zh":
        page.fill("textarea[name=text]", "公交车坏了")
        page.set_input_files("input[data-photo]", {
            "name": "bus.png", "mimeType": "image/png", "buffer": _picture()})  # fmt: skip
        page.wait_for_function("document.querySelector('input[name=photo]').value.length > 100")
        page.get_by_role("button", name="提交申诉").click()
        expect(page.get_by_text("处理中")).to_be_visible()
    expect(page.locator("img.wide")).to_have_count(1)
    if language == "en":
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_text("withdrawn by the employee")).to_be_visible()
    page.goto(f"{headquarters.url}/me/statement?period={LATE_DAY:%Y-%m}")
    page.locator("form[action='/me/sign'] button").click()
    expect(page.get_by_role("status")).to_contain_text({"zh": "签收", "en": "Signed"}[language])
    context.close()


def _picture() -> bytes:
    from io import BytesIO

    from PIL import Image

    kept = BytesIO()
    Image.new("RGB", (320, 200), (90, 140, 90)).save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_supervisor_sees_the_store_and_records_several_at_once(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    context = carry(browser, headquarters.url, "boss", language)
    page = context.new_page()
    witness.watch(page)
    page.goto(f"{headquarters.url}/store")
    fits(page)
    assert page.locator("section[data-store]").count() == 1
    page.locator("details summary").click()
    for who in ("E102", "E103"):
        page.check(f"input[name=who][value={who}]")
        page.fill(f"input[name=at-{who}]", "2026-11-23T08:5" + {"zh": "1", "en": "2"}[language])
    page.fill("input[name=reason]", "打卡机断电")
    page.locator("form[action='/store/arrivals'] button").click()
    expect(page.get_by_role("status")).to_contain_text("2")
    row = tables.journal.c
    with read(headquarters.engine) as connection:
        bodies = connection.scalars(select(row.body).where(row.kind == "arrival")).all()
    assert len(bodies) == {"zh": 2, "en": 4}[language]
    for path in ("/store/photos", "/store/feedback", "/store/codes"):
        page.goto(headquarters.url + path)
        fits(page)
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_rates_by_the_code_once_a_receipt(
    browser: Browser, headquarters: Headquarters, witness: Witness, language: str
) -> None:
    boss = carry(browser, headquarters.url, "boss")
    codes = boss.new_page()
    codes.goto(f"{headquarters.url}/store/codes")
    addresses = codes.locator(".codes a").evaluate_all("all => all.map((one) => one.href)")
    assert len(addresses) == 5  # the store and its four people
    address = addresses[{"zh": 0, "en": 1}[language]]
    customer = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    customer.add_cookies([{"name": "daka_language", "value": language, "url": headquarters.url}])
    page = customer.new_page()
    witness.watch(page)
    text = {"zh": "店员服务态度好,讲解详细", "en": "Very friendly and helpful"}[language]
    for _ in range(2):
        page.goto(address)
        fits(page)
        page.locator("label[for=star5]").click()
        page.locator(".picks label").first.click()
        page.fill("textarea", text)
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("status")).to_be_visible()
    _until_shown(codes, f"{headquarters.url}/store/feedback", text)
    assert codes.get_by_text(text, exact=True).count() == 1
    customer.close()
    boss.close()
