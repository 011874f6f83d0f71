"""Where touches may be lost nothing missing is final, and what is out of service holds up nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import feed_gaps, fleet, tables
from sync.clock import utc_text
from sync.errors import DakaError
from sync.records import Gap

MONDAY = "2026-11-23"
TUESDAY = "2026-11-24"


def gap(first: str, last: str, store_id: str = "S1") -> Gap:
    def utc(local: str) -> str:
        at_s = local_to_utc_ms(f"{MONDAY}T{local}", "Asia/Shanghai") / 1000
        return utc_text(datetime.fromtimestamp(at_s, UTC))

    return Gap(
        source="LINE-1", from_utc=utc(first), to_utc=utc(last), store_id=store_id,
        driver="serialline", received_at_utc=utc(last), boot_id="b", boottime_ms=1,
    )  # fmt: skip


@pytest.fixture
def person(hq: Any) -> str:
    hq.bind("1001", "E1")
    hq.roster("E1", MONDAY)
    return "E1"


def test_an_absence_within_a_gap_is_never_final(hq: Any, person: str) -> None:
    (record_id,) = hq.journal(gap("08:00", "11:00"))
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["final"], facts["absent"]) == ("AwaitingData", False, False)
    assert {"code": "feed_gap", "records": [record_id]} in facts["evidence"]["findings"]
    assert hq.table(tables.dirty) == [], "only a person can tell: it is not looked at for ever"


def test_a_gap_told_after_the_absence_takes_it_back(hq: Any, person: str) -> None:
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["absent"] is True
    hq.journal(gap("08:00", "11:00"))
    hq.evaluate()
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"


def test_a_clean_day_and_another_time_or_store_are_not_held_up(hq: Any, person: str) -> None:
    hq.journal(gap("08:00", "11:00"), gap("08:00", "11:00", "S2"), gap("00:10", "00:20"))
    hq.journal(hq.punch("1001", f"{MONDAY}T08:55:00"), hq.punch("1001", f"{MONDAY}T18:05:00"))
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    facts = hq.facts(person, MONDAY)
    assert (facts["status"], facts["final"]) == ("Normal", True)
    hq.bind("1002", "E2")
    hq.roster("E2", MONDAY, store_id="S2")
    hq.at(f"{TUESDAY}T12:01")
    assert hq.facts("E2", MONDAY)["status"] == "AwaitingData", "the shift stands in S1"


def test_a_person_closes_a_gap_and_a_rebuild_keeps_it_closed(hq: Any, person: str) -> None:
    (record_id,) = hq.journal(gap("08:00", "11:00"))
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.writing(lambda c: feed_gaps.close(c, record_id, "王经理", hq.now_utc_ms))
    assert not hq.writing(lambda c: feed_gaps.close(c, record_id, "王经理", hq.now_utc_ms))
    hq.evaluate()
    assert hq.facts(person, MONDAY)["absent"] is True
    rebuild(hq.engine, hq.now_utc_ms)
    assert hq.reading(lambda c: feed_gaps.listed(c, closed=False)) == []
    assert hq.reading(lambda c: feed_gaps.listed(c, closed=True))[0]["closed_by"] == "王经理"


def test_a_terminal_out_of_service_holds_the_store_up_no_more(hq: Any, person: str) -> None:
    hq.feed_complete(f"{TUESDAY}T11:00")
    hq.feed_complete(None, driver="anviz")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    assert hq.writing(lambda c: fleet.retire(c, "box", "S1-anviz", hq.now_utc_ms)) == "S1"
    hq.evaluate()
    assert hq.facts(person, MONDAY)["absent"] is True
    hq.writing(lambda c: fleet.retire(c, "box", "S1-anviz", hq.now_utc_ms, undo=True))
    hq.at(f"{TUESDAY}T12:01")
    with pytest.raises(DakaError, match="it has S1-anviz, S1-zkteco"):
        hq.writing(lambda c: fleet.retire(c, "box", "other", 1))


def test_whoever_retires_the_last_terminal_vouches_until_then(hq: Any, person: str) -> None:
    hq.feed_complete(f"{MONDAY}T12:00")
    hq.at(f"{TUESDAY}T12:00")
    assert hq.facts(person, MONDAY)["status"] == "AwaitingData"
    hq.writing(lambda c: fleet.retire(c, "box", "S1-zkteco", hq.now_utc_ms))
    hq.evaluate()
    assert hq.facts(person, MONDAY)["absent"] is True
