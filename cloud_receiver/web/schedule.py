"""排班: a week of people, the calendar above it; copied and laid by pattern after a dry run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui
from sqlalchemy import Connection

from cloud_receiver.domain.calendar import CalendarDay, DayKind
from cloud_receiver.domain.rota import Stretch, parse_pattern
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import calendar, enrolment, names, roster_history, scheduling, shifts
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.store.roster_history import GridRow
from cloud_receiver.web.frame import Desk, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import date_text, icon
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError
from sync.money import yuan_text

WEEK: Final = 7
SHOWN: Final = 120
TEXTS: Final[Texts] = {
    "title": ("排班", "Schedule"),
    "lead": (
        "每次改动都是新版本,谁在何时改的都查得到。",
        "Every change is a new version, with who made it and when.",
    ),
    "previous": ("上一周", "Week before"),
    "next": ("下一周", "Week after"),
    "this_week": ("本周", "This week"),
    "store": ("门店", "Store"),
    "filters": ("筛选", "Filters"),
    "person": ("员工", "Person"),
    "rest": ("休", "off"),
    "holiday": ("假", "holiday"),
    "makeup": ("班", "make-up"),
    "night": ("次日", "next day"),
    "copy": ("复制到下一周", "Copy to the week after"),
    "pattern": ("按循环排班", "Lay a pattern"),
    "pattern_hint": (
        "例如“早*5 休*2”,或“单周: 早*5 休*2 / 双周: 晚*5 休*2”。可用班次:{shifts}",
        "Such as “early*5 rest*2”, or “odd: … / even: …”. Shifts: {shifts}",
    ),
    "no_shifts": ("还没有班次模板", "no shift templates yet"),
    "cycle": ("循环", "Pattern"),
    "from": ("从", "From"),
    "to": ("到", "To"),
    "stagger": ("每人错开几天", "Days each is ahead"),
    "look": ("先看结果", "Look first"),
    "would": ("将改变 {n} 天", "{n} days would change"),
    "same": ("没有任何变化", "nothing would change"),
    "lay": ("就这样排", "Lay it"),
    "drop": ("不要了", "Drop it"),
    "laid": ("已排好,改变 {n} 天", "Laid: {n} days changed"),
    "overlap": ("{who} {day} 的班次重叠", "shifts of {who} overlap on {day}"),
    "before": ("原来", "before"),
    "after": ("将变为", "will be"),
    "none": ("无排班", "no roster"),
    "more": ("还有 {n} 天", "{n} more days"),
    "target": ("目标 {n}", "target {n}"),
    "empty_title": ("这一周还没有排班", "No roster in this week"),
    "empty": (
        "导入排班表:daka-hq import roster 排班.xlsx,或在下方按循环排班。",
        "Import one: daka-hq import roster roster.xlsx, or lay a pattern below.",
    ),
}


@dataclass(frozen=True, slots=True)
class View:
    """Which week of which store, and what is about to be laid.

    Attributes:
        monday: the first date shown.
        plan: entries looked at and not laid yet.
        said: what to tell.
    """

    language: Language
    monday: str
    store_id: str
    plan: tuple[RosterEntry, ...] = ()
    said: str = ""

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/schedule?{urlencode({'week': self.monday, 'store': self.store_id})}"

    @property
    def dates(self) -> list[str]:
        """Return the week's dates."""
        first = date.fromisoformat(self.monday)
        return [(first + timedelta(days=n)).isoformat() for n in range(WEEK)]


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/schedule")
    async def schedule(request: Request, week: str = "", store: str = "") -> None:
        visit = visit_of(request)
        with read(desk.engine) as connection:
            shops = [shop.store_id for shop in names.stores(connection)]
        chosen = store if store in shops else next(iter(shops), "")
        view = View(visit.language, _monday(week) or _monday(desk.today()) or "", chosen)
        with await page_frame(desk, visit, "schedule", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name not in {"week", "store"} and not visit.may_change:
                    return
                view = await asyncio.to_thread(_turn, desk, view, name, value, visit.session.login)
                desk.hub.changed()
                await follower.turn(("schedule", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("schedule", view), partial(draw, desk, view), act)


def _monday(text: str) -> str | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return (day - timedelta(days=day.weekday())).isoformat()


def _turn(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    clean = replace(view, plan=(), said="")
    if name == "week":
        return replace(clean, monday=_monday(value) or view.monday)
    if name == "store":
        return replace(clean, store_id=value)
    try:
        if name == "copy":
            return _planned(desk, view, _copy(view))
        if name == "pattern":
            return _planned(desk, view, _pattern(view, json.loads(value)))
        if name == "lay":
            return _laid(desk, view, author)
    except DakaError as error:
        return replace(clean, said=str(getattr(error, view.language.value, error)))
    return clean


def _copy(view: View) -> partial[list[RosterEntry]]:
    first = date.fromisoformat(view.monday)
    begin, end = (first + timedelta(days=n) for n in (WEEK, 2 * WEEK - 1))
    order = scheduling.CopyOrder(
        source=Stretch(view.dates[0], view.dates[-1]),
        target=Stretch(begin.isoformat(), end.isoformat()),
        store_id=view.store_id,
    )
    return partial(scheduling.by_copy, order=order)


def _pattern(view: View, form: Mapping[str, str]) -> partial[list[RosterEntry]]:
    pattern = parse_pattern(form.get("cycle", ""))
    stretch = Stretch(form.get("from", ""), form.get("to", ""))
    stagger = form.get("stagger", "0")

    def make(connection: Connection) -> list[RosterEntry]:
        people = tuple(
            person.employee_id for person in names.people(connection)
            if person.store_id == view.store_id and person.active
        )  # fmt: skip
        order = scheduling.PatternOrder(
            pattern=pattern, stretch=stretch, employee_ids=people, store_id=view.store_id,
            stagger_days=int(stagger) if stagger.isdecimal() else 0,
        )  # fmt: skip
        return scheduling.by_pattern(connection, order)

    return partial(make)


def _planned(desk: Desk, view: View, make: partial[list[RosterEntry]]) -> View:
    with read(desk.engine) as connection:
        entries = make(connection)
        changes = scheduling.preview(connection, entries)
        zones = {shop.store_id: shop.zone for shop in names.stores(connection)}
        overlaps = scheduling.overlapping(changes, zones)
    words = Words(TEXTS, view.language)
    if overlaps:
        return replace(view, plan=(), said=words("overlap", who=overlaps[0][0], day=overlaps[0][1]))
    plan = tuple(change.entry for change in changes)
    return replace(view, plan=plan, said="" if plan else words("same"))


def _laid(desk: Desk, view: View, author: str) -> View:
    with write(desk.engine) as connection:
        enrolment.add_roster(connection, view.plan, author, utc_ms(desk.now()))
    monday = _monday(min(entry.work_date for entry in view.plan)) if view.plan else None
    said = Words(TEXTS, view.language)("laid", n=len(view.plan))
    return replace(view, monday=monday or view.monday, plan=(), said=said)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words, dates = Words(TEXTS, view.language), view.dates
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        rows = roster_history.grid(connection, dates[0], dates[-1], view.store_id or None)
        days = calendar.calendar(connection, dates[0], dates[-1])
        changes = scheduling.preview(connection, view.plan)
        known = names.employee_names(connection) if changes else {}
        templates = list(shifts.in_force(connection))
    calendar_days = [days.day(view.store_id, day) for day in dates]
    grid = (
        _grid(rows[:SHOWN], calendar_days, words)
        if any(row.days for row in rows)
        else _empty(words)
    )
    said = el("div", el("span", view.said, role="status"), class_="done") if view.said else None
    return join([_head(view, desk.today(), words), _filters(view, shops, words),
                 _plan(changes, known, view, words) if view.plan else None, grid,
                 _pattern_form(view, templates, words), said])  # fmt: skip


def _head(view: View, today: str, words: Words) -> Markup:
    first = date.fromisoformat(view.monday)

    def turn(picture: str, days: int, label: str) -> Markup:
        monday = (first + timedelta(days=days)).isoformat()
        return el("button", icon(picture), class_="button", type="button", data_act="week",
                  data_value=monday, aria_label=words(label))  # fmt: skip

    here = view.monday == _monday(today)
    back = None if here else el("button", words("this_week"), class_="button", type="button",
                                data_act="week", data_value=today)  # fmt: skip
    span = f"{date_text(view.dates[0], view.language)} – {date_text(view.dates[-1], view.language)}"
    tools = el("div", turn("chevron_left", -WEEK, "previous"), turn("chevron_right", WEEK, "next"),
               back, class_="row")  # fmt: skip
    title = el("div", el("h1", words("title"), " · ", span), el("p", words("lead")))
    return el("header", title, tools, class_="head")


def _filters(view: View, shops: Sequence[names.Store], words: Words) -> Markup:
    stores = [
        el("option", shop.name, value=shop.store_id, selected=shop.store_id == view.store_id)
        for shop in shops
    ]
    choose = el("label", words("store"), el("select", stores, data_change="store"), class_="field")
    copy = el("button", icon("content_copy"), words("copy"), class_="button", type="button",
              data_act="copy")  # fmt: skip
    return el("section", choose, copy, class_="card filters", aria_label=words("filters"))


def _grid(rows: Sequence[GridRow], days: Sequence[CalendarDay], words: Words) -> Markup:
    head = [el("th", words("person"), scope="col"), *(_day_head(day, words) for day in days)]
    body = [
        el(
            "tr",
            el("th", el("a", row.name, href=f"/people/{quote(row.employee_id)}"), scope="row"),
            [el("td", _cell(row.days.get(day.date), words)) for day in days],
            data_key=row.employee_id,
        )
        for row in rows
    ]
    table = el("table", el("thead", el("tr", head)), el("tbody", body), class_="grid-week")
    scroll = el("div", table, class_="scroll", tabindex="0", role="region",
                aria_label=words("title"))  # fmt: skip
    return el("section", scroll, class_="card")


def _day_head(day: CalendarDay, words: Words) -> Markup:
    mark = {DayKind.HOLIDAY: ("holiday", "bad"), DayKind.MAKEUP_WORKDAY: ("makeup", "warn")}
    found = mark.get(day.kind)
    name = words.language.pick(day.name_zh, day.name_en)
    note = el("span", name or words(found[0]), class_=f"small {found[1]}") if found else None
    return el("th", date_text(day.date, words.language), note, scope="col",
              class_="off" if not day.kind.is_worked else None)  # fmt: skip


def _cell(day: RosterDay | None, words: Words) -> Markup:
    if day is None:
        return el("span", "—", class_="muted")
    if not day.shifts:
        return el("span", words("rest"), class_="shift rest")
    shown = [
        el("b", f"{shift.start}–{shift.end}",
           el("small", f" {words('night')}") if shift.end_day else None)
        for shift in day.shifts
    ]  # fmt: skip
    target = yuan_text(day.target_fen).removesuffix(".00")
    note = el("small", words("target", n=target)) if day.target_fen else None
    return el("span", shown, note, class_="shift")


def _plan(
    changes: Sequence[scheduling.Change], known: Mapping[str, str], view: View, words: Words
) -> Markup:
    lines = [
        el("li", el("b", known.get(change.entry.employee_id, change.entry.employee_id)), " ",
           date_text(change.entry.work_date, view.language), ": ", words("before"), " ",
           _hours(change.before, words), " → ", words("after"), " ", _hours(change.entry, words))
        for change in changes[:12]
    ]  # fmt: skip
    hidden = len(changes) - len(lines)
    more = el("li", words("more", n=hidden), class_="muted") if hidden > 0 else None
    yes = el("button", icon("check"), words("lay"), class_="button main", type="button",
             data_act="lay")  # fmt: skip
    no = el("button", words("drop"), class_="button", type="button", data_act="drop")
    head = el("div", el("h2", words("would", n=len(changes))), el("div", yes, no, class_="row"),
              class_="card-head")  # fmt: skip
    return el("section", head, el("ul", lines, more, class_="card-body small"), class_="card")


def _hours(day: RosterDay | RosterEntry | None, words: Words) -> str:
    if day is None:
        return words("none")
    return " / ".join(f"{one.start}–{one.end}" for one in day.shifts) or words("rest")


def _pattern_form(view: View, templates: Sequence[str], words: Words) -> Markup:
    first = date.fromisoformat(view.monday)
    known = "、".join(templates) or words("no_shifts")

    def field(label: str, name: str, value: str, kind: str = "text") -> Markup:
        box = el("input", name=name, type=kind, value=value, required=True)
        return el("label", words(label), box, class_="field")

    form = el(
        "form",
        field("cycle", "cycle", ""), field("from", "from", view.monday, "date"),
        field("to", "to", (first + timedelta(days=27)).isoformat(), "date"),
        field("stagger", "stagger", "0", "number"),
        el("button", icon("visibility"), words("look"), class_="button", type="submit"),
        class_="filters", data_submit="pattern",
    )  # fmt: skip
    hint = el("p", words("pattern_hint", shifts=known), class_="small muted card-body")
    head = el("div", el("h2", words("pattern")), class_="card-head")
    return el("section", head, form, hint, class_="card")


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("section", el("div", icon("calendar_month"), texts, class_="empty"), class_="card")
