"""What today's board shows: who is expected where, who came, and what just happened; reads only.

Nothing is judged here: results are the day facts, money is the ledger. A person without a
punch is told apart by the roster alone, and only as "no punch yet" (law 9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, func, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.outcomes import Explanation, Text
from cloud_receiver.domain.workday import UNPLANNED, CheckType, PlannedShift, decode_shifts, plan
from cloud_receiver.store import dirty
from cloud_receiver.store.names import names_of, stores
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import day_fact, journal, ledger, punch, roster


class Presence(StrEnum):
    """Where a person stands on the board."""

    IN_TIME = "in_time"
    LATE = "late"
    NO_PUNCH = "no_punch"  # the shift has begun and nothing was heard yet
    LATER = "later"  # the shift has not begun
    MISSING = "missing"  # final: a card is missing or the person was absent
    AWAITING = "awaiting"  # the store's feed is not complete: silence is not absence
    OFF = "off"  # nothing rostered


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDay:
    """One person on one work date.

    Attributes:
        store_id: where the day counts.
        status: as judged; PENDING until the first judgement.
        is_readable: whether what is stored of the day is what a judge writes; see `day_texts`.
        came_utc_ms, left_utc_ms: the touches taken for OnDuty and OffDuty; None: none yet.
        heard_utc_ms: up to when the store's feed is complete.
        money_fen: net of all ledger entries for that work date.
    """

    employee_id: str
    name: str
    store_id: str
    shifts: tuple[PlannedShift, ...]
    status: DayStatus
    final: bool
    is_readable: bool
    came_utc_ms: int | None
    left_utc_ms: int | None
    late_min: int
    early_min: int
    sales_fen: int
    target_fen: int
    heard_utc_ms: int
    money_fen: int

    @property
    def has_come(self) -> bool:
        """Tell whether any touch counts for the day."""
        return self.came_utc_ms is not None or self.left_utc_ms is not None

    def presence(self, now_utc_ms: int) -> Presence:
        """Tell where the person stands at an instant."""
        if not self.is_readable:
            return Presence.AWAITING
        starts = [shift.on_duty.planned_utc_ms for shift in self.shifts]
        return presence_of(
            self.status, min(starts, default=None), self.heard_utc_ms, now_utc_ms,
            has_come=self.has_come, is_late=self.late_min > 0,
        )  # fmt: skip


def presence_of(
    status: DayStatus,
    starts_utc_ms: int | None,
    heard_utc_ms: int,
    now_utc_ms: int,
    *,
    has_come: bool,
    is_late: bool,
) -> Presence:
    """Tell where somebody stands; `starts_utc_ms` of the first shift, None: none is planned."""
    if status in _MISSING:
        return Presence.MISSING
    if status is DayStatus.AWAITING_DATA:
        return Presence.AWAITING
    if has_come:
        return Presence.LATE if is_late else Presence.IN_TIME
    if starts_utc_ms is None:
        return Presence.OFF
    if now_utc_ms < starts_utc_ms:
        return Presence.LATER
    return Presence.AWAITING if heard_utc_ms < starts_utc_ms else Presence.NO_PUNCH


_MISSING: Final = frozenset({DayStatus.ABSENTEEISM, DayStatus.NOT_SIGNED})
_LOOK_BACK_ENTRIES: Final = 5000
"""How far back what just happened may lie: a flood of old till lines costs no look-up its speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that just happened: a punch or a booking.

    Attributes:
        entry_id: of a booking; None for a punch.
        name: None when nobody is bound to the terminal's user id.
        user_id: of a punch, as on the terminal.
    """

    key: str
    at_utc_ms: int
    store_id: str
    name: str | None
    user_id: str = ""
    device_time: str = ""
    entry_id: str | None = None
    amount_fen: int = 0
    rule: Text | None = None


def people_of_day(
    connection: Connection,
    work_date: str,
    *,
    store_ids: Sequence[str] | None = None,
    employee_id: str | None = None,
) -> list[PersonDay]:
    """Return everybody rostered or judged on a date, by store and name.

    Args:
        store_ids: only where a day counts in one of these; None: in any.
        employee_id: only this person; None: all.
    """
    zones = {item.store_id: item.zone for item in stores(connection)}
    wanted = partial(_wanted, employee_id=employee_id, store_ids=store_ids)
    rostered = _rostered(connection, wanted(roster, work_date))
    judged = {row.employee_id: row for row in connection.execute(wanted(day_fact, work_date))}
    who = rostered.keys() | judged.keys()
    names = names_of(connection, who)
    money = _money(connection, work_date, who)
    heard = dirty.complete(connection)
    people = [
        _person(employee_id, work_date, rostered.get(employee_id), judged.get(employee_id),
                names.get(employee_id, employee_id), money.get(employee_id, 0), zones, heard)
        for employee_id in who
    ]  # fmt: skip
    if store_ids is not None:
        people = [person for person in people if person.store_id in store_ids]
    return sorted(people, key=lambda person: (person.store_id, person.name, person.employee_id))


def _wanted(
    table: Table, work_date: str, employee_id: str | None, store_ids: Sequence[str] | None
) -> Select[Any]:
    query = select(table).where(table.c.work_date == work_date)
    if store_ids is not None:
        query = query.where(table.c.store_id.in_(store_ids))
    return query if employee_id is None else query.where(table.c.employee_id == employee_id)


def _rostered(connection: Connection, query: Select[Any]) -> dict[str, Any]:
    """Return the roster rows in force: the highest version of each that plans something."""
    rows = connection.execute(query.order_by(roster.c.version))
    newest = {row.employee_id: row for row in rows}
    return {who: row for who, row in newest.items() if row.shift != UNPLANNED}


def _money(connection: Connection, work_date: str, who: Collection[str]) -> dict[str, int]:
    rows = _MONEY.ask(connection, work_date=work_date, people=list(who))
    return {row[0]: int(row[1]) for row in rows}


_MONEY: Final = Question(
    select(ledger.c.employee_id, func.sum(ledger.c.amount_fen))
    .where(ledger.c.work_date == bindparam("work_date"), Among(ledger.c.employee_id, "people"))
    .group_by(ledger.c.employee_id)
)


def _person(
    employee_id: str,
    work_date: str,
    planned: Any,
    judged: Any,
    name: str,
    money_fen: int,
    zones: Mapping[str, str],
    heard: Mapping[str, int],
) -> PersonDay:
    facts: dict[str, Any] = {}
    points: Sequence[Mapping[str, Any]] = ()
    if judged:
        facts, evidence = day_texts.read(judged.facts, judged.evidence)
        points = evidence["points"]
    shifts = decode_shifts(planned.shift, zones) if planned else ()
    store_id = (planned or judged).store_id
    return PersonDay(
        employee_id=employee_id,
        name=name,
        store_id=store_id,
        shifts=tuple(plan(shift, work_date) for shift in shifts),
        status=day_texts.status_of(judged.status) if judged else DayStatus.PENDING,
        final=bool(judged and judged.final),
        is_readable=bool(facts or not judged),
        came_utc_ms=_first(points, CheckType.ON_DUTY),
        left_utc_ms=_first(reversed(points), CheckType.OFF_DUTY),
        late_min=facts.get("late_min", 0),
        early_min=facts.get("early_min", 0),
        sales_fen=facts.get("sales_fen", 0),
        target_fen=planned.target_fen if planned else facts.get("target_fen", 0),
        heard_utc_ms=heard.get(store_id, 0),
        money_fen=money_fen,
    )


def _first(points: Iterable[Mapping[str, Any]], check_type: CheckType) -> int | None:
    """Return when the first card point of a type that was touched was touched."""
    touched = (p["at_utc_ms"] for p in points if p["check_type"] == check_type)
    return next((at_utc_ms for at_utc_ms in touched if at_utc_ms is not None), None)


def happenings(connection: Connection, limit: int) -> list[Happening]:
    """Return the newest punches and bookings together, newest first."""
    newest = [*_bookings(connection, limit), *_punches(connection, limit)]
    return sorted(newest, key=lambda item: (-item.at_utc_ms, item.key))[:limit]


def _bookings(connection: Connection, limit: int) -> list[Happening]:
    query = select(ledger).order_by(ledger.c.entry_no.desc()).limit(limit)
    rows = connection.execute(query).all()
    names = names_of(connection, {row.employee_id for row in rows})
    return [
        Happening(
            key=row.entry_id,
            at_utc_ms=row.booked_utc_ms,
            store_id=row.store_id,
            name=names.get(row.employee_id, row.employee_id),
            entry_id=row.entry_id,
            amount_fen=row.amount_fen,
            rule=Explanation.from_json(row.explanation).rule,
        )
        for row in rows
    ]


def _punches(connection: Connection, limit: int) -> list[Happening]:
    end = select(func.max(journal.c.entry_no)).scalar_subquery()
    newest = (
        select(journal.c.record_id, journal.c.received_utc_ms)
        .where(journal.c.entry_no > end - _LOOK_BACK_ENTRIES, journal.c.kind == "punch")
        .order_by(journal.c.entry_no.desc())
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        select(punch, newest.c.received_utc_ms).join(
            newest, newest.c.record_id == punch.c.record_id
        )
    ).all()
    names = names_of(connection, {row.employee_id for row in rows if row.employee_id})
    return [
        Happening(
            key=row.record_id,
            at_utc_ms=row.received_utc_ms,
            store_id=row.store_id,
            name=names.get(row.employee_id) if row.employee_id else None,
            user_id=row.user_id,
            device_time=row.device_time,
        )
        for row in rows
    ]
