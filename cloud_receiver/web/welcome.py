"""Where somebody chooses a first password, by a link that works once."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud_receiver.store import activations
from cloud_receiver.store.accounts import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS
from cloud_receiver.store.engine import read
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.gate import WELCOME_FOLDER
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.login import Door
from cloud_receiver.web.markup import el
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import language_of
from sync.clock import SystemClock
from sync.errors import DakaError

TRIES_A_MINUTE: Final = 20
TEXTS: Final[Texts] = {
    "title": ("设置登录密码", "Choose your password"),
    "lead": ("您的账号是 {login}。", "Your login is {login}."),
    "password": ("密码(至少 {n} 个字符)", "Password (at least {n} characters)"),
    "again": ("再输一次", "Once more"),
    "send": ("保存并登录", "Keep it and log in"),
    "gone": (
        "这个链接已使用或已过期,请向人事索取新链接。",
        "This link was used already or is too old: ask HR for a new one.",
    ),
    "differ": ("两次输入的密码不同。", "The two passwords differ."),
    "length": ("密码要有 {low} 到 {high} 个字符。", "A password has {low} to {high} characters."),
    "busy": ("请稍后再试。", "Please try again later."),
}


def register(app: FastAPI, door: Door) -> None:
    """Add the page; it goes by the machine's clock, as log-in does."""
    limit = RateLimit(TRIES_A_MINUTE, 60, SystemClock.of_this_boot().monotonic_s)

    @app.get(WELCOME_FOLDER + "{token}")
    def show(request: Request, token: str) -> Response:
        if not limit.allows(request.client.host if request.client else ""):
            return _note(request, "busy", 429)
        return _form(request, door, token)

    @app.post(WELCOME_FOLDER + "{token}")
    async def choose(request: Request, token: str) -> Response:
        form = await read_form(request, phone.MAX_FORM_BYTES)
        if form is None or not limit.allows(request.client.host if request.client else ""):
            return _note(request, "busy", 413 if form is None else 429)
        password, again = (form.get(name, [""])[0] for name in ("password", "again"))
        if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
            return _form(request, door, token, "length")
        if password != again:
            return _form(request, door, token, "differ")
        try:
            now_utc_ms = door.now_s() * 1000
            await door.hashing.run(activations.activate, door.engine, token, password, now_utc_ms)
        except DakaError:
            return _note(request, "gone", 404)
        return phone.done("/login")


def _form(request: Request, door: Door, token: str, wrong: str = "") -> HTMLResponse:
    words = Words(TEXTS, language_of(request))
    with read(door.engine) as connection:
        login = activations.invited(connection, token, door.now_s() * 1000)
    if login is None:
        return _note(request, "gone", 404)
    sizes = {"low": MIN_PASSWORD_CHARS, "high": MAX_PASSWORD_CHARS}
    told = el("p", words(wrong, **sizes), class_="note bad", role="alert") if wrong else None
    boxes = [
        phone.field(words(name, n=MIN_PASSWORD_CHARS),
                    el("input", type="password", name=name, required=True, minlength=MIN_PASSWORD_CHARS,
                       maxlength=MAX_PASSWORD_CHARS, autocomplete="new-password"))
        for name in ("password", "again")
    ]  # fmt: skip
    form = el(
        "form", boxes, el("button", words("send"), type="submit", class_="button main big"),
        method="post", action=f"{WELCOME_FOLDER}{token}", class_="stack",
    )  # fmt: skip
    title = el("h1", words("title"))
    lead = el("p", words("lead", login=login))
    return phone.public_page(request, words("title"), title, lead, told, form,
                             status=422 if wrong else 200)  # fmt: skip


def _note(request: Request, key: str, status: int) -> HTMLResponse:
    words = Words(TEXTS, language_of(request))
    note = el("p", words(key), class_="note bad", role="alert")
    return phone.public_page(request, words("title"), note, status=status)
