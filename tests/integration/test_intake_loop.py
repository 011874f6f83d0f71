"""Laws of the intake's loop: commit, then receipt, then acknowledgement; nothing blocks it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError

from cloud_receiver import intake
from cloud_receiver.inbox import MAX_GROUP_MESSAGES, Arrival, Inbox
from cloud_receiver.intake import IntakeLoop
from cloud_receiver.mail import Message, sort_mail
from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import dead_letter, journal
from sync import topics
from sync.clock import ScaledClock
from sync.envelope import encode_batch, encode_body
from sync.receipt import Mark, decode_receipt
from sync.records import to_wire
from sync.topics import Lane
from tests.samples import PUNCH


class RecordingLine:
    """Notes what the intake hands over, and how many rows stood in the journal by then."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.published: list[tuple[str, bytes]] = []
        self.acknowledged: list[int] = []
        self.journaled_by_then: list[int] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.published.append((topic, payload))
        self.journaled_by_then.append(_count(self.engine, journal))

    def acknowledge(self, arrival: Arrival) -> None:
        self.acknowledged.append(arrival.message_no)


class Rig:
    """An intake on a database, with its inbox and its line."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.inbox = Inbox()
        self.line = RecordingLine(engine)
        self.woken = threading.Semaphore(0)
        clock = ScaledClock(datetime(2026, 11, 23, tzinfo=UTC), 0, 1)
        self.loop = IntakeLoop(
            engine, "acme", clock, self.inbox, self.line, self.woken.release, lambda _: None
        )

    def arrive(self, *numbers: int) -> None:
        for number in numbers:
            punch = replace(PUNCH, occurrence=number)
            text = encode_body(to_wire(punch))
            payload = encode_batch("box-1", "e1", Lane.PUNCH, number, [text])
            message = Message(topics.up("acme", "box-1", Lane.PUNCH), payload)
            self.inbox.put(Arrival(message, 1, number))

    def arrive_opened(self, number: int, records: int) -> None:
        """Have a batch of the bulk lane come by the opener, from a box of its own."""
        bodies = [
            encode_body(to_wire(replace(PUNCH, occurrence=1000 * number + one)))
            for one in range(records)
        ]
        box = f"bulk-{number}"
        payload = encode_batch(box, "e1", Lane.BULK, 1, bodies)
        message = Message(topics.up("acme", box, Lane.BULK), payload)
        self.inbox.put_opened(Arrival(message, 1, number, sort_mail("acme", [message])))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the loop as its supervisor does: again whenever it crashes."""
        stop = threading.Event()

        def supervise() -> None:
            while not stop.is_set():
                with suppress(RuntimeError):
                    self.loop.run(stop)

        thread = threading.Thread(target=supervise)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def rig(hq_engine: Engine) -> Rig:
    return Rig(hq_engine)


def _count(engine: Engine, table: Any) -> int:
    with read(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@contextmanager
def _failing(
    engine: Engine, marker: str, error: Callable[[], Exception], times: int
) -> Iterator[list[int]]:
    """Let the database fail on statements that carry `marker`, the first `times` times; give what is left."""
    left = [times]

    def fail(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        # PostgreSQL is given columns as bytes, see store.arrays
        told = " ".join(str(getattr(one, "content", one)) for one in parameters)
        if "INSERT INTO journal" in statement and marker in told and left[0]:
            left[0] -= 1
            raise error()

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield left
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def _await(condition: Callable[[], bool]) -> None:
    gate = threading.Event()
    for _ in range(2000):
        if condition():
            return
        gate.wait(0.01)
    raise AssertionError("not within 20 s")


def test_receipt_and_acknowledgement_follow_the_commit(rig: Rig) -> None:
    rig.arrive(1)
    with rig.running():
        _await(lambda: rig.line.acknowledged == [1])
    ((topic, payload),) = rig.line.published
    assert topic == topics.receipt("acme", "box-1")
    assert decode_receipt(payload).mark == Mark(1)
    assert rig.line.journaled_by_then == [1]
    assert rig.woken.acquire(blocking=False)


def test_what_waits_shares_a_commit(rig: Rig) -> None:
    rig.arrive(*range(1, 2 * MAX_GROUP_MESSAGES + 2))
    with rig.running():
        _await(lambda: len(rig.line.acknowledged) == 2 * MAX_GROUP_MESSAGES + 1)
    assert rig.line.journaled_by_then == [
        MAX_GROUP_MESSAGES,
        2 * MAX_GROUP_MESSAGES,
        2 * MAX_GROUP_MESSAGES + 1,
    ]


def test_a_punch_stands_behind_one_commit_of_a_flood_and_no_commit_behind_more_than_its_time(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "FEWEST_RECORDS", 40)
    rig.loop._records = 40
    monkeypatch.setattr(intake, "COMMIT_S", 0.0)  # no commit is ever that quick: it asks for fewest
    for number in range(2, 12):
        rig.arrive_opened(number, 20)
    rig.arrive(1)
    with rig.running():
        _await(lambda: len(rig.line.acknowledged) == 11)
    assert rig.line.acknowledged == [1, *range(2, 12)]
    assert rig.line.journaled_by_then == [1, *(1 + 40 * (1 + n // 2) for n in range(10))]


def test_a_commit_takes_more_records_when_there_is_time_for_them(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "FEWEST_RECORDS", 1)
    monkeypatch.setattr(intake, "COMMIT_S", 1000.0)
    rig.loop._records = 20
    for number in range(1, 8):
        rig.arrive_opened(number, 20)
    with rig.running():
        _await(lambda: len(rig.line.acknowledged) == 7)
    assert rig.line.journaled_by_then == [20, *(2 * [60]), *(4 * [140])]


def test_a_database_that_is_away_is_tried_again(rig: Rig) -> None:
    rig.arrive(1, 2)

    def away() -> Exception:
        return OperationalError("INSERT", None, Exception("the server is gone"))

    with _failing(rig.engine, "A1", away, times=2), rig.running():
        _await(lambda: rig.line.acknowledged == [1, 2])
    assert _count(rig.engine, journal) == 2


def test_a_message_that_crashes_the_intake_is_buried_and_its_neighbours_are_not(rig: Rig) -> None:
    rig.arrive(1, 2, 3, 4)
    marker = '"occurrence":3'
    with _failing(rig.engine, marker, lambda: RuntimeError("a bug"), times=10), rig.running():
        _await(lambda: sorted(rig.line.acknowledged) == [1, 2, 3, 4])
        rig.arrive(5)
        _await(lambda: 5 in rig.line.acknowledged)
    assert _count(rig.engine, journal) == 4
    with read(rig.engine) as connection:
        assert list(connection.scalars(select(dead_letter.c.code))) == ["crash"]
    last = decode_receipt(rig.line.published[-1][1])
    assert last.mark == Mark(2, ((4, 5),))


def test_nothing_is_acknowledged_when_it_stops_while_the_database_is_away(rig: Rig) -> None:
    def away() -> Exception:
        return OperationalError("INSERT", None, Exception("the server is gone"))

    rig.arrive(1, 2)
    with _failing(rig.engine, "A1", away, times=1000) as left, rig.running():
        _await(lambda: left[0] < 999)
    assert rig.line.acknowledged == []
    assert rig.line.published == []
