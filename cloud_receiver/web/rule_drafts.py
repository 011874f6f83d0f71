"""Drafts of rules on their page: what waits for a second person, with its back-test and remarks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from cloud_receiver.domain.backtest import Comparison
from cloud_receiver.domain.documents import Rule
from cloud_receiver.domain.notices import GroupNews
from cloud_receiver.domain.remarks import Severity
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import drafts
from cloud_receiver.store.drafts import Draft, DraftState
from cloud_receiver.store.engine import write
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import chip, icon, money
from cloud_receiver.web.rule_changes import draw_changes
from cloud_receiver.web.rule_publish import draw_comparison
from cloud_receiver.web.sentences import row_sentence
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from sync.errors import DakaError

OPEN: Final = frozenset({DraftState.DRAFT, DraftState.PROPOSED})
TEXTS: Final[Texts] = {
    "title": ("在路上的规则", "Rules on their way"),
    "draft": ("草稿 {n}", "Draft {n}"),
    "state_draft": ("草稿", "draft"),
    "state_proposed": ("等待批准", "waits for approval"),
    "by": ("{who} 写的,{day} 起生效", "written by {who}, in force from {day}"),
    "approve": ("批准并公布", "Approve and announce"),
    "withdraw": ("作废", "Give up"),
    "own": ("自己写的,要请另一位同事批准。", "You wrote it: another person approves."),
    "approve_question": (
        "批准“{name}”?它将从 {day} 起生效,并通知相关门店。",
        "Approve “{name}”? It counts from {day} and the stores are told.",
    ),
    "yes": ("批准", "Approve"),
    "no": ("再看看", "Not yet"),
    "approved": ("已批准:{name} 第 {n} 版", "Approved: {name}, version {n}"),
    "withdrawn": ("草稿 {n} 已作废", "Draft {n} was given up"),
    "history": ("试算明细", "The run in detail"),
    "costs": (
        "用 {first} 至 {last} 的真实记录试算,奖惩合计相差(元):",
        "On the real days of {first} to {last} the sum of all rules changes by (yuan):",
    ),
    "concerned": ("{up} 人多得,{down} 人少得", "{up} get more, {down} get less"),
}


async def act(desk: Desk, name: str, value: str, login: str, language: Language) -> str:
    """Approve or give up a draft; return what to tell."""
    return await asyncio.to_thread(_act, desk, name, value, login, language)


def _act(desk: Desk, name: str, value: str, login: str, language: Language) -> str:
    words, now = Words(TEXTS, language), utc_ms(desk.now())
    if not value.isdecimal():
        return ""
    try:
        with write(desk.engine) as connection:
            if name == "approve":
                channels = desk.outside.channels_for(GroupNews.RULES)
                rule = drafts.approve(connection, int(value), login, now, channels=channels)
                return words("approved", name=language.pick(rule.name.zh, rule.name.en),
                             n=rule.version)  # fmt: skip
            if name == "withdraw":
                drafts.withdraw(connection, int(value), now)
                return words("withdrawn", n=value)
    except DakaError as error:
        return reason_of(error, language)
    return ""


def draw_drafts(
    found: list[Draft],
    newest: Mapping[str, Rule],
    login: str,
    people: dict[str, str],
    shops: dict[str, str],
    language: Language,
) -> Markup | None:
    """Draw the drafts that are still open; None when there are none.

    Args:
        newest: the version each rule has now, which a draft would replace.
    """
    waiting = [draft for draft in found if draft.state in OPEN]
    if not waiting:
        return None
    words = Words(TEXTS, language)
    cards = [
        _draft(draft, newest.get(draft.rule.id), login, people, shops, words) for draft in waiting
    ]
    return el("section", el("h2", words("title")), el("div", cards, class_="stack"),
              class_="stack tight")  # fmt: skip


def _draft(
    draft: Draft,
    before: Rule | None,
    login: str,
    people: dict[str, str],
    shops: dict[str, str],
    words: Words,
) -> Markup:
    rule, language = draft.rule, words.language
    name, day = language.pick(rule.name.zh, rule.name.en), rule.effective_from or "—"
    proposed = draft.state is DraftState.PROPOSED
    state = chip(words(f"state_{draft.state}"), "warn" if proposed else "",
                 "how_to_reg" if proposed else "edit")  # fmt: skip
    rows = (
        draw_changes(before, rule, language) if before
        else el("ol", [el("li", row_sentence(rule, row, language)) for row in rule.rows],
                class_="rows")
    )  # fmt: skip
    remarks = [
        el("li", icon("error" if one.severity is Severity.ERROR else "tips_and_updates"),
           el("span", language.pick(one.zh, one.en)),
           class_="bad" if one.severity is Severity.ERROR else "warn")
        for one in draft.remarks
    ]  # fmt: skip
    history = el(
        "details", el("summary", words("history")),
        draw_comparison(draft.comparison, people, shops, language), class_="rehearsal",
    ) if draft.comparison else None  # fmt: skip
    return el(
        "article",
        el("div", el("h3", name), state, class_="card-head"),
        el("div", el("p", words("draft", n=draft.draft_no), " · ",
                     words("by", who=draft.author, day=day), class_="small muted"),
           _costs(draft.comparison, words), rows,
           el("ul", remarks, class_="lint") if remarks else None, history,
           class_="card-body stack tight"),
        el("div", _buttons(draft, name, day, login, words), class_="tile-foot"),
        class_="card tile", data_key=f"draft-{draft.draft_no}",
    )  # fmt: skip


def _costs(found: Comparison | None, words: Words) -> Markup | None:
    """Return what the draft would have changed on the real history, in one line."""
    if found is None or not found.days:
        return None
    before, after = (one.rewards_fen + one.deductions_fen for one in (found.before, found.after))
    concerned = words("concerned", up=f"{found.winners:,}", down=f"{found.losers:,}")
    days = words("costs", first=found.first_date, last=found.last_date)
    return el("p", days, " ", money(after - before), " · ", concerned, class_="note costs")


def _buttons(draft: Draft, name: str, day: str, login: str, words: Words) -> list[Markup]:
    give_up = el("button", words("withdraw"), class_="button slim danger", type="button",
                 data_act="withdraw", data_value=str(draft.draft_no))  # fmt: skip
    if draft.state is not DraftState.PROPOSED:
        return [el("span"), give_up]
    if draft.author == login:
        return [el("span", words("own"), class_="small muted"), give_up]
    approve = el(
        "button", icon("verified"), words("approve"), class_="button slim main", type="button",
        data_act="approve", data_value=str(draft.draft_no),
        data_confirm=words("approve_question", name=name, day=day),
        data_yes=words("yes"), data_no=words("no"),
    )  # fmt: skip
    return [give_up, approve]
