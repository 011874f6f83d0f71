"""导入: stores, people and all the rest as files; what belongs into them, a template, a look, the import."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.exchange import blank_files
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.store import names
from cloud_receiver.store.engine import read
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.import_file import Trial, carry_in, file_form, look, name_of, trial_card
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError

TEXTS: Final[Texts] = {
    "title": ("导入", "Import"),
    "lead": (
        "门店、员工、排班和历史数据都用 Excel 导入;改也一样,同一编号再导入一次就是修改。",
        "Stores, people, rosters and history come in as Excel; to change something, import its id again.",
    ),
    "filters": ("选择内容", "What to import"),
    "kind": ("导入什么", "What"),
    "first": ("第一次使用,按此顺序", "The first time, in this order"),
    "later": ("日常", "From then on"),
    "past": ("过去的数据", "The past"),
    "columns": ("{what}:要填的列", "Columns of {what}"),
    "column": ("列", "Column"),
    "needed": ("必填", "Needed"),
    "what": ("填什么", "What goes in"),
    "example": ("例", "Example"),
    "must": ("必填", "needed"),
    "may": ("可不填", "may be empty"),
}
GROUPS: Final = (
    ("first", (ImportKind.STORES, ImportKind.EMPLOYEES, ImportKind.BADGES, ImportKind.SELLERS,
               ImportKind.SHIFTS, ImportKind.ROSTER)),
    ("later", (ImportKind.TARGETS, ImportKind.LEAVES, ImportKind.HOLIDAYS, ImportKind.TEAMS,
               ImportKind.CONTACTS, ImportKind.CAMPAIGNS, ImportKind.CAMPAIGN_MEMBERS,
               ImportKind.WAGES, ImportKind.JURISDICTIONS)),
    ("past", (ImportKind.PUNCHES, ImportKind.RESULTS)),
)  # fmt: skip
"""Which kinds there are, in the order they are needed."""


@dataclass(frozen=True, slots=True)
class View:
    """What is being brought in.

    Attributes:
        trial: a file looked at and not imported yet.
        said: what to tell.
    """

    language: Language
    kind: ImportKind
    may_change: bool = False
    trial: Trial | None = None
    said: str = ""

    @property
    def plain(self) -> View:
        """Return it with nothing under way."""
        return View(self.language, self.kind, self.may_change)

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/import?{urlencode({'kind': self.kind})}"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/import")
    async def imports(request: Request, kind: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, _kind(kind), visit.may_change)
        with await page_frame(desk, visit, "import", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name != "kind" and not visit.may_change:
                    return
                view = await asyncio.to_thread(_turn, desk, view, name, value, visit.session.login)
                desk.hub.changed()
                await follower.turn(("import", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("import", view), partial(draw, desk, view), act)


def _kind(text: str) -> ImportKind:
    return ImportKind(text) if text in set(ImportKind) else ImportKind.STORES


def _turn(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    plain = view.plain

    def looked_at() -> View:
        found = look(desk, view.kind, json.loads(value), author, view.language)
        return replace(plain, said=found) if isinstance(found, str) else replace(plain, trial=found)

    acts: dict[str, Callable[[], View]] = {
        "kind": lambda: replace(plain, kind=_kind(value)),
        "file": looked_at,
        "bring": lambda: replace(plain, said=carry_in(desk, view.trial, author, view.language)),
    }
    try:
        return acts[name]() if name in acts else plain
    except DakaError as error:
        return replace(plain, said=reason_of(error, view.language))


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    with read(desk.engine) as connection:
        known = (
            names.employee_names(connection) if view.trial and view.trial.report.warnings else {}
        )
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    shown: list[Markup | None] = [head, _choice(view, words)]
    if view.trial is not None:
        shown.append(trial_card(view.trial, known, view.language))
    if view.may_change:
        shown.append(file_form(view.kind, view.language))
    shown.append(_columns(view, words))
    if view.said:
        shown.append(el("div", el("span", view.said, role="status"), class_="done"))
    return join(shown)


def _choice(view: View, words: Words) -> Markup:
    groups = [
        el("optgroup", [
            el("option", name_of(kind, view.language), value=kind.value, selected=kind is view.kind)
            for kind in kinds
        ], label=words(group))
        for group, kinds in GROUPS
    ]  # fmt: skip
    choose = el("label", words("kind"), el("select", groups, data_change="kind"), class_="field")
    return el("section", choose, class_="card filters", aria_label=words("filters"))


def _columns(view: View, words: Words) -> Markup:
    rows = [
        el(
            "tr",
            el("td", column.heading, class_="lead nowrap"),
            el("td", words("must") if column.is_required else words("may"),
               class_="nowrap" if column.is_required else "nowrap muted", data_label=words("needed")),
            el("td", column.what, data_label=words("what")),
            el("td", column.example, class_="nowrap", data_label=words("example")),
        )
        for column in blank_files.explained(view.kind, view.language.value)
    ]  # fmt: skip
    titles = ("column", "needed", "what", "example")
    head = el("tr", [el("th", words(key), scope="col") for key in titles])
    table = el("table", el("thead", head), el("tbody", rows), class_="cards")
    title = el("h2", words("columns", what=name_of(view.kind, view.language)))
    return el("section", el("div", title, class_="card-head"), el("div", table, class_="scroll"),
              class_="card", data_key="columns")  # fmt: skip
