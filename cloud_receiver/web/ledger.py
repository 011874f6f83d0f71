"""奖惩台账: every booking, filtered and totalled by account, each with its WHY."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.documents import RuleError, parse_rule
from cloud_receiver.domain.outcomes import Account
from cloud_receiver.store.engine import read
from cloud_receiver.store.statement import (
    Choices,
    Entry,
    Selection,
    Total,
    choices,
    entries,
    person_meant,
    totals,
)
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import (
    account_text,
    chip,
    date_text,
    icon,
    local_time,
    money,
    signed_yuan,
)
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

PAGE_LENGTH: Final = 50
MAX_LENGTH: Final = 2000
TEXTS: Final[Texts] = {
    "title": ("奖惩台账", "Ledger"),
    "lead": (
        "只增不改:更正以新分录入账,原分录永远保留。每一笔都可以追到原始打卡和销售记录。",
        (
            "Entries are only ever added: a correction is an entry of its own. "
            "Every one leads back to the raw punches and sales."
        ),
    ),
    "first_date": ("从", "From"),
    "last_date": ("到", "To"),
    "store_id": ("门店", "Store"),
    "employee_id": ("员工", "Person"),
    "person_hint": ("姓名或工号", "Name or id"),
    "rule_id": ("规则", "Rule"),
    "account": ("账户", "Account"),
    "all": ("全部", "All"),
    "clear": ("清除筛选", "Clear filters"),
    "filters": ("筛选", "Filters"),
    "entries": ("{n} 笔", "{n} entries"),
    "rewards": ("增 {sum}", "up {sum}"),
    "deductions": ("减 {sum}", "down {sum}"),
    "net": ("合计", "Net"),
    "work_date": ("工作日", "Work date"),
    "person": ("员工", "Person"),
    "store": ("门店", "Store"),
    "rule": ("规则", "Rule"),
    "amount": ("金额(元)", "Amount (yuan)"),
    "booked": ("入账时间", "Booked"),
    "why": ("为什么", "Why"),
    "why_of": ("为什么:{name} {amount}", "Why: {name} {amount}"),
    "correction": ("更正", "correction"),
    "more": ("再显示 {n} 笔", "Show {n} more"),
    "empty_title": ("没有符合条件的分录", "No entry matches"),
    "empty": (
        "放宽日期或清除筛选再看。全新系统在第一条规则命中后,这里会出现第一笔。",
        (
            "Widen the dates or clear the filters. In a new system the first entry appears "
            "when a rule first applies."
        ),
    ),
}
_SHORT: Final = {
    "first_date": "from",
    "last_date": "to",
    "store_id": "store",
    "employee_id": "person",
    "rule_id": "rule",
    "account": "account",
}
"""Names of the filters in the page's address."""


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at: the entries selected and how many are shown.

    Attributes:
        sought: what was typed to find a person.
    """

    language: Language
    selection: Selection
    length: int = PAGE_LENGTH
    sought: str = ""

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        values = {short: getattr(self.selection, name) for name, short in _SHORT.items()}
        given = {short: value for short, value in values.items() if value}
        return f"/ledger?{urlencode(given)}" if given else "/ledger"

    def turned(self, name: str, value: str) -> View:
        """Return the view after the reader acted."""
        if name == "more":
            return replace(self, length=min(MAX_LENGTH, self.length + PAGE_LENGTH))
        if name == "clear":
            return View(self.language, Selection())
        if name in {field.name for field in fields(Selection)}:
            changed = replace(self.selection, **{name: value or None})
            return View(self.language, changed, sought=self.sought)
        return self


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/ledger")
    async def ledger(request: Request) -> None:
        visit = visit_of(request)
        asked = {name: request.query_params.get(short) for name, short in _SHORT.items()}
        view = View(
            visit.language,
            Selection(**{name: text or None for name, text in asked.items()}),
            sought=asked["employee_id"] or "",
        )
        with await page_frame(desk, visit, "ledger", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name == "sought":
                    view = await asyncio.to_thread(_seek, desk, view, value)
                else:
                    view = view.turned(name, value)
                await follower.turn(("ledger", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("ledger", view), partial(draw, desk, view), act)


def _seek(desk: Desk, view: View, text: str) -> View:
    """Return the view of whom a text names; as long as it names nobody, everybody's."""
    text = text.strip()[:40]
    with read(desk.engine) as connection:
        who = person_meant(connection, text) if text else None
    return View(view.language, replace(view.selection, employee_id=who), sought=text)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    with read(desk.engine) as connection:
        sums = totals(connection, view.selection)
        shown = entries(connection, view.selection, view.length)
        known = choices(connection, view.sought)
    words = Words(TEXTS, view.language)
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    hidden = sum(total.entries for total in sums) - len(shown)
    more = el(
        "div",
        el("button", words("more", n=min(hidden, PAGE_LENGTH)), class_="button", type="button", data_act="more"),
        class_="card-body row",
    ) if hidden > 0 and view.length < MAX_LENGTH else None  # fmt: skip
    listed = [_table(shown, words), more] if shown else _empty(words)
    return join([head, _filters(view, known, words), _totals(sums, words),
                 el("section", listed, class_="card")])  # fmt: skip


def _filters(view: View, known: Choices, words: Words) -> Markup:
    selection, language = view.selection, view.language
    accounts = [(account.value, account_text(account, language)) for account in Account]
    rules = [
        (rule_id, _rule_name(rule_id, document, language)) for rule_id, document in known.rules
    ]
    people = [el("option", name, value=key) for key, name in known.people]
    found = el("datalist", people, id="people-found")
    person = el("input", type="search", value=view.sought, data_input="sought", list="people-found",
                autocomplete="off", placeholder=words("person_hint"))  # fmt: skip
    controls = [
        _date("first_date", selection.first_date, words),
        _date("last_date", selection.last_date, words),
        _select("store_id", known.stores, selection.store_id, words),
        el("label", words("employee_id"), person, found, class_="field"),
        _select("rule_id", rules, selection.rule_id, words),
        _select("account", accounts, selection.account, words),
    ]
    clear = el("button", words("clear"), class_="button", type="button", data_act="clear")
    return el("section", controls, clear if selection != Selection() else None,
              class_="card filters", aria_label=words("filters"))  # fmt: skip


def _rule_name(rule_id: str, document: str, language: Language) -> str:
    try:
        name = parse_rule(document, rule_id).name
    except RuleError:
        return rule_id
    return language.pick(name.zh, name.en)


def _date(name: str, value: str | None, words: Words) -> Markup:
    field = el("input", type="date", value=value or "", data_change=name)
    return el("label", words(name), field, class_="field")


def _select(
    name: str, options: Iterable[tuple[str, str]], chosen: str | None, words: Words
) -> Markup:
    listed = [el("option", text, value=key, selected=key == chosen) for key, text in options]
    everything = el("option", words("all"), value="", selected=chosen is None)
    return el(
        "label", words(name), el("select", everything, listed, data_change=name), class_="field"
    )


def _totals(sums: Sequence[Total], words: Words) -> Markup | None:
    if not sums:
        return None
    net = sum(total.net_fen for total in sums)
    figures = [
        _figure(account_text(total.account, words.language), total.net_fen,
                [words("entries", n=total.entries), _split(total, words)])
        for total in sums
    ]  # fmt: skip
    overall = _figure(words("net"), net, [words("entries", n=sum(total.entries for total in sums))])
    return el("dl", figures, overall if len(sums) > 1 else None, class_="figures roomy")


def _split(total: Total, words: Words) -> str | None:
    if not (total.rewards_fen and total.deductions_fen):
        return None
    plus = words("rewards", sum=signed_yuan(total.rewards_fen))
    minus = words("deductions", sum=signed_yuan(total.deductions_fen))
    return f"{plus} · {minus}"


def _figure(label: str, fen: int, notes: Sequence[str | None]) -> Markup:
    lines = [el("dd", note, class_="under") for note in notes if note]
    return el("div", el("dt", label), el("dd", money(fen), class_="money"), lines, class_="figure")


def _table(shown: Sequence[Entry], words: Words) -> Markup:
    columns = ("work_date", "person", "store", "rule", "account", "amount", "booked", "why")
    numeric = {"amount", "booked"}
    head = [
        el("th", words(key), scope="col",
           class_="num" if key in numeric else "act" if key == "why" else None)
        for key in columns
    ]  # fmt: skip
    body = [_row(entry, words) for entry in shown]
    return el(
        "div",
        el("table", el("thead", el("tr", head)), el("tbody", body), class_="cards brief"),
        class_="scroll",
    )


def _row(entry: Entry, words: Words) -> Markup:
    language, rule = words.language, entry.explanation.rule
    name = el("span", language.pick(rule.zh, rule.en))
    corrected = (
        chip(words("correction"), "wait", "published_with_changes") if entry.adjusts else None
    )
    amount = money(entry.amount_fen)
    link = el(
        "a", icon("help_outline"), words("why"), href=f"/why/{quote(entry.entry_id)}", class_="button slim",
        aria_label=words("why_of", name=entry.name, amount=signed_yuan(entry.amount_fen)),
    )  # fmt: skip
    return el(
        "tr",
        el(
            "td",
            date_text(entry.work_date, language),
            class_="nowrap",
            data_label=words("work_date"),
            title=entry.work_date,
        ),
        el(
            "td",
            el("a", entry.name, href=f"/people/{quote(entry.employee_id)}"),
            class_="lead nowrap",
        ),
        el("td", entry.store_name, class_="shop", data_label=words("store")),
        el("td", el("span", name, " ", corrected), data_label=words("rule")),
        el("td", account_text(entry.account, language), class_="shop", data_label=words("account")),
        el("td", amount, class_="num beside", data_label=words("amount")),
        el(
            "td",
            local_time(entry.booked_utc_ms, entry.zone, "%m-%d %H:%M:%S"),
            class_="num muted",
            data_label=words("booked"),
        ),
        el("td", link, class_="act"),
        data_key=entry.entry_id,
    )


def _empty(words: Words) -> Markup:
    return el(
        "div",
        icon("receipt_long"),
        el("h2", words("empty_title")),
        el("p", words("empty")),
        class_="empty",
    )
