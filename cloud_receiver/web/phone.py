"""Pages for phones: light documents of the server's with at most one small script of their own.

They work in the browsers inside WeChat and DingTalk and on a slow line; nothing comes from
elsewhere. The people they are for are taken from the account, never from the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud_receiver.domain.roles import Role, may_look
from cloud_receiver.web.frame import document, static_address
from cloud_receiver.web.markup import Child, Markup, el
from cloud_receiver.web.texts import Language, Texts, reason_of
from cloud_receiver.web.visit import Theme, Visit, language_of, theme_of, visit_of
from sync.errors import DakaError

MAX_FORM_BYTES: Final = 16_384
MAX_PHOTO_FORM_BYTES: Final = 12_000_000
"""A photo of 8 MB as text in a form."""
TEXTS: Final[Texts] = {
    "product": ("打卡", "Daka"),
    "day": ("今天", "Today"),
    "checkin": ("打卡", "Check in"),
    "statement": ("对账单", "Statement"),
    "store": ("门店", "Store"),
    "photos": ("照片", "Photos"),
    "feedback": ("评价", "Feedback"),
    "codes": ("评价码", "QR codes"),
    "navigation": ("主导航", "Main navigation"),
    "other_language": ("English", "中文"),
    "logout": ("退出", "Log out"),
    "office": ("总部", "Office"),
    "nobody_title": ("没有对应的员工", "No employee"),
    "nobody": (
        "这个账号没有对应的员工,所以没有个人页面。请管理员在账号上填写员工编号。",
        "This account belongs to no employee. Ask the administrator to enter the employee's id with it.",
    ),
    "refused": ("没有完成", "Not done"),
    "back": ("返回", "Back"),
    "too_large": ("内容太大,没有收到。", "That is too large; nothing was taken."),
}
_MINE: Final = (("day", "/me"), ("checkin", "/me/checkin"), ("statement", "/me/statement"))
_STORES: Final = (
    ("store", "/store"),
    ("photos", "/store/photos"),
    ("feedback", "/store/feedback"),
    ("codes", "/store/codes"),
)
STYLE: Final = static_address("phone.css")


def employee_of(visit: Visit) -> str | None:
    """Return whose own pages these are; None: an account of nobody's."""
    return visit.session.reader.employee_id


def stores_of(visit: Visit) -> tuple[str, ...] | None:
    """Return the stores the reader answers for; None: all, for HR has no fewer."""
    reader = visit.session.reader
    return reader.store_ids if reader.role is Role.SUPERVISOR else None


def page(
    visit: Visit,
    here: str,
    title: str,
    *parts: Child,
    script: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page.

    Args:
        here: which of the places at the lower edge it is.
        script: the name of its own script.
    """
    words = visit.words(TEXTS)
    back = quote(visit.address, safe="")
    other = visit.language.other
    leave = el("button", words("logout"), class_="link", type="submit")
    office = (
        el("a", words("office"), href="/") if may_look(visit.session.reader.role, "/") else None
    )
    top = el(
        "header",
        el("span", el("span", "打", el("br"), "卡", class_="seal", lang="zh-CN", aria_hidden="true"),
           words("product"), class_="brand"),
        el("span", office, el("a", words("other_language"), lang=other.tag,
                              href=f"/prefer/language/{other}?next={back}"),
           el("form", leave, method="post", action="/logout"), class_="row"),
        class_="phone-top",
    )  # fmt: skip
    body = el(
        "div",
        top,
        el("main", el("h1", title), *parts, id="content", class_="stack"),
        _places(visit, here),
        class_="daka phone",
    )
    return _answer(title, body, visit.theme, visit.language, script, status, headers)


def public_page(
    request: Request, title: str, *parts: Child, script: str = "", status: int = 200
) -> HTMLResponse:
    """Return a page for somebody without an account."""
    main = el("main", *parts, id="content", class_="stack")
    body = el("div", main, class_="daka phone bare")
    language, theme = language_of(request), theme_of(request)
    return _answer(title, body, theme, language, script, status, None)


def _answer(
    title: str, body: Markup, theme: Theme, language: Language, script: str, status: int,
    headers: Mapping[str, str] | None,
) -> HTMLResponse:  # fmt: skip
    parts = [el("link", rel="stylesheet", href=STYLE), body]
    if script:
        parts.append(el("script", src=static_address(script), type="module"))
    html = document(title, Markup("".join(parts)), theme, language)
    return HTMLResponse(html, status, {"Cache-Control": "no-store", **(headers or {})})


def _places(visit: Visit, here: str) -> Markup:
    words, reader = visit.words(TEXTS), visit.session.reader
    places = list(_MINE) if reader.employee_id is not None else []
    if may_look(reader.role, "/store"):
        places += _STORES
    links = [
        el("a", words(name), href=address, aria_current="page" if name == here else None)
        for name, address in places
    ]
    return el("nav", links, class_="phone-places", aria_label=words("navigation"))


def nobody(visit: Visit) -> HTMLResponse:
    """Return the page of an account that belongs to no employee."""
    words = visit.words(TEXTS)
    return page(visit, "", words("nobody_title"), el("p", words("nobody"), class_="note"))


def refusal(visit: Visit, here: str, error: DakaError, back_to: str) -> HTMLResponse:
    """Return the page that says why something was not done."""
    words = visit.words(TEXTS)
    return page(
        visit, here, words("refused"),
        el("p", reason_of(error, visit.language), class_="note bad", role="alert"),
        el("a", words("back"), href=back_to, class_="button"), status=409,
    )  # fmt: skip


def too_large(request: Request) -> Response:
    """Return the page for a form no honest phone sends."""
    visit = visit_of(request)
    words = visit.words(TEXTS)
    note = el("p", words("too_large"), class_="note bad", role="alert")
    return page(visit, "", words("refused"), note, status=413)


def done(address: str) -> RedirectResponse:
    """Lead to a page after a form was taken in."""
    return RedirectResponse(address, status_code=303)


def field(label: str, control: Markup) -> Markup:
    """Return a control with its label."""
    return el("label", label, control, class_="field")


def section(title: str, *parts: Child, **attributes: str) -> Markup:
    """Return a card with a heading."""
    inside = el("div", *parts, class_="card-body stack tight")
    return el("section", el("h2", title, class_="card-head"), inside, class_="card", **attributes)


def wall(now: datetime, zone: str) -> str:
    """Return an instant as the value of a local date-and-time field."""
    return now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
