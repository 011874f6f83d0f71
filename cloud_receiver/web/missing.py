"""What is shown where there is no page, none for this reader, or none because something failed."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from cloud_receiver.web.frame import document
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.scripts import Nonce
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import language_of, theme_of

TEXTS: Final[Texts] = {
    "missing_title": ("没有这个页面", "There is no such page"),
    "missing": ("链接可能已过时或不完整。", "The link may be old or cut short."),
    "barred_title": ("这个页面不对您开放", "This page is not open to you"),
    "barred": (
        "您登录的账号({login})的角色看不了它。需要的话请管理员调整角色,或换一个账号登录。",
        "The role of the log-in {login} does not include it. Ask the administrator for another role, or log in as somebody else.",
    ),
    "failed_title": ("页面没有打开", "The page could not be opened"),
    "failed": (
        "总部的程序出了错,数据没有受影响。过一会儿再试;还是这样,请管理员查看总部日志里这个时间的记录。",
        "Something went wrong at headquarters; no data was changed by it. Try again in a while; if it stays, have the administrator look into headquarters' log of this time.",
    ),
    "again": ("再试一次", "Try again"),
    "home": ("回到首页", "To the first page"),
    "logout": ("退出,换账号", "Log out"),
}  # fmt: skip


async def not_found(request: Request, _error: Exception) -> HTMLResponse:
    """Answer 404 in the reader's language."""
    return _page(request, "missing", 404)


def barred(request: Request) -> HTMLResponse:
    """Answer 403 to somebody who is logged in, in the reader's language."""
    leave = el(
        "button", Words(TEXTS, language_of(request))("logout"), type="submit", class_="button"
    )
    form = el("form", leave, method="post", action="/logout")
    return _page(request, "barred", 403, form)


async def failed(request: Request, _error: Exception) -> HTMLResponse:
    """Answer 500 in the reader's language; what failed is in the log, not on the page."""
    again = el(
        "a", Words(TEXTS, language_of(request))("again"), href=request.url.path, class_="button"
    )
    answer = _page(request, "failed", 500, again)
    # this answer leaves outside the door, which adds it to all others
    answer.headers["Content-Security-Policy"] = Nonce().policy()
    return answer


def _page(request: Request, key: str, status: int, more: Markup | None = None) -> HTMLResponse:
    language = language_of(request)
    words = Words(TEXTS, language)
    session = getattr(request.state, "session", None)
    said = words(key, login=session.login if session else "")
    back = el("a", words("home"), href="/", class_="button main")
    title = words(f"{key}_title")
    card = el("main", el("h1", title), el("p", said),
              el("div", back, more, class_="row"), class_="card door-card")  # fmt: skip
    body = el("div", card, class_="daka door")
    return HTMLResponse(document(title, body, theme_of(request), language), status_code=status)
