"""From when to when something holds, and which of several holds on a date.

Dates are local ``YYYY-MM-DD`` texts, both ends included, for that is how people write
"from 1 to 30 November". What holds always begins on `workday.FIRST_DATE` and ends on `LAST_DATE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

LAST_DATE: Final = "2099-12-31"


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """Whose an id or a code is, from one date to another, both included."""

    first_date: str
    last_date: str
    employee_id: str


def holder_on(bindings: Iterable[Binding], date: str) -> str | None:
    """Return who holds an id on a date: of those that hold, the one that began last.

    So an id that goes to another person next month is one more line, and the line of the
    person before need not be ended first.

    >>> ids = [Binding('2000-01-01', LAST_DATE, 'E1'), Binding('2026-12-01', LAST_DATE, 'E2')]
    >>> holder_on(ids, '2026-11-30'), holder_on(ids, '2026-12-01')
    ('E1', 'E2')
    """
    latest: Binding | None = None
    for binding in bindings:
        holds = binding.first_date <= date <= binding.last_date
        if holds and (latest is None or binding > latest):
            latest = binding
    return latest.employee_id if latest else None


def in_force(by_first_date: Mapping[str, str], date: str) -> str:
    """Return what is in force on a date of what holds from given dates on; empty: nothing yet.

    >>> teams = {'2000-01-01': 'A', '2026-12-01': 'B'}
    >>> in_force(teams, '2026-11-30'), in_force(teams, '2026-12-01')
    ('A', 'B')
    """
    begun = [first for first in by_first_date if first <= date]
    return by_first_date[max(begun)] if begun else ""
