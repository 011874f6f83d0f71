"""What stands around every page: head, navigation, clock, language, theme and log-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.element import Element
from sqlalchemy import Engine

from cloud_receiver.store import names
from cloud_receiver.store.engine import read
from cloud_receiver.web.live import Hub
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import date_text, icon
from cloud_receiver.web.texts import Language, Texts
from cloud_receiver.web.visit import Theme, Visit
from sync.clock import Clock, SystemClock

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final = (
    ("today", "/", "how_to_reg"),
    ("ledger", "/ledger", "receipt_long"),
    ("fleet", "/fleet", "storefront"),
    ("problems", "/problems", "troubleshoot"),
)
TEXTS: Final[Texts] = {
    "product": ("打卡", "Daka"),
    "today": ("今日到岗", "Today"),
    "ledger": ("奖惩台账", "Ledger"),
    "fleet": ("门店设备", "Stores"),
    "problems": ("数据问题", "Problems"),
    "navigation": ("主导航", "Main navigation"),
    "skip": ("跳到正文", "Skip to content"),
    "other_language": ("English", "中文"),
    "logout": ("退出", "Log out"),
    "simulated": ("演示时间", "Simulated time"),
    "store_time": ("门店时间", "Store time"),
    "theme_auto": ("跟随系统", "Auto"),
    "theme_dark": ("深色", "Dark"),
    "theme_light": ("浅色", "Light"),
    "theme": ("配色:{now}。点击切换", "Colours: {now}. Switch"),
}
_THEME_ICONS: Final = {
    Theme.AUTO: "brightness_auto",
    Theme.DARK: "dark_mode",
    Theme.LIGHT: "light_mode",
}


def stylesheet_address() -> str:
    """Return the address of the style sheet; it changes with its content."""
    return f"/static/daka.css?v={sha256((STATIC / 'daka.css').read_bytes()).hexdigest()[:8]}"


STYLESHEET: Final = stylesheet_address()


@dataclass(frozen=True)
class Desk:
    """What every page works with."""

    engine: Engine
    clock: Clock
    hub: Hub

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
    theme = (
        "matchMedia('(prefers-color-scheme: dark)').matches"
        if chosen is Theme.AUTO
        else str(chosen is Theme.DARK).lower()
    )
    script = (
        f"document.documentElement.classList.toggle('dark', {theme});"
        f"document.documentElement.lang='{language.tag}';"
    )
    return f'<link rel="stylesheet" href="{STYLESHEET}"><script>{script}</script>'


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
        name: which of `PAGES` it belongs to.
    """
    words = visit.words(TEXTS)
    ui.page_title(f"{title} · {words('product')}")
    ui.add_head_html(head_html(visit.theme, visit.language))
    around = ui.context.client.content.parent_slot
    assert around is not None, "NiceGUI puts every page into one of Quasar's"
    around.parent.props("role=presentation")  # it is a <main> that holds the navigation too
    with ui.element("div").classes("daka"):
        ui.html(el("a", words("skip"), href="#content", class_="skip"), sanitize=False)
        key = ("frame", name, visit)
        await desk.hub.follow(key, partial(_navigation, desk, visit, name))
        with ui.element("main").classes("page").props('id=content tabindex="-1"'):
            return ui.element("div").classes("page-in")


def _navigation(desk: Desk, visit: Visit, name: str) -> Markup:
    words = visit.words(TEXTS)
    seal = el("span", "打", el("br"), "卡", class_="seal", lang="zh-CN")
    links = [
        el("a", icon(picture), el("span", words(key)), href=address, class_="nav-link",
           aria_current="page" if key == name else None)
        for key, address, picture in PAGES
    ]  # fmt: skip
    foot = el("div", _clock(desk, visit), _tools(visit), class_="nav-foot")
    brand = el("a", seal, words("product"), href="/", class_="brand")
    return el("nav", brand, links, foot, class_="nav", aria_label=words("navigation"))


def _clock(desk: Desk, visit: Visit) -> Markup:
    words = visit.words(TEXTS)
    now = desk.now().astimezone(ZoneInfo(desk.home_zone()))
    label = "store_time" if isinstance(desk.clock, SystemClock) else "simulated"
    return el(
        "div",
        el("span", words(label), class_="muted"),
        el("b", now.strftime("%H:%M")),
        el("span", date_text(now.date().isoformat(), visit.language), class_="muted"),
        class_="nav-clock",
    )


def _tools(visit: Visit) -> Markup:
    words = visit.words(TEXTS)
    back = quote(visit.address, safe="")
    other = visit.language.other
    theme = words("theme", now=words(f"theme_{visit.theme}"))
    language_link = el("a", words("other_language"), lang=other.tag,
                       href=f"/prefer/language/{other}?next={back}")  # fmt: skip
    theme_link = el("a", icon(_THEME_ICONS[visit.theme]), aria_label=theme, title=theme,
                    href=f"/prefer/theme/{visit.theme.next}?next={back}")  # fmt: skip
    leave = el("button", words("logout"), class_="link", type="submit")
    out = el("form", leave, method="post", action="/logout")
    who = el("span", visit.session.login, class_="muted nav-who")
    return el("div", language_link, theme_link, out, who, class_="nav-tools")
