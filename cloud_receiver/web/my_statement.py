"""My month, itemised with its why, to be signed; and what I may withdraw at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.because import because
from cloud_receiver.domain.workday import local_date, utc_ms
from cloud_receiver.store import account_statement, withdrawals
from cloud_receiver.store.account_statement import AccountStatement, Line
from cloud_receiver.store.engine import read, write
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import (
    account_text,
    date_text,
    local_minute,
    money,
    month_text,
    signed_yuan,
)
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import Visit, visit_of
from sync.errors import DakaError, ToldError
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "title": ("对账单 {period}", "Statement {period}"),
    "earlier": ("上个月", "Month before"),
    "later": ("下个月", "Month after"),
    "entries": ("明细", "Entries"),
    "none": ("这个月没有奖励或扣减。", "Nothing was booked in this month."),
    "accounts": ("各账户", "Accounts"),
    "account_line": ("月初 {opening},进 {up},出 {down}", "opening {opening}, in {up}, out {down}"),
    "why": ("为什么 / 申诉", "Why / appeal"),
    "sign": ("签收", "Sign"),
    "sign_lead": (
        "签收表示您看过以上内容,不影响申诉。签收后内容如有变化,会请您重新签收。",
        "Signing says that you have seen this; you may still appeal. If it changes afterwards you are asked again.",
    ),
    "signed": ("已于 {at} 签收", "Signed at {at}"),
    "changed": (
        "签收后内容有变化,请再看一遍。",
        "It changed since it was signed: look at it again.",
    ),
    "closed": ("本月已封账", "This month is closed"),
    "open": ("本月尚未封账,内容还会变化", "This month is open and may still change"),
    "withdraw": ("从即时账户提现", "Withdraw from the instant account"),
    "available": ("可提现 {n} 元", "{n} yuan can be withdrawn"),
    "amount": ("金额(元)", "Amount (yuan)"),
    "ask": ("申请提现", "Withdraw"),
    "mine": ("提现记录", "Withdrawals"),
    "is_pending": ("待支付", "to be paid"),
    "is_paid": ("已支付", "paid"),
    "is_returned": ("已退回", "given back"),
    "bad_amount": ("金额要写成 12 或 12.50", "write the amount like 12 or 12.50"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page and its two forms."""

    @app.get("/me/statement")
    def show(request: Request, period: str = "") -> Response:
        visit = visit_of(request)
        who = phone.employee_of(visit)
        if who is None:
            return phone.nobody(visit)
        now_utc_ms = utc_ms(desk.now())
        month = period or local_date(now_utc_ms, desk.home_zone())[:7]
        try:
            with read(desk.engine) as connection:
                found = account_statement.account_statement(connection, who, month)
                available_fen = withdrawals.available_fen(connection, who)
                asked = withdrawals.of_person(connection, who)
        except DakaError as error:
            return phone.refusal(visit, "statement", error, "/me/statement")
        return _page(visit, found, available_fen, asked)

    @app.post("/me/sign")
    async def sign(request: Request) -> Response:
        return await _act(request, desk, _sign)

    @app.post("/me/withdraw")
    async def withdraw(request: Request) -> Response:
        return await _act(request, desk, _withdraw)


async def _act(
    request: Request, desk: Desk, work: Callable[[Desk, str, dict[str, str]], None]
) -> Response:
    visit, form = visit_of(request), await read_form(request, phone.MAX_FORM_BYTES)
    who = phone.employee_of(visit)
    if form is None or who is None:
        return phone.too_large(request) if form is None else phone.nobody(visit)
    try:
        await run_in_threadpool(work, desk, who, {key: one[0] for key, one in form.items()})
    except DakaError as error:
        return phone.refusal(visit, "statement", error, "/me/statement")
    return phone.done(f"/me/statement?period={form.get('period', [''])[0]}")


def _sign(desk: Desk, who: str, form: dict[str, str]) -> None:
    with write(desk.engine) as connection:
        account_statement.sign(
            connection, who, form.get("period", ""), form.get("content", ""), who, "page",
            utc_ms(desk.now()),
        )  # fmt: skip


def _withdraw(desk: Desk, who: str, form: dict[str, str]) -> None:
    amount_fen = fen_of(form.get("amount", ""))
    with write(desk.engine) as connection:
        request_id = form.get("id", "") or uuid4().hex
        withdrawals.withdraw(connection, who, amount_fen, request_id, utc_ms(desk.now()))


def fen_of(text: str) -> int:
    """Return an amount somebody typed in yuan, as fen.

    Raises:
        ToldError: it is none.

    >>> fen_of("12"), fen_of("12.5"), fen_of(" 0.05 ")
    (1200, 1250, 5)
    """
    yuan, _, rest = text.strip().partition(".")
    if not (yuan.isascii() and yuan.isdecimal()) or len(yuan) > 9 or len(rest) > 2:
        raise ToldError(*TEXTS["bad_amount"])
    if rest and not (rest.isascii() and rest.isdecimal()):
        raise ToldError(*TEXTS["bad_amount"])
    return int(yuan) * 100 + int((rest + "00")[:2])


def _page(
    visit: Visit,
    found: AccountStatement,
    available_fen: int,
    asked: list[withdrawals.Withdrawal],
) -> Response:
    words, language = visit.words(TEXTS), visit.language
    months = el(
        "p", el("a", "‹ " + words("earlier"), href=f"?period={_shifted(found.period, -1)}"), " ",
        el("a", words("later") + " ›", href=f"?period={_shifted(found.period, 1)}"), class_="row",
    )  # fmt: skip
    lines = [_line(one, words, language) for one in reversed(found.lines)]
    accounts = [
        el("li", account_text(one.account, language), money(one.closing_fen),
           el("p", words("account_line", opening=signed_yuan(one.opening_fen),
                         up=signed_yuan(one.in_fen), down=signed_yuan(one.out_fen)), class_="why"))
        for one in found.accounts if one.opening_fen or one.in_fen or one.out_fen
    ]  # fmt: skip
    nothing = el("p", words("none"), class_="muted")
    state = el("p", words("closed" if found.is_closed else "open"), class_="muted small")
    return phone.page(
        visit, "statement", words("title", period=month_text(found.period, visit.language)), months, state,
        phone.section(words("accounts"), el("ul", accounts, class_="lines") if accounts else nothing),
        phone.section(words("entries"), el("ul", lines, class_="lines") if lines else nothing),
        phone.section(words("sign"), _signature(found, words)),
        phone.section(words("withdraw"), _withdrawal(found, available_fen, asked, words)),
    )  # fmt: skip


def _line(one: Line, words: Words, language: Language) -> Markup:
    told = because(one.kind, one.rule_version, one.explanation)
    rule = language.pick(one.explanation.rule.zh, one.explanation.rule.en)
    address = f"/me/entry/{one.entry_id.replace('#', '%23')}"
    return el(
        "li", el("b", f"{date_text(one.work_date, language)} · {rule}"), money(one.amount_fen),
        el("p", account_text(one.account, language), " · ", language.pick(told.zh, told.en),
           class_="why"),
        el("a", words("why"), href=address),
    )  # fmt: skip


def _signature(found: AccountStatement, words: Words) -> list[Markup | None]:
    current = [one for one in found.signatures if one.is_current]
    if current:
        at = local_minute(current[-1].signed_utc_ms, found.zone)
        return [el("p", words("signed", at=at), class_="note good", role="status")]
    changed = el("p", words("changed"), class_="note") if found.signatures else None
    form = el(
        "form", el("input", type="hidden", name="period", value=found.period),
        el("input", type="hidden", name="content", value=found.content_sha256),
        el("button", words("sign"), type="submit", class_="button main"),
        method="post", action="/me/sign",
    )  # fmt: skip
    return [changed, el("p", words("sign_lead"), class_="muted small"), form]


def _withdrawal(
    found: AccountStatement, available_fen: int, asked: list[withdrawals.Withdrawal], words: Words
) -> list[Markup | None]:
    n = yuan_text(available_fen)
    amount = el("input", name="amount", inputmode="decimal", required=True, value=n,
                pattern="[0-9]+([.][0-9]{1,2})?")  # fmt: skip
    form = el(
        "form", el("input", type="hidden", name="id", value=uuid4().hex),
        el("input", type="hidden", name="period", value=found.period),
        phone.field(words("amount"), amount),
        el("button", words("ask"), type="submit", class_="button main"),
        method="post", action="/me/withdraw", class_="stack",
    )  # fmt: skip
    shown = [
        el("li", local_minute(one.asked_utc_ms, found.zone),
           el("b", yuan_text(one.amount_fen), class_="num"),
           el("p", words(f"is_{one.state}"), class_="why"))
        for one in asked
    ]  # fmt: skip
    return [
        el("p", words("available", n=n)),
        form if available_fen else None,
        el("ul", shown, class_="lines", aria_label=words("mine")) if shown else None,
    ]


def _shifted(period: str, months: int) -> str:
    """Return another month.

    >>> _shifted("2026-01", -1), _shifted("2026-12", 1)
    ('2025-12', '2027-01')
    """
    count = int(period[:4]) * 12 + int(period[5:7]) - 1 + months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
