"""A roster day that is taken back: nothing was planned, so nobody is absent."""

from __future__ import annotations

from functools import partial

from cloud_receiver.domain.rota import Stretch
from cloud_receiver.judgement import as_known
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import board, enrolment, scheduling, tables
from cloud_receiver.store.turnout import turnouts

ABSENT, CAME = "2026-11-23", "2026-11-24"


def _take_back(hq) -> None:
    def clear(connection) -> None:
        entries = scheduling.cleared(connection, ["E1"], Stretch(ABSENT, CAME))
        assert enrolment.add_roster(connection, entries, "hr", hq.now_utc_ms) == 2

    hq.writing(clear)


def test_a_day_taken_back_is_judged_anew(hq) -> None:
    hq.bind("7", "E1")
    for date in (ABSENT, CAME):
        hq.roster("E1", date)
    hq.journal(hq.punch("7", f"{CAME}T09:20:00"), hq.punch("7", f"{CAME}T18:00:00"))
    hq.feed_complete("2026-11-25T11:00")
    hq.at("2026-11-25T12:00")
    assert hq.facts("E1", ABSENT)["absent"]
    _take_back(hq)
    hq.at("2026-11-25T12:05")
    assert hq.facts("E1", ABSENT) is None
    day = hq.facts("E1", CAME)
    assert (day["status"], day["late_min"], day["target_fen"]) == ("RestDayWork", 0, 0)
    assert [one["code"] for one in day["evidence"]["findings"]] == ["unscheduled"]
    stored = hq.table(tables.day_fact)
    assert hq.reading(partial(board.people_of_day, work_date=ABSENT)) == []
    assert hq.reading(partial(turnouts, work_date=ABSENT, now_utc_ms=hq.now_utc_ms)) == {}
    then_utc_ms = hq.now_utc_ms - 5 * 60_000 - 1
    before = hq.reading(partial(as_known, key=("E1", ABSENT), at_utc_ms=then_utc_ms))
    assert before.facts["absent"], "it was an absence as it was known then"
    rebuild(hq.engine, hq.now_utc_ms)
    assert hq.table(tables.day_fact) == stored
