"""审计: who did what and when; nothing here can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui
from sqlalchemy import Connection

from cloud_receiver.store import names, rule_shelf, trail
from cloud_receiver.store.engine import read
from cloud_receiver.store.trail import Act, Deed
from cloud_receiver.web.deeds import about, ids_in, subject_of
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import author_text, chip, icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

LENGTH: Final = 100
MAX_LENGTH: Final = 1600
TEXTS: Final[Texts] = {
    "title": ("审计", "Audit"),
    "lead": (
        "谁在什么时候做了什么。只增不改,撤销也是新的一行。",
        "Who did what and when. Only added to; taking something back is a line too.",
    ),
    "what": ("操作", "Act"),
    "who": ("谁", "Who"),
    "all": ("全部", "All"),
    "when": ("时间", "When"),
    "detail": ("内容", "What exactly"),
    "filters": ("筛选", "Filters"),
    "more": ("再显示一些", "Show more"),
    "act_decision": ("处理异常", "decided"),
    "act_undone": ("撤销处理", "took back"),
    "act_entry": ("录入", "entered"),
    "act_rule": ("发布规则", "published a rule"),
    "act_roster": ("排班", "rostered"),
    "act_close": ("封账", "closed a month"),
    "act_policy": ("改考勤政策", "changed the policy"),
    "act_shift": ("改班次", "changed a shift"),
    "act_calendar": ("改日历", "changed the calendar"),
    "act_badge": ("登记打卡号", "bound an id"),
    "act_seller": ("登记收银号", "bound a till code"),
    "act_store": ("登记门店", "entered a store"),
    "act_person": ("登记员工", "entered a person"),
    "act_home": ("所属门店", "home store"),
    "act_employed": ("离职或回来", "left or came back"),
    "act_team": ("考勤组", "team"),
    "act_campaign": ("录入活动", "entered a campaign"),
    "act_joined": ("参加活动", "joined a campaign"),
    "act_left": ("退出活动", "left a campaign"),
    "act_command": ("指挥门店盒子", "commanded a box"),
    "empty_title": ("还没有记录", "Nothing yet"),
    "empty": ("有人处理异常、排班或发布规则后会出现在这里。", "Decisions, rosters and rules will show here."),
}  # fmt: skip
_PICTURES: Final = {
    Act.DECISION: "task_alt", Act.UNDONE: "undo", Act.ENTRY: "edit_note", Act.RULE: "rule",
    Act.ROSTER: "calendar_month", Act.CLOSE: "lock", Act.POLICY: "policy", Act.SHIFT: "schedule",
    Act.CALENDAR: "event", Act.BADGE: "badge", Act.SELLER: "point_of_sale", Act.COMMAND: "terminal",
    Act.STORE: "store", Act.PERSON: "person", Act.HOME: "storefront", Act.EMPLOYED: "logout", Act.TEAM: "groups",
    Act.CAMPAIGN: "campaign", Act.JOINED: "group_add", Act.LEFT: "group_remove",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """Which acts are shown."""

    language: Language
    act: str = ""
    author: str = ""
    length: int = LENGTH

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        given = {"act": self.act, "who": self.author}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/audit?{query}" if query else "/audit"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/audit")
    async def audit(request: Request, act: str = "", who: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, act if act in set(Act) else "", who.strip()[:100])
        with await page_frame(desk, visit, "audit", visit.words(TEXTS)("title")):

            async def turn(name: str, value: str) -> None:
                nonlocal view
                if name == "act":
                    view = replace(view, act=value if value in set(Act) else "", length=LENGTH)
                elif name == "who":
                    view = replace(view, author=value.strip()[:100], length=LENGTH)
                else:
                    view = replace(view, length=min(MAX_LENGTH, view.length * 2))
                await follower.turn(("audit", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("audit", view), partial(draw, desk, view), turn)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words, zone = Words(TEXTS, view.language), desk.home_zone()
    with read(desk.engine) as connection:
        found = trail.deeds(connection, view.length, author=view.author or None,
                            act=Act(view.act) if view.act else None)  # fmt: skip
        known = _names(connection, found, view.language)
    acts = [
        el("option", words(f"act_{act}"), value=act.value, selected=act == view.act) for act in Act
    ]
    everything = el("option", words("all"), value="", selected=not view.act)
    who = el("input", value=view.author, data_input="who", autocomplete="off")
    filters = el(
        "section",
        el("label", words("what"), el("select", everything, acts, data_change="act"), class_="field"),
        el("label", words("who"), who, class_="field"),
        class_="card filters", aria_label=words("filters"),
    )  # fmt: skip
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    more = el("div", el("button", words("more"), class_="button", type="button", data_act="more"),
              class_="card-body") if len(found) == view.length < MAX_LENGTH else None  # fmt: skip
    columns = [el("th", words(key), scope="col") for key in ("when", "who", "what", "detail")]
    rows = [_row(deed, known, zone, words) for deed in found]
    table = el("table", el("thead", el("tr", columns)), el("tbody", rows), class_="cards brief")
    listed = [el("div", table, class_="scroll"), more] if found else _empty(words)
    return join([head, filters, el("section", listed, class_="card")])


def _names(connection: Connection, found: Sequence[Deed], language: Language) -> dict[str, str]:
    """Return what stores, people and rules are called, by id."""
    shops = {shop.store_id: shop.name for shop in names.stores(connection)}
    named = rule_shelf.rule_names(connection).items()
    rules = {rule_id: language.pick(name.zh, name.en) for rule_id, name in named}
    return shops | names.names_of(connection, ids_in(found)) | rules


def _row(deed: Deed, known: Mapping[str, str], zone: str, words: Words) -> Markup:
    at = local_time(deed.at_utc_ms, zone, "%Y-%m-%d %H:%M:%S")
    subject = el("span", subject_of(deed, known, words.language), title=deed.subject)
    if deed.act is Act.RULE:
        subject = el("a", subject, href=f"/rules/{quote(deed.subject)}")
    author = author_text(deed.author, words.language)
    return el(
        "tr",
        el("td", at, class_="nowrap", data_label=words("when")),
        el("td", author, class_="lead"),
        el("td", chip(words(f"act_{deed.act}"), "", _PICTURES[deed.act]), data_label=words("what")),
        el("td", el("span", subject, " ", el("span", about(deed, known, words.language), class_="muted small")),
           data_label=words("detail")),
    )  # fmt: skip


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("div", icon("history"), texts, class_="empty")
