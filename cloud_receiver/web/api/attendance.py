"""Touches and judged days; and what people enter: check-ins, arrivals, corrections, leave, feedback."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel
from sqlalchemy import Connection, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.entries import Entry, EntryError, Feedback, checked
from cloud_receiver.domain.scopes import Scope
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import archive, entries, tables
from cloud_receiver.store.archive_files import ArchiveError
from cloud_receiver.store.engine import behind_writers, read, write
from cloud_receiver.web.api.caller import Caller, caller, needs
from cloud_receiver.web.api.paging import (
    CLEAN,
    After,
    DateFilter,
    DatePath,
    IdFilter,
    IdPath,
    Limit,
    Page,
    Shown,
    narrowed,
    only,
    page,
    position,
)
from cloud_receiver.web.api.refusals import ApiError
from cloud_receiver.web.frame import Desk

ENTRY_SCHEMA: Final = "Entry"
_READS: Final = needs(Scope.ATTENDANCE_READ)
_REFERENCES: Final = frozenset(
    {"employee_id", "other_employee_id", "store_id", "record_id", "replaces", "work_date"}
)
IdempotencyKey = Annotated[
    str, Header(max_length=100, pattern=CLEAN, description="the same key is the same act")
]


class PunchShown(Shown):
    """A touch: of a terminal, a phone or a supervisor's record; `source` is null of a terminal."""

    record_id: str
    entry_no: int
    store_id: str
    employee_id: str | None
    device_serial: str
    user_id: str
    device_time: str
    effective_utc_ms: int | None
    source: str | None
    place: str | None
    withdrawn_utc_ms: int | None


class DayShown(BaseModel):
    """An employee-day as it is judged now, with the facts rules read and the records behind it.

    Without facts, and with the finding `unreadable`, where what is stored is not what a judge writes.
    """

    employee_id: str
    work_date: str
    store_id: str
    status: str
    final: bool
    facts: dict[str, Any]
    evidence: dict[str, Any]
    revision: int
    computed_utc_ms: int


class Days(Page[DayShown]):
    """Part of the judged days; those of removed months are shown when one person is asked for."""

    online_from: str | None


class Entered(BaseModel):
    """What was entered; the same entry again has the same record id."""

    record_id: str


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["attendance"])
    _reading(routes, desk)
    _entering(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    punch, journal, day = tables.punch.c, tables.journal.c, tables.day_fact.c

    @routes.get("/punches", openapi_extra=_READS)
    def list_punches(
        employee_id: IdFilter = None, store_id: IdFilter = None,
        after: After = "", limit: Limit = 100,
    ) -> Page[PunchShown]:  # fmt: skip
        """List touches in the order headquarters received them."""
        columns = [punch[name] for name in PunchShown.model_fields if name != "entry_no"]
        query = select(journal.entry_no, *columns).join(
            tables.punch, punch.record_id == journal.record_id
        )
        query = narrowed(
            query, (punch.employee_id, "=", employee_id), (punch.store_id, "=", store_id)
        )
        with read(desk.engine) as connection:
            query = query.where(behind_writers(connection, tables.journal))
            return page(
                connection, query, [journal.entry_no], after, limit, PunchShown.model_validate
            )

    @routes.get("/days", openapi_extra=_READS)
    def list_days(
        employee_id: IdFilter = None, store_id: IdFilter = None, first_date: DateFilter = None,
        last_date: DateFilter = None, after: After = "", limit: Limit = 100,
    ) -> Days:  # fmt: skip
        """List judged days by date.

        Days before `online_from` are in the archive; they are shown of one `employee_id` at a time.
        """
        query = narrowed(
            select(tables.day_fact),
            (day.employee_id, "=", employee_id),
            (day.store_id, "=", store_id),
            (day.work_date, ">=", first_date),
            (day.work_date, "<=", last_date),
        )
        with read(desk.engine) as connection:
            key = [day.work_date, day.employee_id]
            begin = max([first_date or "", *position(after, key)[:1]])
            # the day of the cursor itself comes once more, and one tells that there are more
            removed = _removed(connection, employee_id, begin, last_date, store_id, limit + 2)
            found = page(connection, query, key, after, limit, _day, elsewhere=removed)
            since = archive.online_from(connection) or None
        return Days(items=found.items, next=found.next, online_from=since)

    @routes.get("/days/{employee_id}/{work_date}", openapi_extra=_READS)
    def get_day(employee_id: IdPath, work_date: DatePath) -> DayShown:
        own = (day.employee_id == employee_id) & (day.work_date == work_date)
        with read(desk.engine) as connection:
            removed = _removed(connection, employee_id, work_date, work_date)
            if removed:
                return _day(removed[0])
            query = select(tables.day_fact).where(own)
            row = only(connection, query, "考勤日", "day", f"{employee_id}/{work_date}")
        return _day(row)


def _removed(
    connection: Connection,
    employee_id: str | None,
    first_date: str,
    last_date: str | None,
    store_id: str | None = None,
    limit: int | None = None,
) -> list[archive.RemovedDay]:
    """Return the first days of one person that are in the archive alone; no file beyond is opened.

    Raises:
        ApiError: a file of it is not there or not what was written.
    """
    if employee_id is None:
        return []
    try:
        days = archive.each_day(connection, employee_id, first_date, last_date or "")
        return list(islice((one for one in days if store_id in (None, one.store_id)), limit))
    except ArchiveError as error:
        zh, en = "这些天在归档里,归档文件现在读不到", f"these days are in the archive: {error}"
        raise ApiError("unavailable", zh, en) from error


def _day(row: Any) -> DayShown:
    facts, evidence = day_texts.read(row.facts, row.evidence)
    told = {name: getattr(row, name) for name in DayShown.model_fields}
    return DayShown(**told | {"facts": facts, "evidence": evidence})


def entry_schemas() -> dict[str, Any]:
    """Return the JSON schemas of entries, for the document of the API."""
    union, parts = msgspec.json.schema_components(
        [Entry], ref_template="#/components/schemas/{name}"
    )
    return {**parts, ENTRY_SCHEMA: union[0]}


def _entering(routes: APIRouter, desk: Desk) -> None:
    body = {"required": True, "content": {"application/json": {
        "schema": {"$ref": f"#/components/schemas/{ENTRY_SCHEMA}"}}}}  # fmt: skip

    @routes.post("/entries", openapi_extra=needs(Scope.ATTENDANCE_WRITE) | {"requestBody": body})
    def enter(
        document: Annotated[Any, Body()],
        who: Annotated[Caller, Depends(caller)],
        idempotency_key: IdempotencyKey = "",
    ) -> Entered:
        """Enter a check-in, arrival, correction, withdrawal, leave, swap or feedback."""
        entry = _read(document, idempotency_key)
        with write(desk.engine) as connection:
            try:
                now_utc_ms = utc_ms(desk.clock.now_utc())
                record_id = entries.enter(connection, entry, who.name, now_utc_ms)
            except EntryError as error:
                raise _refused(error) from error
            stands = entries.entered(connection, record_id)
        if stands is not None and stands.entry != entry and not isinstance(entry, Feedback):
            zh, en = "这个幂等键已用于内容不同的另一条记录", "this key was used for another entry"
            raise ApiError("conflict", zh, en, field="Idempotency-Key")
        return Entered(record_id=record_id)


def _read(document: Any, key: str) -> Entry:
    try:
        if isinstance(document, dict) and key and not document.get("client_id"):
            document = {**document, "client_id": key}
        return checked(document)
    except EntryError as error:
        raise ApiError("invalid", error.zh, error.en, field=error.field) from error


def _refused(error: EntryError) -> ApiError:
    code = "conflict" if error.field in _REFERENCES else "invalid"
    return ApiError(code, error.zh, error.en, field=error.field)
