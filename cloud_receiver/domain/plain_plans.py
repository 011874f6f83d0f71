"""Roster days that many share, and which touches their shifts take: what plain days rest on. Pure.

A touch lies in the window of one shift or of none, so one walk along a person's shifts and
touches says which touches each day has. Where windows overlap or a touch lies in none, days are
doubted, and doubted days are judged by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final

from cloud_receiver.domain.attendance import REST_SETTLE_MS, Policy
from cloud_receiver.domain.results import Gap
from cloud_receiver.domain.revision import document
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import Shift, local_date, midnight_utc_ms, shift_date
from cloud_receiver.domain.worked_time import Mode

Touch = tuple[Any, ...]
"""A touch as it is stored: instant (UTC milliseconds), record, store, and its source where
it is no terminal."""


class Kind:
    """What shifts have in common that differ in where they are and when; and their days' moulds."""

    def __init__(self, shift: Shift | None, policy: Policy) -> None:
        self.shift = shift
        self.policy = policy
        self.moulds: dict[object, Any] = {}


_REST: Final = Kind(None, Policy())


@lru_cache(maxsize=1024)
def _kind_of(shift: Shift, policy: Policy) -> Kind:
    nowhere = replace(
        shift, shift_id="", store_id="", zone="", start="00:00", end="00:01", end_day=0
    )
    return _kind(nowhere, policy)


@lru_cache(maxsize=256)
def _kind(nowhere: Shift, policy: Policy) -> Kind:
    return Kind(nowhere, policy)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A roster day as far as the touches and texts of its people are concerned.

    Attributes:
        stretches: (opens, closes, work date) of when its shifts accept touches.
        is_plain: one shift or a rest, and all is known: only touches decide.
        kind: with the moulds of days with such a shift, or of rest days.
        is_worked: a shift is planned.
        store_id: of the shift; as a JSON text `at_store`.
        start, end, on_closes, off_opens: of the shift, instants.
        where: work date, store, scene and calendar, as JSON texts.
    """

    day: RosterDay
    policy: Policy
    scene: str
    calendar: str
    stretches: tuple[tuple[int, int, str], ...]
    where: tuple[str, str, str, str]
    kind: Kind
    is_plain: bool = False
    is_worked: bool = False
    store_id: str = ""
    start: int = 0
    end: int = 0
    on_closes: int = 0
    off_opens: int = 0
    at_store: str = ""


def plan_of(
    day: RosterDay,
    *,
    scene: str,
    calendar: str,
    policy: Policy,
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
    gaps: Mapping[str, Sequence[Gap]],
) -> Plan:
    """Return what of a roster day is the same for everybody who has it."""
    stretches = []
    for shift in day.planned:
        opens, closes = shift.opens_utc_ms, shift.closes_utc_ms
        if not shift.is_seamless:
            stretches.append((opens, shift.on_duty.closes_utc_ms, day.work_date))
            opens = shift.off_duty.opens_utc_ms
        stretches.append((opens, closes, day.work_date))
    where = (text(day.work_date), text(day.store_id), text(scene), text(calendar))
    plan = partial(Plan, day, policy, scene, calendar, tuple(stretches), where)
    if day.absences or len(day.shifts) > 1:
        return plan(_REST)
    if not day.shifts:
        ends = midnight_utc_ms(shift_date(day.work_date, 1), day.zone)
        is_complete = complete_utc_ms.get(day.store_id, 0) > ends
        return plan(_REST, is_plain=is_complete and as_of_utc_ms > ends + REST_SETTLE_MS)
    (shift,) = day.planned
    own, on, off = shift.shift, shift.on_duty, shift.off_duty
    closes = off.closes_utc_ms
    is_lost = any(
        gap.from_utc_ms < closes and gap.to_utc_ms > on.opens_utc_ms
        for gap in gaps.get(own.store_id, ())
    )
    is_complete = complete_utc_ms.get(own.store_id, 0) > closes
    is_known = is_complete and as_of_utc_ms > shift.settles_utc_ms and not is_lost
    return plan(
        _kind_of(own, policy),
        is_plain=is_known and _goes_by_minutes(own, policy),
        is_worked=True,
        store_id=own.store_id,
        start=on.planned_utc_ms,
        end=off.planned_utc_ms,
        on_closes=on.closes_utc_ms,
        off_opens=off.opens_utc_ms,
        at_store=text(own.store_id),
    )


def text(content: Any) -> str:
    """Return a text or number as it stands in a document."""
    return document(content)


def _goes_by_minutes(shift: Shift, policy: Policy) -> bool:
    """Tell whether nothing moves the shift or rounds its hours, so that whole minutes decide."""
    rounding = policy.rounding
    moves = shift.flex_late_min or shift.flex_early_min or shift.late_back_min
    steps = (rounding.coming, rounding.going, rounding.total)
    return not moves and all(step.mode is Mode.KEEP for step in steps)


def taken(
    plans: Iterable[Plan],
    touches: Iterable[Touch],
    zone_of: Callable[[str], str],
    doubted: set[str],
) -> dict[str, list[Touch]]:
    """Return the touches each day's shifts take; doubt the days where that is not so simple.

    Args:
        plans: of one person, by date; with those of the days after the last that is asked for.
        touches: of the person, in order of time.
        doubted: dates; added to.
    """
    stretches = [stretch for plan in plans for stretch in plan.stretches]
    closed = 0
    for opens, closes, _ in stretches:
        if opens <= closed:
            doubted.update([one[2] for one in stretches if one[0] <= closes and one[1] >= opens])
        closed = max(closed, closes)
    found: dict[str, list[Touch]] = {}
    number, last = 0, len(stretches)
    for touch in touches:
        at_utc_ms = touch[0]
        while number < last and stretches[number][1] < at_utc_ms:
            number += 1
        if number < last and stretches[number][0] <= at_utc_ms:
            date = stretches[number][2]
            if date in found:
                found[date].append(touch)
            else:
                found[date] = [touch]
        else:
            doubted.add(local_date(at_utc_ms, zone_of(touch[2])))
    return found
