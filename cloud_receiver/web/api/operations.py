"""Boxes and devices, notices, the feed of changes, and who calls."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import select

from cloud_receiver.domain.scopes import SCOPE_OF, ChangeKind, Scope
from cloud_receiver.store import change_feed, fleet, tables
from cloud_receiver.store.engine import behind_writers, read
from cloud_receiver.web.api.caller import ANY_SCOPE, Caller, caller, needs
from cloud_receiver.web.api.paging import MAX_NUMBER, After, IdFilter, Limit, Page, page
from cloud_receiver.web.api.refusals import ApiError
from cloud_receiver.web.frame import Desk

_KINDS: Final = tuple(ChangeKind)


class CallerShown(BaseModel):
    """Who calls, and what it may do."""

    name: str
    scopes: list[Scope]


class BoxShown(BaseModel):
    """A box and its devices, as last reported; `health` is the last heartbeat."""

    box_id: str
    store_id: str | None
    version: str | None
    online: bool
    first_seen_utc_ms: int
    last_seen_utc_ms: int
    oldest_waiting_utc_ms: int | None
    problem: str
    health: dict[str, Any] | None
    devices: list[dict[str, Any]]


class NoticeShown(BaseModel):
    """A notice to a person or group and what became of it."""

    notice_no: int
    notice_id: str
    channel: str
    target_kind: str
    target_id: str
    language: str
    text_zh: str
    text_en: str
    state: str
    attempts: int
    last_error: str
    created_utc_ms: int
    sent_utc_ms: int | None


class ChangeShown(BaseModel):
    """Something that changed, as it was then."""

    change_no: int
    kind: ChangeKind
    subject: str
    changed_utc_ms: int
    document: dict[str, Any]


class Changes(BaseModel):
    """Part of the feed; go on with ``after=next``, also when it is empty."""

    items: list[ChangeShown]
    next: int


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["operations"])
    note = tables.notice.c

    @routes.get("/me", openapi_extra=needs(ANY_SCOPE))
    def get_me(who: Annotated[Caller, Depends(caller)]) -> CallerShown:
        return CallerShown(name=who.name, scopes=sorted(who.scopes))

    @routes.get("/boxes", openapi_extra=needs(Scope.FLEET_READ))
    def list_boxes() -> list[BoxShown]:
        with read(desk.engine) as connection:
            found = fleet.boxes(connection)
        return [_box(one) for one in found]

    @routes.get("/notices", openapi_extra=needs(Scope.NOTICES_READ))
    def list_notices(
        target_id: IdFilter = None, after: After = "", limit: Limit = 100
    ) -> Page[NoticeShown]:
        columns = [note[name] for name in NoticeShown.model_fields]
        query = select(*columns)
        if target_id is not None:
            query = query.where(note.target_id == target_id)
        with read(desk.engine) as connection:
            query = query.where(behind_writers(connection, tables.notice))
            return page(connection, query, [note.notice_no], after, limit, _notice)

    @routes.get("/changes", openapi_extra=needs(Scope.CHANGES_READ))
    def list_changes(
        who: Annotated[Caller, Depends(caller)],
        after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
        limit: Annotated[int, Query(ge=1, le=change_feed.MAX_CHANGES)] = 100,
    ) -> Changes:
        """Follow what changed: complete, in order, each once; kinds the caller's scopes read.

        Changes are kept for some months (``daka-hq retention report``); who comes later gets a 410.
        """
        kinds = [kind for kind in _KINDS if SCOPE_OF[kind] in who.scopes]
        with read(desk.engine) as connection:
            try:
                change_feed.check_kept(connection, after)
            except change_feed.GoneError as error:
                raise ApiError("gone", error.zh, error.en, field="after") from error
            found = change_feed.after(connection, after, kinds, limit)
        shown = [ChangeShown.model_validate(one, from_attributes=True) for one in found]
        return Changes(items=shown, next=found[-1].change_no if found else after)

    return routes


def _box(one: fleet.BoxView) -> BoxShown:
    beat = msgspec.to_builtins(one.beat) if one.beat is not None else None
    devices = [msgspec.to_builtins(device) for device in one.devices]
    names = [name for name in BoxShown.model_fields if name not in ("health", "devices")]
    return BoxShown(**{name: getattr(one, name) for name in names}, health=beat, devices=devices)


def _notice(row: Any) -> NoticeShown:
    return NoticeShown(**row._asdict())
