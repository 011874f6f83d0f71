"""Nothing is open without log-in, and the entrance cannot be forced."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store.accounts import FAILURES_BEFORE_LOCK, add, ensure
from cloud_receiver.web.gate import is_open
from tests.browser.conftest import DESKTOP, Headquarters, log_in, open_context, shot
from tests.browser.seeding import LOGIN, PASSWORD


def _address(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", path)


def _cookie(hq: Headquarters) -> str:
    form = {"login": LOGIN, "password": PASSWORD}
    answer = httpx.post(f"{hq.url}/login", data=form)
    assert answer.status_code == 303
    return answer.cookies["daka_session"]


def test_every_route_asks_for_login(headquarters: Headquarters) -> None:
    paths = {path for path, _ in headquarters.routes}
    assert {"/", "/ledger", "/why/{entry_id:path}", "/fleet", "/problems", "/logout"} <= paths
    assert any(path.startswith("/_nicegui") for path in paths)
    with httpx.Client(base_url=headquarters.url) as client:
        for path, methods in headquarters.routes:
            if is_open(_address(path)) or path == "/static/":
                continue
            for method in {*methods, "POST"}:
                answer = client.request(method, _address(path))
                assert answer.status_code == 401, (method, path, answer.status_code)


def test_a_page_without_login_leads_to_the_log_in_and_back(headquarters: Headquarters) -> None:
    wanted = "/why/late_standard/E202/2026-11-22%231"
    html = {"accept": "text/html"}
    answer = httpx.get(f"{headquarters.url}{wanted}?a=1", headers=html)
    assert answer.status_code == 303
    login = httpx.get(f"{headquarters.url}{answer.headers['location']}")
    assert f'value="{wanted}?a=1"' in login.text


def test_only_log_in_static_files_and_health_are_open(headquarters: Headquarters) -> None:
    for path in ("/login", "/healthz", "/static/daka.css", "/favicon.ico"):
        assert httpx.get(f"{headquarters.url}{path}").status_code == 200, path
    assert httpx.get(f"{headquarters.url}/static/../ledger").status_code in {401, 404}
    assert httpx.get(f"{headquarters.url}/static/%2e%2e/app.py").status_code in {401, 404}


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
def test_the_socket_is_closed_to_strangers(headquarters: Headquarters, origin: str | None) -> None:
    cookie = f"Cookie: daka_session={_cookie(headquarters)}\r\n" if origin else ""
    at = urlsplit(headquarters.url)
    assert at.hostname is not None
    with socket.create_connection((at.hostname, at.port), timeout=10) as line:
        line.sendall(
            (
                "GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                f"Host: {at.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                f"{cookie}{f'Origin: {origin}' if origin else 'X-None: 1'}\r\n\r\n"
            ).encode()
        )
        assert line.recv(200).startswith(b"HTTP/1.1 403")


def test_a_forged_or_ended_cookie_opens_nothing(headquarters: Headquarters) -> None:
    good = _cookie(headquarters)

    def status(cookie: str) -> int:
        return httpx.get(f"{headquarters.url}/", cookies={"daka_session": cookie}).status_code

    assert status(good) == 200
    name, issued, nonce, seal = good.split(".")
    other = "YWRtaW4="  # admin
    for forged in (
        "", "x", "....", f"{name}.{issued}.{nonce}.{'0' * 64}", f"{other}.{issued}.{nonce}.{seal}",
        f"{name}.{int(issued) + 1}.{nonce}.{seal}", good + "é",
    ):  # fmt: skip
        assert httpx.get(
            f"{headquarters.url}/", headers={"cookie": f"daka_session={forged}".encode()}
        ).status_code == 401  # fmt: skip
    httpx.post(f"{headquarters.url}/logout", cookies={"daka_session": good})
    assert status(good) == 401


def test_another_site_cannot_send_the_form(headquarters: Headquarters) -> None:
    form = {"login": LOGIN, "password": PASSWORD}
    answer = httpx.post(
        f"{headquarters.url}/login", data=form, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_site_can_use_no_route_that_changes_something(
    headquarters: Headquarters, headers: dict[str, str]
) -> None:
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    found = [(path, way) for path, ways in headquarters.routes for way in changing & {*ways}]
    assert ("/logout", "POST") in found
    jar = {"daka_session": _cookie(headquarters)}
    with httpx.Client(base_url=headquarters.url, cookies=jar, headers=headers) as client:
        for path, method in found:
            answer = client.request(method, _address(path))
            assert answer.status_code == 403, (method, path)
            if path.startswith("/api/"):
                assert answer.json()["code"] == "forbidden"
            else:
                assert answer.text == "this request came from another site"
    assert httpx.get(f"{headquarters.url}/", cookies=jar).status_code == 200


def test_a_huge_form_is_refused(headquarters: Headquarters) -> None:
    answer = httpx.post(f"{headquarters.url}/login", data={"login": "x" * 100_000})
    assert answer.status_code == 413


def test_answers_carry_security_headers_and_a_closed_cookie(headquarters: Headquarters) -> None:
    page = httpx.get(f"{headquarters.url}/", cookies={"daka_session": _cookie(headquarters)})
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    form = {"login": LOGIN, "password": PASSWORD}
    cookie = httpx.post(f"{headquarters.url}/login", data=form).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_page_of_others_says_so_in_words(browser: Browser, headquarters: Headquarters) -> None:
    who = Reader(Role.SUPERVISOR, "E104", ("S001",))
    ensure(headquarters.engine, "boss", PASSWORD, 0, reader=who)
    page = browser.new_page()
    log_in(page, headquarters.url, "boss")
    page.wait_for_selector(".phone-places")
    answer = page.goto(f"{headquarters.url}/ledger")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_have_text("这个页面不对您开放")
    shot(page, "barred")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")
    page.close()


def _policy(headquarters: Headquarters, path: str) -> dict[str, str]:
    answer = httpx.get(headquarters.url + path, cookies={"daka_session": _cookie(headquarters)})
    said = answer.headers["content-security-policy"].split("; ")
    return {name: rest for name, _, rest in (one.partition(" ") for one in said)}


def test_pages_run_scripts_of_ours_only_and_light_pages_nothing_inline(
    headquarters: Headquarters,
) -> None:
    closed = {"default-src", "object-src", "base-uri", "frame-ancestors"}
    for path in ("/", "/rules", "/login", "/me", "/nowhere", "/api/v1/openapi.json"):
        policy = _policy(headquarters, path)
        assert {policy[name] for name in closed} == {"'none'"}, path
        assert policy["form-action"] == "'self'"
        assert "*" not in "".join(policy.values())
        assert "'unsafe-inline'" not in policy["script-src"]
    assert _policy(headquarters, "/login")["script-src"] == "'self'"
    assert _policy(headquarters, "/login")["style-src"] == "'self'"
    words = {_policy(headquarters, "/")["script-src"] for _ in range(2)}
    assert len(words) == 2, "the word is used once"


def test_a_script_that_got_into_a_page_does_not_run(
    browser: Browser, headquarters: Headquarters
) -> None:
    context = open_context(browser, headquarters.url, "zh", DESKTOP)
    page = context.new_page()
    page.goto(f"{headquarters.url}/")
    page.wait_for_selector(".figures")
    page.evaluate("""() => {
        const script = Object.assign(document.createElement("script"), {textContent: "window.got = 1"});
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.got = 2'>");
        return new Promise((resolve) => document.body.lastChild.addEventListener("error", resolve));
    }""")
    assert page.evaluate("window.got") is None
    context.close()


def test_the_log_in_does_not_lead_to_another_site(headquarters: Headquarters) -> None:
    form = {"login": LOGIN, "password": PASSWORD, "next": "//evil.example/"}
    assert httpx.post(f"{headquarters.url}/login", data=form).headers["location"] == "/"


def test_a_wrong_password_is_said_in_words(browser: Browser, headquarters: Headquarters) -> None:
    page = browser.new_page()
    log_in(page, headquarters.url, LOGIN, "not the password")
    expect(page.get_by_role("alert")).to_have_text("账号或密码不对。")
    page.close()


def test_too_many_wrong_passwords_lock_the_account(
    browser: Browser, headquarters: Headquarters
) -> None:
    add(headquarters.engine, "clerk", "the right password", 0)
    page = browser.new_page()
    for _ in range(FAILURES_BEFORE_LOCK):
        log_in(page, headquarters.url, "clerk", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("已锁定")
    log_in(page, headquarters.url, "clerk", "the right password")
    expect(page.get_by_role("alert")).to_contain_text("15 分钟")
    page.close()


def test_logging_out_closes_the_other_tabs_too(
    browser: Browser, headquarters: Headquarters
) -> None:
    context = open_context(browser, headquarters.url, "zh", DESKTOP)
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.goto(f"{headquarters.url}/")
        page.wait_for_selector(".figures")
    one.get_by_role("button", name="退出").click()
    one.wait_for_url("**/login")
    expect(other).to_have_url(re.compile("/login"), timeout=15_000)  # it may go there twice
    context.close()
