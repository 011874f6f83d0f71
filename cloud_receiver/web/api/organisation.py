"""Employees, stores and rosters: read, and written as an import writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, func, select

from cloud_receiver.domain.rota import Stretch
from cloud_receiver.domain.scopes import Scope
from cloud_receiver.domain.workday import UNPLANNED, utc_ms
from cloud_receiver.exchange import amounts, fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.headings import COLUMNS, ImportKind
from cloud_receiver.exchange.lines import known
from cloud_receiver.exchange.roster_lines import of_who_left, read_line, roster_days
from cloud_receiver.exchange.statement_files import yuan_plain
from cloud_receiver.store import assignments, enrolment, organisation, scheduling, tables
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import Employee, RosterEntry, Store
from cloud_receiver.web.api.caller import Caller, caller, needs
from cloud_receiver.web.api.paging import (
    CLEAN,
    MAX_NUMBER,
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
)
from cloud_receiver.web.api.refusals import ApiError
from cloud_receiver.web.frame import Desk
from sync.money import MAX_FEN

T = TypeVar("T")
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=CLEAN)]
Fen = Annotated[int, Field(ge=0, le=MAX_FEN)]
Microdeg = Annotated[int, Field(ge=-180_000_000, le=180_000_000)]
_REFERENCES: Final = frozenset({"employee_id", "store_id"})
_READS: Final = needs(Scope.ORGANISATION_READ)
_WRITES: Final = needs(Scope.ORGANISATION_WRITE)


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EmployeeGiven(_Given):
    """A person as entered; `since`: from which work date on the home store is another one.

    Of who is not active: the first date no longer there; rosters from it on are taken back.
    """

    name: Name
    store_id: Name
    language: Literal["zh", "en"] = "zh"
    active: bool = True
    since: Annotated[str | None, Field(pattern=r"^\d{4}-\d\d-\d\d$")] = None


class EmployeeShown(Shown):
    """A person; `active`: works there today, `left_date`: the first date no longer, also ahead."""

    employee_id: str
    name: str
    store_id: str
    language: str
    active: bool
    left_date: str | None


class StoreGiven(_Given):
    """A store as entered; the three of the fence go together."""

    name: Name
    scene: Name
    zone: Name = "Asia/Shanghai"
    arrivals_by: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    latitude_microdeg: Microdeg | None = None
    longitude_microdeg: Microdeg | None = None
    fence_m: Annotated[int, Field(ge=10, le=fields.MAX_FENCE_M)] | None = None


class StoreShown(Shown):
    """A store."""

    store_id: str
    name: str
    zone: str
    scene: str
    arrivals_by: str
    latitude_microdeg: int | None
    longitude_microdeg: int | None
    fence_m: int | None


class HoursGiven(_Given):
    """A shift's hours; an end before the start is on the next day."""

    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    grace_min: Annotated[int, Field(ge=0, le=1440)] = 0


class RosterGiven(_Given):
    """A roster day as entered; no shifts mean a rest day, no store the home store."""

    store_id: Name | None = None
    shifts: Annotated[list[HoursGiven], Field(max_length=9)]
    target_fen: Fen = 0
    subsidy_fen: Fen = 0


class AmountsGiven(_Given):
    """A rostered day's target and subsidy; what is left out stays as it is."""

    target_fen: Fen | None = None
    subsidy_fen: Fen | None = None


class RosterShown(Shown):
    """The version of a roster day that is in force; not planned: taken back, no rest day either."""

    employee_id: str
    work_date: str
    version: int
    store_id: str
    planned: bool
    shifts: list[dict[str, Any]]
    target_fen: int
    subsidy_fen: int
    author: str
    created_utc_ms: int


class Changed(BaseModel):
    """How many rows were new or different."""

    changed: Annotated[int, Field(ge=0, le=MAX_NUMBER)]


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["organisation"])
    _employees(routes, desk)
    _stores(routes, desk)
    _rosters(routes, desk)
    return routes


def _employees(routes: APIRouter, desk: Desk) -> None:
    who = tables.employee.c

    @routes.get("/employees", openapi_extra=_READS)
    def list_employees(
        store_id: IdFilter = None, after: After = "", limit: Limit = 100
    ) -> Page[EmployeeShown]:
        query = select(tables.employee)
        if store_id is not None:
            query = query.where(who.store_id == store_id)
        with read(desk.engine) as connection:
            return page(
                connection, query, [who.employee_id], after, limit, EmployeeShown.model_validate
            )

    @routes.get("/employees/{employee_id}", openapi_extra=_READS)
    def get_employee(employee_id: IdPath) -> EmployeeShown:
        with read(desk.engine) as connection:
            query = select(tables.employee).where(who.employee_id == employee_id)
            row = only(connection, query, "员工", "employee", employee_id)
        return EmployeeShown.model_validate(row)

    @routes.put("/employees/{employee_id}", openapi_extra=_WRITES)
    def put_employee(
        employee_id: IdPath, given: EmployeeGiven, by: Annotated[Caller, Depends(caller)]
    ) -> Changed:
        since = ""
        if given.since is not None:
            text = given.since
            since = _checked(lambda: fields.day("since", text)).isoformat()
        with write(desk.engine) as connection:
            _require_store(connection, given.store_id)
            one = Employee(employee_id=employee_id, **given.model_dump() | {"since": since})
            now_utc_ms = utc_ms(desk.clock.now_utc())
            changed = enrolment.put_employees(connection, [one], now_utc_ms, author=by.name)
        return Changed(changed=changed)


def _stores(routes: APIRouter, desk: Desk) -> None:
    own = tables.store.c

    @routes.get("/stores", openapi_extra=_READS)
    def list_stores(after: After = "", limit: Limit = 100) -> Page[StoreShown]:
        with read(desk.engine) as connection:
            return page(
                connection,
                select(tables.store),
                [own.store_id],
                after,
                limit,
                StoreShown.model_validate,
            )

    @routes.get("/stores/{store_id}", openapi_extra=_READS)
    def get_store(store_id: IdPath) -> StoreShown:
        with read(desk.engine) as connection:
            query = select(tables.store).where(own.store_id == store_id)
            row = only(connection, query, "门店", "store", store_id)
        return StoreShown.model_validate(row)

    @routes.put("/stores/{store_id}", openapi_extra=_WRITES)
    def put_store(
        store_id: IdPath, given: StoreGiven, by: Annotated[Caller, Depends(caller)]
    ) -> Changed:
        _checked(lambda: fields.zone("zone", given.zone))
        fence = (given.latitude_microdeg, given.longitude_microdeg, given.fence_m)
        if any(one is None for one in fence) != all(one is None for one in fence):
            zh, en = "纬度、经度、范围要一起填", "latitude, longitude and range go together"
            raise ApiError("invalid", zh, en, field="fence_m")
        one = Store(store_id=store_id, **given.model_dump())
        with write(desk.engine) as connection:
            now_utc_ms = utc_ms(desk.clock.now_utc())
            changed = enrolment.put_stores(connection, [one], now_utc_ms, author=by.name)
        return Changed(changed=changed)


def _rosters(routes: APIRouter, desk: Desk) -> None:
    day = tables.roster.c

    @routes.get("/rosters", openapi_extra=_READS)
    def list_rosters(
        employee_id: IdFilter = None, first_date: DateFilter = None, last_date: DateFilter = None,
        after: After = "", limit: Limit = 100,
    ) -> Page[RosterShown]:  # fmt: skip
        newest = tables.roster.alias()
        same = (newest.c.employee_id == day.employee_id) & (newest.c.work_date == day.work_date)
        highest = select(func.max(newest.c.version)).where(same).scalar_subquery()
        query = select(tables.roster).where(day.version == highest)
        query = narrowed(
            query,
            (day.employee_id, "=", employee_id),
            (day.work_date, ">=", first_date),
            (day.work_date, "<=", last_date),
        )
        with read(desk.engine) as connection:
            return page(connection, query, [day.employee_id, day.work_date], after, limit, _shown)

    @routes.put("/rosters/{employee_id}/{work_date}", openapi_extra=_WRITES)
    def put_roster(
        employee_id: IdPath, work_date: DatePath, given: RosterGiven,
        who: Annotated[Caller, Depends(caller)],
    ) -> Changed:  # fmt: skip
        _checked(lambda: fields.day("work_date", work_date))
        now_utc_ms = utc_ms(desk.clock.now_utc())
        with write(desk.engine) as connection:
            one = _entry(connection, employee_id, work_date, given)
            return Changed(changed=enrolment.add_roster(connection, [one], who.name, now_utc_ms))

    @routes.delete("/rosters/{employee_id}/{work_date}", openapi_extra=_WRITES)
    def take_back_roster(
        employee_id: IdPath, work_date: DatePath, who: Annotated[Caller, Depends(caller)]
    ) -> Changed:
        """Say that nothing is planned any more on a day; it becomes a version like any other."""
        _checked(lambda: fields.day("work_date", work_date))
        with write(desk.engine) as connection:
            stretch = Stretch(work_date, work_date)
            entries = scheduling.cleared(connection, [employee_id], stretch)
            now_utc_ms = utc_ms(desk.clock.now_utc())
            return Changed(changed=enrolment.add_roster(connection, entries, who.name, now_utc_ms))

    @routes.put("/rosters/{employee_id}/{work_date}/amounts", openapi_extra=_WRITES)
    def put_amounts(
        employee_id: IdPath, work_date: DatePath, given: AmountsGiven,
        who: Annotated[Caller, Depends(caller)],
    ) -> Changed:  # fmt: skip
        _checked(lambda: fields.day("work_date", work_date))
        wanted = amounts.Amounts(
            employee_id=employee_id, work_date=work_date, target_fen=given.target_fen,
            subsidy_fen=given.subsidy_fen,
        )  # fmt: skip
        with write(desk.engine) as connection:
            stands = amounts.standing(connection, {employee_id}, work_date, work_date)
            one = _checked(partial(amounts.with_amounts, stands, wanted), "conflict")
            now_utc_ms = utc_ms(desk.clock.now_utc())
            return Changed(changed=enrolment.add_roster(connection, [one], who.name, now_utc_ms))


def _entry(
    connection: Connection, employee_id: str, work_date: str, given: RosterGiven
) -> RosterEntry:
    """Read what was given as the lines of an import file are read, with the same checks."""
    common = {
        **{column.name: "" for column in COLUMNS[ImportKind.ROSTER]},
        "employee_id": employee_id,
        "work_date": work_date,
        "store_id": given.store_id or "",
        "target_yuan": yuan_plain(given.target_fen),
        "subsidy_yuan": yuan_plain(given.subsidy_fen),
    }
    hours = [
        {"start": one.start, "end": one.end, "grace_min": str(one.grace_min)}
        for one in given.shifts
    ] or [{"start": "rest"}]
    named = known(connection)
    lines = [
        _checked(partial(read_line, number, common | one, named, {}))
        for number, one in enumerate(hours)
    ]
    entries, clashes = roster_days(lines)
    for clash in clashes:
        raise ApiError("invalid", clash.error.zh, clash.error.en, field="shifts")
    gone = assignments.gone(connection, lines[0].worked_days)
    for clash in of_who_left(lines, gone):
        raise ApiError("conflict", clash.error.zh, clash.error.en, field="work_date")
    return entries[0]


def _shown(row: Any) -> RosterShown:
    shifts = json.loads(row.shift) or []
    told = {"shifts": shifts if isinstance(shifts, list) else [shifts]}
    return RosterShown(**{**row._asdict(), **told, "planned": row.shift != UNPLANNED})


def _require_store(connection: Connection, store_id: str) -> None:
    if store_id not in organisation.sites(connection):
        raise ApiError(
            "conflict", f"没有门店“{store_id}”", f"there is no store {store_id!r}", "store_id"
        )


def _checked(work: Callable[[], T], code: str = "invalid") -> T:
    """Run a reader of import cells; what it refuses is refused here in the same words."""
    try:
        return work()
    except CellError as error:
        refers = error.field in _REFERENCES
        told = "conflict" if refers else code
        raise ApiError(told, error.zh, error.en, field=error.field) from error
