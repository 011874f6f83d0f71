"""为什么: one entry, in words and as structure, from the amount back to the raw records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import quote

from fastapi import Request

from cloud_receiver.domain.ledger import Kind
from cloud_receiver.store import names
from cloud_receiver.store.engine import read
from cloud_receiver.store.statement import Entry
from cloud_receiver.store.why import Why, why
from cloud_receiver.web.appeal_card import draw_appeals
from cloud_receiver.web.audit import structure
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Child, Markup, el, join
from cloud_receiver.web.phrases import (
    account_text,
    date_text,
    icon,
    local_time,
    money,
    signed_yuan,
)
from cloud_receiver.web.steps import (
    decisive_text,
    draw_facts,
    draw_records,
    draw_rule,
    draw_since,
    pick,
)
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "title": ("为什么", "Why"),
    "back": ("返回台账", "Back to the ledger"),
    "why_minus": ("为什么扣{sum}元?", "Why were {sum} yuan not granted?"),
    "why_plus": ("为什么奖{sum}元?", "Why a reward of {sum} yuan?"),
    "who_when": ("{name} · {store} · {date}", "{name} · {store} · {date}"),
    "because": (
        "因为{facts},按规则“{rule}”第 {version} 版,{row}。",
        "Because of {facts}: rule “{rule}”, version {version}, {row}.",
    ),
    "why_correction": ("为什么更正 {sum} 元?", "Why a correction of {sum} yuan?"),
    "no_longer": (
        "规则“{rule}”第 {version} 版:{reason}。",
        "Rule “{rule}”, version {version}: {reason}.",
    ),
    "correction_of": (
        "此前已入账 {before} 元,按现在的数据应为 {after} 元,本笔是差额。",
        (
            "{before} yuan were booked before; by what is known now it is {after} yuan; "
            "this entry is the difference."
        ),
    ),
    "since": ("后来的变化", "What changed since"),
    "step_rule": ("依据的规则", "The rule"),
    "step_facts": ("当天的事实", "The facts of the day"),
    "step_records": ("原始记录", "The raw records"),
    "step_sources": ("由这些分录而来", "The entries it comes from"),
    "step_chain": ("入账与更正", "Bookings and corrections"),
    "number": ("序号", "No."),
    "booked": ("入账时间", "Booked"),
    "amount": ("金额", "Amount"),
    "running": ("累计", "Running total"),
    "account": ("账户", "Account"),
    "this_one": ("本笔", "this one"),
    "structure": ("以结构化数据查看", "Show as structured data"),
    "hash": ("防篡改指纹", "Fingerprint against tampering"),
    "hash_hint": (
        "由本笔内容和上一笔的指纹算出;改动任何一笔,后面的指纹就都对不上。",
        (
            "Computed from this entry and the fingerprint before it: "
            "change any entry and none after it fits."
        ),
    ),
    "previous": ("上一笔", "before it"),
    "missing_title": ("没有这一笔", "There is no such entry"),
    "missing": (
        "链接可能不完整。请从台账里打开。",
        "The link may be cut short. Open the entry from the ledger.",
    ),
}


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/why/{entry_id:path}")
    async def why_page(request: Request, entry_id: str) -> None:
        visit = visit_of(request)
        with await page_frame(desk, visit, "ledger", visit.words(TEXTS)("title")):
            key = ("why", entry_id, visit.language)
            await desk.hub.follow(key, partial(draw, desk, entry_id, visit.language))


def draw(desk: Desk, entry_id: str, language: Language) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    with read(desk.engine) as connection:
        found = why(connection, entry_id)
        speakers = (
            {event.author for one in found.appeals for event in one.events} if found else set()
        )
        known = names.names_of(connection, speakers)
    words = Words(TEXTS, language)
    back = el("a", icon("arrow_back"), words("back"), href="/ledger", class_="crumb")
    if found is None:
        text = [el("h1", words("missing_title")), el("p", words("missing"))]
        return join(
            [
                back,
                el("section", el("div", icon("search_off"), text, class_="empty"), class_="card"),
            ]
        )
    steps = [
        *_grounds(found, words),
        (words("step_records"), draw_records(found, words.language)),
        *([(words("since"), draw_since(found, words.language))] if found.changed else []),
        (words("step_chain"), _chain(found, words)),
    ]
    chain = [_step(number, title, body) for number, (title, body) in enumerate(steps, 1)]
    doubts = draw_appeals(found.appeals, known, found.entry.zone, language)
    return join([back, _verdict(found, words), doubts, el("div", chain, class_="chain"),
                 _structure(found, words)])  # fmt: skip


def _grounds(found: Why, words: Words) -> list[tuple[str, Child]]:
    """Return what the entry rests on: a rule and facts, or further entries."""
    if found.entry.kind == Kind.OUTCOME:
        return [
            (words("step_rule"), draw_rule(found, words.language)),
            (words("step_facts"), draw_facts(found, words.language)),
        ]
    return [(words("step_sources"), _bookings(found.sources, "", words))]


def _step(number: int, title: str, body: Child) -> Markup:
    mark = el("span", number, class_="mark", aria_hidden="true")
    card = el("section", el("div", el("h2", title), class_="card-head"),
              el("div", body, class_="card-body stack"), class_="card")  # fmt: skip
    return el("div", mark, card, class_="step")


def _verdict(found: Why, words: Words) -> Markup:
    entry = found.entry
    sum_text = yuan_text(abs(entry.amount_fen)).removesuffix(".00")
    if entry.kind != Kind.OUTCOME:
        question = pick(entry.explanation.rule, words.language)
    elif entry.adjusts:
        question = words("why_correction", sum=signed_yuan(entry.amount_fen))
    else:
        sign = "why_minus" if entry.amount_fen < 0 else "why_plus"
        question = words(sign, sum=sum_text)
    who = words("who_when", name=entry.name, store=entry.store_name,
                date=date_text(entry.work_date, words.language))  # fmt: skip
    lines = [el("h1", question), el("p", who, class_="muted"), el("p", _because(found, words))]
    if entry.adjusts and entry.kind == Kind.OUTCOME:
        before = sum(item.amount_fen for item in found.chain if item.entry_no < entry.entry_no)
        after = before + entry.amount_fen
        told = words("correction_of", before=signed_yuan(before), after=signed_yuan(after))
        lines.append(el("p", told, class_="wait"))
    amount = el("div", money(entry.amount_fen), class_="sum")
    return el("section", amount, el("div", lines, class_="stack tight"), class_="card verdict")


def _because(found: Why, words: Words) -> str:
    entry, told = found.entry, found.entry.explanation
    if entry.kind != Kind.OUTCOME:
        return pick(found.sentence, words.language)
    rule = {"rule": pick(told.rule, words.language), "version": entry.rule_version}
    if told.reason:
        return words("no_longer", reason=pick(told.reason.text, words.language), **rule)
    return words(
        "because",
        facts=decisive_text(found, words.language),
        row=pick(told.row, words.language),
        **rule,
    )


def _bookings(entries: Sequence[Entry], this_id: str, words: Words) -> Markup:
    columns = ("number", "booked", "account", "amount", "running")
    head = [
        el("th", words(key), scope="col", class_=None if key == "account" else "num")
        for key in columns
    ]
    running, rows = 0, []
    for entry in entries:
        running += entry.amount_fen
        rows.append(_chain_row(entry, running, entry.entry_id == this_id, words))
    return el("table", el("thead", el("tr", head)), el("tbody", rows), class_="cards")


def _chain(found: Why, words: Words) -> Child:
    entry = found.entry
    seal = el(
        "details", el("summary", words("hash")), el("p", words("hash_hint"), class_="muted small"),
        el("p", entry.hash, class_="mono"),
        el("p", words("previous"), " ", el("span", entry.previous_hash, class_="mono"), class_="muted small"),
    )  # fmt: skip
    return [_bookings(found.chain, found.entry.entry_id, words), seal]


def _chain_row(entry: Entry, running: int, is_this: bool, words: Words) -> Markup:
    number = f"#{entry.entry_no}"
    named = (
        el("b", number, " · ", words("this_one"))
        if is_this
        else el("a", number, href=f"/why/{quote(entry.entry_id)}")
    )
    booked = local_time(entry.booked_utc_ms, entry.zone, "%Y-%m-%d %H:%M:%S")
    return el(
        "tr",
        el("td", named, class_="num", data_label=words("number")),
        el("td", booked, class_="num", data_label=words("booked")),
        el("td", account_text(entry.account, words.language), data_label=words("account")),
        el("td", money(entry.amount_fen), class_="num", data_label=words("amount")),
        el("td", money(running), class_="num", data_label=words("running")),
    )


def _structure(found: Why, words: Words) -> Markup:
    text = json.dumps(structure(found), ensure_ascii=False, indent=2)
    return el("details", el("summary", words("structure")), el("pre", text))
