"""待处理异常: one row, one decision, the most money first; many at once, and undone at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import decisions, matters, names
from cloud_receiver.store.decisions import CHOICES, FINAL, Choice
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.matters import Kind, Matter
from cloud_receiver.web.frame import DECIDED_WITHIN_DAYS, Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import STATUSES, chip, date_text, icon, local_time
from cloud_receiver.web.sessions import Session
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError, ToldError
from sync.money import parse_fen, yuan_text

SHOWN: Final = 100
TEXTS: Final[Texts] = {
    "title": ("待处理异常", "To decide"),
    "lead": (
        "一行一个决定,涉及金额大的在前。决定只是追加记录,可以撤销。",
        "One row, one decision, the most money first. A decision adds a record and can be undone.",
    ),
    "all": ("全部", "All"),
    "kind_stranger": ("未登记的人", "Unknown ids"),
    "kind_gap": ("打卡机断收", "Terminal unheard"),
    "kind_appeal": ("申诉", "Appeals"),
    "kind_absent": ("旷工", "Absent"),
    "kind_missing": ("缺卡", "Missing card"),
    "kind_odd": ("可疑记录", "Odd records"),
    "kind_overtime": ("加班超限", "Overtime"),
    "kind_budget": ("活动预算", "Budgets"),
    "budget_text": (
        "活动“{name}”预算只剩{left}元,之后的奖励会少发或不发",
        "campaign {name}: {left} yuan of the budget left; later rewards will be less or nothing",
    ),
    "kind_forgotten": ("主管未登记", "Arrivals not recorded"),
    "kind_awaiting": ("等待数据", "Awaiting data"),
    "kinds": ("异常种类", "Kinds"),
    "person": ("谁", "Who"),
    "what": ("什么事", "What"),
    "stake": ("涉及金额(元)", "At stake (yuan)"),
    "choose_all": ("全选", "Choose all"),
    "choose": ("选择 {what}", "Choose {what}"),
    "decision": ("决定", "Decision"),
    "chosen": ("对选中的:", "With those chosen:"),
    "note": ("理由(申诉必填)", "Reason (appeals need one)"),
    "choice_keep": ("确认无误", "Accept as is"),
    "choice_fill": ("按排班补卡", "Fill as planned"),
    "choice_leave": ("记为事假", "Make it leave"),
    "choice_strike": ("记录作废", "Strike out"),
    "choice_close": ("核实无遗漏", "Nothing is missing"),
    "choice_uphold": ("维持", "Uphold"),
    "choice_reverse": ("撤销原结果", "Reverse"),
    "choice_partial": ("部分调整", "Change in part"),
    "stands": ("改为(元)", "Shall be (yuan)"),
    "reason": ("理由", "Reason"),
    "grounds": ("来由与证据", "Grounds and evidence"),
    "overdue": ("已超过答复期限", "overdue"),
    "no_amount": ("“{text}”不是金额:请填改为多少元", "“{text}” is no amount: say what it shall be"),
    "bind": ("去登记", "Say who it is"),
    "done": ("已处理 {n} 项:{choice}", "{n} decided: {choice}"),
    "kind_done": ("这一类已处理完", "Nothing of this kind is left"),
    "rest": ("看其余 {n} 项", "See the other {n}"),
    "undo": ("撤销", "Undo"),
    "undone": ("已撤销 {n} 项", "{n} undone"),
    "none_chosen": ("没有可处理的:请先勾选", "Nothing to do: choose rows first"),
    "user_text": ("打卡号 {id} 打卡 {n} 次,不知道是谁", "id {id} touched {n} times; nobody knows who"),
    "seller_text": ("销售员代码 {id} 有 {n} 笔销售,不知道是谁", "seller code {id} has {n} sales of nobody"),
    "gap_text": ("设备 {id} 有一段时间无人接收", "device {id} was unheard for a while"),
    "forgotten_text": ("主管应登记 {n} 人到岗,已过时还没有登记", "the supervisor was to record {n} arrivals and has not"),
    "awaiting_text": ("{n} 人的结果在等门店数据", "results of {n} people wait for the store's data"),
    "overtime_text": (
        "{month} 加班 {hours} 小时({n} 天),超过每月 36 小时(劳动法第四十一条)",
        "{hours} h of overtime in {month} ({n} days), over 36 a month (Labour Law art. 41)",
    ),
    "card_on": ("上班 {time} 无卡", "no card in at {time}"),
    "card_off": ("下班 {time} 无卡", "no card out at {time}"),
    "final_question": ("这个决定不能撤销:{choice}。确定吗?", "This cannot be undone: {choice}. Are you sure?"),
    "yes": ("确定", "Yes"),
    "no": ("取消", "Cancel"),
    "more": ("还有 {n} 项,处理完这些会继续显示。", "{n} more follow when these are decided."),
    "empty_title": ("没有要决定的事", "Nothing waits for you"),
    "empty": (
        "近 31 天的考勤没有悬而未决的异常,可以放心结算。",
        "Nothing odd is open in the last 31 days: payroll can go ahead.",
    ),
}  # fmt: skip
_LOOK: Final = {
    Kind.STRANGER: ("warn", "help"),
    Kind.GAP: ("warn", "sensors_off"),
    Kind.APPEAL: ("bad", "gavel"),
    Kind.ABSENT: ("bad", "person_off"),
    Kind.MISSING: ("bad", "credit_card_off"),
    Kind.ODD: ("warn", "report"),
    Kind.OVERTIME: ("warn", "more_time"),
    Kind.BUDGET: ("warn", "savings"),
    Kind.FORGOTTEN: ("warn", "notification_important"),
    Kind.AWAITING: ("wait", "hourglass_empty"),
}


@dataclass(frozen=True, slots=True)
class View:
    """Which matters are shown, and what was done last.

    Attributes:
        said: what to tell about it.
        undoable: the decisions the undo button takes back.
    """

    language: Language
    kind: str = ""
    said: str = ""
    undoable: tuple[int, ...] = ()

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/decide?{urlencode({'kind': self.kind})}" if self.kind else "/decide"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/decide")
    async def decide(request: Request, kind: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, kind if kind in set(Kind) else "")
        with await page_frame(desk, visit, "decide", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name == "kind":
                    view = View(view.language, value if value in set(Kind) else "")
                elif visit.may_change:
                    turn = partial(_turn, desk, view, name, value, visit.session)
                    view = await asyncio.to_thread(turn)
                    desk.hub.changed()
                await follower.turn(("decide", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("decide", view), partial(draw, desk, view), act)


def _turn(desk: Desk, view: View, name: str, value: str, session: Session) -> View:
    author, outside = session.login, desk.outside
    words, now = Words(TEXTS, view.language), utc_ms(desk.now())
    if name == "undo":
        with write(desk.engine) as connection:
            n = decisions.undo(connection, view.undoable, author, now)
        return replace(view, said=words("undone", n=n), undoable=())
    form: Mapping[str, Any] = json.loads(value)
    picked, choice = form.get("pick[]", []), str(form.get("choice", ""))
    note = str(form.get("note", "")).strip()[:400]
    if ":" in choice:  # the button of one row
        choice, _, key = choice.partition(":")
        picked = [key]
    if choice not in set(Choice):
        return view
    try:
        with write(desk.engine) as connection:
            waiting = matters.pending(connection, *_stretch(desk), now)
            chosen = [matter for matter in waiting if matter.key in set(picked)]
            if any(matter.kind is Kind.APPEAL for matter in chosen):
                outside.appeals.require_decider(session.reader.role)
            stands_fen = _stands(form, chosen, words) if choice == Choice.PARTIAL else None
            if len(chosen) == 1:
                note = str(form.get(f"note/{chosen[0].key}", "")).strip()[:400] or note
            made = decisions.decide(
                connection, chosen, Choice(choice), author, note, now, outside.channels, stands_fen
            )
    except DakaError as error:
        return replace(view, said=reason_of(error, view.language), undoable=())
    if not made:
        return replace(view, said=words("none_chosen"), undoable=())
    said = words("done", n=len(made), choice=words(f"choice_{choice}"))
    return replace(view, said=said, undoable=() if Choice(choice) in FINAL else tuple(made))


def _stands(form: Mapping[str, Any], chosen: Sequence[Matter], words: Words) -> int:
    """Return what shall stand of the one appeal that is changed in part.

    Raises:
        ToldError: it is no amount.
    """
    text = str(form.get(f"stands/{chosen[0].key}", "")).strip() if len(chosen) == 1 else ""
    try:
        return parse_fen(text)
    except ValueError as error:
        said = [said.format(text=text) for said in words.texts["no_amount"]]
        raise ToldError(*said) from error


def _stretch(desk: Desk) -> tuple[str, str]:
    today = date.fromisoformat(desk.today())
    return (today - timedelta(days=DECIDED_WITHIN_DAYS)).isoformat(), today.isoformat()


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    with read(desk.engine) as connection:
        waiting = matters.pending(connection, *_stretch(desk), utc_ms(desk.now()))
        shops = {shop.store_id: shop for shop in names.stores(connection)}
        shown = [one for one in waiting if not view.kind or one.kind == view.kind]
        shown[:SHOWN] = matters.named(connection, shown[:SHOWN])
    counts = Counter(matter.kind for matter in waiting)
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    tabs = [_tab("", len(waiting), view, words)]
    tabs += [_tab(kind.value, counts[kind], view, words) for kind in Kind if counts[kind]]
    body = _form(shown, shops, words) if shown else _empty(len(waiting), words)
    return join([head, el("nav", tabs, class_="tabs", aria_label=words("kinds")), body,
                 _done(view, words)])  # fmt: skip


def _tab(kind: str, count: int, view: View, words: Words) -> Markup:
    number = el("span", f"{count:,}", class_="count warn" if count else "count")
    return el("a", words(f"kind_{kind}" if kind else "all"), " ", number, class_="tab", data_act="kind", data_value=kind,
              href=replace(view, kind=kind).address,
              aria_current="page" if kind == view.kind else None)  # fmt: skip


def _form(shown: Sequence[Matter], shops: Mapping[str, names.Store], words: Words) -> Markup:
    rows = [_row(matter, shops, words) for matter in shown[:SHOWN]]
    possible = [
        choice for choice in Choice
        if choice is not Choice.PARTIAL and any(choice in CHOICES[one.kind] for one in shown)
    ]  # fmt: skip
    every = el("input", type="checkbox", data_all="pick[]", aria_label=words("choose_all"))
    head = el("tr", el("th", every, scope="col"),
              *(el("th", words(key), scope="col") for key in ("person", "what")),
              el("th", words("stake"), scope="col", class_="num"),
              el("th", words("decision"), scope="col"))  # fmt: skip
    table = el("table", el("thead", head), el("tbody", rows), class_="cards matters")
    bulk = el(
        "div",
        el("label", el("input", type="checkbox", data_all="pick[]"), words("choose_all"),
           class_="tick phone-only"),
        el("b", words("chosen")),
        [_button(choice, choice.value, words, slim=False) for choice in possible],
        el("input", name="note", maxlength="400", placeholder=words("note"), aria_label=words("note"),
           class_="grow"),
        class_="bulk",
    )  # fmt: skip
    hidden = len(shown) - SHOWN
    more = el("p", words("more", n=f"{hidden:,}"), class_="card-body muted") if hidden > 0 else None
    return el("form", bulk, el("div", table, class_="scroll"), more, class_="card",
              data_submit="decide")  # fmt: skip


def _button(choice: Choice, value: str, words: Words, *, slim: bool) -> Markup:
    final = choice in FINAL
    return el(
        "button", words(f"choice_{choice}"), type="submit", name="choice", value=value,
        class_="button slim" if slim else "button",
        data_confirm=words("final_question", choice=words(f"choice_{choice}")) if final else None,
        data_yes=words("yes") if final else None, data_no=words("no") if final else None,
    )  # fmt: skip


def _row(matter: Matter, shops: Mapping[str, names.Store], words: Words) -> Markup:
    shop = shops.get(matter.store_id)
    store = shop.name if shop else matter.store_id
    day = date_text(matter.work_date, words.language) if matter.work_date else ""
    tone, picture = _LOOK[matter.kind]
    if matter.employee_id:
        month = matter.work_date[:7]
        link = f"/people/{quote(matter.employee_id)}?month={month}#{matter.work_date}"
        who = el("a", matter.name, href=link)
    else:
        who = el("span", store)
    about = " · ".join(filter(None, (day, store if matter.employee_id else "")))
    what = _what(matter, shop.zone if shop else "UTC", words)
    label = words("choose", what=f"{matter.name or store} {what}")
    pick = el("input", type="checkbox", name="pick[]", value=matter.key, aria_label=label)
    stake = yuan_text(matter.stake_fen) if matter.stake_fen else "—"
    return el(
        "tr",
        el("td", pick if CHOICES[matter.kind] else None, class_="pick-cell"),
        el("td", el("b", who), el("div", about, class_="small muted"), class_="lead"),
        el("td", el("div", chip(words(f"kind_{matter.kind}"), tone, picture),
                    el("div", what, class_="small"), _grounds(matter, words)),
           data_label=words("what")),
        el("td", stake, class_="num", data_label=words("stake")),
        el("td", el("span", _choices(matter, words), class_="row"), data_label=words("decision")),
        data_key=matter.key,
    )  # fmt: skip


def _grounds(matter: Matter, words: Words) -> Markup | None:
    """Return the way to what an appeal doubts and shows."""
    if matter.kind is not Kind.APPEAL:
        return None
    late = el("b", words("overdue"), " · ", class_="bad") if matter.code == "overdue" else None
    address = f"/why/{quote(matter.outcome_key)}%231"
    return el("div", late, el("a", words("grounds"), href=address), class_="small")


def _choices(matter: Matter, words: Words) -> list[Markup]:
    if matter.kind is Kind.STRANGER:
        tab = "sellers" if matter.code == "seller" else "people"
        return [el("a", words("bind"), href=f"/problems?tab={tab}", class_="button slim")]
    buttons = [
        _button(choice, f"{choice}:{matter.key}", words, slim=True)
        for choice in CHOICES[matter.kind]
    ]
    if matter.kind is not Kind.APPEAL:
        return buttons
    reason = el("input", name=f"note/{matter.key}", maxlength="400", placeholder=words("reason"),
                aria_label=words("reason"), class_="slim")  # fmt: skip
    stands = el("input", name=f"stands/{matter.key}", inputmode="decimal", maxlength="12",
                placeholder=words("stands"), aria_label=words("stands"), class_="slim amount")  # fmt: skip
    return [el("span", reason, buttons[:-1], stands, buttons[-1], class_="row ruling")]


def _what(matter: Matter, zone: str, words: Words) -> str:
    language = words.language
    if matter.kind is Kind.STRANGER:
        return words(f"{matter.code}_text", id=matter.detail, n=matter.people)
    if matter.kind is Kind.GAP:
        return words("gap_text", id=matter.detail)
    if matter.kind is Kind.FORGOTTEN:
        return words("forgotten_text", n=matter.people)
    if matter.kind is Kind.AWAITING:
        return words("awaiting_text", n=matter.people)
    if matter.kind is Kind.OVERTIME:
        month = matter.work_date[:7]
        return words("overtime_text", month=month, hours=matter.detail, n=matter.people)
    if matter.kind is Kind.BUDGET:
        return words("budget_text", name=matter.code, left=matter.detail)
    if matter.kind is Kind.APPEAL:
        return matter.detail
    if matter.kind is Kind.ODD:
        return language.pick(*LABELS[FindingCode(matter.code)])
    wanting = [
        words("card_on" if card.check_type == "OnDuty" else "card_off",
              time=local_time(card.planned_utc_ms, zone))
        for card in matter.cards if not card.record_id
    ]  # fmt: skip
    return language.pick(",", ", ").join(wanting) or STATUSES[language][matter.code]


def _done(view: View, words: Words) -> Markup | None:
    if not view.said:
        return None
    undo = el("button", icon("undo"), words("undo"), class_="button slim", type="button",
              data_act="undo") if view.undoable else None  # fmt: skip
    return el("div", el("span", view.said, role="status"), undo, class_="done")


def _empty(others: int, words: Words) -> Markup:
    """Say that nothing waits, or that nothing of this kind does and how much else."""
    if others:
        rest = el("a", words("rest", n=f"{others:,}"), href="/decide", class_="button main",
                  data_act="kind", data_value="")  # fmt: skip
        texts = [el("h2", words("kind_done")), rest]
    else:
        texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("section", el("div", icon("task_alt", "good"), texts, class_="empty"), class_="card")
