"""What a customer sees behind a QR code: five stars, tags, a few words. No name, no account.

Open without log-in, so it gives away nothing and takes little: the same phone at the same
code is one feedback in half an hour, and a store takes no more in an hour than customers
could honestly bring.
"""

from __future__ import annotations

from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.entries import Feedback
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import entries, feedback, feedback_doors, names
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.feedback_doors import FeedbackDoor
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.gate import CUSTOMER_FOLDER, cookie_of
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import LANGUAGE_COOKIE, language_of
from sync.clock import SystemClock

CHANNEL: Final = "qr"
WINDOW_MS: Final = 30 * 60_000
"""One receipt: what the same phone says again in it is the same feedback."""
A_DEVICE_AN_HOUR, A_STORE_AN_HOUR, AN_ADDRESS_A_MINUTE = 6, 120, 30
MAX_TEXT_CHARS: Final = 500
VISITOR_COOKIE: Final = "daka_visitor"
TEXTS: Final[Texts] = {
    "title": ("请您评价", "Your opinion"),
    "lead": (
        "不需要登录,也不收集您的个人信息。",
        "No log-in, and nothing about you is collected.",
    ),
    "rating": ("满意度", "How was it?"),
    "star": ("{n} 星", "{n} stars"),
    "tags": ("可多选", "Choose any"),
    "text": ("想说的话(可不填)", "In your words (optional)"),
    "text_hint": ("请不要写姓名、电话等个人信息", "Please no names or phone numbers"),
    "send": ("提交", "Send"),
    "thanks": ("谢谢您的评价!", "Thank you!"),
    "thanks_lead": (
        "您的评价会送到门店,用来改进服务。",
        "It goes to the store, to serve you better.",
    ),
    "gone": ("这个评价码已停用。", "This code is no longer in use."),
    "busy": ("评价太频繁,请稍后再试。", "Too many at once: please try again later."),
    "rate_first": ("请先选择几星。", "Choose how many stars first."),
    "other_language": ("English", "中文"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page behind every code."""
    monotonic_s = SystemClock.of_this_boot().monotonic_s
    by_device = RateLimit(A_DEVICE_AN_HOUR, 3600, monotonic_s)
    by_store = RateLimit(A_STORE_AN_HOUR, 3600, monotonic_s)
    by_address = RateLimit(AN_ADDRESS_A_MINUTE, 60, monotonic_s)

    @app.get(CUSTOMER_FOLDER + "{token}")
    def show(request: Request, token: str, lang: str = "") -> Response:
        if not by_address.allows(_address(request)):
            return _note(request, "busy", 429)
        if lang in set(Language):
            answer: Response = phone.done(f"{CUSTOMER_FOLDER}{token}")
            answer.set_cookie(LANGUAGE_COOKIE, lang, httponly=True, samesite="lax")
            return answer
        with read(desk.engine) as connection:
            door = feedback_doors.behind(connection, token)
            title = _title(connection, door) if door else ""
        if door is None:
            return _note(request, "gone", 404)
        answer = _form(request, door, title)
        if not cookie_of(request.headers, VISITOR_COOKIE):
            answer.set_cookie(
                VISITOR_COOKIE, token_urlsafe(12), max_age=WINDOW_MS // 500, httponly=True,
                samesite="lax", path=CUSTOMER_FOLDER,
            )  # fmt: skip
        return answer

    @app.post(CUSTOMER_FOLDER + "{token}")
    async def take(request: Request, token: str) -> Response:
        form = await read_form(request, phone.MAX_FORM_BYTES)
        if form is None or not by_address.allows(_address(request)):
            return _note(request, "busy", 413 if form is None else 429)
        return await run_in_threadpool(_take, desk, request, token, form, by_device, by_store)


def _take(
    desk: Desk,
    request: Request,
    token: str,
    form: dict[str, list[str]],
    by_device: RateLimit,
    by_store: RateLimit,
) -> Response:
    device = cookie_of(request.headers, VISITOR_COOKIE) or _address(request)
    with read(desk.engine) as connection:
        door = feedback_doors.behind(connection, token)
    if door is None:
        return _note(request, "gone", 404)
    rating = form.get("rating", [""])[0]
    if rating not in {"1", "2", "3", "4", "5"}:
        return _note(request, "rate_first", 422)
    if not by_device.allows(device) or not by_store.allows(door.store_id):
        return _note(request, "busy", 429)
    _enter(desk, door, device, int(rating), form)
    return _thanks(request)


def _enter(
    desk: Desk, door: FeedbackDoor, device: str, rating: int, form: dict[str, list[str]]
) -> None:
    now_utc_ms = utc_ms(desk.now())
    window = now_utc_ms // WINDOW_MS
    offered = {rule.tag for rule in feedback.tag_rules() if rule.offered}
    text = "".join(one for one in form.get("text", [""])[0] if one.isprintable() or one == "\n")
    said = Feedback(
        channel=CHANNEL,
        msg_id=sha256(f"{door.token}/{device}/{window}".encode()).hexdigest()[:32],
        store_id=door.store_id,
        employee_id=door.employee_id,
        said_utc_ms=now_utc_ms,
        rating_milli=rating * 200,
        tags=tuple(sorted(offered.intersection(form.get("tag", [])))),
        text=text.strip()[:MAX_TEXT_CHARS],
    )
    with write(desk.engine) as connection:
        entries.enter(connection, said, "customer", now_utc_ms)


def _title(connection: Connection, door: FeedbackDoor) -> str:
    shops = {one.store_id: one.name for one in names.stores(connection)}
    store_name = shops.get(door.store_id, door.store_id)
    if not door.employee_id:
        return store_name
    people = names.employee_names(connection)
    return f"{store_name} · {people.get(door.employee_id, '')}"


def _form(request: Request, door: FeedbackDoor, title: str) -> HTMLResponse:
    words, language = _words(request), language_of(request)
    stars = [
        (el("input", type="radio", name="rating", value=n, id=f"star{n}", required=True),
         el("label", "★", el("span", words("star", n=n), class_="unseen"), for_=f"star{n}"))
        for n in (5, 4, 3, 2, 1)
    ]  # fmt: skip
    picks = [
        el("label", el("input", type="checkbox", name="tag", value=rule.tag),
           language.pick(rule.label.zh, rule.label.en))
        for rule in feedback.tag_rules() if rule.offered
    ]  # fmt: skip
    other = el(
        "a", words("other_language"), href=f"?lang={language.other}", lang=language.other.tag
    )
    words_box = el(
        "textarea", name="text", maxlength=MAX_TEXT_CHARS, placeholder=words("text_hint")
    )
    form = el(
        "form",
        el("fieldset", el("legend", words("rating"), class_="unseen"), stars, class_="stars"),
        el("p", words("tags"), class_="muted small"), el("div", picks, class_="picks"),
        phone.field(words("text"), words_box),
        el("button", words("send"), type="submit", class_="button main big"),
        method="post", action=f"{CUSTOMER_FOLDER}{door.token}", class_="stack",
    )  # fmt: skip
    lead = el("p", words("lead"), class_="muted small")
    parts: list[Markup] = [el("h1", title), lead, form, el("p", other, class_="small")]
    return phone.public_page(request, words("title"), parts)


def _thanks(request: Request) -> HTMLResponse:
    words = _words(request)
    told = el("p", words("thanks_lead"), class_="note good", role="status")
    return phone.public_page(request, words("thanks"), el("h1", words("thanks")), told)


def _note(request: Request, key: str, status: int) -> HTMLResponse:
    words = _words(request)
    note = el("p", words(key), class_="note bad", role="alert")
    return phone.public_page(request, words("title"), note, status=status)


def _words(request: Request) -> Words:
    return Words(TEXTS, language_of(request))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
