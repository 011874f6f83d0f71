"""The areas of headquarters and the two bars that lead to them: at the side, and on a phone.

On a desk the side bar is always there. On a phone four areas stand at the bottom and the
side bar opens over the page; the browser itself opens and closes it, no script is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from cloud_receiver.domain.roles import Role, may_look
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import Theme, Visit

ALL_AREAS: Final = "areas"
"""The id of the side bar, which the phone's last button opens."""


@dataclass(frozen=True, slots=True)
class Area:
    """A page one may go to at any time."""

    name: str
    address: str
    picture: str


GROUPS: Final = (
    ("daily", (Area("today", "/", "how_to_reg"), Area("decide", "/decide", "rule_folder"))),
    (
        "team",
        (
            Area("people", "/people", "badge"),
            Area("schedule", "/schedule", "calendar_month"),
            Area("import", "/import", "upload_file"),
        ),
    ),
    (
        "money",
        (
            Area("rules", "/rules", "rule"),
            Area("campaigns", "/campaigns", "emoji_events"),
            Area("ledger", "/ledger", "receipt_long"),
            Area("payroll", "/payroll", "payments"),
            Area("reports", "/reports", "query_stats"),
        ),
    ),
    (
        "shops",
        (Area("fleet", "/fleet", "storefront"), Area("problems", "/problems", "troubleshoot")),
    ),
    (
        "system",
        (
            Area("connections", "/connections", "hub"),
            Area("audit", "/audit", "history"),
            Area("settings", "/settings", "settings"),
        ),
    ),
)
NEAR: Final = ("today", "decide", "people", "ledger")
"""The areas at the bottom of a phone."""
COUNTED: Final = ("decide",)
"""Areas with a count of what waits in them."""
TEXTS: Final[Texts] = {
    "product": ("打卡", "Daka"),
    "daily": ("每天", "Every day"),
    "team": ("人与班", "People"),
    "money": ("奖惩", "Rewards"),
    "shops": ("门店", "Stores"),
    "today": ("今日到岗", "Today"),
    "decide": ("待处理", "To decide"),
    "people": ("个人档案", "People"),
    "rules": ("奖惩规则", "Rules"),
    "ledger": ("奖惩台账", "Ledger"),
    "campaigns": ("活动竞赛", "Campaigns"),
    "payroll": ("封账与工资", "Month and payroll"),
    "reports": ("报表", "Reports"),
    "schedule": ("排班", "Schedule"),
    "import": ("导入", "Import"),
    "connections": ("对外连接", "Connections"),
    "audit": ("审计", "Audit"),
    "settings": ("设置", "Settings"),
    "system": ("系统", "System"),
    "fleet": ("门店设备", "Stores"),
    "problems": ("数据问题", "Problems"),
    "navigation": ("主导航", "Main navigation"),
    "near": ("常用", "Most used"),
    "more": ("更多", "More"),
    "close": ("关闭导航", "Close navigation"),
    "search": ("搜索", "Search"),
    "search_hint": ("找人、门店、页面", "People, stores, pages"),
    "search_none": ("没有找到", "Nothing found"),
    "search_keys": ("↑↓ 选择,回车打开,Esc 关闭", "↑↓ to choose, Enter opens, Esc closes"),
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


def areas(role: Role) -> Iterator[Area]:
    """Yield every area a role may see, in the order of the side bar."""
    for _, group in GROUPS:
        yield from (area for area in group if may_look(role, area.address))


def navigation(visit: Visit, here: str, figures: Mapping[str, str], *, simulated: bool) -> Markup:
    """Return both bars.

    Args:
        here: the name of the area the page belongs to.
        figures: texts that change by themselves: ``clock``, ``date``, and how many things wait in
            an area, by its name; they stand where ``data-figure`` names them.
    """
    words, role = visit.words(TEXTS), visit.session.reader.role
    clock = _clock(words, figures, simulated=simulated)
    groups = [
        el(
            "div",
            el("p", words(name), class_="nav-group"),
            [_link(area, here, words, figures) for area in group if may_look(role, area.address)],
        )
        for name, group in GROUPS
        if any(may_look(role, area.address) for area in group)
    ]
    close = el("button", icon("close"), class_="nav-close", type="button", popovertarget=ALL_AREAS,
               popovertargetaction="hide", aria_label=words("close"))  # fmt: skip
    side = el(
        "nav",
        el("div", _brand(words), close, class_="nav-top"),
        _search_button(words, "nav-search"),
        el("div", groups, class_="nav-areas"),
        el("div", clock, _tools(visit), class_="nav-foot"),
        class_="nav", id=ALL_AREAS, popover="auto", aria_label=words("navigation"),
    )  # fmt: skip
    top = el(
        "div",
        _brand(words),
        clock,
        _search_button(words, "top-search"),
        class_="top",
        role="banner",
    )
    return el("div", top, side, _bottom(role, here, words, figures))


def _bottom(role: Role, here: str, words: Words, figures: Mapping[str, str]) -> Markup:
    near = [area for area in areas(role) if area.name in NEAR]
    elsewhere = here not in {area.name for area in near}
    more = el("button", icon("menu"), el("span", words("more")), class_="nav-link", type="button",
              popovertarget=ALL_AREAS, data_here="" if elsewhere else None)  # fmt: skip
    links = [_link(area, here, words, figures) for area in near]
    return el("nav", links, more, class_="bottom", aria_label=words("near"))


def _link(area: Area, here: str, words: Words, figures: Mapping[str, str]) -> Markup:
    waiting = figures.get(area.name, "")
    count = el("b", waiting, class_="count warn", data_figure=area.name, hidden=not waiting)
    return el(
        "a", icon(area.picture), el("span", words(area.name)),
        count if area.name in COUNTED else None,
        href=area.address, class_="nav-link", aria_current="page" if area.name == here else None,
    )  # fmt: skip


def _brand(words: Words) -> Markup:
    seal = el("span", "打", el("br"), "卡", class_="seal", lang="zh-CN", aria_hidden="true")
    return el("a", seal, el("span", words("product")), href="/", class_="brand")


def _search_button(words: Words, class_: str) -> Markup:
    return el(
        "button", icon("search"), el("span", words("search")), el("kbd", "Ctrl K", aria_hidden="true"),
        type="button", class_=class_, data_search=words("search_hint"),
        data_none=words("search_none"), data_keys=words("search_keys"),
        aria_label=words("search"), aria_keyshortcuts="Control+K /",
    )  # fmt: skip


def _clock(words: Words, figures: Mapping[str, str], *, simulated: bool) -> Markup:
    return el(
        "div",
        el("span", words("simulated" if simulated else "store_time"), class_="muted"),
        el("b", figures.get("clock", ""), data_figure="clock"),
        el("span", figures.get("date", ""), data_figure="date", class_="muted"),
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
