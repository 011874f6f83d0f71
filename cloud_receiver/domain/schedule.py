"""A person's roster around a day, and which shift a touch belongs to.

The work date of a touch is the scheduled date of the shift that takes it, always; only a
touch no shift takes belongs to the calendar date of its store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from cloud_receiver.domain.absences import Absence, Stretch, excused, expected, within
from cloud_receiver.domain.workday import (
    DAY_MIN,
    MINUTE_MS,
    CardPoint,
    PlannedShift,
    Shift,
    midnight_utc_ms,
    plan,
    shift_date,
)

_ALWAYS_UTC_MS: Final = 2**62


class Cut(StrEnum):
    """Where a touch goes that the windows of two shifts would both take.

    `MIDDLE` of the gap between them lets a person leave a minute late and come back a minute
    early. `EARLIER_END` gives the whole gap to the later shift, as Frappe HRMS does. In both a
    touch exactly on the border is the earlier shift's.
    """

    MIDDLE = "middle"
    EARLIER_END = "earlier_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDay:
    """What is planned for a person on a date; an empty `shifts` is a rest day.

    Attributes:
        store_id: the store the day counts for.
        zone: of that store.
        absences: approved for the date; they move the card points of its shifts.
        planned: the shifts as instants, in order of time.
    """

    work_date: str
    store_id: str
    zone: str
    shifts: tuple[Shift, ...]
    target_fen: int = 0
    subsidy_fen: int = 0
    absences: tuple[Absence, ...] = ()
    planned: tuple[PlannedShift, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Plan the day's shifts as instants, in order of time."""
        planned = planned_shifts(self.shifts, self.work_date) if self.shifts else ()
        if self.absences:
            planned = _without(planned, self.absences)
        object.__setattr__(self, "planned", planned)

    def has_overlap(self) -> bool:
        """Tell whether two shifts of the day run at the same time; touching is no overlap."""
        return any(
            later.on_duty.planned_utc_ms < earlier.off_duty.planned_utc_ms
            for earlier, later in pairwise(self.planned)
        )


@lru_cache(maxsize=65_536)
def planned_shifts(shifts: tuple[Shift, ...], work_date: str) -> tuple[PlannedShift, ...]:
    """Return shifts on a date as instants, in order of time."""
    planned = [plan(shift, work_date) for shift in shifts]
    return tuple(sorted(planned, key=lambda item: item.on_duty.planned_utc_ms))


def _without(
    planned: tuple[PlannedShift, ...], absences: tuple[Absence, ...]
) -> tuple[PlannedShift, ...]:
    """Return shifts with their card points moved to where something is still expected."""
    whole = [(one.on_duty.planned_utc_ms, one.off_duty.planned_utc_ms) for one in planned]
    leave: list[Stretch] = []
    outings: list[Stretch] = []
    for absence in absences:
        (outings if absence.is_work else leave).extend(excused(absence, whole))
    return tuple(_moved(shift, leave, outings) for shift in planned)


def _moved(shift: PlannedShift, leave: list[Stretch], outings: list[Stretch]) -> PlannedShift:
    on, off = shift.on_duty, shift.off_duty
    start, end = expected([*leave, *outings], on.planned_utc_ms, off.planned_utc_ms)
    is_excused = start >= end
    if not is_excused:
        closes = min(off.closes_utc_ms, on.closes_utc_ms + start - on.planned_utc_ms)
        opens = max(on.opens_utc_ms, off.opens_utc_ms + end - off.planned_utc_ms)
        on = CardPoint(on.check_type, start, on.opens_utc_ms, closes)
        off = CardPoint(off.check_type, end, opens, off.closes_utc_ms)
    bounds = (shift.on_duty.planned_utc_ms, shift.off_duty.planned_utc_ms)
    return PlannedShift(
        shift.work_date,
        shift.shift,
        on,
        off,
        leave=tuple(within(leave, *bounds)),
        outings=tuple(within(outings, *bounds)),
        is_excused=is_excused,
    )


@lru_cache(maxsize=8192)
def around(work_date: str) -> tuple[str, ...]:
    """Return the dates whose shifts may take the same touches as this date's, in order.

    A shift of 24 hours with a long OffDuty window reaches two dates on.
    """
    return tuple(shift_date(work_date, days) for days in (-2, -1, 0, 1, 2))


def reach(day: RosterDay) -> tuple[int, int]:
    """Return between which instants a touch may matter to the day, whatever its zone."""
    begin, end = _date_anywhere(day.work_date)
    for shift in day.planned:
        begin, end = min(begin, shift.opens_utc_ms), max(end, shift.closes_utc_ms)
        if shift.shift.late_back_min:
            begin = min(begin, midnight_utc_ms(shift_date(day.work_date, -2), "UTC"))
    return begin, end


@lru_cache(maxsize=8192)
def _date_anywhere(work_date: str) -> tuple[int, int]:
    """Return when a date begins in the easternmost zone (UTC+14) and ends in the westernmost."""
    midnight = midnight_utc_ms(work_date, "UTC")
    return midnight - 14 * 60 * MINUTE_MS, midnight + (DAY_MIN + 12 * 60) * MINUTE_MS


def shifts_around(days: Mapping[str, RosterDay], work_date: str) -> tuple[PlannedShift, ...]:
    """Return the planned shifts of a date and its neighbours, in order of time."""
    found: list[PlannedShift] = []
    for date in around(work_date):
        day = days.get(date)
        if day is not None:
            found += day.planned
    return tuple(found)


class Nearby(NamedTuple):
    """The planned shifts of a date and its neighbours, in order of time.

    Attributes:
        begins_utc_ms, ends_utc_ms: what is done between them, neither included, is of the date:
            no shift of another takes it.
    """

    shifts: tuple[PlannedShift, ...]
    begins_utc_ms: int
    ends_utc_ms: int


def shifts_near(days: Mapping[str, RosterDay], work_date: str) -> Nearby:
    """Return the planned shifts of a date and its neighbours, and where only its own are."""
    shifts = shifts_around(days, work_date)
    begins, ends = -_ALWAYS_UTC_MS, _ALWAYS_UTC_MS
    for shift in shifts:
        if shift.work_date < work_date:
            begins = max(begins, shift.closes_utc_ms)
        elif shift.work_date > work_date:
            ends = min(ends, shift.opens_utc_ms)
    return Nearby(shifts, begins, ends)


def owner(
    shifts: Iterable[PlannedShift], at_utc_ms: int, store_id: str, cut: Cut = Cut.MIDDLE
) -> PlannedShift | None:
    """Return the one shift a touch belongs to, or None when no window takes it.

    A shift of the store that was touched goes before shifts elsewhere; between two that
    remain, the border decides.

    Args:
        shifts: of the date and its neighbours, in order of time.
    """
    taking = [
        shift
        for shift in shifts
        if shift.opens_utc_ms <= at_utc_ms <= shift.closes_utc_ms  # nearly all are asked no more
        and (shift.is_seamless or shift.accepts(at_utc_ms))
    ]
    if len(taking) < 2:
        return taking[0] if taking else None
    here = [shift for shift in taking if shift.shift.store_id == store_id]
    found: PlannedShift | None = None
    for shift in here or taking:
        if found is None or at_utc_ms > _border_utc_ms(found, shift, cut):
            found = shift
    return found


def _border_utc_ms(earlier: PlannedShift, later: PlannedShift, cut: Cut) -> int:
    end, start = earlier.off_duty.planned_utc_ms, later.on_duty.planned_utc_ms
    if start <= end:
        return end
    if cut is Cut.MIDDLE:
        return (start + end) // 2
    return max(end, later.on_duty.opens_utc_ms)


def work_date_of(
    shifts: Iterable[PlannedShift], at_utc_ms: int, store_id: str, calendar_date: str
) -> str:
    """Return the work date of something a person did at an instant in a store.

    Args:
        shifts: of the calendar date and its neighbours, in order of time.
        calendar_date: in the zone of the store, for what no shift takes.
    """
    taken_by = owner(shifts, at_utc_ms, store_id)
    return taken_by.work_date if taken_by else calendar_date
