"""Evaluators and notifiers side by side on one PostgreSQL: nothing judged or sent twice."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from bench.rig import wait_until
from bench.soak_fleet import FIRST, PEOPLE_A_BOX, TOUCHES_A_DAY, enrol, touch
from cloud_receiver.channels.notifier import Courier
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.evaluate import FLOOD, Evaluator
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import dirty, tables
from cloud_receiver.store.engine import open_engine, read, try_turns, write
from cloud_receiver.store.journal import Entry, append
from cloud_receiver.store.notices import LEASE_MS, claim_due, queue
from cloud_receiver.store.projection import CURSOR_KEY, cursor
from cloud_receiver.store.verification import verify_all
from sync.clock import SystemClock
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import to_wire

pytestmark = pytest.mark.parametrize("hq_url", ["postgresql"], indirect=True)
BOXES, DAYS = 12, 10


class Taker:
    """A channel that notes what it is given, as slowly as a real one."""

    channel = "console"

    def __init__(self, taken: list[str]) -> None:
        self.taken = taken

    def send(self, notice: Notice) -> str:
        threading.Event().wait(0.002)
        self.taken.append(notice.notice_id)
        return ""

    def close(self) -> None:
        """Nothing is open."""


def _count(engine: Engine, table: Any) -> int:
    with read(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def _is_judged(engine: Engine, now_utc_ms: int) -> bool:
    newest = select(func.max(tables.journal.c.entry_no))
    waiting = select(func.count()).where(tables.dirty.c.due_utc_ms <= now_utc_ms)
    with read(engine) as connection:
        is_projected = cursor(connection) == connection.scalar(newest)
        return is_projected and connection.scalar(waiting) == 0


def _file(engine: Engine, boxes: list[str]) -> None:
    records = [
        touch(box_id, seq)
        for box_id in boxes
        for seq in range(1, DAYS * PEOPLE_A_BOX * TOUCHES_A_DAY + 1)
    ]
    rows = [
        Entry(record_id(one), one.KIND, one.store_id, one.store_id, "e", "punch", number,
              encode_body(to_wire(one)), 0)
        for number, one in enumerate(records, start=1)
    ]  # fmt: skip
    with write(engine) as connection:
        append(connection, rows)


def test_two_evaluators_share_the_days_and_book_everything_once(
    hq_engine: Engine, hq_url: str
) -> None:
    boxes = [f"B{number:02}" for number in range(BOXES)]
    enrol(hq_engine, boxes, DAYS)
    clock, stop = SystemClock.of_this_boot(), threading.Event()
    engines = [open_engine(hq_url) for _ in range(2)]
    threads = [threading.Thread(target=Evaluator(one, clock).run, args=(stop,)) for one in engines]
    for thread in threads:
        thread.start()
    for box_id in boxes:
        _file(hq_engine, [box_id])
    wanted = len(boxes) * PEOPLE_A_BOX * DAYS
    wait_until("all to be judged", lambda: _is_judged(hq_engine, utc_ms(clock.now_utc())), 120)
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for one in engines:
        one.dispose()
    assert _count(hq_engine, tables.day_fact) == wanted
    entries = _count(hq_engine, tables.ledger)
    assert entries >= len(boxes) * DAYS // 2
    while Evaluator(hq_engine, clock).flush():
        pass
    rebuild(hq_engine, utc_ms(clock.now_utc()))
    assert _count(hq_engine, tables.ledger) == entries, "one evaluator alone says otherwise"
    with read(hq_engine) as connection:
        assert verify_all(connection).troubles == ()


def test_what_one_evaluator_has_in_hand_another_is_not_given(hq_engine: Engine) -> None:
    """Nor another day of the same person, whose streak builds on it; it does not wait either."""
    monday, tuesday = "2026-11-23", "2026-11-24"
    with write(hq_engine) as connection:
        dirty.mark(connection, [("E1", monday), ("E2", monday)], 1)
    with write(hq_engine) as one:
        one.execute(
            tables.dirty.update().where(tables.dirty.c.employee_id == "E2").values(due_utc_ms=9)
        )
        assert dirty.due(one, 5) == [("E1", monday)]
        with write(hq_engine) as other:
            dirty.mark(other, [("E1", tuesday), ("E3", monday)], 1)
        with write(hq_engine) as other:
            assert dirty.due(other, 5) == [("E3", monday)]
    with write(hq_engine) as other:
        assert set(dirty.due(other, 5)) == {("E1", monday), ("E1", tuesday), ("E3", monday)}


def test_of_a_long_queue_each_evaluator_is_given_people_of_its_own(hq_engine: Engine) -> None:
    dates = [str(FIRST + timedelta(number)) for number in range(dirty.MAX_DAYS // 2)]
    with write(hq_engine) as connection:
        for who in ("E1", "E2", "E3"):
            dirty.mark(connection, [(who, one) for one in dates], 1)
    with write(hq_engine) as one, write(hq_engine) as other:
        assert dirty.due(one, 5) == [(who, day) for who in ("E1", "E2") for day in dates]
        assert dirty.due(other, 5) == [("E3", day) for day in dates]


def test_while_one_reads_a_flood_on_another_judges_nothing(hq_engine: Engine) -> None:
    """What it judged would be judged again when the rest has come in."""
    boxes = ["B0"]
    enrol(hq_engine, boxes, DAYS)
    _file(hq_engine, boxes)
    clock = SystemClock("boot")
    reader, judge = (Evaluator(hq_engine, clock, portion=DAYS) for _ in range(2))
    assert reader.flush(), "a portion was whole: more is waiting"
    before = _count(hq_engine, tables.day_fact)
    with write(hq_engine) as one:
        assert try_turns(one, [FLOOD, CURSOR_KEY])
        assert not judge.flush()
        assert _count(hq_engine, tables.day_fact) == before
    while judge.flush():
        pass
    assert _count(hq_engine, tables.day_fact) == DAYS * PEOPLE_A_BOX


def _queue(engine: Engine, count: int) -> None:
    notices = [
        Notice(notice_id=f"n{number:03}", target=Target(TargetKind.PERSON, f"E{number % 7}"),
               text_zh="", text_en="", document="{}")
        for number in range(count)
    ]  # fmt: skip
    with write(engine) as connection:
        queue(connection, notices, ["console"], 0)


def test_two_couriers_of_a_channel_send_each_notice_once_and_in_order(
    hq_engine: Engine, hq_url: str
) -> None:
    _queue(hq_engine, 210)
    taken: list[str] = []
    engines = [open_engine(hq_url) for _ in range(2)]
    couriers = [Courier(one, Taker(taken), SystemClock.of_this_boot()) for one in engines]
    threads = [threading.Thread(target=one.deliver_due) for one in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for courier in couriers:  # what one had claimed while the other looked is done by then
        courier.deliver_due()
    for one in engines:
        one.dispose()
    assert Counter(taken) == Counter(f"n{number:03}" for number in range(210))
    for person in range(7):
        own = [one for one in taken if int(one[1:]) % 7 == person]
        assert own == sorted(own)


def test_what_a_courier_claimed_and_never_reported_comes_again(hq_engine: Engine) -> None:
    _queue(hq_engine, 3)
    with write(hq_engine) as connection:
        assert len(claim_due(connection, "console", 10, 50)) == 3
    with write(hq_engine) as connection:
        assert claim_due(connection, "console", 10 + LEASE_MS - 1, 50) == []
        assert len(claim_due(connection, "console", 10 + LEASE_MS, 50)) == 3
