"""What is shown where there is no page."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from cloud_receiver.web.frame import document
from cloud_receiver.web.markup import el
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import language_of, theme_of

TEXTS: Final[Texts] = {
    "title": ("没有这个页面", "There is no such page"),
    "text": ("链接可能已过时或不完整。", "The link may be old or cut short."),
    "home": ("回到今日到岗", "Back to today"),
}


async def not_found(request: Request, _error: Exception) -> HTMLResponse:
    """Answer 404 in the reader's language."""
    language = language_of(request)
    words = Words(TEXTS, language)
    back = el("a", words("home"), href="/", class_="button main")
    card = el("main", el("h1", words("title")), el("p", words("text")), back,
              class_="card door-card")  # fmt: skip
    body = el("div", card, class_="daka door")
    return HTMLResponse(
        document(words("title"), body, theme_of(request), language), status_code=404
    )
