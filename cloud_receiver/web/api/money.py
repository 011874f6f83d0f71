"""The ledger with its WHY, balances, statements, payroll files and campaigns; reads only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy import func, select

from cloud_receiver.domain.scopes import Scope
from cloud_receiver.exchange import payroll_files
from cloud_receiver.exchange.sheets import XLSX_TYPE
from cloud_receiver.store import campaign_standings, campaigns, payroll, tables
from cloud_receiver.store.account_statement import account_statement
from cloud_receiver.store.engine import read
from cloud_receiver.store.names import has_employee
from cloud_receiver.store.why import why
from cloud_receiver.web.api.caller import needs
from cloud_receiver.web.api.paging import (
    CLEAN,
    After,
    IdFilter,
    IdPath,
    Limit,
    Page,
    PeriodFilter,
    PeriodPath,
    Shown,
    only,
    page,
)
from cloud_receiver.web.api.refusals import not_found
from cloud_receiver.web.frame import Desk
from sync.errors import DakaError

_READS: Final = needs(Scope.MONEY_READ)


class EntryShown(BaseModel):
    """A booking; `why` in both languages, `explanation` with facts, limits and records."""

    entry_no: int
    entry_id: str
    outcome_key: str
    employee_id: str
    store_id: str
    work_date: str
    account: str
    contra: str
    amount_fen: int
    rule_id: str
    rule_version: int
    adjusts: str | None
    kind: str
    period: str
    for_period: str
    booked_utc_ms: int
    hash: str
    explanation: dict[str, Any]


class Document(BaseModel):
    """A document as the pages show it, with every name the code gives."""

    document: dict[str, Any]


class BalanceShown(Shown):
    """What stands in an account; `owner` is an employee or ``company``."""

    owner: str
    account: str
    amount_fen: int


class ExportShown(Shown):
    """A payroll export as it is listed."""

    export_no: int
    period: str
    is_final: bool
    content_sha256: str
    author: str
    exported_utc_ms: int


class CampaignShown(Shown):
    """A campaign."""

    campaign_id: str
    name: str
    scene: str
    first_date: str
    last_date: str
    closed_utc_ms: int | None


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["money"])
    _ledger(routes, desk)
    _payroll(routes, desk)
    _campaigns(routes, desk)
    return routes


def _ledger(routes: APIRouter, desk: Desk) -> None:
    own, kept = tables.ledger.c, tables.balance.c

    @routes.get("/ledger", openapi_extra=_READS)
    def list_entries(
        employee_id: IdFilter = None, period: PeriodFilter = None,
        after: After = "", limit: Limit = 100,
    ) -> Page[EntryShown]:  # fmt: skip
        """List bookings oldest first; numbers are dense and never change."""
        query = select(tables.ledger)
        if employee_id is not None:
            query = query.where(own.employee_id == employee_id)
        if period is not None:
            query = query.where(
                func.coalesce(own.period, func.substr(own.work_date, 1, 7)) == period
            )
        with read(desk.engine) as connection:
            return page(connection, query, [own.entry_no], after, limit, _entry)

    @routes.get("/why", openapi_extra=_READS)
    def get_why(
        entry_id: Annotated[str, Query(min_length=1, max_length=400, pattern=CLEAN)],
    ) -> Document:
        """Show everything a booking rests on, down to the raw records."""
        with read(desk.engine) as connection:
            found = why(connection, entry_id)
        if found is None:
            raise not_found("分录", "entry", entry_id)
        return Document(document=_plain(found))

    @routes.get("/balances", openapi_extra=_READS)
    def list_balances(
        owner: IdFilter = None, after: After = "", limit: Limit = 100
    ) -> Page[BalanceShown]:
        query = select(tables.balance)
        if owner is not None:
            query = query.where(kept.owner == owner)
        with read(desk.engine) as connection:
            return page(
                connection,
                query,
                [kept.owner, kept.account],
                after,
                limit,
                BalanceShown.model_validate,
            )

    @routes.get("/statements/{employee_id}/{period}", openapi_extra=_READS)
    def get_statement(employee_id: IdPath, period: PeriodPath) -> Document:
        with read(desk.engine) as connection:
            if not has_employee(connection, employee_id):
                raise not_found("员工", "employee", employee_id)
            return Document(document=_plain(account_statement(connection, employee_id, period)))


def _entry(row: Any) -> EntryShown:
    month = row.work_date[:7]
    told = {
        "explanation": msgspec.json.decode(row.explanation),
        "kind": row.kind or "outcome",
        "period": row.period or month,
        "for_period": row.for_period or month,
    }
    shown = {name: getattr(row, name) for name in EntryShown.model_fields if name not in told}
    return EntryShown(**shown, **told)


def _plain(view: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(view)
    return plain


def _payroll(routes: APIRouter, desk: Desk) -> None:
    own = tables.payroll_export.c

    @routes.get("/payroll/exports", openapi_extra=_READS)
    def list_exports(
        period: PeriodFilter = None, after: After = "", limit: Limit = 100
    ) -> Page[ExportShown]:
        columns = [own[name] for name in ExportShown.model_fields]
        query = select(*columns)
        if period is not None:
            query = query.where(own.period == period)
        with read(desk.engine) as connection:
            return page(
                connection, query, [own.export_no], after, limit, ExportShown.model_validate
            )

    @routes.get("/payroll/exports/{export_no}", openapi_extra=_READS)
    def get_export(export_no: int) -> Document:
        made = _export(export_no)
        totals = {"totals_fen": made.content.totals_fen}
        return Document(document=_plain(asdict(made)) | totals)

    @routes.get(
        "/payroll/exports/{export_no}/file",
        openapi_extra=_READS,
        response_class=Response,
        responses={
            200: {"content": {form: {"schema": {"type": "string"}} for form in FORMS.values()}}
        },
    )
    def get_file(
        export_no: int, form: Literal["csv", "xlsx"] = "csv", lang: Literal["zh", "en"] = "zh"
    ) -> Response:
        to_bytes = payroll_files.to_csv if form == "csv" else payroll_files.to_xlsx
        content = to_bytes(_export(export_no), lang)
        return Response(content, media_type=FORMS[form])

    def _export(export_no: int) -> payroll.Export:
        with read(desk.engine) as connection:
            try:
                return payroll.export_of(connection, export_no)
            except DakaError as error:
                raise not_found("工资导出", "payroll export", str(export_no)) from error


FORMS: Final = {
    "csv": "text/csv",
    "xlsx": XLSX_TYPE,
}


def _campaigns(routes: APIRouter, desk: Desk) -> None:
    own = tables.campaign.c

    @routes.get("/campaigns", openapi_extra=_READS)
    def list_campaigns(after: After = "", limit: Limit = 100) -> Page[CampaignShown]:
        with read(desk.engine) as connection:
            return page(
                connection,
                select(tables.campaign),
                [own.campaign_id],
                after,
                limit,
                CampaignShown.model_validate,
            )

    @routes.get("/campaigns/{campaign_id}", openapi_extra=_READS)
    def get_campaign(campaign_id: IdPath) -> Document:
        """Show a campaign and how its members stand."""
        with read(desk.engine) as connection:
            query = select(tables.campaign).where(own.campaign_id == campaign_id)
            only(connection, query, "活动", "campaign", campaign_id)
            one = campaigns.of_id(connection, campaign_id)
            standings = campaign_standings.standing_now(connection, one)
        return Document(document=_plain(one) | {"standings": _plain(standings)})
