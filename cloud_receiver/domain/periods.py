"""Months as the ledger counts them (``YYYY-MM``), and which of them are still open."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Final

from sync.errors import DakaError

_PERIOD: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def parse_period(text: str) -> str:
    """Return a checked month.

    Raises:
        DakaError: the text is none.
    """
    if not _PERIOD.fullmatch(text):
        raise DakaError(f"{text!r} is no month: write it as 2026-11")
    return text


def period_of(work_date: str) -> str:
    """Return the month of a date (``YYYY-MM-DD``)."""
    return work_date[:7]


def after(period: str) -> str:
    """Return the next month.

    >>> after("2026-12")
    '2027-01'
    """
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def before(period: str) -> str:
    """Return the month before.

    >>> before("2026-01")
    '2025-12'
    """
    year, month = int(period[:4]), int(period[5:])
    return f"{year - (month == 1):04d}-{(month - 2) % 12 + 1:02d}"


def last_date(period: str) -> str:
    """Return the last date of a month."""
    year, month = int(period[:4]), int(period[5:])
    return f"{period}-{monthrange(year, month)[1]:02d}"


def counted_in(work_date: str, first_open: str) -> str:
    """Return the month in which something about a date counts.

    Args:
        first_open: the earliest month that is not closed; ``""`` when none is closed yet.
    """
    return max(period_of(work_date), first_open)
