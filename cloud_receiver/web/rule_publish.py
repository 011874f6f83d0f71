"""The way of a rule into force: kept as a draft, run on history, proposed, approved by another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.backtest import Comparison, Side
from cloud_receiver.domain.documents import Rule, RuleError, rule_problems
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import drafts, names
from cloud_receiver.store.engine import read, write
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import money
from cloud_receiver.web.rule_desk import body_of
from cloud_receiver.web.rule_problems import in_words
from cloud_receiver.web.rule_setup import read_document
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError
from sync.money import yuan_text

HISTORY_DAYS: Final = 90
TEXTS: Final[Texts] = {
    "saved": ("草稿 {n} 已保存", "Draft {n} is kept"),
    "proposed": (
        "草稿 {n} 已试算并提交,请另一位同事在“奖惩规则”里批准",
        "Draft {n} was run on history and proposed; another person approves it under Rules",
    ),
    "nameless": ("还不能保存:{why}", "It cannot be kept yet: {why}"),
    "days": ("{n} 个人日,{people} 人", "{n} person-days of {people} people"),
    "hits": ("命中", "Hits"),
    "cost": ("这条规则单独", "This rule alone"),
    "before": ("现行规则合计", "All rules today"),
    "after": ("换上之后合计", "All rules with it"),
    "change": ("相差", "Difference"),
    "winners": ("{n} 人多得", "{n} people get more"),
    "losers": ("{n} 人少得", "{n} people get less"),
    "most": ("影响最大的人", "Most concerned"),
    "stores": ("各门店相差", "Difference by store"),
    "quiet": ("过去 90 天没有一天会不同。", "No day of the last 90 would have been different."),
    "no_days": ("还没有历史可以试算。", "There is no history yet."),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the addresses that run a rule on history and keep it as a draft."""

    @app.post("/rules/rehearse")
    async def rehearse(request: Request) -> JSONResponse:
        language = visit_of(request).language
        asked = await body_of(request)
        return JSONResponse({"html": await run_in_threadpool(_rehearse, desk, asked, language)})

    @app.post("/rules/save")
    async def save(request: Request) -> JSONResponse:
        visit = visit_of(request)
        asked = await body_of(request)
        author = visit.session.login
        return JSONResponse(await run_in_threadpool(_save, desk, asked, author, visit.language))


def _rule(asked: dict[str, Any], language: Language) -> Rule:
    try:
        rule = read_document(asked.get("document"))
    except msgspec.ValidationError as error:
        raise RuleError("?", [str(error)]) from error
    if found := list(rule_problems(rule)):
        raise RuleError(rule.id, in_words(found, language))
    return rule


def _back_test(desk: Desk, rule: Rule) -> Comparison:
    today = date.fromisoformat(desk.today())
    first = (today - timedelta(days=HISTORY_DAYS)).isoformat()
    with read(desk.engine) as connection:
        return drafts.back_test(connection, rule, first, today.isoformat())


def _save(desk: Desk, asked: dict[str, Any], author: str, language: Language) -> dict[str, Any]:
    words, now = Words(TEXTS, language), utc_ms(desk.now())
    try:
        rule = _rule(asked, language)
        comparison = _back_test(desk, rule) if asked.get("how") == "propose" else None
        with write(desk.engine) as connection:
            draft = drafts.save(connection, rule, author, now)
            if comparison is not None:
                drafts.propose(connection, draft.draft_no, comparison, now)
    except RuleError as error:
        return {"ok": False, "text": words("nameless", why="; ".join(error.problems))}
    except DakaError as error:
        return {"ok": False, "text": reason_of(error, language)}
    key = "proposed" if comparison is not None else "saved"
    return {"ok": True, "text": words(key, n=draft.draft_no)}


def _rehearse(desk: Desk, asked: dict[str, Any], language: Language) -> str:
    words = Words(TEXTS, language)
    try:
        found = _back_test(desk, _rule(asked, language))
    except RuleError as error:
        return el("p", words("nameless", why="; ".join(error.problems)), class_="bad small")
    with read(desk.engine) as connection:
        people = names.employee_names(connection)
        shops = {shop.store_id: shop.name for shop in names.stores(connection)}
    return draw_comparison(found, people, shops, words.language)


def draw_comparison(
    found: Comparison, people: dict[str, str], shops: dict[str, str], language: Language
) -> Markup:
    """Draw what a rule would have done: money, people, stores."""
    words = Words(TEXTS, language)
    if not found.days:
        return el("p", words("no_days"), class_="muted small")
    before, after, own = (
        one.rewards_fen + one.deductions_fen for one in (found.before, found.after, found.own)
    )
    figures = [
        (words("hits"), el("b", f"{found.own.hits:,}")),
        (words("cost"), money(own)),
        (words("before"), money(before)),
        (words("after"), money(after)),
        (words("change"), money(after - before)),
    ]
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in figures]
    sides = [*found.most_up, *found.most_down]
    concerned = el("div", el("h3", words("most")), _bars(sides, people),
                   class_="stack tight") if sides else el("p", words("quiet"), class_="muted small")  # fmt: skip
    changed = [one for one in found.stores if one.after_fen != one.before_fen]
    by_store = el("div", el("h3", words("stores")), _bars(changed, shops),
                  class_="stack tight") if changed else None  # fmt: skip
    counts = el("p", words("winners", n=found.winners), " · ", words("losers", n=found.losers))
    scope = el("p", words("days", n=f"{found.days:,}", people=f"{found.people:,}"),
               class_="small muted")  # fmt: skip
    return join([scope, el("dl", listed, class_="pairs small"), counts, concerned, by_store])


def _bars(sides: list[Side], known: dict[str, str]) -> Markup:
    changes = [(known.get(one.id, one.id), one.after_fen - one.before_fen) for one in sides]
    largest = max((abs(fen) for _, fen in changes), default=1) or 1
    items = [
        el("li", el("span", name), el("span", el("i", class_="good" if fen > 0 else "bad",
           style=f"width:{round(100 * abs(fen) / largest)}%"), class_="bar"),
           el("span", f"{'+' if fen > 0 else ''}{yuan_text(fen)}", class_="num"))
        for name, fen in changes
    ]  # fmt: skip
    return el("ul", items, class_="side-bars")
