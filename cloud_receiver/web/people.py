"""个人档案: everybody, and one person's punches, sales, money and days with the way to each WHY."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.workday import AFTER_LAST_DATE, FIRST_DATE
from cloud_receiver.store import names, profile
from cloud_receiver.store.engine import read
from cloud_receiver.store.names import Person, Store
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.person import PersonView, draw_person
from cloud_receiver.web.person_entry import TEXTS as ENTRY_TEXTS
from cloud_receiver.web.person_entry import enter, take_back
from cloud_receiver.web.phrases import icon, leaving
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

PAGE_LENGTH: Final = 60
MAX_LENGTH: Final = 1200
TEXTS: Final[Texts] = {
    "add": ("新增员工", "Add a person"),
    "bring": ("导入名单", "Import a list"),
    "title": ("个人档案", "People"),
    "lead": (
        "每个人的打卡、销售、奖惩都在一处,每一笔都能追到原始记录。",
        "Punches, sales and money of everybody in one place; every amount leads to its records.",
    ),
    "find": ("姓名或工号", "Name or id"),
    "store": ("门店", "Store"),
    "all": ("全部", "All"),
    "who": ("状态", "State"),
    "active": ("在职", "Employed"),
    "former": ("已离职", "Left"),
    "filters": ("筛选", "Filters"),
    "found": ("共 {n} 人", "{n} people"),
    "person": ("姓名", "Name"),
    "employee_id": ("工号", "Id"),
    "more": ("再显示一些", "Show more"),
    "empty_title": ("没有找到这样的人", "Nobody matches"),
    "empty": (
        "换个写法,或点“新增员工”。",
        "Try another spelling, or add a person.",
    ),
}


@dataclass(frozen=True, slots=True)
class View:
    """Which people are listed and how many."""

    language: Language
    text: str = ""
    store_id: str = ""
    former: bool = False
    may_change: bool = False
    length: int = PAGE_LENGTH

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        given = {"q": self.text, "store": self.store_id, "former": "1" if self.former else ""}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/people?{query}" if query else "/people"

    def turned(self, name: str, value: str) -> View:
        """Return the view after the reader acted."""
        fresh = replace(self, length=PAGE_LENGTH)
        if name == "q":
            return replace(fresh, text=value.strip()[:60])
        if name == "store":
            return replace(fresh, store_id=value)
        if name == "former":
            return replace(fresh, former=value == "1")
        return replace(self, length=min(MAX_LENGTH, self.length * 2))


def register(desk: Desk) -> None:
    """Add the two pages."""

    @page_at("/people")
    async def people(request: Request, q: str = "", store: str = "", former: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, q.strip()[:60], store, former == "1", visit.may_change)
        with await page_frame(desk, visit, "people", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                view = view.turned(name, value)
                await follower.turn(("people", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("people", view), partial(draw, desk, view), act)

    @page_at("/people/{employee_id:path}")
    async def one(request: Request, employee_id: str, month: str = "") -> None:
        visit = visit_of(request)
        chosen = month if _is_month(month) else desk.today()[:7]
        view = PersonView(visit.language, employee_id, chosen, visit.may_change)
        with await page_frame(
            desk, visit, "people", f"{visit.words(TEXTS)('title')} {employee_id}"
        ):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name == "month" and _is_month(value):
                    view = replace(view, month=value, said="")
                elif name == "then":
                    view = replace(view, then=value[:200], said="")
                elif name in {"enter", "take_back"} and visit.may_change:
                    said = await asyncio.to_thread(
                        _entered, desk, view, name, value, visit.session.login
                    )
                    view = replace(view, said=said)
                    desk.hub.changed()
                await follower.turn(("person", view), partial(draw_person, desk, view))
                ui.navigate.history.replace(view.address)

            key = ("person", view)
            follower = await desk.hub.follow(key, partial(draw_person, desk, view), act)


def _entered(desk: Desk, view: PersonView, name: str, value: str, author: str) -> str:
    words = Words(ENTRY_TEXTS, view.language)
    if name == "take_back":
        return take_back(desk, value, author, words)
    with read(desk.engine) as connection:
        person = profile.person(connection, view.employee_id)
    zone = person[1].zone if person and person[1] else "UTC"
    return enter(desk, view.employee_id, zone, value, author, words)


def _is_month(text: str) -> bool:
    try:
        return FIRST_DATE <= date.fromisoformat(f"{text}-01").isoformat() < AFTER_LAST_DATE
    except ValueError:
        return False


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the list; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        roll = profile.roll(
            connection, view.text, view.store_id or None, view.length, former=view.former
        )
    found = el("span", words("found", n=f"{roll.found:,}"), class_="muted", aria_live="polite")
    bring = el("a", icon("upload_file"), words("bring"), href="/import?kind=employees",
               class_="button") if view.may_change else None  # fmt: skip
    add = el("a", icon("person_add"), words("add"), href="/person",
             class_="button main") if view.may_change else None  # fmt: skip
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))),
              el("div", found, bring, add, class_="row"), class_="head")  # fmt: skip
    more = el("div", el("button", words("more"), class_="button", type="button", data_act="more"),
              class_="card-body") if len(roll.people) < roll.found else None  # fmt: skip
    listed = [_table(roll.people, shops, words), more] if roll.people else _empty(words)
    return join([head, _filters(view, shops, words), el("section", listed, class_="card")])


def _filters(view: View, shops: Sequence[Store], words: Words) -> Markup:
    find = el("input", type="search", value=view.text, data_input="q", autocomplete="off")
    stores = [
        el("option", shop.name, value=shop.store_id, selected=shop.store_id == view.store_id)
        for shop in shops
    ]
    states = [
        el("option", words("active"), value="", selected=not view.former),
        el("option", words("former"), value="1", selected=view.former),
    ]
    everywhere = el("option", words("all"), value="", selected=not view.store_id)
    return el(
        "section",
        el("label", words("find"), find, class_="field"),
        el("label", words("store"), el("select", everywhere, stores, data_change="store"),
           class_="field"),
        el("label", words("who"), el("select", states, data_change="former"), class_="field"),
        class_="card filters", aria_label=words("filters"),
    )  # fmt: skip


def _table(people: Sequence[Person], shops: Sequence[Store], words: Words) -> Markup:
    by_id = {shop.store_id: shop.name for shop in shops}
    head = [el("th", words(key), scope="col") for key in ("person", "employee_id", "store")]
    rows = [
        el(
            "tr",
            el(
                "td",
                el("div", _link(person), leaving(person, words.language), class_="row"),
                class_="lead",
            ),
            el("td", person.employee_id, class_="mono", data_label=words("employee_id")),
            el("td", by_id.get(person.store_id, person.store_id), data_label=words("store")),
            data_key=person.employee_id,
        )
        for person in people
    ]
    return el("div", el("table", el("thead", el("tr", head)), el("tbody", rows), class_="cards brief"),
              class_="scroll")  # fmt: skip


def _link(person: Person) -> Markup:
    face = el("span", person.name[:1], class_="face", aria_hidden="true")
    return el("a", face, person.name, href=f"/people/{quote(person.employee_id)}", class_="person")


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("div", icon("person_search"), texts, class_="empty")
