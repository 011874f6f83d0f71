"""The door of the web on both databases: log-outs and idle times hold in every process."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import Engine, update

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store import accounts, activations
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.keyfiles import SECRET_BYTES
from cloud_receiver.store.sessions import SEEN_EVERY_MS, seen
from cloud_receiver.store.tables import web_session
from cloud_receiver.web import login, missing, welcome
from cloud_receiver.web.gate import Gate
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.login import Door
from cloud_receiver.web.sessions import claimed
from cloud_receiver.web.turns import HASHES_AT_ONCE

LOGIN, PASSWORD, IDLE_S = "hr", "a good password", 1800
SECRET = b"s" * SECRET_BYTES
ELSEWHERE = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
)


@pytest.fixture
def door(hq_engine: Engine) -> Door:
    accounts.add(hq_engine, LOGIN, PASSWORD, 0)
    return Door(hq_engine, SECRET, IDLE_S)


class Browser:
    """Asks an application in this process, and keeps its cookies."""

    def __init__(self, door: Door, *, behind_tls: bool = False) -> None:
        app = FastAPI()
        login.register(app, door)
        welcome.register(app, door)

        @app.post("/change")
        def change(request: Request) -> str:
            return str(request.state.session.login)

        app.add_middleware(
            Gate,
            admit=door.admit,
            admit_key=lambda _key: None,
            behind_tls=behind_tls,
            barred=missing.barred,
        )

        @app.get("/broken")
        def broken() -> str:
            raise ZeroDivisionError("planted")

        app.add_exception_handler(Exception, missing.failed)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._base_url = f"{'https' if behind_tls else 'http'}://testserver"
        self.cookies = httpx.Cookies()

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self.ask("GET", path))

    def post(self, path: str, **what: Any) -> httpx.Response:
        return asyncio.run(self.ask("POST", path, **what))

    async def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport, base_url=self._base_url, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **what)
            self.cookies = client.cookies
            return answer


@pytest.fixture
def client(door: Door) -> Browser:
    return Browser(door)


def _log_in(client: Browser, password: str = PASSWORD) -> int:
    return client.post("/login", data={"login": LOGIN, "password": password}).status_code


def test_a_log_out_holds_in_another_process_and_after_a_restart(door: Door) -> None:
    cookie, other = door.cookie(LOGIN), door.cookie(LOGIN)
    session = door.admit(cookie)
    assert session is not None
    beside = Door(door.engine, SECRET, IDLE_S)
    assert beside.admit(cookie)
    door.log_out(session)
    for one in (door, beside, Door(door.engine, SECRET, IDLE_S)):
        assert one.admit(cookie) is None
        assert one.admit(other), "another log-in of the same account goes on"


def _was_active(door: Door, cookie: str, before_s: int) -> None:
    session = claimed(cookie)
    assert session is not None
    changed = update(web_session).where(web_session.c.nonce == session.nonce)
    with write(door.engine) as connection:
        connection.execute(changed.values(seen_utc_ms=(door.now_s() - before_s) * 1000))


def _seen(door: Door, cookie: str) -> int | None:
    session = claimed(cookie)
    assert session is not None
    with read(door.engine) as connection:
        return seen(connection, session.nonce, LOGIN)


def test_who_does_nothing_for_long_is_logged_out(door: Door) -> None:
    cookie = door.cookie(LOGIN)
    _was_active(door, cookie, IDLE_S - 30)
    assert door.admit(cookie)
    _was_active(door, cookie, IDLE_S)
    assert door.admit(cookie) is None


def test_what_people_do_keeps_them_in_and_a_page_that_only_follows_does_not(door: Door) -> None:
    cookie = door.cookie(LOGIN)
    _was_active(door, cookie, IDLE_S - 30)
    before = _seen(door, cookie)
    assert door.still_admits(cookie)
    assert _seen(door, cookie) == before
    assert door.admit(cookie)
    active = _seen(door, cookie)
    assert active is not None
    assert active > (before or 0)
    _was_active(door, cookie, 1)
    assert door.admit(cookie)  # within a minute nothing is written
    again = _seen(door, cookie)
    assert again is not None
    assert door.now_s() * 1000 - again < SEEN_EVERY_MS


def test_a_stranger_who_guesses_is_put_off_whatever_account_he_tries(
    door: Door, client: Browser
) -> None:
    now_s = 0.0
    door.failures = RateLimit(3, 60, lambda: now_s)
    assert _log_in(client) == 303, "a right password costs nothing"
    client.cookies.clear()
    tries = [
        client.post("/login", data={"login": f"guess-{number}", "password": "x"}).status_code
        for number in range(4)
    ]
    assert tries == [401, 401, 401, 429]
    assert _log_in(client) == 429
    now_s = 60.0
    assert _log_in(client) == 303


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_another_site_changes_nothing(client: Browser, headers: dict[str, str]) -> None:
    assert _log_in(client) == 303
    assert client.post("/change").json() == LOGIN
    assert client.post("/change", headers={"sec-fetch-site": "same-origin"}).json() == LOGIN
    for path in ("/change", "/logout"):
        assert client.post(path, headers=headers).status_code == 403
    assert client.post("/change").status_code == 200, "it has logged nobody out"


def test_many_who_log_in_at_once_take_no_more_memory_than_a_few(door: Door) -> None:
    counting, running, most = threading.Lock(), 0, 0
    several_are_in = threading.Barrier(HASHES_AT_ONCE)

    class Counting(Door):
        def verify(self, login: str, password: str) -> accounts.Verdict:
            nonlocal running, most
            with counting:
                running += 1
                most = max(most, running)
            several_are_in.wait(30)
            with counting:
                running -= 1
            return accounts.Verdict(is_ok=False)

    client = Browser(Counting(door.engine, SECRET, IDLE_S))
    form = {"login": LOGIN, "password": "not the password"}

    async def all_at_once() -> list[httpx.Response]:
        return await asyncio.gather(
            *(client.ask("POST", "/login", data=form) for _ in range(3 * HASHES_AT_ONCE))
        )

    assert {one.status_code for one in asyncio.run(all_at_once())} == {401}
    assert most == HASHES_AT_ONCE


@pytest.mark.parametrize("form", [b"login=hr" + b"&x=1" * 2000, b"login=%00&password=%00"])
def test_a_form_of_many_fields_or_of_no_characters_harms_nothing(
    client: Browser, form: bytes
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=form, headers=headers).status_code in {401, 413}


@pytest.mark.parametrize("path", ["/login?next=%00", "/%00", "/welcome/%00"])
def test_an_address_nobody_types_is_turned_away(client: Browser, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_behind_tls_cookies_go_by_nothing_else(door: Door) -> None:
    client = Browser(door, behind_tls=True)
    answer = client.post("/login", data={"login": LOGIN, "password": PASSWORD})
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("; Secure" in one and "HttpOnly" in one for one in cookies)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "; Secure" in client.post("/logout").headers["set-cookie"]


def test_what_is_shown_is_kept_in_no_cache(client: Browser) -> None:
    answer = client.post("/login", data={"login": LOGIN, "password": PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert client.get("/login").headers["cross-origin-resource-policy"] == "same-origin"


def _invite(door: Door, who: str) -> str:
    reader = Reader(Role.HR)
    accounts.ensure(door.engine, who, "nobody's password", door.now_s() * 1000, reader=reader)
    with write(door.engine) as connection:
        return f"/welcome/{activations.invite(connection, who, door.now_s() * 1000)}"


def _choose(client: Browser, link: str, password: str, again: str = "") -> httpx.Response:
    return client.post(link, data={"password": password, "again": again or password})


def test_a_first_password_is_chosen_by_a_link_that_works_once(door: Door, client: Browser) -> None:
    link = _invite(door, "wang")
    page = client.get(link)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "您的账号是 wang" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    for wrong, told in ((("short", ""), "密码要有"), (("long enough one", "another one"), "不同")):
        answer = _choose(client, link, *wrong)
        assert (answer.status_code, told in answer.text) == (422, True)
        assert "long enough one" not in answer.text
    assert _choose(client, link, "my own password").headers["location"] == "/login"
    form = {"login": "wang", "password": "my own password"}
    assert client.post("/login", data=form).status_code == 303
    for answer in (client.get(link), _choose(client, link, "another password")):
        assert (answer.status_code, "请向人事索取新链接" in answer.text) == (404, True)


def test_a_newer_link_ends_the_older_and_a_stranger_s_guess_opens_nothing(
    door: Door, client: Browser
) -> None:
    older, newer = _invite(door, "wang"), _invite(door, "wang")
    assert [client.get(link).status_code for link in (older, newer)] == [404, 200]
    assert _choose(client, "/welcome/guess", "my own password").status_code == 404
    with write(door.engine) as connection:
        week = (activations.VALID_DAYS + 1) * 86_400_000
        assert activations.invited(connection, newer[9:], door.now_s() * 1000 + week) is None


def test_a_link_is_tried_slowly_and_from_this_site_only(door: Door, client: Browser) -> None:
    link = _invite(door, "wang")
    other = client.post(link, headers=ELSEWHERE[0], data={"password": "x" * 12, "again": "x" * 12})
    assert other.status_code == 403
    tries = [client.get("/welcome/guess").status_code for _ in range(welcome.TRIES_A_MINUTE + 1)]
    assert tries == [404] * welcome.TRIES_A_MINUTE + [429]


def test_what_failed_is_said_in_words_and_not_shown(door: Door, client: Browser) -> None:
    client.post("/login", data={"login": LOGIN, "password": PASSWORD})
    page = client.get("/broken")
    assert page.status_code == 500
    assert "数据没有受影响" in page.text
    assert "planted" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
