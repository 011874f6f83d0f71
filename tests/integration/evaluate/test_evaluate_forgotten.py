"""A supervisor who forgot to record arrivals stands among what waits for a decision."""

from __future__ import annotations

from functools import partial

from cloud_receiver.domain.entries import Arrival
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import enrolment, entries, matters
from cloud_receiver.store.enrolment import Store
from cloud_receiver.store.matters import Kind

DATE = "2026-11-23"


def _forgotten(hq) -> list[tuple[str, int]]:
    found = hq.reading(partial(matters.pending, first=DATE, last=DATE, now_utc_ms=hq.now_utc_ms))
    return [(one.store_id, one.people) for one in found if one.kind is Kind.FORGOTTEN]


def test_it_is_told_once_the_time_is_over_and_until_somebody_is_recorded(hq) -> None:
    store = Store(store_id="S1", name="一店", zone="Asia/Shanghai", scene="community",
                  arrivals_by="09:30")  # fmt: skip
    hq.writing(partial(enrolment.put_stores, stores=[store], now_utc_ms=hq.now_utc_ms))
    for person in ("E1", "E2"):
        hq.roster(person, DATE)
    hq.at(f"{DATE}T09:29")
    assert _forgotten(hq) == []
    hq.at(f"{DATE}T09:31")
    assert _forgotten(hq) == [("S1", 2)]
    arrival = Arrival(employee_id="E1", store_id="S1", reason="停电",
                      at_utc_ms=local_to_utc_ms(f"{DATE}T09:00", "Asia/Shanghai"))  # fmt: skip
    hq.writing(partial(entries.enter, entry=arrival, author="boss", now_utc_ms=hq.now_utc_ms))
    hq.evaluate()
    assert _forgotten(hq) == []
