"""What was known when, and a rebuild that gives the same bytes in whatever order things came."""

from __future__ import annotations

import random
from functools import partial

import pytest
from sqlalchemy import select

from cloud_receiver.domain.entries import Arrival, Correction, Leave, Part, Purpose, Withdrawal
from cloud_receiver.domain.workday import CheckType, local_to_utc_ms
from cloud_receiver.judgement import as_known
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import bindings, entries, tables
from cloud_receiver.store.journal import Entry, append

DATE = "2026-11-23"
ZONE = "Asia/Shanghai"
DERIVED = (tables.punch, tables.entry, tables.sale, tables.day_fact, tables.outcome)
WHEN = ("entry_no", "revision", "computed_utc_ms", "updated_utc_ms")


def _enter(hq, entry, author: str = "boss") -> str:
    return hq.writing(partial(entries.enter, entry=entry, author=author, now_utc_ms=hq.now_utc_ms))


def _at(local: str) -> int:
    return local_to_utc_ms(local, ZONE)


def _known(hq, local: str) -> tuple[str, int, int]:
    day = hq.reading(partial(as_known, key=("E1", DATE), at_utc_ms=_at(local)))
    return day.facts["status"], day.facts["late_min"], day.facts["leave_min"]


def test_a_day_as_it_was_known_at_each_turn(hq) -> None:
    hq.bind("7", "E1")
    hq.at("2026-11-22T12:00")
    hq.roster("E1", DATE, "08:00-17:00")
    hq.at("2026-11-22T18:00")
    hq.roster("E1", DATE, "09:00-18:00")
    hq.at(f"{DATE}T09:20")
    hq.journal(hq.punch("7", f"{DATE}T09:20:00"))
    hq.at(f"{DATE}T21:00")
    hq.journal(hq.punch("7", f"{DATE}T18:00:00"))
    hq.feed_complete("2026-11-24T11:00")
    hq.at("2026-11-24T12:00")
    correction = Correction(employee_id="E1", work_date=DATE, check_type=CheckType.ON_DUTY,
                            at_utc_ms=_at(f"{DATE}T09:00"), reason="地铁故障")  # fmt: skip
    card = _enter(hq, correction)
    hq.at("2026-11-24T15:00")
    _enter(hq, Withdrawal(record_id=card, reason="证明无效"))
    hq.at("2026-11-24T16:00")
    leave = Leave(employee_id="E1", purpose=Purpose.PERSONAL, first_date=DATE, last_date=DATE,
                  part=Part.HOURS, from_utc_ms=_at(f"{DATE}T09:00"),
                  to_utc_ms=_at(f"{DATE}T10:00"))  # fmt: skip
    _enter(hq, leave)
    hq.at("2026-11-24T18:00")
    assert _known(hq, f"{DATE}T09:10") == ("Pending", 0, 0)
    assert _known(hq, f"{DATE}T09:30")[1] == 20
    assert _known(hq, f"{DATE}T20:00")[0] == "SeriousLate"
    assert _known(hq, "2026-11-24T11:59")[0] == "SeriousLate"
    assert _known(hq, "2026-11-24T14:00") == ("Normal", 0, 0)
    assert _known(hq, "2026-11-24T15:30") == ("SeriousLate", 20, 0)
    assert _known(hq, "2026-11-24T17:00") == ("Normal", 0, 60)
    assert hq.facts("E1", DATE)["status"] == "Normal"
    before_the_change = hq.reading(
        partial(as_known, key=("E1", DATE), at_utc_ms=_at("2026-11-22T13:00"))
    )
    assert before_the_change.evidence["points"][0]["planned_utc_ms"] == _at(f"{DATE}T08:00")


def test_whose_id_it_was_is_asked_of_the_day_and_not_of_today(hq) -> None:
    hq.roster("E1", DATE)
    hq.bind("7", "E2")
    hq.bind_seller("P1", "E2")
    hq.at(f"{DATE}T09:30")
    hq.journal(hq.punch("7", f"{DATE}T09:00:00"), hq.sale("P1", f"{DATE}T09:10:00", 5_000))
    hq.at(f"{DATE}T12:00")
    hq.bind("7", "E1")
    hq.bind_seller("P1", "E1")
    hq.at(f"{DATE}T12:01")
    assert hq.facts("E1", DATE)["arrived"]

    def known(who: str, local: str) -> tuple[bool, int]:
        day = hq.reading(partial(as_known, key=(who, DATE), at_utc_ms=_at(local)))
        return bool(day.evidence["punches"]), int(day.facts["sales_fen"])

    assert known("E1", f"{DATE}T11:00") == (False, 0)
    assert known("E2", f"{DATE}T11:00") == (True, 5_000)
    assert known("E1", f"{DATE}T12:01") == (True, 5_000)
    assert known("E2", f"{DATE}T12:01") == (False, 0)
    assert known("E2", f"{DATE}T09:00") == (False, 0), "nothing had arrived"
    held = hq.reading(bindings.held)
    said = [(one.is_seller, one.employee_id, one.version, one.is_newest) for one in held]
    assert sorted(said) == [
        (False, "E1", 2, True), (False, "E2", 1, False),
        (True, "E1", 2, True), (True, "E2", 1, False),
    ]  # fmt: skip
    assert {(one.author, one.created_utc_ms) for one in held if one.is_newest} == {
        ("hr", _at(f"{DATE}T12:00"))
    }


def _busy_days(hq) -> None:
    """Let all kinds of things happen: touches, sales, records, corrections, leave, withdrawals."""
    hq.bind("7", "E1")
    hq.bind("8", "E2")
    hq.bind_seller("A", "E1")
    hq.publish_rules()
    for person in ("E1", "E2"):
        for day in (20, 21, 22, 23):
            hq.roster(person, f"2026-11-{day}")
    for day in (20, 21, 22, 23):
        late = day % 3 * 8
        hq.journal(
            hq.punch("7", f"2026-11-{day}T09:{late:02}:00"),
            hq.punch("7", f"2026-11-{day}T18:00:00"),
            hq.punch("8", f"2026-11-{day}T08:58:00"),
            hq.sale("A", f"2026-11-{day}T12:00:00", 9_000 + day),
        )
    hq.at(f"{DATE}T23:00")
    arrival = Arrival(employee_id="E2", store_id="S1", at_utc_ms=_at("2026-11-22T18:00"),
                      reason="断电")  # fmt: skip
    record = _enter(hq, arrival)
    _enter(hq, Leave(employee_id="E2", purpose=Purpose.SICK, first_date="2026-11-21",
                     last_date="2026-11-21", part=Part.SECOND_HALF))  # fmt: skip
    for day in (20, 23):
        _enter(hq, Correction(employee_id="E2", work_date=f"2026-11-{day}",
                              check_type=CheckType.OFF_DUTY, reason="忘记",
                              at_utc_ms=_at(f"2026-11-{day}T18:00")))  # fmt: skip
    _enter(hq, Withdrawal(record_id=record, reason="看错人"))
    hq.feed_complete("2026-11-25T11:00")
    hq.at("2026-11-25T12:00")


def _derived(hq, *left_out: str) -> list:
    return [hq.table(table, *left_out) for table in DERIVED]


def test_a_rebuild_on_sound_data_changes_no_byte(hq) -> None:
    _busy_days(hq)
    before = [*_derived(hq), hq.table(tables.ledger)]
    assert rebuild(hq.engine, hq.now_utc_ms).days > 0
    assert [*_derived(hq), hq.table(tables.ledger)] == before


@pytest.mark.parametrize("seed", [1, 2])
def test_the_journal_in_any_order_gives_the_same_facts_to_the_byte(hq, seed) -> None:
    _busy_days(hq)
    before = _derived(hq, *WHEN)
    balances = hq.ledger()
    columns = [tables.journal.c[name] for name in Entry._fields]
    rows = hq.reading(lambda connection: connection.execute(select(*columns)).all())
    shuffled = [Entry(*row) for row in rows] * 2
    random.Random(seed).shuffle(shuffled)

    def replay(connection) -> None:
        connection.execute(tables.journal.delete())
        for table in (tables.day_fact, tables.outcome, tables.dirty):
            connection.execute(table.delete())
        append(connection, shuffled)

    hq.writing(replay)
    rebuild(hq.engine, hq.now_utc_ms)
    assert _derived(hq, *WHEN) == before
    assert hq.ledger() == balances
