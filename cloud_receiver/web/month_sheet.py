"""What the month page shows: state and steps, payments, exports, withdrawals; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from cloud_receiver.domain.closing import Payment
from cloud_receiver.domain.periods import after, last_date
from cloud_receiver.store.closing import Close, MonthState
from cloud_receiver.store.payroll import LogLine
from cloud_receiver.store.withdrawals import Withdrawal
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import (
    chip,
    icon,
    local_minute,
    local_time,
    money,
    month_text,
    plain_date,
    signed_yuan,
)
from cloud_receiver.web.texts import Texts, Words
from sync.money import yuan_text

SHOWN: Final = 60
TEXTS: Final[Texts] = {
    "title": ("封账与工资", "Month and payroll"),
    "lead": (
        "先预览,再封账,再导出给工资。封账按月份顺序,做了不能重开;之后的更正记入下一个未封账的月份。",
        ("Look, close, export to payroll. Months are closed in order and for good; what becomes known "
         "later counts in the next open month."),
    ),
    "month": ("月份", "Month"),
    "previous": ("上一月", "Month before"),
    "next": ("下一月", "Month after"),
    "state_running": ("进行中", "running"),
    "state_over": ("可以封账", "can be closed"),
    "state_closed": ("已封账", "closed"),
    "closed_by": ("{who} 于 {at} 封账。", "Closed by {who}, {at}."),
    "closed_with": ("与后面的月份一起封账。", "Closed together with a later month."),
    "until": ("{day} 之后可以封账。", "Can be closed after {day}."),
    "over": ("本月已结束,看过预览后即可封账。", "The month is over: look at the preview, then close it."),
    "preview": ("预览", "Preview"),
    "hide": ("收起预览", "Hide preview"),
    "foreseen": ("预览:现在封账会是这样,尚未入账", "Preview: what a close would hand over now; nothing is booked"),
    "close": ("封账", "Close the month"),
    "close_question": (
        "封账 {period}?\n\n奖金 {bonus} 元、补贴扣减 {subsidy} 元将转入工资,{n} 人。\n封账后不能重开。",
        ("Close {period}?\n\n{bonus} yuan of bonuses and {subsidy} yuan of subsidies not granted go to payroll, "
         "{n} people.\nIt cannot be opened again."),
    ),
    "yes": ("确定", "Yes"),
    "no": ("取消", "Cancel"),
    "paid": ("工资已发放", "Payroll has paid"),
    "paid_question": ("确认 {period} 的金额已随工资发放?将记入台账。", "Confirm that payroll paid {period}? It is booked."),
    "is_paid": ("工资已发放", "paid by payroll"),
    "export": ("导出工资文件", "Export for payroll"),
    "open_days": ("{n} 个人日的结果还没有定", "{n} results are not final"),
    "open_appeals": ("{n} 件申诉还没有裁定", "{n} appeals wait for a decision"),
    "without_wage": ("{n} 人有扣减但未登记工资,法定上限无法计算:{who}", "{n} people with deductions have no wage entered, so the legal limit is unknown: {who}"),
    "nothing_open": ("没有悬而未决的事", "Nothing is open"),
    "payments": ("转入工资", "Handed to payroll"),
    "person": ("员工", "Person"),
    "find": ("姓名或工号", "Name or id"),
    "bonus": ("奖金", "Bonus"),
    "subsidy": ("补贴扣减", "Subsidy not granted"),
    "carried": ("结转", "Carried forward"),
    "deferred": ("法定上限结转", "Deferred by law"),
    "held": ("申诉冻结", "Held"),
    "statement": ("对账单", "Statement"),
    "print": ("打印", "Print"),
    "people": ("{n} 人", "{n} people"),
    "more": ("另有 {n} 人:用姓名查找,或看工资文件。", "{n} more: find them by name, or in the payroll file."),
    "nobody": ("没有人", "nobody"),
    "exports": ("工资文件", "Payroll files"),
    "number": ("编号", "Number"),
    "kind": ("状态", "State"),
    "final": ("正式", "final"),
    "provisional": ("暂定(未封账)", "provisional, month open"),
    "who": ("谁", "Who"),
    "when": ("何时", "When"),
    "file": ("文件", "File"),
    "no_export": ("还没有导出过。内容没有变化时,再次导出得到同一份文件。", "None yet. As long as nothing changes, exporting again gives the same file."),
    "withdrawals": ("待支付的提取", "Withdrawals to settle"),
    "request": ("申请号", "Request"),
    "amount": ("金额(元)", "Amount (yuan)"),
    "asked": ("申请时间", "Asked"),
    "settle": ("已支付", "Paid"),
    "return": ("退回", "Give back"),
    "settle_question": ("确认已把 {amount} 元付给 {name}?", "Confirm that {amount} yuan were paid to {name}?"),
    "return_question": ("把 {amount} 元退回 {name} 的即时账户?", "Give {amount} yuan back to {name}'s instant account?"),
    "no_withdrawal": ("没有等待支付的提取。", "No withdrawal waits."),
}  # fmt: skip
_SUMS: Final = {
    "bonus": "bonus_fen",
    "subsidy": "subsidy_fen",
    "carried": "carried_forward_fen",
    "deferred": "deferred_fen",
    "held": "held_fen",
}
_STATES: Final = {
    MonthState.RUNNING: ("wait", "hourglass_empty"),
    MonthState.OVER: ("warn", "pending_actions"),
    MonthState.CLOSED: ("good", "lock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month as read.

    Attributes:
        close: how it was closed, or would be; None: neither is known.
        waiting: withdrawals to settle, of any month.
        names: of every employee.
    """

    period: str
    state: MonthState
    close: Close | None
    is_paid: bool
    exports: Sequence[LogLine]
    waiting: Sequence[Withdrawal]
    names: Mapping[str, str]
    zone: str


def draw_month(month: Month, person: str, said: str, may_change: bool, words: Words) -> Markup:
    """Return the page's content.

    Args:
        person: part of a name or id; only such people are listed.
        said: what to tell of what was done last.
    """
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))),
              _months(month, words), class_="head")  # fmt: skip
    parts = [head, _state(month, words, may_change=may_change)]
    if month.close is not None:
        parts.append(_payments(month, month.close, person, words))
    parts += [_exports(month, words), _withdrawals(month, words, may_change=may_change)]
    told = el("div", el("span", said, role="status"), class_="done") if said else None
    return join([parts, told])


def _months(month: Month, words: Words) -> Markup:
    year, number = int(month.period[:4]), int(month.period[5:])
    before = f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"
    return el(
        "div",
        el("button", icon("chevron_left"), class_="button", type="button", data_act="period",
           data_value=before, aria_label=words("previous")),
        el("input", type="month", value=month.period, data_change="period",
           aria_label=words("month")),
        el("button", icon("chevron_right"), class_="button", type="button", data_act="period",
           data_value=after(month.period), aria_label=words("next")),
        class_="row",
    )  # fmt: skip


def _state(month: Month, words: Words, *, may_change: bool) -> Markup:
    state, close = month.state, month.close
    if state is MonthState.RUNNING:
        told = words("until", day=plain_date(last_date(month.period), words.language))
    elif state is MonthState.OVER:
        told = words("over")
    elif close is None:
        told = words("closed_with")
    else:
        at = local_minute(close.closed_utc_ms, month.zone)
        told = words("closed_by", who=close.author, at=at)
    paid = chip(words("is_paid"), "good", "payments") if month.is_paid else None
    head = el("div", el("div", el("h2", month_text(month.period, words.language)), chip(words(f"state_{state}"), *_STATES[state]),
                        paid, class_="row"),
              el("div", _steps(month, words, may_change=may_change), class_="row"),
              class_="card-head")  # fmt: skip
    remarks = _remarks(close, month.names, words) if close is not None else None
    return el("section", head, el("div", el("p", told), remarks, class_="card-body stack tight"),
              class_="card")  # fmt: skip


def _steps(month: Month, words: Words, *, may_change: bool) -> list[Markup]:
    steps = []
    if month.state is not MonthState.CLOSED:
        is_next = may_change and month.state is MonthState.OVER and month.close is None
        name = words("hide" if month.close else "preview")
        steps.append(_act("preview", "", name, words, look=_look(is_next)))
    if not may_change:
        return steps
    if month.state is MonthState.OVER and month.close is not None:
        sums = {
            key: signed_yuan(_sum(month.close.payments, _SUMS[key])) for key in ("bonus", "subsidy")
        }
        question = words(
            "close_question",
            period=month_text(month.period, words.language),
            n=len(month.close.payments),
            **sums,
        )
        steps.append(_act("close", "", words("close"), words, question, look="button main"))
    is_exported = any(one.is_final for one in month.exports)
    is_own = month.state is not MonthState.CLOSED or month.close is not None
    if is_own:
        is_next = month.state is MonthState.CLOSED and not is_exported
        steps.append(_act("export", "", words("export"), words, look=_look(is_next)))
    if month.state is MonthState.CLOSED and month.close is not None and not month.is_paid:
        question = words("paid_question", period=month_text(month.period, words.language))
        steps.append(_act("paid", "", words("paid"), words, question, look=_look(is_exported)))
    return steps


def _look(is_next: bool) -> str:
    """Return how the button of a step looks: the one to be done next stands out."""
    return "button main" if is_next else "button"


def _act(
    act: str, value: str, text: str, words: Words, question: str = "", look: str = "button"
) -> Markup:
    asks = {"data_confirm": question, "data_yes": words("yes"), "data_no": words("no")}
    return el("button", text, type="button", class_=look, data_act=act, data_value=value,
              **(asks if question else {}))  # fmt: skip


def _remarks(close: Close, named: Mapping[str, str], words: Words) -> Markup:
    found = [words(name, n=f"{n:,}") for name, n in (
        ("open_days", close.open_days), ("open_appeals", close.open_appeals)) if n]  # fmt: skip
    if close.without_wage:
        first = [named.get(one, one) for one in close.without_wage[:10]]
        rest = " …" if len(close.without_wage) > len(first) else ""
        who = words.language.pick("、", ", ").join(first) + rest
        found.append(words("without_wage", n=len(close.without_wage), who=who))
    if not found:
        return el("p", icon("task_alt", "good"), " ", words("nothing_open"))
    return el("ul", [el("li", icon("warning", "warn"), el("span", one)) for one in found],
              class_="findings")  # fmt: skip


def _sum(payments: Sequence[Payment], name: str) -> int:
    return sum(int(getattr(one, name)) for one in payments)


def _payments(month: Month, close: Close, person: str, words: Words) -> Markup:
    wanted = person.casefold()
    found = [
        one for one in close.payments
        if wanted in f"{one.employee_id} {month.names.get(one.employee_id, '')}".casefold()
    ]  # fmt: skip
    found.sort(key=lambda one: -max(abs(getattr(one, name)) for name in _SUMS.values()))
    figures = el("dl", [
        el("div", el("dt", words(key)), el("dd", money(_sum(close.payments, name)), class_="money"),
           class_="figure") for key, name in _SUMS.items()
    ], class_="figures roomy")  # fmt: skip
    numeric = [el("th", words(key), scope="col", class_="num") for key in _SUMS]
    head = el("tr", el("th", words("person"), scope="col"), numeric,
              el("th", words("statement"), scope="col"))  # fmt: skip
    rows = [_payment(one, month, words) for one in found[:SHOWN]]
    search = el("label", words("find"), el("input", type="search", value=person,
                data_input="person"), class_="field")  # fmt: skip
    title = el("div", el("h2", words("payments")),
               el("span", words("people", n=f"{len(close.payments):,}"), class_="muted"), class_="row")  # fmt: skip
    table = el("div", el("table", el("thead", head), el("tbody", rows), class_="cards"),
               class_="scroll") if rows else el("p", words("nobody"), class_="card-body muted")  # fmt: skip
    hidden = len(found) - SHOWN
    more = el("p", words("more", n=f"{hidden:,}"), class_="card-body muted") if hidden > 0 else None
    note = None if close.author else el("p", icon("visibility"), words("foreseen"), class_="note")
    return join([note, figures, el("section", el("div", title, search, class_="card-head"), table,
                                   more, class_="card")])  # fmt: skip


def _payment(one: Payment, month: Month, words: Words) -> Markup:
    who = quote(one.employee_id)
    name = month.names.get(one.employee_id, one.employee_id)
    address = f"/payroll/statement/{who}/{month.period}"
    links = [
        el("a", words("print"), href=f"{address}.html", target="_blank", class_="button slim",
           aria_label=f"{words('statement')} {name}"),
        el("a", "Excel", href=f"{address}.xlsx", download=True, class_="button slim",
           aria_label=f"{words('statement')} {name} Excel"),
    ]  # fmt: skip
    cells = [
        money(getattr(one, field), "td", words(key)) if getattr(one, field)
        else el("td", "—", class_="num muted", data_label=words(key))
        for key, field in _SUMS.items()
    ]  # fmt: skip
    lead = el("td", el("a", name, href=f"/people/{who}?month={month.period}"), " ",
              el("span", one.employee_id, class_="mono muted"), class_="lead")  # fmt: skip
    return el("tr", lead, cells, el("td", el("span", links, class_="row"), data_label=words("statement")),
              data_key=one.employee_id)  # fmt: skip


def _exports(month: Month, words: Words) -> Markup:
    rows = [
        el("tr", el("td", f"№ {one.export_no}", class_="lead"),
           el("td", chip(words("final"), "good", "lock") if one.is_final
              else chip(words("provisional"), "wait", "hourglass_empty"), data_label=words("kind")),
           el("td", one.author, data_label=words("who")),
           el("td", local_time(one.exported_utc_ms, month.zone, "%m-%d %H:%M"), class_="num",
              data_label=words("when")),
           el("td", el("code", one.content_sha256[:12], title=one.content_sha256, class_="mono"),
              data_label="SHA-256"),
           el("td", el("span", [
               el("a", form, href=f"/payroll/export/{one.export_no}.{form.lower()}", download=True,
                  class_="button slim", aria_label=f"{form} № {one.export_no}")
               for form in ("XLSX", "CSV")], class_="row"), data_label=words("file")))
        for one in month.exports
    ]  # fmt: skip
    columns = [
        words("number"),
        words("kind"),
        words("who"),
        words("when"),
        "SHA-256",
        words("file"),
    ]
    return _listed(words("exports"), columns, rows, words("no_export"))


def _withdrawals(month: Month, words: Words, *, may_change: bool) -> Markup:
    rows = []
    for one in month.waiting:
        name = month.names.get(one.employee_id, one.employee_id)
        told = {"amount": yuan_text(one.amount_fen), "name": name}
        choices = [
            _act(act, one.request_id, words(act), words, words(f"{act}_question", **told), "button slim")
            for act in ("settle", "return")
        ] if may_change else []  # fmt: skip
        rows.append(el(
            "tr", el("td", el("a", name, href=f"/people/{quote(one.employee_id)}"), class_="lead"),
            el("td", one.request_id, class_="mono", data_label=words("request")),
            el("td", yuan_text(one.amount_fen), class_="num", data_label=words("amount")),
            el("td", local_time(one.asked_utc_ms, month.zone, "%m-%d %H:%M"), class_="num",
               data_label=words("asked")),
            el("td", el("span", choices, class_="row")), data_key=one.request_id,
        ))  # fmt: skip
    columns = [*map(words, ("person", "request", "amount", "asked")), ""]
    return _listed(words("withdrawals"), columns, rows, words("no_withdrawal"))


def _listed(title: str, columns: Sequence[str], rows: Sequence[Markup], empty: str) -> Markup:
    head = el("tr", [el("th", name, scope="col") if name else el("td") for name in columns])
    body = el("div", el("table", el("thead", head), el("tbody", rows), class_="cards"),
              class_="scroll") if rows else el("p", empty, class_="card-body muted")  # fmt: skip
    return el("section", el("div", el("h2", title), class_="card-head"), body, class_="card")
