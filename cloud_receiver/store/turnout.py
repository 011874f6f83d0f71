"""How many came, store by store: counted by the database, however many people there are; reads only.

Days that are judged are counted by their marks, see `domain.day_marks`; rosters that nobody has
judged yet, as of dates to come, by the shifts themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, bindparam, exists, func, select

from cloud_receiver.domain.day_texts import status_of
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import UNPLANNED, decode_shifts, plan
from cloud_receiver.store import dirty
from cloud_receiver.store.board import Presence, presence_of
from cloud_receiver.store.names import stores
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import day_fact, roster


@dataclass(slots=True)
class Turnout:
    """What a store's day comes to so far; everything is counted, nothing named.

    Attributes:
        people: all that are rostered or came.
        expected: those with a shift; `arrived` and what follows are among them.
    """

    people: int = 0
    expected: int = 0
    arrived: int = 0
    late: int = 0
    no_punch: int = 0
    missing: int = 0
    awaiting: int = 0
    sales_fen: int = 0
    target_fen: int = 0

    def add(self, other: Turnout) -> None:
        """Count another one in."""
        for one in fields(Turnout):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


figures_of: Final = attrgetter(*(one.name for one in fields(Turnout)))
"""Return all a turnout counts, as a tuple it can be made of again."""
_COUNTED_AS: Final = {
    Presence.NO_PUNCH: "no_punch",
    Presence.MISSING: "missing",
    Presence.AWAITING: "awaiting",
}


def turnouts(connection: Connection, work_date: str, now_utc_ms: int) -> dict[str, Turnout]:
    """Return how each store stands on a date; stores without anybody are left out."""
    heard = dirty.complete(connection)
    found: dict[str, Turnout] = {}
    for row in _JUDGED.ask(connection, work_date=work_date):
        store_id, status, _, starts, touched, late_min, people, sales_fen, target_fen = row
        presence = presence_of(
            status_of(status), starts, heard.get(store_id, 0), now_utc_ms,
            has_come=bool(touched), is_late=late_min > 0,
        )  # fmt: skip
        one = found.setdefault(store_id, Turnout())
        _count(one, presence, int(people), is_planned=starts is not None, has_come=bool(touched),
               is_late=late_min > 0)  # fmt: skip
        one.sales_fen += int(sales_fen)
        one.target_fen += int(target_fen)
    _add_unjudged(connection, work_date, now_utc_ms, heard, found)
    return found


def _count(
    one: Turnout,
    presence: Presence,
    people: int,
    *,
    is_planned: bool,
    has_come: bool,
    is_late: bool,
) -> None:
    one.people += people
    if not is_planned:
        return
    one.expected += people
    one.arrived += people * has_come
    one.late += people * is_late
    if counted := _COUNTED_AS.get(presence):
        setattr(one, counted, getattr(one, counted) + people)


def _add_unjudged(
    connection: Connection,
    work_date: str,
    now_utc_ms: int,
    heard: Mapping[str, int],
    found: dict[str, Turnout],
) -> None:
    if not _UNJUDGED_COUNT.ask_one(connection, work_date=work_date):
        return
    zones = {shop.store_id: shop.zone for shop in stores(connection)}
    for row in _UNJUDGED.ask(connection, work_date=work_date):
        store_id, text, people, target_fen = row
        starts = [
            plan(shift, work_date).on_duty.planned_utc_ms for shift in decode_shifts(text, zones)
        ]
        first = min(starts, default=None)
        presence = presence_of(
            DayStatus.PENDING, first, heard.get(store_id, 0), now_utc_ms, has_come=False, is_late=False
        )  # fmt: skip
        one = found.setdefault(store_id, Turnout())
        _count(one, presence, int(people), is_planned=bool(starts), has_come=False, is_late=False)
        one.target_fen += int(target_fen)


_fact, _planned = day_fact.c, roster.c
_alike = (
    _fact.store_id, _fact.status, _fact.final, _fact.starts_utc_ms, _fact.touched, _fact.late_min,
)  # fmt: skip
"""In the order of the index, which has those who are alike next to each other: nothing is sorted."""
_JUDGED: Final = Question(
    select(*_alike, func.count(), func.sum(_fact.sales_fen), func.sum(_fact.target_fen))
    .where(_fact.work_date == bindparam("work_date"))
    .group_by(*_alike)
)
_UNJUDGED_COUNT: Final = Question(
    select(func.count()).select_from(
        select(_planned.employee_id)
        .where(_planned.work_date == bindparam("work_date"))
        .except_(select(_fact.employee_id).where(_fact.work_date == bindparam("work_date")))
        .subquery()
    )
)
_newer = roster.alias("newer")
_UNJUDGED: Final = Question(
    select(_planned.store_id, _planned.shift, func.count(), func.sum(_planned.target_fen))
    .where(
        _planned.work_date == bindparam("work_date"),
        ~exists().where(
            _fact.employee_id == _planned.employee_id, _fact.work_date == _planned.work_date
        ),
        ~exists().where(
            _newer.c.employee_id == _planned.employee_id,
            _newer.c.work_date == _planned.work_date,
            _newer.c.version > _planned.version,
        ),
        _planned.shift != UNPLANNED,
    )
    .group_by(_planned.store_id, _planned.shift)
)
