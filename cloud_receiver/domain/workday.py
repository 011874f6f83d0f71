"""Shifts and their card points: a roster entry turned into instants, and nothing judged yet.

Shifts are written in the wall time of their store and resolved with its IANA zone, so a
night across a clock change is as long as it really was. Instants are UTC milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

MINUTE_MS: Final = 60_000
DAY_MIN: Final = 24 * 60
MAX_CLOCK_OFFSET_MS: Final = 10 * MINUTE_MS
FIRST_DATE: Final = "2000-01-01"
AFTER_LAST_DATE: Final = "2100-01-01"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS: Final = timedelta(milliseconds=1)
REST, UNPLANNED = "null", "false"
"""Roster documents without a shift: a rest day, and a day nothing is planned for any more."""
IDLE: Final = (REST, UNPLANNED)
_QUARTER_MS: Final = 15 * MINUTE_MS
_IN_HOUR_MS: Final = {
    f"{second // 60:02}:{second % 60:02}": second * 1000 for second in range(3600)
}
_Items = tuple[tuple[str, Any], ...]


class CheckType(StrEnum):
    """Which end of a shift a card point is; the names are DingTalk's."""

    ON_DUTY = "OnDuty"
    OFF_DUTY = "OffDuty"


class LateBasis(StrEnum):
    """From where the minutes of a late person are counted."""

    SCHEDULE = "schedule"
    AFTER_GRACE = "after_grace"


class HoursBasis(StrEnum):
    """Which touches worked time is counted from."""

    FIRST_LAST = "first_last"
    PAIRS = "pairs"  # where breaks are punched


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift as planned, in the wall time of its store.

    Attributes:
        zone: IANA name; taken from the store, not from the roster document.
        start, end: ``HH:MM``.
        end_day: 1 when the shift ends on the day after the one it starts on.
        on_before_min, on_after_min: window of the OnDuty card point around `start`; None
            for `on_after_min` means until `end`.
        off_before_min, off_after_min: window of the OffDuty card point around `end`; None
            for `off_before_min` means from `start`.
        grace_min: minutes of lateness that do not count.
        early_grace_min: minutes of leaving early that do not count.
        settle_min: how long after the last window closes a result waits before it is final.
        flex_late_min: who comes up to this much later leaves as much later.
        flex_early_min: who comes up to this much earlier may leave as much earlier.
        late_back_after_min, late_back_min: who stayed that long after the shift of the day
            before may come this much later; 0: not so.
        serious_late_min, absent_late_min: beyond these; None: as the policy says.
        absent_below_min, half_day_below_min: worked less than this is an absence, half a day.
        break_min, break_after_min: unpaid, taken off when more than the latter was worked.
    """

    shift_id: str
    store_id: str
    zone: str
    start: str
    end: str
    end_day: int = 0
    on_before_min: int = 120
    on_after_min: int | None = None
    off_before_min: int | None = None
    off_after_min: int = 240
    grace_min: int = 0
    early_grace_min: int = 0
    late_basis: LateBasis = LateBasis.SCHEDULE
    settle_min: int = 30
    flex_late_min: int = 0
    flex_early_min: int = 0
    late_back_after_min: int = 0
    late_back_min: int = 0
    serious_late_min: int | None = None
    absent_late_min: int | None = None
    absent_below_min: int = 0
    half_day_below_min: int = 0
    hours: HoursBasis = HoursBasis.FIRST_LAST
    break_min: int = 0
    break_after_min: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be a shift.

        Raises:
            ValueError: times are no ``HH:MM``, or the shift is empty or longer than a day.
        """
        length_min = self.end_day * DAY_MIN + _minute_of_day(self.end) - _minute_of_day(self.start)
        if self.end_day not in (0, 1) or not 0 < length_min <= DAY_MIN:
            raise ValueError(f"a shift from {self.start} to {self.end} is empty or over 24 hours")
        spans = (
            self.on_before_min,
            self.on_after_min or 0,
            self.off_before_min or 0,
            self.off_after_min,
            self.grace_min,
            self.early_grace_min,
            self.settle_min,
            self.flex_late_min,
            self.flex_early_min,
            self.late_back_after_min,
            self.late_back_min,
            self.serious_late_min or 0,
            self.absent_late_min or 0,
            self.absent_below_min,
            self.half_day_below_min,
            self.break_min,
            self.break_after_min,
        )
        if not all(0 <= span <= DAY_MIN for span in spans):
            raise ValueError(f"windows and graces are 0 to {DAY_MIN} minutes, not {spans}")


@dataclass(frozen=True, slots=True)
class CardPoint:
    """One expected touch: when it is planned and when it is accepted, both edges inclusive."""

    check_type: CheckType
    planned_utc_ms: int
    opens_utc_ms: int
    closes_utc_ms: int

    def accepts(self, at_utc_ms: int) -> bool:
        """Tell whether a touch at that instant may be this one."""
        return self.opens_utc_ms <= at_utc_ms <= self.closes_utc_ms


@dataclass(frozen=True, slots=True, eq=False)
class PlannedShift:
    """A shift on one work date, as instants; itself its identity, which keeps look-ups cheap.

    Invariant: the OffDuty window opens and closes no earlier than the OnDuty window.

    Attributes:
        leave, outings: stretches of it in which the person need not be in the store.
        is_excused: they cover all of it.
        is_seamless: its two windows leave no time between them that neither accepts.
    """

    work_date: str
    shift: Shift
    on_duty: CardPoint
    off_duty: CardPoint
    leave: tuple[tuple[int, int], ...] = ()
    outings: tuple[tuple[int, int], ...] = ()
    is_excused: bool = False
    opens_utc_ms: int = field(init=False)
    closes_utc_ms: int = field(init=False)
    is_seamless: bool = field(init=False)

    def __post_init__(self) -> None:
        """Keep at hand what most touches are asked."""
        is_seamless = self.off_duty.opens_utc_ms <= self.on_duty.closes_utc_ms
        object.__setattr__(self, "is_seamless", is_seamless)
        object.__setattr__(self, "opens_utc_ms", self.on_duty.opens_utc_ms)
        object.__setattr__(self, "closes_utc_ms", self.off_duty.closes_utc_ms)

    @property
    def settles_utc_ms(self) -> int:
        """Return the instant after which the result may be final."""
        return self.off_duty.closes_utc_ms + self.shift.settle_min * MINUTE_MS

    def accepts(self, at_utc_ms: int) -> bool:
        """Tell whether either card point accepts a touch at that instant."""
        if not self.opens_utc_ms <= at_utc_ms <= self.closes_utc_ms:
            return False
        return (
            self.is_seamless
            or at_utc_ms <= self.on_duty.closes_utc_ms
            or at_utc_ms >= self.off_duty.opens_utc_ms
        )


def _minute_of_day(text: str) -> int:
    hour, colon, minute = text.partition(":")
    parts = (hour, minute)
    if not (colon and all(len(part) == 2 and part.isdecimal() for part in parts)):
        raise ValueError(f"{text!r} is no time of day, HH:MM is expected")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{text!r} is no time of day, HH:MM is expected")
    return int(hour) * 60 + int(minute)


@lru_cache(maxsize=128)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def instant(utc_ms: int) -> datetime:
    """Return UTC milliseconds as an instant."""
    return _EPOCH + utc_ms * _ONE_MS


def utc_ms(instant: datetime) -> int:
    """Return an aware instant as UTC milliseconds."""
    return (instant - _EPOCH) // _ONE_MS


def local_to_utc_ms(local: str, zone: str) -> int:
    """Return the instant of a local wall time ``YYYY-MM-DDTHH:MM[:SS]``.

    A time the clock skipped is moved forward by the gap; of a time the clock showed twice
    the first is taken, so that the same text is the same instant for everybody.

    Raises:
        ValueError: the text is no such time.
    """
    in_hour_ms = _IN_HOUR_MS.get(local[14:])
    if in_hour_ms is not None:  # nearly all
        begins = _hour(local[:14], zone)
        if begins is not None:
            return begins + in_hour_ms
    return utc_ms(datetime.fromisoformat(local).replace(tzinfo=_zone(zone), fold=0))


@lru_cache(maxsize=65_536)
def _hour(local: str, zone: str) -> int | None:
    """Return when an hour ``YYYY-MM-DDTHH:`` of a day of 24 begins, None when it is none."""
    midnight, is_plain = _day(local[:10], zone)
    if not is_plain or (local[10], local[13]) != ("T", ":"):
        return None
    hour = int(local[11:13])
    return midnight + hour * 60 * MINUTE_MS if hour < 24 else None


@lru_cache(maxsize=8192)
def _day(work_date: str, zone: str) -> tuple[int, bool]:
    """Return when a date begins in a zone, and whether no clock change makes it shorter or longer."""
    begins = datetime.fromisoformat(work_date).replace(tzinfo=_zone(zone), fold=0)
    ends = begins + timedelta(days=1)  # in wall time
    return utc_ms(begins), utc_ms(ends) - utc_ms(begins) == DAY_MIN * MINUTE_MS


def is_believable(local: str) -> bool:
    """Tell whether a local time lies in the years this software is about."""
    return FIRST_DATE <= local < AFTER_LAST_DATE  # texts: a date goes before its times


def effective_utc_ms(
    device_time: str, zone: str, clock_offset_ms: int | None, box_ahead_ms: int = 0
) -> int | None:
    """Return when a touch really was: the terminal's time less what its clock was ahead.

    Args:
        clock_offset_ms: terminal minus box; None: not measured.
        box_ahead_ms: how far the box's own clock was ahead when it measured, where it was
            known to be wrong (`store.boots`). A terminal that was right shows an offset of
            the opposite sign; one that shows the box's time is as wrong as the box.

    None when the clock cannot be believed: in another age, or more than
    `MAX_CLOCK_OFFSET_MS` off. An offset that was not measured counts as none.
    """
    offset_ms = clock_offset_ms or 0
    if box_ahead_ms and clock_offset_ms is not None:
        if abs(offset_ms) <= MAX_CLOCK_OFFSET_MS:  # it goes by the box
            return local_to_utc_ms(device_time, zone) - offset_ms - box_ahead_ms
        offset_ms += box_ahead_ms
    if abs(offset_ms) > MAX_CLOCK_OFFSET_MS or not is_believable(device_time):
        return None
    return local_to_utc_ms(device_time, zone) - offset_ms


def local_date(at_utc_ms: int, zone: str) -> str:
    """Return the calendar date of an instant in a zone."""
    return _date_of_quarter(at_utc_ms // _QUARTER_MS, zone)


@lru_cache(maxsize=65_536)
def _date_of_quarter(quarter: int, zone: str) -> str:
    """Return the date of a quarter of an hour; in this century dates change at no other time."""
    at_utc_ms = quarter * _QUARTER_MS
    return (_EPOCH + timedelta(milliseconds=at_utc_ms)).astimezone(_zone(zone)).date().isoformat()


def local_text(at_utc_ms: int, zone: str) -> str:
    """Return the wall time of an instant in a zone, ``YYYY-MM-DDTHH:MM:SS``."""
    return instant(at_utc_ms).astimezone(_zone(zone)).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=8192)
def shift_date(work_date: str, days: int) -> str:
    """Return the date `days` after a date."""
    return (date.fromisoformat(work_date) + timedelta(days=days)).isoformat()


def dates_of(first: str, last: str) -> list[str]:
    """Return the dates from one to another, both included.

    >>> dates_of("2026-02-27", "2026-03-01"), dates_of("2026-02-02", "2026-02-01")
    (['2026-02-27', '2026-02-28', '2026-03-01'], [])
    """
    begin, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    return [date.fromordinal(number).isoformat() for number in range(begin, end + 1)]


def monday_of(work_date: str) -> str:
    """Return the first day of a date's week."""
    return shift_date(work_date, -date.fromisoformat(work_date).weekday())


@lru_cache(maxsize=8192)
def midnight_utc_ms(work_date: str, zone: str) -> int:
    """Return the instant a date begins in a zone."""
    return local_to_utc_ms(f"{work_date}T00:00:00", zone)


@lru_cache(maxsize=65_536)
def plan(shift: Shift, work_date: str) -> PlannedShift:
    """Return the shift on a work date with its card points as instants."""
    end_date = shift_date(work_date, shift.end_day)
    start = local_to_utc_ms(f"{work_date}T{shift.start}", shift.zone)
    # across a clock change an hour may vanish, but no shift may end before it starts
    end = max(start + MINUTE_MS, local_to_utc_ms(f"{end_date}T{shift.end}", shift.zone))
    on_closes = end if shift.on_after_min is None else start + shift.on_after_min * MINUTE_MS
    off_opens = start if shift.off_before_min is None else end - shift.off_before_min * MINUTE_MS
    on_opens = start - shift.on_before_min * MINUTE_MS
    off_closes = end + shift.off_after_min * MINUTE_MS
    return PlannedShift(
        work_date,
        shift,
        CardPoint(CheckType.ON_DUTY, start, on_opens, min(on_closes, off_closes)),
        CardPoint(CheckType.OFF_DUTY, end, max(off_opens, on_opens), off_closes),
    )


def encode_shifts(shifts: tuple[Shift, ...]) -> str:
    """Return the roster document of a day: a JSON list of shifts, `REST` for a rest day.

    What equals its default is left out, and the zone, which the store knows.
    """
    if not shifts:
        return REST
    return json.dumps([_document(shift) for shift in shifts], separators=(",", ":"))


def _document(shift: Shift) -> dict[str, Any]:
    values = ((field, getattr(shift, field.name)) for field in fields(shift))
    return {
        field.name: value
        for field, value in values
        if field.name != "zone" and value != field.default
    }


def decode_shifts(text: str, zone_of: Mapping[str, str]) -> tuple[Shift, ...]:
    """Read a roster document; a single shift may stand without its list, `IDLE` has none.

    Args:
        zone_of: the IANA zone of each store.
    """
    shifts = []
    for store_id, items in _documents(text):
        assert store_id in zone_of, f"the roster names store {store_id!r}, which is not known"
        shifts.append(_shift(items, zone_of[store_id]))
    return tuple(shifts)


@lru_cache(maxsize=4096)
def _documents(text: str) -> tuple[tuple[str, _Items], ...]:
    document = json.loads(text) or []
    documents = [document] if isinstance(document, dict) else document
    return tuple((item["store_id"], tuple(sorted(item.items()))) for item in documents)


@lru_cache(maxsize=4096)
def _shift(items: _Items, zone: str) -> Shift:
    known = {field.name for field in fields(Shift)}
    values = {name: value for name, value in items if name in known}
    basis = LateBasis(values.get("late_basis", LateBasis.SCHEDULE))
    hours = HoursBasis(values.get("hours", HoursBasis.FIRST_LAST))
    return Shift(**{**values, "zone": zone, "late_basis": basis, "hours": hours})
