"""One person added, or changed from a date on: the form, what is wrong beside its field, what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.lines import Errand
from cloud_receiver.exchange.person_lines import FIELDS, Saved, save, standing
from cloud_receiver.store import names, teams
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.names import Store
from cloud_receiver.web.form_sheet import FormSheet
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError, ToldError

ADDRESS: Final = "/person"
TEXTS: Final[Texts] = {
    "people": ("全部人员", "Everybody"),
    "add": ("新增员工", "Add a person"),
    "change": ("修改资料", "Change a person"),
    "add_lead": (
        "填一次就可以排班和打卡;很多人一起来,用“导入”。",
        "Ready to be rostered and to punch at once; for many people use Import.",
    ),
    "change_lead": (
        "只改您动过的格子。门店、考勤组、离职和编号从生效日期起算,以前的日子不变。",
        "Only what you touch is changed. Store, team, leaving and ids hold from the date; days before stay as they are.",
    ),
    "who": ("基本资料", "Who it is"),
    "held": ("编号(所属门店的打卡机与收银)", "Ids at the terminals and tills of the home store"),
    "told": ("通知发到哪里", "Where messages go"),
    "employee_id": ("工号", "Id"),
    "name": ("姓名", "Name"),
    "store_id": ("所属门店", "Home store"),
    "team": ("考勤组(可不填)", "Team (may be empty)"),
    "language": ("语言", "Language"),
    "zh": ("中文", "Chinese"),
    "en": ("英文", "English"),
    "active": ("状态", "State"),
    "yes": ("在职", "works here"),
    "no": ("离职", "has left"),
    "joined": ("入职日期", "Joined on"),
    "since": ("生效日期", "Holds from"),
    "since_hint": (
        "离职填第一天不再上班的日期,那天起的排班一并撤回。",
        "Of who leaves: the first date no longer here; rosters from it on are taken back.",
    ),
    "user_id": ("打卡号(可不填)", "Terminal id (may be empty)"),
    "more_user_id": ("加一个打卡号", "One more terminal id"),
    "seller_code": ("收银编号(可不填)", "Till code (may be empty)"),
    "more_seller_code": ("加一个收银编号", "One more till code"),
    "dingtalk": ("钉钉 userid(可不填)", "DingTalk userid (may be empty)"),
    "mail": ("邮箱(可不填)", "Mail address (may be empty)"),
    "save": ("保存", "Save"),
    "see": ("看{name}的档案", "To the page of {name}"),
    "another": ("再加一个人", "Add one more"),
    "wrong": ("没有保存:请改正标出的 {n} 处。", "Not saved: please correct the {n} fields that are marked."),
    "added": ("已新增 {name}({id})。", "{name} ({id}) is in."),
    "changed": ("已保存 {name} 的修改。", "The change of {name} is saved."),
    "same": ("没有改动,什么都没有写。", "Nothing was different; nothing was written."),
    "anew": (
        "{first} 起的 {n} 天考勤正在重新判定。",
        "{n} days from {first} on are being judged anew.",
    ),
    "taken": (
        "编号 {code} 在 {since} 以前是{name}的,从那天起归此人。",
        "The id {code} was {name}'s before {since}; from then on it is this person's.",
    ),
    "none_anew": ("没有已判定的日子要重算。", "No judged day had to be judged anew."),
    "nobody": ("没有工号 {id} 的人。", "There is nobody with the id {id}."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """Who is changed; an empty `employee_id`: somebody is added.

    Attributes:
        wrong: what to tell beside fields, by their names.
        said: what to tell of the last save.
        is_good: it went through.
        turn: how often the form was begun anew.
    """

    language: Language
    employee_id: str = ""
    wrong: tuple[tuple[str, str], ...] = ()
    said: str = ""
    is_good: bool = False
    turn: int = 0

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"{ADDRESS}?{urlencode({'id': self.employee_id})}" if self.employee_id else ADDRESS


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at(ADDRESS)
    async def person_form(request: Request, id: str = "") -> None:  # noqa: A002  the address says it
        visit = visit_of(request)
        view = View(visit.language, id)
        title = visit.words(TEXTS)("change" if id else "add")
        with await page_frame(desk, visit, "people", title):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name != "save" or not visit.may_change:
                    return
                view = await asyncio.to_thread(_saved, desk, view, value, visit.session.login)
                desk.hub.changed()
                await follower.turn(("person_form", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            key = ("person_form", view)
            follower = await desk.hub.follow(key, partial(draw, desk, view), act)


def _saved(desk: Desk, view: View, text: str, author: str) -> View:
    """Save what the form says; return the page that tells of it."""
    form = {key: str(value).strip() for key, value in json.loads(text).items()}
    words = Words(TEXTS, view.language)
    is_new = not view.employee_id
    employee_id = view.employee_id or form.get("employee_id", "")
    shown = None if is_new else {name: form.get(f"was/{name}", "") for name in FIELDS}
    now_utc_ms = utc_ms(desk.now())
    try:
        since = fields.day("since", form.get("since") or desk.today()).isoformat()
        said = {name: form.get(name, "") for name in FIELDS} | {"since": since}
        errand = Errand(author, now_utc_ms, desk.outside.channels)
        with write(desk.engine) as connection:
            saved = save(connection, employee_id, said, shown, errand)
    except ToldError as error:
        if not error.field:
            return replace(view, wrong=(), said=reason_of(error, view.language), is_good=False)
        saved = Saved(wrong=(error,))
    except DakaError as error:
        return replace(view, wrong=(), said=reason_of(error, view.language), is_good=False)
    if saved.wrong:
        wrong = tuple((one.field, reason_of(one, view.language)) for one in saved.wrong)
        told = words("wrong", n=len(wrong))
        return replace(view, wrong=wrong, said=told, is_good=False)
    told = _told(saved, employee_id, said, words, is_new=is_new)
    return View(view.language, employee_id, (), told, is_good=True, turn=view.turn + 1)


def _told(
    saved: Saved, employee_id: str, said: Mapping[str, str], words: Words, *, is_new: bool
) -> str:
    if not saved.changed:
        return words("same")
    dates = saved.dates
    told = [words("added" if is_new else "changed", name=said["name"], id=employee_id)]
    if dates or not is_new:
        told.append(words("anew", first=dates[0], n=len(dates)) if dates else words("none_anew"))
    told += [
        words("taken", code=code, name=name, since=said["since"]) for code, name in saved.taken
    ]
    return words.language.pick("", " ").join(told)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the form; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    today = desk.today()
    with read(desk.engine) as connection:
        stood = standing(connection, view.employee_id, today) if view.employee_id else None
        shops, known = names.stores(connection), teams.names(connection)
    back = el("a", icon("arrow_back"), words("people"), href="/people", class_="crumb")
    if view.employee_id and stood is None:
        nobody = el("p", words("nobody", id=view.employee_id))
        return el("section", el("div", icon("person_off"), nobody, class_="empty"), class_="card")
    kind = "change" if stood else "add"
    title = f"{words('change')} · {stood['name']}" if stood else words("add")
    lead = el("p", words(f"{kind}_lead"))
    head = el("header", el("div", back, el("h1", title), lead), class_="head")
    return join([head, _said(view, stood, words), _form(view, stood, shops, known, today, words)])


def _said(view: View, stood: Mapping[str, str] | None, words: Words) -> Markup | None:
    """Return what the last save came to, and where to go from there."""
    if not view.said:
        return None
    if not view.is_good:
        return el("p", icon("error"), view.said, class_="note bad", role="alert")
    see = el("a", words("see", name=stood["name"] if stood else view.employee_id),
             href=f"/people/{quote(view.employee_id)}")  # fmt: skip
    more = el("a", words("another"), href=ADDRESS)
    told = el("span", el("b", view.said), " ", see, " · ", more)
    return el("p", icon("check_circle"), told, class_="note good", role="status")


def _form(
    view: View,
    stood: Mapping[str, str] | None,
    shops: Sequence[Store],
    known_teams: Sequence[str],
    today: str,
    words: Words,
) -> Markup:
    sheet = FormSheet(stood or {"language": "zh"}, dict(view.wrong), words)
    stores = [(shop.store_id, f"{shop.name} · {shop.store_id}") for shop in shops]
    languages = [(one, words(one)) for one in ("zh", "en")]
    states = [(one, words(one)) for one in ("yes", "no")]
    who = [
        None if stood else sheet.box("employee_id"),
        sheet.box("name"),
        sheet.choice("store_id", stores if stood else [("", ""), *stores]),
        sheet.box("team", list="known-teams"),
        sheet.choice("language", languages),
        sheet.choice("active", states) if stood else None,
        sheet.box("since", "since" if stood else "joined", type="date", value=today),
    ]
    held = [
        sheet.box("user_id", "more_user_id" if stood else ""),
        sheet.box("seller_code", "more_seller_code" if stood else ""),
    ]
    told = [sheet.box("dingtalk"), sheet.box("mail")]
    before = [el("input", type="hidden", name=f"was/{name}", value=stood.get(name, ""))
              for name in FIELDS] if stood else None  # fmt: skip
    listed = el("datalist", [el("option", value=team) for team in known_teams], id="known-teams")
    hint = el("p", words("since_hint"), class_="small muted") if stood else None
    yes = el("button", icon("check"), words("save"), class_="button main", type="submit")
    return el(
        "form", before, listed,
        _part("who", who, words, hint), _part("held", held, words), _part("told", told, words),
        el("div", yes, class_="card-body"),
        class_="card person-form", data_submit="save", novalidate=True,
        data_key=f"form-{view.turn}",
    )  # fmt: skip


def _part(
    title: str, controls: Sequence[Markup | None], words: Words, hint: Markup | None = None
) -> Markup:
    inner = el("div", controls, class_="filters")
    return el("fieldset", el("legend", words(title)), inner, hint)
