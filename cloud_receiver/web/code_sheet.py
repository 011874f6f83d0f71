"""The QR codes of a store, to print: on a page, or as a file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import segno

from cloud_receiver.store.feedback_doors import FeedbackDoor
from cloud_receiver.web.frame import STATIC, document
from cloud_receiver.web.gate import CUSTOMER_FOLDER
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import Theme

TEXTS: Final[Texts] = {"title": ("扫码评价", "Scan to rate")}
Doors = Sequence[tuple[FeedbackDoor, str]]


def codes(base: str, doors: Doors, language: Language) -> Markup:
    """Return the codes as they are printed; `base` is the address of the pages."""
    words = Words(TEXTS, language)
    return el(
        "div",
        [_code(base, one.token, label, words("title")) for one, label in doors],
        class_="codes",
    )


def sheet(base: str, doors: Doors, language: str) -> str:
    """Return a whole file to print."""
    chosen = Language(language)
    style = "".join(
        (STATIC / name).read_text(encoding="utf-8") for name in ("daka.css", "phone.css")
    )
    body = el("div", codes(base, doors, chosen), class_="daka")
    inside = Markup(el("style", Markup(style)) + body)
    return document(Words(TEXTS, chosen)("title"), inside, Theme.LIGHT, chosen)


def _code(base: str, token: str, label: str, below: str) -> Markup:
    address = f"{base}{CUSTOMER_FOLDER}{token}"
    caption = el("figcaption", el("b", label), below)
    name = f"{label} {below}"
    return el("figure", el("a", _drawn(address), href=address, aria_label=name), caption)


@lru_cache(maxsize=1024)  # a store has dozens, and each takes as long as a whole page
def _drawn(address: str) -> Markup:
    made = segno.make(address, error="q", micro=False)
    return Markup(made.svg_inline(scale=4, border=2, omitsize=True))
