"""What kind of day a date is: the nation's calendar, and where headquarters says otherwise.

A store's own word goes before headquarters' word for all stores, and that before the
nation's. What is not certain is said with the day, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cloud_receiver.domain.national import Doubt, national_day

EVERY_STORE: Final = ""


class DayKind(StrEnum):
    """What a date is to a calendar."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"

    @property
    def is_worked(self) -> bool:
        """Tell whether offices work on such a day."""
        return self in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY)


LABELS: Final[dict[DayKind, tuple[str, str]]] = {
    DayKind.WORKDAY: ("工作日", "workday"),
    DayKind.WEEKEND: ("周末", "weekend"),
    DayKind.HOLIDAY: ("法定节假日", "public holiday"),
    DayKind.MAKEUP_WORKDAY: ("调休上班", "make-up workday"),
}
"""Chinese and English label of every kind."""

DOUBTS: Final[dict[Doubt, tuple[str, str]]] = {
    Doubt.NOT_PUBLISHED: (
        "国务院尚未公布该年安排(或本程序尚未收录),节日为推算,没有调休",
        "the year's arrangement is not in this program: holidays are estimated, make-up days unknown",
    ),
    Doubt.SOURCES_DISAGREE: (
        "两个日历来源不一致,请核对后在日历中指定",
        "two sources of the calendar disagree: check and say what it is",
    ),
}
"""What a person is told about a day that is not certain, in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Override:
    """What headquarters says of a date."""

    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A date in a store's calendar.

    Attributes:
        name_zh, name_en: of the holiday, or what headquarters calls the day; may be empty.
        is_own: headquarters said so, not the nation.
        doubt: why the nation's calendar is not certain here; None: it is, or is not asked.
    """

    date: str
    kind: DayKind
    name_zh: str
    name_en: str
    is_own: bool
    doubt: Doubt | None


class Calendar:
    """The calendar of every store."""

    def __init__(self, overrides: Mapping[tuple[str, str], Override]) -> None:
        """Take what headquarters said, by store (`EVERY_STORE`: all) and date."""
        self._overrides = overrides

    def kind(self, store_id: str, date: str) -> DayKind:
        """Return what kind of day a date is in a store; cheap enough for every employee-day."""
        own = self._own(store_id, date) if self._overrides else None
        return own.kind if own else _national_kind(date)

    def _own(self, store_id: str, date: str) -> Override | None:
        found = self._overrides.get((store_id, date))
        return found or self._overrides.get((EVERY_STORE, date))

    def day(self, store_id: str, date: str) -> CalendarDay:
        """Return what a date is in a store."""
        own = self._own(store_id, date)
        if own:
            return CalendarDay(date, own.kind, own.name, own.name, is_own=True, doubt=None)
        found, kind = national_day(date), _national_kind(date)
        return CalendarDay(
            date, kind, found.name_zh, found.name_en, is_own=False, doubt=found.doubt
        )


@lru_cache(maxsize=8192)
def _national_kind(date: str) -> DayKind:
    found = national_day(date)
    if found.is_worked:
        return DayKind.MAKEUP_WORKDAY if found.is_weekend else DayKind.WORKDAY
    return DayKind.HOLIDAY if found.name_en else DayKind.WEEKEND
