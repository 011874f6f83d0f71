"""班次: the shifts rosters are made of, written and changed on a page; every version is kept.

A new version changes no roster that stands; it is taken over from a date on after a look at
which days that would change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fastapi import Request

from cloud_receiver.domain.rota import Stretch
from cloud_receiver.domain.workday import shift_date, utc_ms
from cloud_receiver.store import enrolment, labour, names, scheduling, shifts
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.store.shifts import TemplateVersion
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import author_text, icon, local_minute
from cloud_receiver.web.schedule_plan import plan_card, plan_of
from cloud_receiver.web.schedule_texts import SCHEDULE
from cloud_receiver.web.shift_form import TEXTS as FORM_TEXTS
from cloud_receiver.web.shift_form import asked_of, draw_form, hours_in_words, special, template_in
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError, ToldError

ADDRESS: Final = "/schedule/shifts"
TEXTS: Final[Texts] = {
    "title": ("班次", "Shifts"),
    "lead": (
        "排班由班次组成。每次改动都是新的一版;已经排好的班不变,需要时从某天起换成新版。",
        "Rosters are made of shifts. Every change is a new version; rosters that stand do not change until you take it over from a date on.",
    ),
    "back": ("排班", "Schedule"),
    "new": ("新增班次", "Add a shift"),
    "import": ("从文件导入", "Import a file"),
    "new_title": ("新增班次", "Add a shift"),
    "edit_title": ("修改班次“{shift}”", "Change the shift {shift}"),
    "edit": ("修改", "Change"),
    "withdraw": ("停用", "Use no more"),
    "restore": ("恢复", "Use again"),
    "take_over": ("换成新版", "Take over"),
    "take_over_title": ("把“{shift}”的现行版本用到已排的班", "Take {shift} as it is now over into rosters"),
    "from": ("从", "From"),
    "to": ("到", "To"),
    "look": ("先看结果", "Look first"),
    "close": ("取消", "Cancel"),
    "saved": (
        "班次“{shift}”已保存为第 {n} 版;已排的班不变",
        "Shift {shift} is kept as version {n}; rosters that stand do not change",
    ),
    "refused": ("没有保存:请改正标出的地方", "Not saved: please correct what is marked"),
    "same": ("没有变化", "Nothing changed"),
    "exists": (
        "已有班次“{shift}”:请在下面修改它,或换一个简称",
        "There is a shift {shift} already: change it below, or take another short name",
    ),
    "withdrawn": ("班次“{shift}”已停用;已排的班不变", "Shift {shift} is used no more; rosters stand"),
    "restored": ("班次“{shift}”已恢复", "Shift {shift} is used again"),
    "laid": ("已换成新版,改变 {n} 天", "Taken over: {n} days changed"),
    "no_days": ("这段时间里的班已经都是现行版本", "All days there stand as this version says already"),
    "version": ("第 {n} 版 · {author} · {at}", "version {n} · {author} · {at}"),
    "older": ("以前的 {n} 版", "{n} versions before"),
    "plain": ("没有特别设置", "nothing special"),
    "off": ("已停用", "not in use"),
    "ended": ("停用", "taken out of use"),
    "empty_title": ("还没有班次", "There are no shifts yet"),
    "empty": (
        "先建立早、晚、夜等班次,排班时就能按名字选、按循环排。",
        "Write early, late and night down once; rosters then choose them by name and by pattern.",
    ),
}  # fmt: skip
_NEW: Final = "+"
_AHEAD_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class View:
    """What is under way on the page.

    Attributes:
        editing: the short name of the shift whose form is open, `_NEW` for a new one.
        taking_over: the short name of the shift that is about to be taken over.
        draft: what the form held that was refused; `wrong`: which fields, and why.
        plan: entries looked at and not laid yet.
        said: what to tell.
    """

    language: Language
    may_change: bool = False
    editing: str = ""
    taking_over: str = ""
    draft: tuple[tuple[str, str], ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()
    plan: tuple[RosterEntry, ...] = ()
    said: str = ""

    @property
    def plain(self) -> View:
        """Return it with nothing under way."""
        return View(self.language, self.may_change)


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at(ADDRESS)
    async def page(request: Request) -> None:
        visit = visit_of(request)
        view = View(visit.language, visit.may_change)
        with await page_frame(desk, visit, "schedule", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if not visit.may_change:
                    return
                view = await asyncio.to_thread(_turn, desk, view, name, value, visit.session.login)
                desk.hub.changed()
                await follower.turn(("shifts", view), partial(draw, desk, view))

            follower = await desk.hub.follow(("shifts", view), partial(draw, desk, view), act)


def _turn(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    plain = view.plain
    acts: dict[str, Callable[[], View]] = {
        "new": lambda: replace(plain, editing=_NEW),
        "edit": lambda: replace(plain, editing=value),
        "put": lambda: _put(desk, view, json.loads(value), author),
        "withdraw": lambda: _ended(desk, view, value, author),
        "restore": lambda: _restored(desk, view, value, author),
        "take_over": lambda: replace(plain, taking_over=value),
        "look": lambda: _planned(desk, view, json.loads(value)),
        "lay": lambda: _laid(desk, view, author),
    }
    try:
        return acts[name]() if name in acts else plain
    except DakaError as error:
        return replace(plain, taking_over=view.taking_over, said=reason_of(error, view.language))


def _put(desk: Desk, view: View, form: Mapping[str, str], author: str) -> View:
    """Keep the shift a form describes; a form that is refused stays as it was filled in."""
    words, asked = Words(TEXTS, view.language), tuple((key, str(form[key])) for key in sorted(form))
    refused = replace(view, draft=asked, said=words("refused"))
    try:
        template = template_in(dict(asked))
    except ToldError as error:
        place = error.field if error.field in form else "hours"  # of several stretches together
        return replace(refused, wrong=((place, reason_of(error, view.language)),))
    shift_id = template.shift_id
    with write(desk.engine) as connection:
        if view.editing == _NEW and shift_id in shifts.in_force(connection):
            return replace(refused, wrong=(("shift_id", words("exists", shift=shift_id)),))
        if not shifts.put(connection, template, author, utc_ms(desk.now())):
            return replace(view.plain, said=words("same"))
        version = shifts.in_force(connection)[shift_id].version
    return replace(view.plain, said=words("saved", shift=shift_id, n=version))


def _ended(desk: Desk, view: View, shift_id: str, author: str) -> View:
    with write(desk.engine) as connection:
        done = shifts.withdraw(connection, shift_id, author, utc_ms(desk.now()))
    words = Words(TEXTS, view.language)
    return replace(view.plain, said=words("withdrawn" if done else "same", shift=shift_id))


def _restored(desk: Desk, view: View, shift_id: str, author: str) -> View:
    words = Words(TEXTS, view.language)
    with write(desk.engine) as connection:
        known = shifts.versions(connection, shift_id)
        done = bool(known) and shifts.put(
            connection, known[-1].template, author, utc_ms(desk.now())
        )
    return replace(view.plain, said=words("restored" if done else "same", shift=shift_id))


def _planned(desk: Desk, view: View, form: Mapping[str, str]) -> View:
    stretch = Stretch(form.get("from", ""), form.get("to", ""))
    with read(desk.engine) as connection:
        plan = plan_of(connection, scheduling.with_newest(connection, view.taking_over, stretch))
    if not plan:
        return replace(view.plain, said=Words(TEXTS, view.language)("no_days"))
    return replace(view, plan=plan, said="")


def _laid(desk: Desk, view: View, author: str) -> View:
    with write(desk.engine) as connection:
        enrolment.add_roster(connection, view.plan, author, utc_ms(desk.now()))
    return replace(view.plain, said=Words(TEXTS, view.language)("laid", n=len(view.plan)))


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    with read(desk.engine) as connection:
        by_shift: dict[str, list[TemplateVersion]] = {}
        for one in shifts.versions(connection):
            by_shift.setdefault(one.template.shift_id, []).append(one)
        changes = scheduling.preview(connection, view.plan)
        known = names.employee_names(connection)
        asked = labour.of_entries(connection, view.plan)
        zone = next((shop.zone for shop in names.stores(connection)), "UTC")
    shown: list[Markup | None] = [_head(view, words)]
    if view.editing and view.may_change:
        shown.append(_editor(view, by_shift, words))
    if view.plan:
        shown.append(plan_card(changes, known, asked, Words(SCHEDULE, view.language)))
    if view.taking_over and view.may_change:
        shown.append(_take_over(view.taking_over, desk.today(), words))
    stands = sorted(
        by_shift.values(), key=lambda own: (not own[-1].active, own[0].template.shift_id)
    )
    shown.append(_list(stands, zone, view, words) if stands else _empty(words))
    if view.said:
        shown.append(el("div", el("span", view.said, role="status"), class_="done"))
    return join(shown)


def _head(view: View, words: Words) -> Markup:
    back = el("a", icon("arrow_back"), words("back"), href="/schedule", class_="crumb")
    title = el("div", back, el("h1", words("title")), el("p", words("lead")))
    if not view.may_change:
        return el("header", title, class_="head")
    tools = el(
        "div",
        el("a", icon("upload_file"), words("import"), href="/import?kind=shifts", class_="button"),
        el("button", icon("add"), words("new"), class_="button main", type="button",
           data_act="new"),
        class_="row",
    )  # fmt: skip
    return el("header", title, tools, class_="head")


def _editor(view: View, by_shift: Mapping[str, Sequence[TemplateVersion]], words: Words) -> Markup:
    is_new = view.editing not in by_shift
    asked = dict(view.draft)
    if not asked and not is_new:
        asked = asked_of(by_shift[view.editing][-1].template)
    title = words("new_title") if is_new else words("edit_title", shift=view.editing)
    return el(
        "section", el("div", el("h2", title), class_="card-head"),
        draw_form(asked, dict(view.wrong), Words(FORM_TEXTS, view.language), is_new=is_new),
        class_="card",
        data_key=f"form/{view.editing}",
    )  # fmt: skip


def _take_over(shift_id: str, today: str, words: Words) -> Markup:
    def date(name: str, value: str) -> Markup:
        box = el("input", type="date", name=name, value=value, required=True)
        return el("label", words(name), box, class_="field")

    form = el(
        "form",
        date("from", shift_date(today, 1)), date("to", shift_date(today, _AHEAD_DAYS)),
        el("button", words("close"), class_="button", type="button", data_act="close",
           data_escape=True),
        el("button", icon("visibility"), words("look"), class_="button main", type="submit"),
        class_="filters", data_submit="look",
    )  # fmt: skip
    head = el("div", el("h2", words("take_over_title", shift=shift_id)), class_="card-head")
    return el("section", head, form, class_="card", data_key="take_over")


def _list(
    stands: Sequence[Sequence[TemplateVersion]], zone: str, view: View, words: Words
) -> Markup:
    lines = [_line(own, zone, view, words) for own in stands]
    return el("section", el("ul", lines, class_="shift-list"), class_="card", data_key="list")


def _line(own: Sequence[TemplateVersion], zone: str, view: View, words: Words) -> Markup:
    newest, shift_id = own[-1], own[-1].template.shift_id
    template = newest.template
    full = None if template.name == shift_id else el("span", " ", template.name, class_="muted")
    off = None if newest.active else el("span", words("off"), class_="chip")
    own_words = Words(FORM_TEXTS, view.language)
    more = " · ".join(special(template, own_words)) or words("plain")
    before = [el("li", _stamp(one, zone, words), " · ", _told(one, words)) for one in own[-2::-1]]
    older = el("details", el("summary", words("older", n=len(before))), el("ul", before, class_="plain"),
               class_="small muted") if before else None  # fmt: skip
    text = el(
        "div",
        el("div", el("b", shift_id), full, " ", el("span", hours_in_words(template, own_words), class_="hours"),
           " ", off),
        el("div", more, class_="small"),
        el("div", _stamp(newest, zone, words), class_="small muted"),
        older,
    )  # fmt: skip
    return el("li", text, _buttons(newest, view, words), class_=None if newest.active else "muted",
              data_key=f"shift/{shift_id}")  # fmt: skip


def _told(one: TemplateVersion, words: Words) -> str:
    if not one.active:
        return words("ended")
    own_words = Words(FORM_TEXTS, words.language)
    return " · ".join([hours_in_words(one.template, own_words), *special(one.template, own_words)])


def _stamp(one: TemplateVersion, zone: str, words: Words) -> str:
    at = local_minute(one.created_utc_ms, zone)
    return words("version", n=one.version, author=author_text(one.author, words.language), at=at)


def _buttons(newest: TemplateVersion, view: View, words: Words) -> Markup | None:
    if not view.may_change:
        return None
    newer = [("take_over", "sync")] if newest.version > 1 else []
    offered = [("edit", "edit"), *newer, ("withdraw", "block")]
    buttons = [
        el("button", icon(picture), words(act), class_="button slim", type="button", data_act=act,
           data_value=newest.template.shift_id)
        for act, picture in (offered if newest.active else [("restore", "undo")])
    ]  # fmt: skip
    return el("div", buttons, class_="row")


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("section", el("div", icon("schedule"), texts, class_="empty"), class_="card")
