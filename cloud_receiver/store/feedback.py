"""Customers' ratings of people by day, as they were entered and not withdrawn.

A rating counts on the calendar date of its store on which it was given.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from itertools import groupby
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from cloud_receiver.domain import entries
from cloud_receiver.domain.employee_day import Feedback
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.store import tables
from cloud_receiver.store.questions import Among, Question

_MILLI_OF_POINTS: Final = 100_000 // entries.BEST_RATING_MILLI
_KIND: Final = "feedback"


def of_days(
    connection: Connection,
    people: Collection[str],
    first: str,
    last: str,
    known_by_utc_ms: int | None = None,
) -> dict[DayKey, Feedback]:
    """Return what was said about people between two dates, both included.

    Args:
        known_by_utc_ms: only what headquarters knew then; None: all it knows.
    """
    asked = {"people": list(people), "first": first, "last": last, "known_by": known_by_utc_ms}
    rows = _query(known_by_utc_ms is not None).ask(connection, **asked)
    found = {}
    for key, some in groupby(rows, key=lambda one: (one[0], one[1])):
        rated = [
            (rating_milli, record_id)
            for _, _, record_id, body in some
            if (rating_milli := _rating_milli(body)) is not None
        ]
        total_milli = sum(rating_milli for rating_milli, _ in rated) * _MILLI_OF_POINTS
        found[key] = Feedback(len(rated), total_milli, tuple(one for _, one in rated))
    return found


@lru_cache(maxsize=2)
def _query(is_dated: bool) -> Question:
    """Return the question for ratings that stand, now or as it was known."""
    told, row = tables.entry.c, tables.journal.c
    query = (
        select(told.employee_id, told.first_date, told.record_id, row.body)
        .join(tables.journal, row.record_id == told.record_id)
        .where(
            told.kind == _KIND,
            Among(told.employee_id, "people"),
            told.first_date.between(bindparam("first"), bindparam("last")),
        )
        .order_by(told.employee_id, told.first_date, told.record_id)
    )
    stands = told.withdrawn_utc_ms.is_(None)
    if not is_dated:
        return Question(query.where(stands))
    known_by: BindParameter[int] = bindparam("known_by")
    stood = stands | (told.withdrawn_utc_ms > known_by)
    return Question(query.where(stood, told.entered_utc_ms <= known_by))


def _rating_milli(body: str) -> int | None:
    entry = entries.from_body(body).entry
    assert isinstance(entry, entries.Feedback), "the journal keeps what was entered"
    return entry.rating_milli
