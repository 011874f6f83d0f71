"""Others write while the evaluator works: no record is passed over and no mark is lost."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert

from cloud_receiver.store import dirty, projection, tables
from cloud_receiver.store.dirty import NextLook
from cloud_receiver.store.engine import write
from cloud_receiver.store.journal import Entry
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import to_wire

MONDAY = "2026-11-23"


def test_a_mark_made_while_its_day_is_judged_outlives_the_judgement(hq) -> None:
    hq.roster("E1", MONDAY)
    hq.at(f"{MONDAY}T12:00")
    key = ("E1", MONDAY)
    hq.writing(lambda connection: dirty.mark(connection, [key], hq.now_utc_ms))

    def mark() -> None:
        hq.writing(lambda connection: dirty.mark(connection, [key], hq.now_utc_ms))

    marker = threading.Thread(target=mark)
    with write(hq.engine) as connection:
        assert dirty.due(connection, hq.now_utc_ms) == [key]
        marker.start()
        marker.join(0.3)  # were it not made to wait, it would be through by now
        assert marker.is_alive()
        dirty.settle(connection, {key: NextLook(None, None)})
    marker.join(10)
    assert hq.reading(lambda connection: dirty.due(connection, hq.now_utc_ms)) == [key]


@pytest.mark.parametrize("hq_url", ["postgresql"], indirect=True)
def test_a_record_that_commits_after_a_later_number_is_not_passed_over(hq) -> None:
    """Only PostgreSQL gives out serial numbers before the commit."""
    early, late = (hq.punch(user, f"{MONDAY}T08:00:00") for user in ("1", "2"))

    def file(connection, record) -> None:
        entry = Entry(record_id(record), "punch", "S1", "box", "e", "punch", 1,
                      encode_body(to_wire(record)), 0)  # fmt: skip
        connection.execute(insert(tables.journal), [entry._asdict()])

    with write(hq.engine) as slow_receiver:
        file(slow_receiver, early)
        hq.writing(lambda connection: file(connection, late))
        hq.evaluate()
        assert hq.reading(projection.cursor) == 0
    hq.evaluate()
    assert [row[4] for row in sorted(hq.table(tables.punch), key=lambda row: row[1])] == ["1", "2"]
