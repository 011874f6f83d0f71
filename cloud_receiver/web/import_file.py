"""A file on its way in: kept while it is looked at line by line, then imported or dropped."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.exchange import blank_files
from cloud_receiver.exchange.foreign import Form, forms_of
from cloud_receiver.exchange.headings import COLUMNS, ImportKind
from cloud_receiver.exchange.importing import Report, import_content
from cloud_receiver.exchange.lines import LineError
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.store.engine import read
from cloud_receiver.web.bodies import read_body
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.labour_notes import notes
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.shelf import Kept
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import language_of, visit_of

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_NAME_CHARS: Final = 60
"""At four bytes each they fit the 255 of a file system."""
SHOWN: Final = 50
ADDRESS: Final = "/import/file"
TEXTS: Final[Texts] = {
    "file": ("导入{what}", "Import: {what}"),
    "file_hint": (
        "CSV 或 Excel。先看逐行结果,确认后才写入;有错的行不影响其他行。",
        "CSV or Excel. You see the result line by line first; bad lines do not hold up the others.",
    ),
    "blank": ("下载空模板", "Download a template"),
    "choose": ("文件", "File"),
    "form": ("谁的格式", "Whose format"),
    "form_daka": ("本系统模板", "our template"),
    "form_dingtalk": ("钉钉导出", "DingTalk export"),
    "form_frappe": ("Frappe HRMS 导出", "Frappe HRMS"),
    "through": ("打卡记录齐全到(可不填)", "All touches up to (may be empty)"),
    "look": ("先看结果", "Look first"),
    "drop": ("不要了", "Drop it"),
    "gone": ("文件没有收到,请重新选择", "The file did not arrive; choose it again"),
    "trial": (
        "{file}:{lines} 行,将改变 {n} {unit},{errors} 行有误",
        "{file}: {lines} lines, {n} {unit} would change, {errors} lines left out",
    ),
    "bring": ("导入({n} {unit})", "Import ({n} {unit})"),
    "brought": (
        "{file} 已导入:改变 {n} {unit},{errors} 行有误未导入",
        "{file} is in: {n} {unit} changed, {errors} lines left out",
    ),
    "days": ("天", "days"),
    "rows": ("条", "rows"),
    "more_lines": ("另有 {n} 条", "{n} more"),
    "line": ("行", "Line"),
    "line_no": ("第 {n} 行", "line {n}"),
    "column": ("列", "Column"),
    "wrong": ("问题与改法", "What is wrong"),
    "all_good": ("每一行都没有问题。", "Every line is fine."),
    "kind_stores": ("门店", "stores"),
    "kind_employees": ("员工", "employees"),
    "kind_badges": ("打卡机编号", "terminal ids"),
    "kind_sellers": ("收银编号", "till codes"),
    "kind_roster": ("排班表", "a roster"),
    "kind_targets": ("当日目标与补贴", "daily targets and subsidies"),
    "kind_punches": ("历史打卡", "touches of the past"),
    "kind_results": ("其他系统的考勤结果", "another system's results"),
    "kind_contacts": ("通知账号", "where people are told"),
    "kind_campaigns": ("活动", "campaigns"),
    "kind_campaign_members": ("活动成员", "members of campaigns"),
    "kind_teams": ("考勤组", "teams"),
    "kind_wages": ("月工资", "monthly wages"),
    "kind_jurisdictions": ("适用法规", "which law holds where"),
    "kind_shifts": ("班次", "shifts"),
    "kind_holidays": ("节假日与调休", "holidays and make-up days"),
    "kind_leaves": ("请假与外出", "leave and outings"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A file that was looked at: nothing of it is written yet.

    Attributes:
        said: what the form said, by the names of its fields.
    """

    said: tuple[tuple[str, str], ...]
    report: Report


def register(app: FastAPI, desk: Desk) -> None:
    """Add the addresses files come in by, and the templates go out by."""

    @app.post(ADDRESS)
    async def take_in(request: Request, name: str = "") -> Response:
        content = await read_body(request, MAX_BYTES)
        if not content:
            return PlainTextResponse(
                "empty, or too large", status_code=413 if content is None else 400
            )
        login = visit_of(request).session.login
        return JSONResponse({"ticket": desk.shelf.put(Kept(file_name(name), content, login))})

    @app.get("/import/{kind}.xlsx")
    async def template(request: Request, kind: ImportKind) -> Response:
        language = language_of(request)

        def work() -> bytes:
            with read(desk.engine) as connection:
                offered = blank_files.choices(connection, language.value)
            with tempfile.TemporaryDirectory(prefix="daka-template-") as folder:
                path = Path(folder) / "blank.xlsx"
                blank_files.write_blank(kind, path, offered, language.value)
                return path.read_bytes()

        name = quote(f"{name_of(kind, language)}.xlsx")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(await run_in_threadpool(work), media_type=XLSX_TYPE, headers=headers)


def name_of(kind: ImportKind, language: Language) -> str:
    """Return what people call a kind of file."""
    return Words(TEXTS, language)(f"kind_{kind}")


def file_name(name: str) -> str:
    """Return what a browser calls a file as a name that every folder takes.

    >>> file_name("../../十二月.xlsx"), file_name(".."), file_name("x" * 500)[:3]
    ('十二月.xlsx', 'file.csv', 'xxx')
    """
    clean = "".join(one for one in Path(name).name if one.isprintable())[-MAX_NAME_CHARS:]
    return clean if clean.strip(".") else "file.csv"


def look(
    desk: Desk, kind: ImportKind, said: Mapping[str, str], author: str, language: Language
) -> Trial | str:
    """Look at a file that came in, and write nothing; return what to tell when it is not here.

    Raises:
        DakaError: the file as a whole cannot be used.
    """
    kept = tuple((name, str(said.get(name) or "")) for name in ("ticket", "form", "through"))
    report = _bring(desk, kind, dict(kept), author, dry_run=True)
    return Words(TEXTS, language)("gone") if report is None else Trial(kept, report)


def carry_in(desk: Desk, trial: Trial | None, author: str, language: Language) -> str:
    """Import the file that was looked at; return what to tell.

    Raises:
        DakaError: the file as a whole cannot be used.
    """
    words = Words(TEXTS, language)
    report = trial and _bring(desk, trial.report.kind, dict(trial.said), author, dry_run=False)
    if not report:
        return words("gone")
    return words("brought", file=report.source, n=report.changed, unit=_unit(report.kind, words),
                 errors=len(report.errors))  # fmt: skip


def _bring(
    desk: Desk, kind: ImportKind, said: Mapping[str, str], author: str, *, dry_run: bool
) -> Report | None:
    kept = desk.shelf.get(said["ticket"], author)
    if kept is None:
        return None
    return import_content(
        desk.engine, kind, kept.name, kept.content, author, utc_ms(desk.now()), dry_run=dry_run,
        form=said["form"] or Form.DAKA, complete_through=said["through"],
        channels=desk.outside.channels,
    )  # fmt: skip


def _unit(kind: ImportKind, words: Words) -> str:
    return words("days") if kind is ImportKind.ROSTER else words("rows")


def file_form(kind: ImportKind, language: Language) -> Markup:
    """Return the form a file is chosen in."""
    words = Words(TEXTS, language)
    forms = [el("option", words(f"form_{form}"), value=form.value) for form in forms_of(kind)]
    choose = el("input", type="file", name="file", required=True,
                accept=".csv,.xlsx,.xlsm")  # fmt: skip
    blank = el("a", icon("download"), words("blank"), href=f"/import/{kind}.xlsx",
               class_="button", download=True)  # fmt: skip
    head = el("div", el("h2", words("file", what=words(f"kind_{kind}"))), blank, class_="card-head")
    through = el(
        "label", words("through"), el("input", name="through", type="date"), class_="field"
    )
    form = el(
        "form",
        el("label", words("choose"), choose, class_="field"),
        el("label", words("form"), el("select", forms, name="form"), class_="field")
        if len(forms) > 1 else None,
        through if kind is ImportKind.PUNCHES else None,
        el("button", icon("visibility"), words("look"), class_="button", type="submit"),
        class_="filters", data_submit="file", data_file=ADDRESS,
    )  # fmt: skip
    hint = el("p", words("file_hint"), class_="small muted card-body")
    return el("section", head, form, hint, class_="card", data_key="file")


def trial_card(trial: Trial, people: Mapping[str, str], language: Language) -> Markup:
    """Return what a file would do, line by line, and the buttons that decide."""
    words, report = Words(TEXTS, language), trial.report
    unit = _unit(report.kind, words)
    said = words("trial", file=report.source, lines=report.lines, n=report.changed, unit=unit,
                 errors=len(report.errors))  # fmt: skip
    yes = el("button", icon("check"), words("bring", n=report.changed, unit=unit),
             class_="button main", type="button",
             data_act="bring") if report.changed else None  # fmt: skip
    no = el("button", words("drop"), class_="button", type="button", data_act="drop")
    head = el("div", el("h2", said), el("div", yes, no, class_="row"), class_="card-head")
    body = (
        _errors(report.kind, report.errors, words)
        if report.errors
        else el("p", icon("check_circle", "good"), " ", words("all_good"), class_="card-body")
    )
    return el("section", head, body, notes(report.warnings, people, language), class_="card",
              data_key="trial")  # fmt: skip


def _errors(kind: ImportKind, errors: Sequence[LineError], words: Words) -> Markup:
    headings = {one.name: one.headings[0] for one in COLUMNS[kind]}
    rows = [
        el(
            "tr",
            el("td", words("line_no", n=error.line), class_="lead nowrap"),
            el("td", words.language.pick(headings.get(error.field, error.field), error.field),
               data_label=words("column")),
            el("td", words.language.pick(error.zh, error.en), data_label=words("wrong")),
        )
        for error in errors[:SHOWN]
    ]  # fmt: skip
    hidden = len(errors) - SHOWN
    more = el("p", words("more_lines", n=hidden), class_="card-body muted") if hidden > 0 else None
    head = el("tr", [el("th", words(key), scope="col") for key in ("line", "column", "wrong")])
    table = el("table", el("thead", head), el("tbody", rows), class_="cards")
    return el("div", el("div", table, class_="scroll"), more)
