"""What pages count in the database is what their lists come to."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import board, decisions, matters
from cloud_receiver.store.board import Presence
from cloud_receiver.store.decisions import Choice
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.matters import Kind
from cloud_receiver.store.turnout import turnouts
from tests.browser.seeding import FIRST_DAY, NOW, TODAY, seed

NOW_MS = utc_ms(NOW)


def test_counts_are_those_of_the_lists(hq_engine: Engine) -> None:
    seed(hq_engine)
    for days in (0, -1, 2):  # today, a day that is over, and one nobody has judged
        _stores_turn_out_as_their_people_do(hq_engine, str(TODAY + timedelta(days=days)))
    first, last = str(FIRST_DAY), str(TODAY)
    with read(hq_engine) as connection:
        waiting = matters.pending(connection, first, last, NOW_MS)
        assert matters.count(connection, first, last, NOW_MS) == len(waiting) > 0
    chosen = [one for one in waiting if one.kind is Kind.MISSING][:1]
    with write(hq_engine) as connection:
        (number,) = decisions.decide(connection, chosen, Choice.KEEP, "hr", "", NOW_MS)
    with read(hq_engine) as connection:
        assert matters.count(connection, first, last, NOW_MS) == len(waiting) - 1
    with write(hq_engine) as connection:
        decisions.undo(connection, [number], "hr", NOW_MS)
    with read(hq_engine) as connection:
        assert matters.count(connection, first, last, NOW_MS) == len(waiting)


def _stores_turn_out_as_their_people_do(engine: Engine, day: str) -> None:
    with read(engine) as connection:
        people = board.people_of_day(connection, day)
        counted = turnouts(connection, day, NOW_MS)
    assert sum(one.people for one in counted.values()) == len(people) > 0
    for store_id, one in counted.items():
        own = [person for person in people if person.store_id == store_id]
        planned = [person for person in own if person.shifts]
        stands = [person.presence(NOW_MS) for person in planned]
        assert one.expected == len(planned)
        assert one.arrived == sum(person.has_come for person in planned)
        assert one.late == sum(person.late_min > 0 for person in planned)
        found = {
            Presence.NO_PUNCH: one.no_punch,
            Presence.MISSING: one.missing,
            Presence.AWAITING: one.awaiting,
        }
        for presence, count in found.items():
            assert count == stands.count(presence), (day, store_id, presence)
        assert one.sales_fen == sum(person.sales_fen for person in own)
        assert one.target_fen == sum(person.target_fen for person in own)
