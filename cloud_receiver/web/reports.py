"""报表: a picture, what it says in words, the table behind it, and the way to raw records."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from nicegui import ui
from nicegui.events import EChartPointClickEventArguments

from cloud_receiver.domain.workday import AFTER_LAST_DATE, FIRST_DATE
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.store import archive, names
from cloud_receiver.store.engine import read
from cloud_receiver.store.reports import Stretch
from cloud_receiver.web import charts
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.live import LiveHtml
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import icon, plain_date
from cloud_receiver.web.report_asked import Asked
from cloud_receiver.web.report_kinds import KINDS, OF_LEDGER
from cloud_receiver.web.report_kinds import TEXTS as NAMES
from cloud_receiver.web.report_sheet import Sheet, draw_findings, draw_notice, draw_table, to_xlsx
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import language_of, visit_of

DAYS: Final = 30
TEXTS: Final[Texts] = {
    "title": ("报表", "Reports"),
    "lead": (
        "每个数字都能点到它的原始记录;图可存为图片,表可下载为 Excel。",
        "Every number leads to its records; pictures save as PNG, tables as Excel.",
    ),
    "kinds": ("报表种类", "Reports"),
    "from": ("从", "From"),
    "to": ("到", "To"),
    "store": ("门店", "Store"),
    "all": ("全部", "All"),
    "filters": ("筛选", "Filters"),
    "excel": ("下载 Excel", "Excel"),
    "more_rows": ("还有 {n} 行,请下载 Excel。", "{n} more rows are in the Excel file."),
    "empty_title": ("这段时间没有数据", "Nothing in this stretch"),
    "empty": ("放宽日期,或换一家门店。", "Widen the dates or choose another store."),
    "archived": (
        (
            "{since}以前的逐日考勤在归档里,没有计入这张报表;台账的金额是全的。"
            "要看以前的某一天,请打开那个人的页面;要重出报表,请管理员运行 daka-hq archive bring-back。"
        ),
        (
            "Days before {since} are in the archive and not counted in this report; amounts of the ledger are complete. "
            "To see an earlier day open the person's page; for the report have daka-hq archive bring-back run."
        ),
    ),
    "empty_archived": ("这段时间没有未归档的考勤", "Nothing in this stretch outside the archive"),
    "working": ("正在统计…", "Counting…"),
}


@dataclass(frozen=True, slots=True)
class View:
    """Which report of which stretch."""

    language: Language
    report: str
    first: str
    last: str
    store_id: str = ""

    @property
    def query(self) -> str:
        """Return the view as the query of an address."""
        given = {"report": self.report, "from": self.first, "to": self.last, "store": self.store_id}
        return urlencode({name: value for name, value in given.items() if value})

    def turned(self, name: str, value: str) -> View:
        """Return the view after the reader acted."""
        if name == "report" and value in KINDS:
            return replace(self, report=value)
        if name == "first" and _is_date(value):
            return replace(self, first=value)
        if name == "last" and _is_date(value):
            return replace(self, last=value)
        return replace(self, store_id=value) if name == "store" else self


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/reports")
    async def reports(request: Request) -> None:
        visit = visit_of(request)
        view = _view(desk, request, visit.language)
        words = visit.words(TEXTS)

        async def show() -> None:
            sheet = await asyncio.to_thread(count, desk, view)
            said.show(draw_findings(sheet) if sheet.rows else _empty(words, sheet))
            table.show(draw_table(sheet, words.texts["more_rows"][view.language == "en"])
                       if sheet.rows else Markup(""))  # fmt: skip
            frame.clear()  # a picture of its own: else what this report has not stays of the last
            if sheet.rows and sheet.options:
                with frame:
                    _picture(sheet)

        async def act(name: str, value: str) -> None:
            nonlocal view
            view = view.turned(name, value)
            top.show(await asyncio.to_thread(_top, desk, view))
            ui.navigate.history.replace(f"/reports?{view.query}")
            await show()

        with await page_frame(desk, visit, "reports", words("title")):
            top = LiveHtml(_top(desk, view), act)
            with ui.element("section").classes("card report"):
                said = LiveHtml(_skeleton(words))
                frame = ui.element("div")
            table = LiveHtml(Markup(""))
        await ui.context.client.connected()
        await show()


def register_files(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of the Excel files."""

    @app.get("/reports/{report}.xlsx")
    def excel(request: Request, report: str) -> Response:
        if report not in KINDS:
            return PlainTextResponse("no such report", status_code=404)
        view = replace(_view(desk, request, language_of(request)), report=report)
        sheet = count(desk, view)
        name = quote(f"{sheet.title} {view.first} {view.last}.xlsx")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(to_xlsx(sheet), media_type=XLSX_TYPE, headers=headers)


def count(desk: Desk, view: View) -> Sheet:
    """Return a report; reads, in a worker thread."""
    stretch = Stretch(first=view.first, last=view.last, store_id=view.store_id or None)
    with read(desk.engine) as connection:
        sheet = KINDS[view.report](connection, Asked(stretch, view.language))
        since = archive.online_from(connection)
    if view.first >= since or view.report in OF_LEDGER:
        return sheet
    told = Words(TEXTS, view.language)("archived", since=plain_date(since, view.language))
    return replace(sheet, notice=told)


def _view(desk: Desk, request: Request, language: Language) -> View:
    given = request.query_params
    today = desk.today()
    first = (date.fromisoformat(today) - timedelta(days=DAYS - 1)).isoformat()
    report = given.get("report", "")
    return View(
        language,
        report if report in KINDS else next(iter(KINDS)),
        given["from"] if _is_date(given.get("from", "")) else first,
        given["to"] if _is_date(given.get("to", "")) else today,
        given.get("store", ""),
    )


def _is_date(text: str) -> bool:
    try:
        known = FIRST_DATE <= text < AFTER_LAST_DATE
        return known and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _picture(sheet: Sheet) -> None:
    """Put the picture of a report where one is; a click on a part leads to what it is made of."""
    assert sheet.options is not None, "asked only for reports with a picture"

    def follow(event: EChartPointClickEventArguments) -> None:
        if event.name in sheet.links:
            ui.navigate.to(sheet.links[event.name])

    chart = ui.echart(sheet.options, on_point_click=follow).classes("picture").props("role=img")
    chart.props["aria-label"] = sheet.label
    if height_px := charts.height_px(sheet.options):
        chart.style(f"height: {height_px}px")


def _top(desk: Desk, view: View) -> Markup:
    words, titles = Words(TEXTS, view.language), Words(NAMES, view.language)
    with read(desk.engine) as connection:
        shops = names.stores(connection)
    file = el("a", icon("download"), words("excel"), class_="button", download=True,
              href=f"/reports/{view.report}.xlsx?{view.query}")  # fmt: skip
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), file,
              class_="head")  # fmt: skip
    tabs = [
        el("a", titles(kind), class_="tab", data_act="report", data_value=kind,
           href=f"/reports?{replace(view, report=kind).query}",
           aria_current="page" if kind == view.report else None)
        for kind in KINDS
    ]  # fmt: skip
    stores = [
        el("option", shop.name, value=shop.store_id, selected=shop.store_id == view.store_id)
        for shop in shops
    ]
    everywhere = el("option", words("all"), value="", selected=not view.store_id)
    filters = el(
        "section",
        el("label", words("from"), el("input", type="date", value=view.first, data_change="first"),
           class_="field"),
        el("label", words("to"), el("input", type="date", value=view.last, data_change="last"),
           class_="field"),
        el("label", words("store"), el("select", everywhere, stores, data_change="store"),
           class_="field"),
        class_="card filters", aria_label=words("filters"),
    )  # fmt: skip
    return join([head, el("nav", tabs, class_="tabs", aria_label=words("kinds")), filters])


def _skeleton(words: Words) -> Markup:
    return el("div", el("span", words("working"), class_="unseen", role="status"), el("i"), el("i"),
              class_="skeleton card-body")  # fmt: skip


def _empty(words: Words, sheet: Sheet) -> Markup:
    if sheet.notice:
        empty = el("div", icon("inventory_2"), el("h2", words("empty_archived")), class_="empty")
        return join([el("div", draw_notice(sheet), class_="card-body"), empty])
    texts = [el("h2", words("empty_title")), el("p", words("empty"))]
    return el("div", icon("query_stats"), texts, class_="empty")
