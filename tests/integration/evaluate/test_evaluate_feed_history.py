"""What was awaited at an instant is told as it was then, however complete the feed is today."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert

from cloud_receiver.domain.workday import local_text, local_to_utc_ms
from cloud_receiver.judgement import as_known, awaited_since
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import dirty, feed_history, fleet, names, profile, retention, tables
from cloud_receiver.web.texts import Language
from cloud_receiver.web.then import draw_then
from sync.heartbeat import DeviceHealth, DeviceStatus, Heartbeat
from sync.receipt import Mark
from sync.topics import Lane
from tests.statements import statements

DATE = "2026-11-23"
NEXT = "2026-11-24"
MARKS = {lane: Mark(10, ()) for lane in Lane}


def _at(local: str) -> int:
    return local_to_utc_ms(local, "Asia/Shanghai")


def _known(hq: Any, local: str) -> tuple[str, str | None]:
    """Return how the day stood at an instant, and when what it waited for then was complete."""
    day = hq.reading(lambda c: as_known(c, ("E1", DATE), _at(local)))
    since = hq.reading(lambda c: awaited_since(c, day, _at(local)))
    told = None if since is None else _local(since)
    return day.facts["status"], told


def _local(at_utc_ms: int) -> str:
    return local_text(at_utc_ms, "Asia/Shanghai")[:16]


def _rows(hq: Any) -> list[tuple[str, str, str | None]]:
    return [
        (store, _local(until), complete if complete is None else _local(complete))
        for store, until, complete in hq.table(tables.feed_stand)
    ]


def _live(hq: Any, first: str, last: str, step_s: int = 300) -> None:
    """Let the mark follow the clock from one instant to another, half a minute behind."""
    for at_utc_ms in range(_at(first), _at(last) + 1, step_s * 1000):
        with hq.engine.begin() as connection, feed_history.noted(connection, at_utc_ms):
            mark = tables.source.update().values(complete_utc_ms=at_utc_ms - 30_000)
            connection.execute(mark)


@pytest.fixture
def silent(hq: Any) -> Any:
    """A terminal that nobody heard of from 08:00 to noon of the next day, when nobody had come."""
    hq.bind("7", "E1")
    hq.roster("E1", DATE)
    hq.at(f"{DATE}T06:00")
    hq.feed_complete(f"{DATE}T05:59")
    _live(hq, f"{DATE}T06:00", f"{DATE}T08:00")
    hq.at(f"{NEXT}T12:00")
    hq.feed_complete(f"{NEXT}T11:59")
    _live(hq, f"{NEXT}T12:00", f"{NEXT}T13:00")
    return hq


def test_an_absence_was_awaited_data_while_the_terminal_was_silent(silent: Any) -> None:
    assert silent.facts("E1", DATE)["status"] == "Absenteeism"
    assert _known(silent, f"{DATE}T12:00") == ("Pending", None)
    for local in (f"{DATE}T23:30", f"{NEXT}T08:00", f"{NEXT}T11:59"):
        assert _known(silent, local) == ("AwaitingData", f"{NEXT}T12:00"), local
    assert _known(silent, f"{NEXT}T12:01") == ("Absenteeism", None)


def test_the_persons_page_says_what_was_awaited_and_since_when_it_is_there(silent: Any) -> None:
    asked = json.dumps({"date": DATE, "at": f"{NEXT}T08:00"})

    def page(language: Language) -> str:
        def draw(connection: Any) -> str:
            stores = {one.store_id: one for one in names.stores(connection)}
            person, _ = profile.person(connection, "E1")
            return str(draw_then(connection, person, asked, NEXT, stores, language))

        return unescape(silent.reading(draw))

    assert f"当时在等 一店 的数据;{NEXT} 12:00 起齐全" in page(Language.ZH)
    assert f"Data of 一店 was awaited then; it is complete since {NEXT} 12:00" in page(Language.EN)


def test_a_mark_that_keeps_up_costs_no_row(silent: Any) -> None:
    assert _rows(silent) == [
        ("S1", f"{DATE}T06:00", None), ("S1", f"{NEXT}T12:00", f"{DATE}T07:59"),
    ]  # fmt: skip


def test_what_is_awaited_still_is_told_so(hq: Any) -> None:
    hq.bind("7", "E1")
    hq.roster("E1", DATE)
    hq.at(f"{DATE}T07:00")
    hq.feed_complete(f"{DATE}T06:59")
    hq.at(f"{NEXT}T12:00")
    assert _known(hq, f"{NEXT}T10:00") == ("AwaitingData", None)
    hq.feed_complete(f"{DATE}T10:00")
    assert _known(hq, f"{NEXT}T10:00") == ("AwaitingData", None)


def test_a_new_terminal_and_one_out_of_service_change_what_was_complete(silent: Any) -> None:
    hq = silent
    hq.at(f"{NEXT}T14:00")
    _live(hq, f"{NEXT}T13:00", f"{NEXT}T14:00")
    hq.feed_complete(None, driver="anviz")
    assert hq.reading(dirty.complete) == {"S1": 0}
    hq.at(f"{NEXT}T18:00")
    hq.writing(lambda c: fleet.retire(c, "box", "S1-anviz", hq.now_utc_ms))
    assert _known(hq, f"{NEXT}T13:30") == ("Absenteeism", None)
    assert _known(hq, f"{NEXT}T16:00") == ("AwaitingData", f"{NEXT}T18:00")
    assert _known(hq, f"{NEXT}T18:01") == ("Absenteeism", None)
    hq.at(f"{NEXT}T19:00")
    hq.writing(lambda c: fleet.retire(c, "box", "S1-anviz", hq.now_utc_ms, undo=True))
    assert _rows(hq)[-2:] == [
        ("S1", f"{NEXT}T18:00", "1970-01-01T08:00"), ("S1", f"{NEXT}T19:00", f"{NEXT}T13:59"),
    ]  # fmt: skip
    assert _known(hq, f"{NEXT}T18:01") == ("Absenteeism", None)
    assert _known(hq, f"{NEXT}T19:01") == ("AwaitingData", None)


def test_steps_of_catching_up_are_few_rows_and_never_say_too_much(hq: Any) -> None:
    hq.at(f"{DATE}T08:00")
    hq.feed_complete(f"{DATE}T07:59")
    begin = _at("2026-11-26T08:00")
    marks = {}
    for step in range(240):  # an hour, four times a minute: three days come in
        at_utc_ms = begin + step * 15_000
        marks[at_utc_ms] = _at(f"{DATE}T08:00") + step * 1_080_000
        with hq.engine.begin() as connection, feed_history.noted(connection, at_utc_ms):
            connection.execute(tables.source.update().values(complete_utc_ms=marks[at_utc_ms]))
    assert len(_rows(hq)) <= 16
    for at_utc_ms, mark in marks.items():
        assert hq.reading(lambda c, at=at_utc_ms: feed_history.complete_at(c, at))["S1"] <= mark
    late = begin + 3_600_000 - 15_000
    assert hq.reading(lambda c: feed_history.complete_at(c, late))["S1"] == marks[late]


def _report(hq: Any, local: str, complete_utc: str | None) -> int:
    """Let a box with one terminal report; return how often the marks of stores were asked for."""
    device = DeviceHealth(
        name="t", source_id="T1", store_id="S1", driver="zkteco", status=DeviceStatus.OK,
        detail="", last_read_utc=complete_utc, complete_utc=complete_utc, facts={},
        complete_lane_heads={Lane.PUNCH: 10}, clock_offset_ms=0, device_records=1,
    )  # fmt: skip
    beat = Heartbeat(
        box_id="box", store_id="S1", version="1", at_utc="", epoch="e", hq_epoch=None, lanes={},
        oldest_waiting_utc=None, captured=0, settled=0, waiting=0, quarantined=0, db_bytes=1,
        free_bytes=1, capacity_days=None, devices=(device,),
    )  # fmt: skip
    with statements(hq.engine) as asked:
        hq.writing(lambda c: fleet.report(c, beat, "{}", MARKS, _at(local)))
    return sum("FROM source" in text and "GROUP BY" in text for text in asked)


def test_heartbeats_keep_it_and_ask_nothing_more_while_all_is_well(hq: Any) -> None:
    assert _report(hq, f"{DATE}T08:00", None) == 2
    assert _report(hq, f"{DATE}T08:01", f"{DATE}T00:00:30.000Z") == 2
    assert _report(hq, f"{DATE}T08:02", f"{DATE}T00:01:30.000Z") == 0
    assert _report(hq, f"{DATE}T09:02", f"{DATE}T00:01:30.000Z") == 0, "it is down: nothing moves"
    assert _report(hq, f"{DATE}T10:02", f"{DATE}T02:01:30.000Z") == 2
    assert _report(hq, f"{DATE}T10:03", f"{DATE}T02:02:30.000Z") == 0
    assert _rows(hq) == [
        ("S1", f"{DATE}T08:00", None),
        ("S1", f"{DATE}T08:01", "1970-01-01T08:00"),
        ("S1", f"{DATE}T10:02", f"{DATE}T08:01"),
    ]


def test_before_it_was_kept_touches_show_it_and_after_its_days_it_is_deleted(silent: Any) -> None:
    hq = silent
    hq.at(f"{NEXT}T15:00")
    hq.journal(hq.punch("7", f"{DATE}T09:01:00"))
    hq.evaluate()
    assert _known(hq, f"{NEXT}T13:00")[0] == "Absenteeism", "nobody knew"
    began = {"key": feed_history.BEGAN_KEY, "value": str(_at("2026-11-30T00:00"))}
    hq.writing(lambda c: c.execute(insert(tables.meta).values(began)))
    assert _known(hq, f"{NEXT}T13:00")[0] == "AwaitingData", "the touch was still in the terminal"
    later = _at(f"{NEXT}T12:00") + retention.FEED_DAYS * 86_400_000
    hq.writing(lambda c: retention.run(c, later))
    assert len(_rows(hq)) == 1
    hq.writing(lambda c: retention.run(c, later + 1))
    assert _rows(hq) == []
    assert hq.reading(feed_history.began_utc_ms) == _at(f"{NEXT}T12:00") + 1


def test_a_rebuild_leaves_it_alone(silent: Any) -> None:
    before = _rows(silent)
    rebuild(silent.engine, silent.now_utc_ms)
    assert _rows(silent) == before
    assert _known(silent, f"{NEXT}T08:00")[0] == "AwaitingData"
