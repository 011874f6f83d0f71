"""封账与工资: a month looked at, closed, exported to payroll; withdrawals paid or given back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from nicegui import ui

from cloud_receiver.domain.periods import parse_period
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.exchange import payroll_files, statement_files
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.store import closing, names, payroll, withdrawals
from cloud_receiver.store.account_statement import account_statement
from cloud_receiver.store.engine import read, write
from cloud_receiver.web import month_sheet
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup
from cloud_receiver.web.month_sheet import Month, draw_month
from cloud_receiver.web.phrases import month_text
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import language_of, visit_of
from sync.errors import DakaError
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "title": month_sheet.TEXTS["title"],
    "did_close": ("{period} 已封账", "{period} is closed"),
    "did_export": ("第 {n} 号工资文件已生成", "Export {n} is ready"),
    "did_pay": ("已记入:{n} 人的金额由工资发放", "Booked: payroll paid {n} people"),
    "did_settle": ("已记入:付给 {name} {amount} 元", "Booked: {amount} yuan paid to {name}"),
    "did_return": (
        "已把 {amount} 元退回 {name} 的即时账户",
        "{amount} yuan are back in {name}'s instant account",
    ),
}
CSV: Final = "text/csv; charset=utf-8"
_LOOKING: Final = frozenset({"period", "preview", "person"})


@dataclass(frozen=True, slots=True)
class View:
    """Which month is looked at.

    Attributes:
        period: ``YYYY-MM``.
        person: part of a name or an id; only such people are listed.
        is_foreseen: what a close would book is worked out and shown.
        said: what to tell of what was done last.
    """

    language: Language
    period: str
    may_change: bool
    person: str = ""
    is_foreseen: bool = False
    said: str = ""

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        given = {"month": self.period, "person": self.person}
        return f"/payroll?{urlencode({key: value for key, value in given.items() if value})}"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/payroll")
    async def month(request: Request, month: str = "", person: str = "") -> None:
        visit = visit_of(request)
        period = _period(month)
        if period is None:
            period = await asyncio.to_thread(_first_period, desk)
        view = View(visit.language, period, visit.may_change, person[:40])
        with await page_frame(desk, visit, "payroll", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name in _LOOKING:
                    view = _turned(view, name, value)
                elif visit.may_change:
                    do = partial(_do, desk, view, name, value, visit.session.login)
                    view = await asyncio.to_thread(do)
                    desk.hub.changed()
                await follower.turn(("payroll", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("payroll", view), partial(draw, desk, view), act)


def _period(text: str) -> str | None:
    try:
        return parse_period(text)
    except DakaError:
        return None


def _first_period(desk: Desk) -> str:
    with read(desk.engine) as connection:
        first = closing.first_period(connection)
    now = desk.today()[:7]
    return min(first or now, now)


def _turned(view: View, name: str, value: str) -> View:
    if name == "period":
        return replace(view, period=_period(value) or view.period, is_foreseen=False, said="")
    if name == "person":
        return replace(view, person=value.strip()[:40])
    return replace(view, is_foreseen=not view.is_foreseen, said="")


def _do(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    words, now = Words(TEXTS, view.language), utc_ms(desk.now())
    channels, view = desk.outside.channels, replace(view, is_foreseen=False)
    try:
        with write(desk.engine) as connection:
            if name == "close":
                closing.close_period(connection, view.period, author, now, channels=channels)
                return replace(
                    view, said=words("did_close", period=month_text(view.period, view.language))
                )
            if name == "export":
                made = payroll.export(connection, view.period, author, now)
                return replace(view, said=words("did_export", n=made.export_no))
            if name == "paid":
                booked = closing.payroll_paid(connection, view.period, author, now)
                return replace(view, said=words("did_pay", n=len(booked)))
            if name in {"settle", "return"}:
                settled = withdrawals.settle_withdrawal(
                    connection, value, now, paid=name == "settle", channels=channels
                )
                who = settled.employee_id
                named = names.names_of(connection, [who]).get(who, who)
                amount = yuan_text(settled.amount_fen)
                return replace(view, said=words(f"did_{name}", name=named, amount=amount))
    except DakaError as error:
        return replace(view, said=reason_of(error, view.language))
    return view


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    now = utc_ms(desk.now())
    with read(desk.engine) as connection:
        state = closing.month_state(connection, view.period, now)
        closed = closing.close_of(connection, view.period)
        foreseen = None
        if view.is_foreseen and state is not closing.MonthState.CLOSED:
            foreseen = closing.preview(connection, view.period, now)
        month = Month(
            period=view.period,
            state=state,
            close=closed or foreseen,
            is_paid=closed is not None and closing.payroll_settled(connection, view.period),
            exports=payroll.exports(connection, view.period),
            waiting=withdrawals.waiting(connection),
            names=names.employee_names(connection),
            zone=desk.home_zone(),
        )
    said = (view.person, view.said, view.may_change)
    return draw_month(month, *said, Words(month_sheet.TEXTS, view.language))


def register_files(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of payroll files and statements."""

    @app.get("/payroll/export/{number}.{form}")
    def export(request: Request, number: int, form: str) -> Response:
        language = language_of(request).value
        try:
            with read(desk.engine) as connection:
                made = payroll.export_of(connection, number)
        except DakaError as error:
            return PlainTextResponse(str(error), status_code=404)
        name = f"payroll-{made.content.period}-{number}"
        if form == "csv":
            return _file(payroll_files.to_csv(made, language), f"{name}.csv", CSV)
        return _file(payroll_files.to_xlsx(made, language), f"{name}.xlsx", XLSX_TYPE)

    @app.get("/payroll/statement/{employee_id}/{period}.{form}")
    def statement(request: Request, employee_id: str, period: str, form: str) -> Response:
        language = language_of(request).value
        try:
            with read(desk.engine) as connection:
                made = account_statement(connection, employee_id, period)
        except DakaError as error:
            return PlainTextResponse(str(error), status_code=404)
        if form == "html":
            return HTMLResponse(statement_files.to_html(made, language))
        name = f"statement-{employee_id}-{period}"
        if form == "csv":
            return _file(statement_files.to_csv(made, language), f"{name}.csv", CSV)
        return _file(statement_files.to_xlsx(made, language), f"{name}.xlsx", XLSX_TYPE)


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=media_type, headers=headers)
