"""What the pages read is the same on SQLite and PostgreSQL, and changes are noticed on both."""

from __future__ import annotations

from sqlalchemy import Engine

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import board, fleet, statement, unmatched, why
from cloud_receiver.store.board import Presence
from cloud_receiver.store.changes import ChangeWatch
from cloud_receiver.store.engine import read
from cloud_receiver.store.statement import Selection
from tests.browser.seeding import (
    LATE_DAY,
    LATE_ENTRY,
    LATE_PERSON,
    NOW,
    REFUND_PERSON,
    STRANGER,
    TODAY,
    punch,
    seed,
)


def test_the_pages_read_the_same_week_from_both_databases(hq_engine: Engine) -> None:
    boxes = seed(hq_engine)
    with read(hq_engine) as connection:
        people = {p.employee_id: p for p in board.people_of_day(connection, TODAY.isoformat())}
        stands = {who: person.presence(utc_ms(NOW)) for who, person in people.items()}
        assert stands["E101"] is Presence.LATE
        assert stands["E102"] is Presence.IN_TIME
        assert stands["E104"] is Presence.LATER
        assert stands["E203"] is Presence.OFF
        assert stands["E301"] is Presence.AWAITING, "its store's line is broken: not absence"
        assert people["E204"].money_fen == 5_000
        late = {p.employee_id: p for p in board.people_of_day(connection, LATE_DAY.isoformat())}
        assert (late[LATE_PERSON].late_min, late[LATE_PERSON].money_fen) == (20, -1_000)
        happened = board.happenings(connection, 5)
        assert [item.at_utc_ms for item in happened] == sorted(
            (item.at_utc_ms for item in happened), reverse=True
        )

        everything = statement.entries(connection, Selection(), 500)
        sums = statement.totals(connection, Selection())
        assert sum(total.net_fen for total in sums) == sum(item.amount_fen for item in everything)
        assert sum(total.entries for total in sums) == len(everything)
        page = statement.entries(connection, Selection(), 3, before_no=everything[2].entry_no)
        assert page == everything[3:6]
        of_one = statement.entries(connection, Selection(employee_id=REFUND_PERSON), 500)
        assert {item.employee_id for item in of_one} == {REFUND_PERSON}

        found = why.why(connection, LATE_ENTRY)
        assert found is not None
        assert (found.entry.amount_fen, found.lost) == (-1_000, ())
        assert all(record.receipted for record in found.records)
        assert found.rule is not None
        assert why.why(connection, "no/such/entry#1") is None
        correction = next(item for item in of_one if item.adjusts)
        changed = why.why(connection, correction.entry_id)
        assert changed is not None
        assert changed.changed["target_met"] == (True, False)
        assert "refund-1" in {record.body.get("receipt_id") for record in changed.records}
        assert [user.user_id for user in unmatched.unmatched_users(connection)] == [STRANGER]
        assert [box.online for box in fleet.boxes(connection)] == [True, True, False]

    watch = ChangeWatch(hq_engine)
    assert watch.has_changed()
    assert not watch.has_changed()
    boxes["S001"].send([punch("S001", "CKQA210160001", "1101", NOW)], NOW)
    assert watch.has_changed()
    watch.close()


def test_a_person_is_found_by_part_of_a_name_and_meant_by_the_whole(hq_engine: Engine) -> None:
    seed(hq_engine)
    with read(hq_engine) as connection:
        found = statement.choices(connection, "E20").people
        assert [key for key, _ in found] == ["E201", "E202", "E203", "E204"]
        assert statement.choices(connection, "周").people == (("E202", "周杰"),)
        assert statement.choices(connection, "%").people == ()
        assert statement.choices(connection, "").people == ()
        meant = [statement.person_meant(connection, text) for text in ("E202", "周杰", "周", "E9")]
        assert meant == ["E202", "E202", None, None]
