"""排班: a week of people, the calendar above it; copied and laid by pattern after a dry run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui
from sqlalchemy import Connection

from cloud_receiver.domain.rota import Stretch, parse_pattern
from cloud_receiver.domain.workday import monday_of, shift_date, utc_ms
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.store import (
    calendar,
    enrolment,
    labour,
    names,
    roster_history,
    scheduling,
    shifts,
)
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.web.calendar_day import TEXTS as DATE_TEXTS
from cloud_receiver.web.calendar_day import date_of, draw_date, say, told
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.import_file import Trial, carry_in, file_form, look, trial_card
from cloud_receiver.web.labour_notes import notes
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import date_text, icon, plain_date
from cloud_receiver.web.roster_cell import cell_form, cell_of, changed
from cloud_receiver.web.schedule_grid import grid, hours
from cloud_receiver.web.schedule_plan import pattern_form, plan_card, plan_of
from cloud_receiver.web.schedule_texts import SCHEDULE
from cloud_receiver.web.texts import Language, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError

WEEK: Final = 7
SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class View:
    """Which week of which store, and what is about to be laid.

    Attributes:
        monday: the first date shown.
        may_change: the reader may lay something, not only look.
        plan: entries looked at and not laid yet.
        trial: a file looked at and not imported yet.
        cell: the day that is being edited, ``employee/date``; empty: none.
        date: the date whose calendar is being edited; empty: none.
        undo: what brings the day back that was edited last; None: there is none.
        said: what to tell.
    """

    language: Language
    monday: str
    store_id: str
    may_change: bool = False
    plan: tuple[RosterEntry, ...] = ()
    trial: Trial | None = None
    cell: str = ""
    date: str = ""
    undo: RosterEntry | None = None
    said: str = ""

    @property
    def plain(self) -> View:
        """Return it with nothing under way."""
        return View(self.language, self.monday, self.store_id, self.may_change)

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/schedule?{urlencode({'week': self.monday, 'store': self.store_id})}"

    @property
    def dates(self) -> list[str]:
        """Return the week's dates."""
        return [shift_date(self.monday, place) for place in range(WEEK)]


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/schedule")
    async def schedule(request: Request, week: str = "", store: str = "") -> None:
        visit = visit_of(request)
        with read(desk.engine) as connection:
            shops = [shop.store_id for shop in names.stores(connection)]
        chosen = store if store in shops else next(iter(shops), "")
        view = View(visit.language, _monday(week) or _monday(desk.today()) or "", chosen,
                    visit.may_change)  # fmt: skip
        with await page_frame(desk, visit, "schedule", visit.words(SCHEDULE)("title")):

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
        return monday_of(text)
    except ValueError:
        return None


def _turn(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    plain = view.plain
    acts: dict[str, Callable[[], View]] = {
        "week": lambda: replace(plain, monday=_monday(value) or view.monday),
        "store": lambda: replace(plain, store_id=value),
        "cell": lambda: replace(plain, cell=value),
        "date": lambda: replace(plain, date=value),
        "say": lambda: _said_of_date(desk, view, json.loads(value), author),
        "copy": lambda: _planned(desk, view, _copy(view)),
        "pattern": lambda: _planned(desk, view, _pattern(view, json.loads(value))),
        "lay": lambda: _laid(desk, view, author),
        "file": lambda: _looked_at(desk, view, json.loads(value), author),
        "bring": lambda: replace(plain, said=carry_in(desk, view.trial, author, view.language)),
        "set": lambda: _set(desk, view, json.loads(value), author),
        "undo": lambda: _undone(desk, view, author),
    }
    try:
        return acts[name]() if name in acts else plain
    except DakaError as error:
        kept = view.cell if name == "set" else ""
        return replace(plain, cell=kept, said=reason_of(error, view.language))


def _looked_at(desk: Desk, view: View, said: Mapping[str, str], author: str) -> View:
    """Look at a file that came in."""
    found = look(desk, ImportKind.ROSTER, said, author, view.language)
    if isinstance(found, str):
        return replace(view.plain, said=found)
    return replace(view.plain, trial=found)


def _set(desk: Desk, view: View, form: Mapping[str, str], author: str) -> View:
    """Lay the day that is being edited as the form says."""
    words = Words(SCHEDULE, view.language)
    with write(desk.engine) as connection:
        cell = cell_of(connection, view.cell)
        if cell is None:
            return view.plain
        entry = changed(connection, cell, form)
        day = date_text(cell.work_date, view.language)
        found = scheduling.preview(connection, [entry])
        if scheduling.overlapping(connection, found):
            return replace(view.plain, said=words("overlap", who=cell.name, day=day))
        if not enrolment.add_roster(connection, [entry], author, utc_ms(desk.now())):
            return replace(view.plain, said=words("same"))
    said = words("saved", who=cell.name, day=day, before=hours(cell.day, words),
                 after=hours(entry, words))  # fmt: skip
    return replace(view.plain, undo=cell.entry, said=said)


def _said_of_date(desk: Desk, view: View, form: Mapping[str, str], author: str) -> View:
    """Say what the date is that is being edited."""
    with write(desk.engine) as connection:
        about = date_of(connection, view.date, view.store_id, names.stores(connection))
        if about is None:
            return view.plain
        said = say(connection, about, form, author, utc_ms(desk.now()))
    return replace(view.plain, said=told(said, about, Words(DATE_TEXTS, view.language)))


def _undone(desk: Desk, view: View, author: str) -> View:
    if view.undo is None:
        return view.plain
    words, entry = Words(SCHEDULE, view.language), view.undo
    with write(desk.engine) as connection:
        enrolment.add_roster(connection, [entry], author, utc_ms(desk.now()))
        who = names.employee_names(connection).get(entry.employee_id, entry.employee_id)
    day = date_text(entry.work_date, view.language)
    said = words("undone", who=who, day=day, after=hours(entry, words))
    return replace(view.plain, said=said)


def _copy(view: View) -> partial[list[RosterEntry]]:
    begin, end = (shift_date(view.monday, days) for days in (WEEK, 2 * WEEK - 1))
    order = scheduling.CopyOrder(
        source=Stretch(view.dates[0], view.dates[-1]),
        target=Stretch(begin, end),
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
            if person.store_id == view.store_id and person.works_on(stretch.first)
        )  # fmt: skip
        order = scheduling.PatternOrder(
            pattern=pattern, stretch=stretch, employee_ids=people, store_id=view.store_id,
            stagger_days=int(stagger) if stagger.isdecimal() else 0,
        )  # fmt: skip
        return scheduling.by_pattern(connection, order)

    return partial(make)


def _planned(desk: Desk, view: View, make: partial[list[RosterEntry]]) -> View:
    with read(desk.engine) as connection:
        plan = plan_of(connection, make(connection))
    words = Words(SCHEDULE, view.language)
    return replace(view.plain, plan=plan, said="" if plan else words("same"))


def _laid(desk: Desk, view: View, author: str) -> View:
    with write(desk.engine) as connection:
        enrolment.add_roster(connection, view.plan, author, utc_ms(desk.now()))
    monday = _monday(min(entry.work_date for entry in view.plan)) if view.plan else None
    said = Words(SCHEDULE, view.language)("laid", n=len(view.plan))
    return replace(view.plain, monday=monday or view.monday, said=said)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words, dates = Words(SCHEDULE, view.language), view.dates
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        rows = roster_history.grid(connection, dates[0], dates[-1], view.store_id or None)
        days = calendar.calendar(connection, dates[0], dates[-1])
        changes = scheduling.preview(connection, view.plan)
        known = names.employee_names(connection)
        templates = list(shifts.in_force(connection).values())
        cell = cell_of(connection, view.cell) if view.cell and view.may_change else None
        about = date_of(connection, view.date, view.store_id, shops) if view.date else None
        asked = labour.of_entries(connection, view.plan)
        stands = labour.of_dates(connection, [row.employee_id for row in rows[:SHOWN]], dates)
    calendar_days = [days.day(view.store_id, day) for day in dates]
    shown: list[Markup | None] = [_head(view, desk.today(), words), _filters(view, shops, words)]
    if view.plan:
        shown.append(plan_card(changes, known, asked, words))
    if view.trial is not None:
        shown.append(trial_card(view.trial, known, view.language))
    if not any(row.days for row in rows):
        shown.append(_empty(words) if shops else _no_store(view, words))
    if rows:
        shown.append(grid(rows[:SHOWN], calendar_days, words, may_change=view.may_change))
    found = notes(stands, known, view.language)
    shown.append(el("section", found, class_="card", data_key="labour") if found else None)
    if view.may_change:
        shown.append(pattern_form(view.monday, [one.template.shift_id for one in templates], words))
        shown.append(file_form(ImportKind.ROSTER, view.language))
    if cell is not None:
        shown.append(cell_form(cell, templates, shops, words))
    if about is not None and view.may_change:
        shown.append(draw_date(about, Words(DATE_TEXTS, view.language)))
    shown.append(_said(view, words))
    return join(shown)


def _said(view: View, words: Words) -> Markup | None:
    if not view.said:
        return None
    undo = el("button", icon("undo"), words("undo"), class_="button slim", type="button",
              data_act="undo") if view.undo else None  # fmt: skip
    return el("div", el("span", view.said, role="status"), undo, class_="done")


def _head(view: View, today: str, words: Words) -> Markup:
    def turn(picture: str, days: int, label: str) -> Markup:
        monday = shift_date(view.monday, days)
        return el("button", icon(picture), class_="button", type="button", data_act="week",
                  data_value=monday, aria_label=words(label))  # fmt: skip

    here = view.monday == _monday(today)
    back = None if here else el("button", words("this_week"), class_="button", type="button",
                                data_act="week", data_value=today)  # fmt: skip
    first, last = view.dates[0], view.dates[-1]
    begin = plain_date(first, view.language, with_year=view.language is Language.ZH)
    end = plain_date(last, view.language, with_year=view.language is Language.EN)
    span = f"{begin} – {end}"
    own = el("a", icon("schedule"), words("shifts"), href="/schedule/shifts", class_="button")
    tools = el("div", own, turn("chevron_left", -WEEK, "previous"),
               turn("chevron_right", WEEK, "next"), back, class_="row")  # fmt: skip
    title = el(
        "div",
        el("h1", words("title"), " · ", span),
        el("p", words("lead"), " ", words("click") if view.may_change else None),
    )
    return el("header", title, tools, class_="head")


def _filters(view: View, shops: Sequence[names.Store], words: Words) -> Markup:
    stores = [
        el("option", shop.name, value=shop.store_id, selected=shop.store_id == view.store_id)
        for shop in shops
    ]
    choose = el("label", words("store"), el("select", stores, data_change="store"), class_="field")
    copy = el("button", icon("content_copy"), words("copy"), class_="button", type="button",
              data_act="copy") if view.may_change else None  # fmt: skip
    return el("section", choose, copy, class_="card filters", aria_label=words("filters"))


def _no_store(view: View, words: Words) -> Markup:
    link = el("a", words("import_stores"), href="/import?kind=stores", class_="button")
    texts = [el("h2", words("no_store_title")), el("p", words("no_store")),
             link if view.may_change else None]  # fmt: skip
    return el("section", el("div", icon("storefront"), texts, class_="empty"), class_="card")


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("section", el("div", icon("calendar_month"), texts, class_="empty"), class_="card")
