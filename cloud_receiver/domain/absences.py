"""Approved absences: how leave and outings shorten what is expected of a day.

A leave that covers the start of a shift moves it, one that covers the end moves that; what
lies within counts neither as late nor as worked. An outing is work done elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cloud_receiver.domain.entries import Part

Stretch = tuple[int, int]
"""From one instant to another, UTC milliseconds; the end does not belong to it."""


class Absence(NamedTuple):
    """A leave or outing as it bears on one work date.

    Attributes:
        from_utc_ms, to_utc_ms: the hours; 0 for days and halves.
    """

    record_id: str
    part: Part
    is_work: bool
    from_utc_ms: int = 0
    to_utc_ms: int = 0


def excused(absence: Absence, shifts: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what an absence covers, given the planned stretches of the day in order.

    Half a day is half of the planned time, whichever shift its middle falls into.
    """
    if absence.part is Part.HOURS:
        yield absence.from_utc_ms, absence.to_utc_ms
        return
    if absence.part is Part.DAY:
        yield from shifts
        return
    left_ms = sum(end - start for start, end in shifts) // 2
    for start, end in shifts:
        middle = min(end, start + left_ms)
        left_ms -= middle - start
        half = (start, middle) if absence.part is Part.FIRST_HALF else (middle, end)
        if half[0] < half[1]:
            yield half


def within(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    """Return the parts of stretches between two instants, in order, none counted twice."""
    found: list[Stretch] = []
    for begin, stop in sorted((max(a, start), min(b, end)) for a, b in stretches):
        begin = max(begin, found[-1][1]) if found else begin
        if begin < stop:
            found.append((begin, stop))
    return found


def covered_ms(stretches: Iterable[Stretch], start: int, end: int) -> int:
    """Return how much of the time between two instants stretches cover."""
    return sum(stop - begin for begin, stop in within(stretches, start, end))


def expected(stretches: Iterable[Stretch], start: int, end: int) -> Stretch:
    """Return what is left of a shift when stretches that cover its ends are taken off.

    An empty result, its ends equal, says that nothing is expected any more.
    """
    covered = within(stretches, start, end)
    for begin, stop in covered:
        if begin <= start:
            start = stop
    for begin, stop in reversed(covered):
        if stop >= end:
            end = max(begin, start)
    return start, end
