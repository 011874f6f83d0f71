"""Which shift stands on which date: cycles, odd and even weeks, copies of a stretch. Pure.

A pattern is written as people say it: ``早*5 休*2`` runs over seven days from its first
date, ``单周: 早*5 休*2 / 双周: 晚*5 休*2`` changes with the week. Words are shift ids of
templates, or rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from cloud_receiver.domain.calendar import DayKind
from sync.errors import ToldError

MAX_CYCLE_DAYS: Final = 366
MAX_STRETCH_DAYS: Final = 400
DAYS_A_WEEK: Final = 7
REST_WORDS: Final = frozenset({"rest", "off", "休", "休息", "-"})
_ODD: Final = frozenset({"单周", "odd"})
_EVEN: Final = frozenset({"双周", "even"})
_WORD = re.compile(r"([^*×]+?)(?:[*×](\d{1,3}))?")
Slot = str | None
"""The id of a shift template, None for rest."""


class CalendarUse(StrEnum):
    """What a pattern makes of the calendar.

    `IGNORE`: it runs through, as retail works. `HOLIDAYS_OFF`: public holidays are rest, all
    else as it runs. `WORKDAYS`: only workdays count and are worked, make-up days too; the
    pattern goes on where it stood.
    """

    IGNORE = "ignore"
    HOLIDAYS_OFF = "holidays-off"
    WORKDAYS = "workdays"


class PatternError(ToldError):
    """A pattern or stretch cannot be used; `zh` and `en` say why and what to write."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A cycle of days; or two of a week each, for odd and for even ISO weeks."""

    cycle: tuple[Slot, ...]
    even_week: tuple[Slot, ...] = ()

    @property
    def shift_ids(self) -> frozenset[str]:
        """Return the shifts it names."""
        return frozenset(slot for slot in (*self.cycle, *self.even_week) if slot)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Dates from one to another, both included.

    Raises:
        PatternError: it runs backwards or is too long.
    """

    first: str
    last: str

    def __post_init__(self) -> None:
        """Refuse what nobody means."""
        if not 1 <= len(self) <= MAX_STRETCH_DAYS:
            raise PatternError(
                f"日期从 {self.first} 到 {self.last}:应不早于开始日期,且不超过 {MAX_STRETCH_DAYS} 天",
                f"{self.first} to {self.last}: the end must not be before the start, "
                f"nor more than {MAX_STRETCH_DAYS} days after it",
            )

    def __len__(self) -> int:
        return (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days + 1

    def __iter__(self) -> Iterator[str]:
        first = date.fromisoformat(self.first)
        return ((first + timedelta(days)).isoformat() for days in range(len(self)))


def parse_pattern(text: str) -> Pattern:
    """Read a pattern as people write it.

    >>> parse_pattern("早*2 休").cycle
    ('早', '早', None)
    >>> parse_pattern("单周: 早*5 休*2 / 双周: 晚*5 休*2").even_week[0]
    '晚'

    Raises:
        PatternError: it is empty, too long, or a week has not seven days.
    """
    parts = [
        part.strip()
        for part in re.split(r"[/;\uff1b]", text.replace("\uff1a", ":"))
        if part.strip()
    ]
    heads = [part.partition(":") for part in parts]
    if not any(colon for _, colon, _ in heads):
        if len(parts) != 1:
            raise _unreadable(text)
        return Pattern(_slots(parts[0]))
    weeks: dict[str, tuple[Slot, ...]] = {}
    for head, _, body in heads:
        name = head.strip().lower()
        if name not in _ODD | _EVEN:
            raise _unreadable(text)
        weeks["odd" if name in _ODD else "even"] = _slots(body)
    if set(weeks) != {"odd", "even"} or {len(week) for week in weeks.values()} != {DAYS_A_WEEK}:
        raise PatternError(
            "单周与双周都要写,各七天,例如 单周: 早*5 休*2 / 双周: 晚*5 休*2",
            "write both weeks with seven days each, like odd: early*5 rest*2 / even: late*5 rest*2",
        )
    return Pattern(weeks["odd"], weeks["even"])


def _slots(text: str) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    for word in re.split(r"[\s,\uff0c、]+", text.strip()):
        found = _WORD.fullmatch(word)
        if not found:
            raise _unreadable(text)
        slot = None if found[1].lower() in REST_WORDS else found[1]
        slots += [slot] * int(found[2] or 1)
    if not 1 <= len(slots) <= MAX_CYCLE_DAYS:
        raise _unreadable(text)
    return tuple(slots)


def _unreadable(text: str) -> PatternError:
    return PatternError(
        f"看不懂规律“{text}”,例如:早*5 休*2;或 单周: 早*5 休*2 / 双周: 晚*5 休*2",
        f"cannot read the pattern {text!r}; write one like early*5 rest*2, "
        "or odd: early*5 rest*2 / even: late*5 rest*2",
    )


def lay(
    pattern: Pattern,
    stretch: Stretch,
    *,
    begins: str,
    kind_of: Callable[[str], DayKind],
    use: CalendarUse = CalendarUse.IGNORE,
    ahead_days: int = 0,
) -> Iterator[tuple[str, Slot]]:
    """Yield what stands on each date of a stretch.

    Args:
        begins: the date the first day of the cycle stands on; weeks do not ask for it.
        kind_of: what a date is to the calendar.
        ahead_days: how far this person is ahead of `begins`, so that people take turns.
    """
    anchor = date.fromisoformat(begins)
    worked_before = _workdays_between(begins, stretch.first, kind_of, use)
    for day in stretch:
        kind = kind_of(day)
        if use is CalendarUse.WORKDAYS:
            at = worked_before + ahead_days
            slot = pattern.cycle[at % len(pattern.cycle)] if kind.is_worked else None
            worked_before += kind.is_worked
            if pattern.even_week:
                slot = _of_week(pattern, day, ahead_days) if kind.is_worked else None
        elif use is CalendarUse.HOLIDAYS_OFF and kind is DayKind.HOLIDAY:
            slot = None
        elif pattern.even_week:
            slot = _of_week(pattern, day, ahead_days)
        else:
            days = (date.fromisoformat(day) - anchor).days + ahead_days
            slot = pattern.cycle[days % len(pattern.cycle)]
        yield day, slot


def _workdays_between(
    begins: str, first: str, kind_of: Callable[[str], DayKind], use: CalendarUse
) -> int:
    """Return how many workdays lie from one date to before another, less than none backwards."""
    if use is not CalendarUse.WORKDAYS or begins == first:
        return 0
    low, high = sorted((date.fromisoformat(begins), date.fromisoformat(first)))
    days = ((low + timedelta(n)).isoformat() for n in range((high - low).days))
    worked = sum(kind_of(day).is_worked for day in days)
    return worked if begins < first else -worked


def _of_week(pattern: Pattern, day: str, ahead_days: int) -> Slot:
    on = date.fromisoformat(day) + timedelta(ahead_days)
    _, week, weekday = on.isocalendar()
    slots = pattern.cycle if week % 2 else pattern.even_week
    return slots[weekday - 1]


def copied(source: Stretch, target: Stretch) -> Mapping[str, str]:
    """Return, for each date of the target, the date of the source that is copied to it.

    The source is repeated until the target is full, so a week fills a month.
    """
    dates = list(source)
    return {day: dates[number % len(dates)] for number, day in enumerate(target)}
