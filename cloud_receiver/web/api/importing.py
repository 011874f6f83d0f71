"""Whole files by API: the organisation, rosters, targets and history, with a report by line."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.scopes import Scope
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.exchange.importing import Report, import_content
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.web.api.caller import Caller, caller, needs
from cloud_receiver.web.api.refusals import ApiError, asked_language
from cloud_receiver.web.frame import Desk
from sync.errors import DakaError, told

_FILE: Final[dict[str, Any]] = {"requestBody": {"required": True, "content": {
    "text/csv": {"schema": {"type": "string"}},
    XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
}}}  # fmt: skip


class LineShown(BaseModel):
    """A line that was left out, and what to write instead."""

    line: int
    field: str
    detail: str


class ReportShown(BaseModel):
    """What an import did; the same file again changes nothing."""

    lines: int
    changed: int
    errors: list[LineShown]
    is_dry_run: bool
    warnings: list[str]


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["imports"])

    @routes.post("/imports/{kind}", openapi_extra=needs(Scope.ORGANISATION_WRITE) | _FILE)
    async def import_organisation(
        kind: Literal["stores", "employees", "badges", "sellers", "roster", "targets", "shifts",
                      "holidays"],
        request: Request, who: Annotated[Caller, Depends(caller)], dry_run: bool = False,
    ) -> ReportShown:  # fmt: skip
        """Bring a CSV or XLSX file in; headings as in ``daka-hq template``."""
        return await _import(request, kind, who, dry_run=dry_run)

    @routes.post("/history/{kind}", openapi_extra=needs(Scope.ATTENDANCE_WRITE) | _FILE)
    async def import_history(
        kind: Literal["punches", "results", "leaves"], request: Request,
        who: Annotated[Caller, Depends(caller)], dry_run: bool = False,
        form: Annotated[Literal["daka", "dingtalk", "frappe"], Query()] = "daka",
    ) -> ReportShown:  # fmt: skip
        """Bring history of another system in: touches, absences, or its results to compare with."""
        return await _import(request, kind, who, dry_run=dry_run, form=form)

    async def _import(
        request: Request, kind: str, who: Caller, *, dry_run: bool, form: str = "daka"
    ) -> ReportShown:
        content = await request.body()
        is_workbook = request.headers.get("content-type", "").partition(";")[0].strip() == XLSX_TYPE

        name = f"{kind}.{'xlsx' if is_workbook else 'csv'}"
        work = partial(
            import_content, desk.engine, kind, name, content, who.name,
            utc_ms(desk.clock.now_utc()), form=form, dry_run=dry_run,
        )  # fmt: skip
        try:
            report = await run_in_threadpool(work)
        except DakaError as error:
            raise ApiError("invalid", told(error, "zh"), told(error, "en"), "file") from error
        return _shown(report, request)

    return routes


def _shown(report: Report, request: Request) -> ReportShown:
    language = asked_language(request.headers)
    errors = [
        LineShown(line=one.line, field=one.field, detail=language.pick(one.zh, one.en))
        for one in report.errors
    ]
    return ReportShown(
        lines=report.lines, changed=report.changed, errors=errors, is_dry_run=report.is_dry_run,
        warnings=[
            f"{one.employee_id} {one.month}: {language.pick(one.text.zh, one.text.en)}"
            for one in report.warnings
        ],
    )  # fmt: skip
