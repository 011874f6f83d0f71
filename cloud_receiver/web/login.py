"""Logging in and out: a plain page that needs no script, and the check behind every request."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from cloud_receiver.store import accounts
from cloud_receiver.store import sessions as open_sessions
from cloud_receiver.store.engine import read, write
from cloud_receiver.web import sessions
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import document
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.sessions import COOKIE, Session
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.turns import HASHES_AT_ONCE, Turns
from cloud_receiver.web.visit import LANGUAGE_COOKIE, language_of, own_address, theme_of
from sync.clock import SystemClock

MAX_FORM_BYTES: Final = 8192
FAILURES_AT_ONCE: Final = 30
FAILURES_WITHIN_S: Final = 15 * 60
"""Of one address, whatever accounts it tries; a store's people share an address, so it is many."""
TEXTS: Final[Texts] = {
    "title": ("登录", "Log in"),
    "product": ("打卡 · 总部", "Daka · headquarters"),
    "lead": ("到岗、奖惩和每一分钱的来由", "Who is in, what it earns, and why"),
    "login": ("账号", "Login"),
    "password": ("密码", "Password"),
    "submit": ("登录", "Log in"),
    "wrong": ("账号或密码不对。", "The login or the password is not right."),
    "locked": (
        "连续输错次数过多,账号已锁定,请 {minutes} 分钟后再试。",
        "Too many wrong passwords: the account is locked. Try again in {minutes} min.",
    ),
    "too_many": (
        "这个地址输错次数过多,请几分钟后再试。",
        "Too many wrong passwords from this address. Try again in some minutes.",
    ),
    "again": (
        "登录后回到您要看的页面。久未操作会自动退出。",
        "You are led back to the page you asked for. After a while without use you are logged out.",
    ),
    "other_language": ("English", "中文"),
}


class Door:
    """Checks log-ins and sessions; goes by the machine's clock, for people log in in real time.

    Args:
        idle_s: how long a session may be without a request or an action on a page.
    """

    def __init__(self, engine: Engine, secret: bytes, idle_s: int) -> None:
        self.engine = engine
        self._secret = secret
        self._idle_s = idle_s
        self._clock = SystemClock.of_this_boot()
        self.hashing = Turns(HASHES_AT_ONCE)
        self.failures = RateLimit(FAILURES_AT_ONCE, FAILURES_WITHIN_S, self._clock.monotonic_s)

    def now_s(self) -> int:
        """Return the machine's wall clock in seconds."""
        return int(self._clock.now_utc().timestamp())

    def verify(self, login: str, password: str) -> accounts.Verdict:
        """Check a password; counts failures."""
        return accounts.verify(self.engine, login, password, self.now_s() * 1000)

    def cookie(self, login: str) -> str:
        """Begin a session and return its cookie."""
        session = sessions.begin(login, self.now_s())
        with write(self.engine) as connection:
            known = accounts.credentials(connection, login)
            began_utc_ms, max_age_ms = session.issued_s * 1000, sessions.MAX_AGE_S * 1000
            open_sessions.begin(connection, session.nonce, login, began_utc_ms, max_age_ms)
        assert known is not None, "the account was there a moment ago"
        return sessions.sign(session, self._secret, known.seal)

    def admit(self, cookie: str) -> Session | None:
        """Return the session of a cookie and keep it awake; None: it is not or no longer good."""
        return self._admit(cookie, wakes=True)

    def still_admits(self, cookie: str) -> bool:
        """Tell whether a cookie is good; nobody is taken to be active for it."""
        return self._admit(cookie, wakes=False) is not None

    def _admit(self, cookie: str, *, wakes: bool) -> Session | None:
        session, now_s = sessions.claimed(cookie), self.now_s()
        if session is None:
            return None
        with read(self.engine) as connection:
            known = accounts.credentials(connection, session.login)
            seen_utc_ms = open_sessions.seen(connection, session.nonce, session.login)
        if known is None or seen_utc_ms is None:
            return None
        idle_ms = now_s * 1000 - seen_utc_ms
        if idle_ms >= self._idle_s * 1000:
            return None
        if not sessions.is_genuine(cookie, self._secret, known.seal, now_s):
            return None
        if wakes and idle_ms >= open_sessions.SEEN_EVERY_MS:
            with write(self.engine) as connection:
                open_sessions.touch(connection, session.nonce, now_s * 1000)
        return replace(session, reader=known.reader)

    def log_out(self, session: Session) -> None:
        """End a session in every tab and every process."""
        with write(self.engine) as connection:
            open_sessions.end(connection, session.nonce)


def register(app: FastAPI, door: Door) -> None:
    """Add the log-in page, the check of its form, and log-out."""

    @app.get("/login")
    def show(request: Request, next: str = "/", lang: str = "") -> Response:  # noqa: A002
        if lang in set(Language):
            back = urlencode({"next": own_address(next)})
            chosen = RedirectResponse(f"/login?{back}", status_code=303)
            chosen.set_cookie(LANGUAGE_COOKIE, lang, httponly=True, samesite="lax")
            return chosen
        if request.state.session is not None:
            return RedirectResponse(own_address(next), status_code=303)
        return _page(request, own_address(next))

    @app.post("/login")
    async def check(request: Request) -> Response:
        form = await _form(request)
        if form is None:
            return PlainTextResponse("the form is too large", status_code=413)
        login, back_to = form.get("login", ""), own_address(form.get("next", "/"))
        address = request.client.host if request.client else ""
        if not door.failures.allows(address):  # as if it failed, until it is known that it did not
            return _page(request, back_to, login, busy=True)
        verdict = await door.hashing.run(door.verify, login, form.get("password", ""))
        if not verdict.is_ok:
            return _page(request, back_to, login, verdict)
        door.failures.give_back(address)
        answer = RedirectResponse(back_to, status_code=303)
        answer.set_cookie(
            COOKIE, await run_in_threadpool(door.cookie, login), max_age=sessions.MAX_AGE_S,
            httponly=True, samesite="lax",
        )  # fmt: skip
        if LANGUAGE_COOKIE not in request.cookies:
            answer.set_cookie(LANGUAGE_COOKIE, verdict.language, httponly=True, samesite="lax")
        return answer

    @app.post("/logout")
    def leave(request: Request) -> Response:
        door.log_out(request.state.session)
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE)
        return answer


async def _form(request: Request) -> dict[str, str] | None:
    """Read a small form, None when it is larger than any honest one."""
    fields = await read_form(request, MAX_FORM_BYTES)
    return None if fields is None else {name: values[0] for name, values in fields.items()}


def _page(
    request: Request,
    back_to: str,
    login: str = "",
    verdict: accounts.Verdict | None = None,
    *,
    busy: bool = False,
) -> HTMLResponse:
    language = language_of(request)
    words = Words(TEXTS, language)
    other = el("a", words("other_language"), lang=language.other.tag,
               href=f"/login?{urlencode({'lang': language.other, 'next': back_to})}")  # fmt: skip
    card = el(
        "main",
        el("div", el("span", "打", el("br"), "卡", class_="seal", lang="zh-CN"),
           el("div", el("h1", words("product")), el("p", words("lead"), class_="muted small")),
           class_="row door-brand"),
        _refusal(verdict, words, busy=busy),
        el("p", words("again"), class_="note small")
        if back_to != "/" and verdict is None and not busy else None,
        el("form", el("input", type="hidden", name="next", value=back_to),
           _field("login", "text", "username", login, words),
           _field("password", "password", "current-password", "", words),
           el("button", words("submit"), type="submit", class_="button main"),
           method="post", action="/login"),
        el("div", other, class_="small"),
        class_="card door-card",
    )  # fmt: skip
    body = el("div", card, class_="daka door")
    status = 429 if busy else 200 if verdict is None else 401
    return HTMLResponse(document(words("title"), body, theme_of(request), language), status)


def _field(name: str, kind: str, completes: str, value: str, words: Words) -> Markup:
    box = el("input", id=name, name=name, type=kind, autocomplete=completes, value=value,
             required=True, autofocus=name == "login", maxlength=200)  # fmt: skip
    return el("label", words(name), box, class_="field")


def _refusal(verdict: accounts.Verdict | None, words: Words, *, busy: bool) -> Markup | None:
    if verdict is None and not busy:
        return None
    if verdict is None:
        text = words("too_many")
    elif verdict.locked_for_s:
        text = words("locked", minutes=-(-verdict.locked_for_s // 60))
    else:
        text = words("wrong")
    return el("p", text, class_="note bad", role="alert")
