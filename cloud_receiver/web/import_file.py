"""A roster file on its way in by the schedule page: kept while it is looked at, then imported."""

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

from cloud_receiver.domain.labour import LabourNote
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.exchange import blank_files
from cloud_receiver.exchange.foreign import Form
from cloud_receiver.exchange.headings import COLUMNS, ImportKind
from cloud_receiver.exchange.importing import Report, import_file
from cloud_receiver.exchange.lines import LineError
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.store.engine import read
from cloud_receiver.web.bodies import read_body
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.schedule_texts import SCHEDULE
from cloud_receiver.web.shelf import Kept
from cloud_receiver.web.texts import Language, Words
from cloud_receiver.web.visit import language_of, visit_of
from sync.errors import DakaError

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_NAME_CHARS: Final = 60
"""At four bytes each they fit the 255 of a file system."""
SHOWN: Final = 50
ADDRESS: Final = "/schedule/file"
TEMPLATE: Final = "/schedule/template.xlsx"


@dataclass(frozen=True, slots=True)
class Trial:
    """A file that was looked at: nothing of it is written yet."""

    ticket: str
    form: str
    report: Report


def register(app: FastAPI, desk: Desk) -> None:
    """Add the addresses files come in by, and the template goes out by."""

    @app.post(ADDRESS)
    async def take_in(request: Request, name: str = "") -> Response:
        content = await read_body(request, MAX_BYTES)
        if not content:
            return PlainTextResponse(
                "empty, or too large", status_code=413 if content is None else 400
            )
        login = visit_of(request).session.login
        return JSONResponse({"ticket": desk.shelf.put(Kept(file_name(name), content, login))})

    @app.get(TEMPLATE)
    async def template(request: Request) -> Response:
        language = language_of(request)

        def work() -> bytes:
            with read(desk.engine) as connection:
                offered = blank_files.choices(connection, language.value)
            with tempfile.TemporaryDirectory(prefix="daka-template-") as folder:
                path = Path(folder) / "roster.xlsx"
                blank_files.write_blank(ImportKind.ROSTER, path, offered, language.value)
                return path.read_bytes()

        name = quote(language.pick("排班模板.xlsx", "roster.xlsx"))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(await run_in_threadpool(work), media_type=XLSX_TYPE, headers=headers)


def file_name(name: str) -> str:
    """Return what a browser calls a file as a name that every folder takes.

    >>> file_name("../../十二月.xlsx"), file_name(".."), file_name("x" * 500)[:3]
    ('十二月.xlsx', 'roster.csv', 'xxx')
    """
    clean = "".join(one for one in Path(name).name if one.isprintable())[-MAX_NAME_CHARS:]
    return clean if clean.strip(".") else "roster.csv"


def bring(desk: Desk, ticket: str, form: str, author: str, *, dry_run: bool) -> Report | None:
    """Look at a file, or import it; None when it is no longer here.

    Raises:
        DakaError: the file as a whole cannot be used.
    """
    kept = desk.shelf.get(ticket, author)
    if kept is None:
        return None
    with tempfile.TemporaryDirectory(prefix="daka-roster-") as folder:
        path = Path(folder) / kept.name
        path.write_bytes(kept.content)
        try:
            return import_file(
                desk.engine, ImportKind.ROSTER, path, author, utc_ms(desk.now()),
                form=form, dry_run=dry_run, channels=desk.outside.channels,
            )  # fmt: skip
        except DakaError as error:  # the folder is nobody's business
            raise DakaError(str(error).replace(f"{folder}/", "")) from error


def file_form(words: Words) -> Markup:
    """Return the form a file is chosen in."""
    forms = [el("option", words(f"form_{form}"), value=form.value) for form in Form]
    choose = el("input", type="file", name="file", required=True,
                accept=".csv,.xlsx,.xlsm")  # fmt: skip
    blank = el("a", icon("download"), words("blank"), href=TEMPLATE, class_="button", download=True)
    head = el("div", el("h2", words("file")), blank, class_="card-head")
    form = el(
        "form",
        el("label", words("choose"), choose, class_="field"),
        el("label", words("form"), el("select", forms, name="form"), class_="field"),
        el("button", icon("visibility"), words("look"), class_="button", type="submit"),
        class_="filters", data_submit="file", data_file=ADDRESS,
    )  # fmt: skip
    hint = el("p", words("file_hint"), class_="small muted card-body")
    return el("section", head, form, hint, class_="card", data_key="file")


def trial_card(trial: Trial, people: Mapping[str, str], language: Language) -> Markup:
    """Return what a file would do, line by line, and the buttons that decide."""
    words, report = Words(SCHEDULE, language), trial.report
    said = words("trial", file=report.source, lines=report.lines, n=report.changed,
                 errors=len(report.errors))  # fmt: skip
    yes = el("button", icon("check"), words("bring", n=report.changed), class_="button main",
             type="button", data_act="bring") if report.changed else None  # fmt: skip
    no = el("button", words("drop"), class_="button", type="button", data_act="drop")
    head = el("div", el("h2", said), el("div", yes, no, class_="row"), class_="card-head")
    body = (
        _errors(report.errors, words)
        if report.errors
        else el("p", icon("check_circle", "good"), " ", words("all_good"), class_="card-body")
    )
    return el("section", head, body, notes(report.warnings, people, words), class_="card",
              data_key="trial")  # fmt: skip


def _errors(errors: Sequence[LineError], words: Words) -> Markup:
    headings = {one.name: one.headings[0] for one in COLUMNS[ImportKind.ROSTER]}
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


def notes(found: Sequence[LabourNote], people: Mapping[str, str], words: Words) -> Markup | None:
    """Return what of a roster asks more than the law does, to be opened; None: nothing does."""
    if not found:
        return None
    lines = [
        el("li", el("b", people.get(one.employee_id, one.employee_id)), f" {one.month} ",
           words.language.pick(one.text.zh, one.text.en))
        for one in found[:SHOWN]
    ]  # fmt: skip
    hidden = len(found) - SHOWN
    more = el("li", words("more_lines", n=hidden), class_="muted") if hidden > 0 else None
    summary = el("summary", icon("gavel", "warn"), " ", words("labour", n=len(found)))
    lead = el("p", words("labour_lead"), class_="muted")
    return el("details", summary, lead, el("ul", lines, more), class_="card-body small notes")
