"""Of a long queue the days of whole people are judged together."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine

from cloud_receiver.store import dirty
from cloud_receiver.store.engine import write

DATES = [str(date(2024, 1, 1) + timedelta(number)) for number in range(dirty.MAX_DAYS // 2 + 1)]


def test_of_a_long_queue_who_waits_longest_is_judged_with_all_that_is_due(
    hq_engine: Engine,
) -> None:
    with write(hq_engine) as connection:
        dirty.mark(connection, [("E1", one) for one in DATES[:-1]], 1)
        dirty.mark(connection, [("E2", one) for one in DATES[:-1]], 2)
        dirty.mark(connection, [("E3", DATES[0])], 3)
        dirty.mark(connection, [("E1", DATES[-1])], 4)
        due = dirty.due(connection, 5)
    assert due == [("E1", one) for one in DATES] + [
        ("E2", one) for one in DATES[: dirty.MAX_DAYS - len(DATES)]
    ]
