"""奖惩规则: what is in force and since when, templates on the shelf, and the designer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Final
from urllib.parse import quote

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.documents import Effect, End, Grain, Rule
from cloud_receiver.store import drafts, names, rule_shelf
from cloud_receiver.store.engine import read
from cloud_receiver.store.rule_shelf import Published
from cloud_receiver.web import rule_drafts
from cloud_receiver.web.frame import Desk, page_at, page_frame, static_address
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import author_text, chip, icon, local_minute, local_time
from cloud_receiver.web.rule_changes import draw_changes
from cloud_receiver.web.rule_setup import setup
from cloud_receiver.web.rule_texts import CHOICES, SCENES
from cloud_receiver.web.sentences import row_sentence
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

MAX_SENTENCES: Final = 6
TEXTS: Final[Texts] = {
    "title": ("奖惩规则", "Rules"),
    "lead": (
        "每条规则都能读成一句话。改动总是新版本,已入账的不受影响。",
        "Every rule reads as a sentence. A change is a new version; what is booked stays.",
    ),
    "new": ("新建规则", "New rule"),
    "new_title": ("新规则", "A new rule"),
    "edit": ("查看与修改", "Open"),
    "use": ("以此为起点", "Start from this"),
    "in_force": ("生效中", "in force"),
    "to_come": ("{day} 起生效", "from {day}"),
    "ended": ("{day} 起停用", "ended {day}"),
    "shelf": ("模板", "Templates"),
    "shelf_lead": (
        "随系统提供、没有生效的规则,拿来改成自己的。",
        "Rules that come with the system and are not in force; make them yours.",
    ),
    "template": ("模板", "template"),
    "version": ("第 {n} 版", "version {n}"),
    "who_when": ("{who} · {when}", "{who} · {when}"),
    "back": ("全部规则", "All rules"),
    "history": ("版本", "Versions"),
    "everywhere": ("所有门店", "everywhere"),
    "unreadable": ("这个版本读不懂", "this version cannot be read"),
    "empty_title": ("还没有规则", "No rules yet"),
    "empty": ("从模板开始,或新建一条。", "Start from a template or make a new one."),
    "every_day": ("每 {n} 天", "every {n} days"),
    "every_time": ("每 {n} 次", "every {n} times"),
    "first": ("前 {share}%", "first {share}%"),
    "last": ("后 {share}%", "last {share}%"),
    "more_rows": ("还有 {n} 行", "{n} more rows"),
}
DESIGNER_SCRIPT: Final = static_address("designer.js")
STYLE_LINK: Final = f'<link rel="stylesheet" href="{static_address("designer.css")}">'


def register(desk: Desk) -> None:
    """Add the list and the designer."""

    @page_at("/rules")
    async def rules(request: Request) -> None:
        visit = visit_of(request)
        ui.add_head_html(STYLE_LINK)
        with await page_frame(desk, visit, "rules", visit.words(TEXTS)("title")):
            login = visit.session.login

            async def act(name: str, value: str) -> None:
                if not visit.may_change:
                    return
                said = await rule_drafts.act(desk, name, value, login, visit.language)
                if said:
                    ui.notify(said)
                desk.hub.changed()
                await follower.refresh()

            key, drawing = (
                ("rules", login, visit.language),
                partial(draw, desk, login, visit.language),
            )
            follower = await desk.hub.follow(key, drawing, act)

    @page_at("/rules/{rule_id}")
    async def rule(request: Request, rule_id: str) -> None:
        visit = visit_of(request)
        ui.add_head_html(STYLE_LINK)
        ui.add_head_html(f'<script type="module" src="{DESIGNER_SCRIPT}"></script>')
        with await page_frame(desk, visit, "rules", visit.words(TEXTS)("title")):
            ui.html(_designer(desk, rule_id, visit.language), sanitize=False).classes("live")


def draw(desk: Desk, login: str, language: Language) -> Markup:
    """Read and draw the list; runs in a worker thread."""
    words = Words(TEXTS, language)
    with read(desk.engine) as connection:
        published = rule_shelf.versions(connection)
        waiting = drafts.every(connection)
        people = names.employee_names(connection) if waiting else {}
        shops = {shop.store_id: shop.name for shop in names.stores(connection)}
    today = desk.today()
    known = {item.rule_id for item in published}
    new = el("a", icon("add"), words("new"), href="/rules/new", class_="button main")
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), new,
              class_="head")  # fmt: skip
    cards = [
        _card(list(versions), today, words)
        for _, versions in groupby(published, lambda item: item.rule_id)
    ]
    shelf = [rule for rule in rule_shelf.templates() if rule.id not in known]
    return join([
        head,
        rule_drafts.draw_drafts(waiting, rule_shelf.newest(published), login, people, shops, language),
        el("div", cards, class_="tiles") if cards else _empty(words),
        el("div", el("h2", words("shelf")), el("p", words("shelf_lead"), class_="muted"))
        if shelf else None,
        el("div", [_template(rule, words) for rule in shelf], class_="tiles") if shelf else None,
    ])  # fmt: skip


def _card(versions: Sequence[Published], today: str, words: Words) -> Markup:
    current = next((one for one in versions if one.rule and one.rule.covers(today)), versions[0])
    rule = current.rule
    if rule is None:
        return el("article", el("div", el("h2", current.rule_id), class_="card-head"),
                  el("p", words("unreadable"), class_="card-body bad"), class_="card")  # fmt: skip
    newest = versions[0].rule
    to_come = newest if newest and newest is not rule and newest.effective_from else None
    state = _state(rule, today, words)
    coming = (
        chip(words("to_come", day=to_come.effective_from), "wait", "event") if to_come else None
    )
    author = author_text(current.author, words.language)
    when = local_time(current.created_utc_ms, "Asia/Shanghai", "%Y-%m-%d")
    foot = el("span", words("version", n=current.version), " · ", words("who_when", who=author, when=when),
              class_="small muted")  # fmt: skip
    link = el("a", words("edit"), href=f"/rules/{quote(rule.id)}", class_="button slim",
              aria_label=f"{words('edit')}: {words.language.pick(rule.name.zh, rule.name.en)}")  # fmt: skip
    return _tile(rule, [state, coming], [foot, link], words)


def _state(rule: Rule, today: str, words: Words) -> Markup:
    if rule.covers(today):
        return chip(words("in_force"), "good", "check_circle")
    if rule.effective_from and rule.effective_from > today:
        return chip(words("to_come", day=rule.effective_from), "wait", "event")
    if rule.effective_to:
        return chip(words("ended", day=rule.effective_to), "", "event_busy")
    return chip(words("template"), "", "inventory_2")


def _template(rule: Rule, words: Words) -> Markup:
    link = el("a", words("use"), href=f"/rules/{quote(rule.id)}", class_="button slim",
              aria_label=f"{words('use')}: {words.language.pick(rule.name.zh, rule.name.en)}")  # fmt: skip
    state = chip(words("template"), "", "inventory_2")
    return _tile(rule, [state], [el("span"), link], words)


def _tile(
    rule: Rule, states: Sequence[Markup | None], foot: Sequence[Markup], words: Words
) -> Markup:
    language = words.language
    tone = {Effect.REWARD: "good", Effect.DEDUCTION: "bad"}.get(rule.effect, "wait")
    picture = {Effect.REWARD: "add_circle", Effect.DEDUCTION: "remove_circle"}.get(
        rule.effect, "flag"
    )
    choices = Words(CHOICES, language)
    where = _where(rule, words)
    about = " · ".join(filter(None, (choices(f"grain_{rule.grain}"), _which(rule, words), where)))
    rows = [el("li", row_sentence(rule, row, language)) for row in rule.rows[:MAX_SENTENCES]]
    hidden = len(rule.rows) - MAX_SENTENCES
    more = el("li", words("more_rows", n=hidden), class_="muted") if hidden > 0 else None
    return el(
        "article",
        el("div", el("h2", icon(picture, tone), " ", language.pick(rule.name.zh, rule.name.en)),
           el("span", states, class_="row"), class_="card-head"),
        el("div", el("p", about, class_="small muted"), el("ol", rows, more, class_="rows"),
           class_="card-body"),
        el("div", foot, class_="tile-foot"),
        class_="card tile", data_key=rule.id,
    )  # fmt: skip


def _which(rule: Rule, words: Words) -> str:
    if rule.pool is not None:
        key = "last" if rule.pool.end is End.BOTTOM else "first"
        return words(key, share=f"{rule.pool.share_bp / 100:g}")
    if rule.every is None:
        return ""
    return words("every_day" if rule.grain is Grain.STREAK else "every_time", n=rule.every)


def _where(rule: Rule, words: Words) -> str:
    named = [
        words.language.pick(*SCENES[scene]) if scene in SCENES else scene
        for scene in rule.scope.scenes
    ]
    return "、".join([*named, *rule.scope.stores]) or words("everywhere")


def _empty(words: Words) -> Markup:
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("div", el("div", icon("rule"), texts, class_="empty"), class_="card")


def _designer(desk: Desk, rule_id: str, language: Language) -> Markup:
    words = Words(TEXTS, language)
    with read(desk.engine) as connection:
        published = rule_shelf.versions(connection)
        shops = [(shop.store_id, shop.name) for shop in names.stores(connection)]
    versions = [item for item in published if item.rule_id == rule_id]
    shelf = {template.id: template for template in rule_shelf.templates()}
    rule = versions[0].rule if versions else shelf.get(rule_id)
    groups = [item.rule.group for item in published if item.rule and item.rule.group]
    tomorrow = (date.fromisoformat(desk.today()) + timedelta(days=1)).isoformat()
    choices = Words(CHOICES, language)
    steps = [
        {"how": "draft", "label": choices("save"), "main": False},
        {"how": "propose", "label": choices("propose"), "main": True},
    ]
    given = setup(rule, language, tomorrow=tomorrow, stores=shops, groups=groups, steps=steps)
    title = language.pick(rule.name.zh, rule.name.en) if rule else words("new_title")
    back = el("a", icon("arrow_back"), words("back"), href="/rules", class_="crumb")
    head = el("header", el("div", back, el("h1", title)), class_="head")
    return join([head, el("daka-designer", data_setup=given), _history(versions, words)])


def _history(versions: Sequence[Published], words: Words) -> Markup | None:
    if not versions:
        return None
    earlier = [*versions[1:], None]
    items = [_version(item, before, words) for item, before in zip(versions, earlier, strict=True)]
    return el("section", el("div", el("h2", words("history")), class_="card-head"),
              el("ol", items, class_="card-body stack"), class_="card")  # fmt: skip


def _version(item: Published, before: Published | None, words: Words) -> Markup:
    """Return a version: beside the one before it, or its rows where it is the first."""
    author = author_text(item.author, words.language)
    at = local_minute(item.created_utc_ms, "Asia/Shanghai")
    said: Markup | None = None
    if item.rule and before and before.rule:
        said = draw_changes(before.rule, item.rule, words.language)
    elif item.rule:
        rows = [el("li", row_sentence(item.rule, row, words.language)) for row in item.rule.rows]
        said = el("ul", rows, class_="rows")
    return el("li", el("b", words("version", n=item.version)), " ",
              el("span", words("who_when", who=author, when=at), class_="muted"), said)  # fmt: skip
