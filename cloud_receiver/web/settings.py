"""设置: what is set where, who may log in, how many stores and people there are."""

from __future__ import annotations

import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import Request

from cloud_receiver.domain.roles import ROLE_NAMES
from cloud_receiver.store import accounts, names, policies, profile, shifts
from cloud_receiver.store.engine import read
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Child, Markup, el, join
from cloud_receiver.web.phrases import chip, local_time
from cloud_receiver.web.policy_card import draw_policy, draw_shifts
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

TEXTS: Final[Texts] = {
    "title": ("设置", "Settings"),
    "lead": (
        "现在怎样设置,在哪里改。每次修改都记在“审计”里。",
        "How things are set and where to change them. Every change is in the audit.",
    ),
    "organisation": ("组织", "Organisation"),
    "stores": ("门店", "Stores"),
    "people": ("在职员工", "People employed"),
    "former": ("已离职", "People who left"),
    "shifts": ("班次模板", "Shift templates"),
    "accounts": ("登录账号", "Accounts"),
    "login": ("账号", "Login"),
    "role": ("角色", "Role"),
    "language": ("语言", "Language"),
    "created": ("建立", "Created"),
    "state": ("状态", "State"),
    "locked": ("已锁定", "locked"),
    "open": ("可登录", "may log in"),
    **{f"role_{role}": (name.zh, name.en) for role, name in ROLE_NAMES.items()},
    "how": (
        "新建或修改账号:daka-hq user add / password(在总部服务器上)。",
        "Make or change accounts with daka-hq user add / password on the server.",
    ),
    "system": ("系统", "System"),
    "version": ("版本", "Version"),
    "database": ("数据库", "Database"),
    "runs_on": ("运行环境", "Runs on"),
    "zh": ("中文", "Chinese"),
    "en": ("英文", "English"),
}


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/settings")
    async def settings(request: Request) -> None:
        visit = visit_of(request)
        with await page_frame(desk, visit, "settings", visit.words(TEXTS)("title")):
            key = ("settings", visit.language)
            await desk.hub.follow(key, partial(draw, desk, visit.language))


def draw(desk: Desk, language: Language) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words, zone, today = Words(TEXTS, language), desk.home_zone(), desk.today()
    with read(desk.engine) as connection:
        listed = accounts.accounts(connection)
        employed = profile.roll(connection, "", None, 0).found
        left = profile.roll(connection, "", None, 0, former=True).found
        templates = list(shifts.in_force(connection).values())
        organisation: list[tuple[str, Child]] = [
            (words("stores"), f"{len(names.stores(connection)):,}"),
            (words("people"), f"{employed:,}"),
            (words("former"), f"{left:,}"),
            (words("shifts"), f"{len(templates):,}"),
        ]
        policy = policies.versions(connection)
    now_ms = int(desk.now().timestamp() * 1000)
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    system: list[tuple[str, Child]] = [
        (words("version"), _version()),
        (words("database"), desk.engine.dialect.name),
        (words("runs_on"), f"Python {platform.python_version()} · {platform.system()}"),
    ]
    columns = ("login", "role", "language", "created", "state")
    rows = [
        el(
            "tr",
            el("td", one.login, class_="lead"),
            el("td", _role(one.reader.role, words), data_label=words("role")),
            el("td", words(one.language) if one.language in ("zh", "en") else one.language,
               data_label=words("language")),
            el("td", local_time(one.created_utc_ms, zone, "%Y-%m-%d"), data_label=words("created")),
            el("td", chip(words("locked"), "bad", "lock") if one.locked_until_utc_ms > now_ms
               else chip(words("open"), "good", "check_circle"), data_label=words("state")),
        )
        for one in listed
    ]  # fmt: skip
    table = el("table", el("thead", el("tr", [el("th", words(key), scope="col") for key in columns])),
               el("tbody", rows), class_="cards")  # fmt: skip
    people = el("section", el("div", el("h2", words("accounts")), class_="card-head"),
                el("div", table, class_="scroll"),
                el("p", words("how"), class_="card-body small muted"), class_="card")  # fmt: skip
    return join([
        head,
        _card("organisation", el("dl", _pairs(organisation), class_="pairs"), words),
        draw_policy(policy, today, zone, language),
        draw_shifts(templates, zone, language),
        people,
        _card("system", el("dl", _pairs(system), class_="pairs"), words),
    ])  # fmt: skip


def _pairs(pairs: list[tuple[str, Child]]) -> list[Markup]:
    return [el("div", el("dt", name), el("dd", value)) for name, value in pairs]


def _card(title: str, body: Markup, words: Words) -> Markup:
    return el("section", el("div", el("h2", words(title)), class_="card-head"),
              el("div", body, class_="card-body"), class_="card")  # fmt: skip


def _role(role: str, words: Words) -> str:
    return words(f"role_{role}") if f"role_{role}" in TEXTS else role


def _version() -> str:
    try:
        return version("daka")
    except PackageNotFoundError:
        return "—"
