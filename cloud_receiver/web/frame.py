"""What stands around every page: head, navigation, clock, language, theme and log-out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.element import Element
from sqlalchemy import Engine

from cloud_receiver.domain.appeals import USUAL_TERMS
from cloud_receiver.domain.appeals import Terms as AppealTerms
from cloud_receiver.domain.notices import Reach
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import matters, names
from cloud_receiver.store.engine import read
from cloud_receiver.web.live import WORKING, Hub, LiveFigures
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.navigation import navigation
from cloud_receiver.web.phrases import date_text
from cloud_receiver.web.shelf import Shelf
from cloud_receiver.web.texts import Language, Texts
from cloud_receiver.web.turns import PHOTOS_AT_ONCE, Turns
from cloud_receiver.web.visit import Theme, Visit
from sync.clock import Clock, SystemClock

page_at: Final = partial(ui.page, response_timeout=60.0)
"""Declares a page; on a machine that is busy it may take its time before it counts as failed."""
DECIDED_WITHIN_DAYS: Final = 31
"""How far back the page of decisions looks."""
STATIC: Final = Path(__file__).parent / "static"
TEXTS: Final[Texts] = {
    "skip": ("跳到正文", "Skip to content"),
    "product": ("打卡", "Daka"),
}


def static_address(name: str) -> str:
    """Return the address of a file of `STATIC`; it changes with its content."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:8]}"


STYLESHEET: Final = static_address("daka.css")
FIRST: Final = static_address("first.js")
SEARCH: Final = static_address("search.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside(Reach):
    """What pages need to know of the world outside.

    Attributes:
        quotas: metered calls a month, by channel.
        box_web, box_broker: addresses new boxes are told; empty: none can be let in.
        appeals: on what terms people appeal, and who decides.
    """

    box_web: str = ""
    box_broker: str = ""
    quotas: Mapping[str, int] = field(default_factory=dict)
    appeals: AppealTerms = USUAL_TERMS


@dataclass(frozen=True)
class Desk:
    """What every page works with.

    Attributes:
        photographing: of all pages together, for the memory that opening pictures takes.
    """

    engine: Engine
    clock: Clock
    hub: Hub
    outside: Outside = Outside()
    shelf: Shelf = field(default_factory=Shelf)
    photographing: Turns = field(default_factory=partial(Turns, PHOTOS_AT_ONCE))

    def home_zone(self) -> str:
        """Return the zone the clock of the frame shows: that of the first store; reads."""
        with read(self.engine) as connection:
            stores = names.stores(connection)
        return stores[0].zone if stores else "Asia/Shanghai"

    def now(self) -> datetime:
        """Return the wall clock, perhaps a demonstration's."""
        return self.clock.now_utc()

    def today(self) -> str:
        """Return the date it is in the stores; reads."""
        return self.now().astimezone(ZoneInfo(self.home_zone())).date().isoformat()


def head_html(chosen: Theme, language: Language) -> str:
    """Return what every page has in its head: style, language and theme before the first paint."""
    script = el("script", src=FIRST, data_theme=str(chosen), data_language=language.tag)
    return f'<link rel="stylesheet" href="{STYLESHEET}">{script}'


def document(title: str, body: Markup, theme: Theme, language: Language) -> str:
    """Return a whole page that needs no script and no log-in."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{el('title', title)}{head_html(theme, language)}"
    )
    return (
        f'<!doctype html><html lang="{language.tag}"><head>{head}</head><body>{body}</body></html>'
    )


async def page_frame(desk: Desk, visit: Visit, name: str, title: str) -> Element:
    """Build the frame around a page and return the place its parts go into.

    Args:
        name: of the area it belongs to, see `navigation.GROUPS`.
    """
    words = visit.words(TEXTS)
    ui.page_title(f"{title} · {words('product')}")
    ui.add_head_html(head_html(visit.theme, visit.language))
    ui.add_head_html(f'<script type="module" src="{SEARCH}"></script>')
    around = ui.context.client.content.parent_slot
    assert around is not None, "NiceGUI puts every page into one of Quasar's"
    around.parent.tag = "div"  # it would be a <main> that holds the navigation too
    with ui.element("div").classes("daka"):
        ui.html(el("a", words("skip"), href="#content", class_="skip"), sanitize=False)
        draw = partial(_figures, desk, visit.language)
        told = await desk.hub.follow(("figures", visit.language), draw, shown_as=LiveFigures)
        figures = json.loads(told.element.content) if told.element.content != WORKING else {}
        simulated = not isinstance(desk.clock, SystemClock)
        bars = navigation(visit, name, figures, simulated=simulated)
        ui.html(bars, sanitize=False)
        with ui.element("main").classes("page").props('id=content tabindex="-1"'):
            return ui.element("div").classes("page-in")


def _figures(desk: Desk, language: Language) -> Markup:
    """Return what the bars show and changes by itself: the clock, and how much waits; reads."""
    now = desk.now().astimezone(ZoneInfo(desk.home_zone()))
    last = now.date()
    first = last - timedelta(days=DECIDED_WITHIN_DAYS)
    with read(desk.engine) as connection:
        waiting = matters.count(connection, f"{first}", f"{last}", utc_ms(desk.now()))
    return Markup(json.dumps({
        "clock": f"{now:%H:%M}",
        "date": date_text(now.date().isoformat(), language),
        "decide": f"{waiting:,}" if waiting else "",
    }))  # fmt: skip
