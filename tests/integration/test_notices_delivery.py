"""The courier against a real HTTP server that refuses, hangs, breaks and forgets to answer."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import select

from cloud_receiver.channels.notifier import MAX_AGE, Courier
from cloud_receiver.channels.receiver import DROP, HANG, LOSE_ANSWER, TAKE, Receiver, Reply
from cloud_receiver.channels.webhook import WebhookNotifier
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.notices import queue, requeue_failed
from cloud_receiver.store.tables import notice

if TYPE_CHECKING:
    from sqlalchemy import Engine

SECRET = b"secret"
BEGIN_UTC = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    now: datetime = BEGIN_UTC
    boot_id: str = field(default="boot", init=False)

    def advance(self, by: timedelta) -> None:
        self.now += by

    def now_utc(self) -> datetime:
        return self.now

    def monotonic_s(self) -> float:
        return (self.now - BEGIN_UTC).total_seconds()

    def boottime_ms(self) -> int:
        return int(self.monotonic_s() * 1000)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def courier(hq_engine: Engine, receiver: Receiver, clock: HandClock) -> Iterator[Courier]:
    notifier = _webhook(receiver.url, clock)
    yield Courier(hq_engine, notifier, clock)
    notifier.close()


def _webhook(url: str, clock: HandClock, secret: bytes = SECRET) -> WebhookNotifier:
    return WebhookNotifier(url, secret, clock, timeout=httpx.Timeout(0.25))


def _notice(number: int, employees: int = 1000) -> Notice:
    return Notice(
        notice_id=f"late/E{number % employees}/{number}#1",
        target=Target(TargetKind.PERSON, f"E{number % employees}"),
        text_zh=f"第{number}条",
        text_en=f"no. {number}",
        document="{}",
    )


def _queue(engine: Engine, *notices: Notice) -> None:
    with write(engine) as connection:
        queue(connection, notices, ["webhook"], int(BEGIN_UTC.timestamp() * 1000))


def _rows(engine: Engine) -> list[Any]:
    with read(engine) as connection:
        return list(connection.execute(select(notice).order_by(notice.c.notice_no)))


def test_what_is_queued_arrives_in_order_and_is_marked_sent(
    hq_engine: Engine, receiver: Receiver, courier: Courier
) -> None:
    _queue(hq_engine, *map(_notice, range(150)))
    assert courier.deliver_due() == 150
    assert [key for key, _ in receiver.deliveries] == [_notice(n).notice_id for n in range(150)]
    assert {(row.state, row.attempts) for row in _rows(hq_engine)} == {("sent", 1)}
    assert courier.deliver_due() == 0


def test_whatever_the_other_side_does_nothing_is_lost_and_repeats_carry_their_key(
    hq_engine: Engine, receiver: Receiver, courier: Courier, clock: HandClock
) -> None:
    chance = random.Random(20261102)
    bad = [Reply(500), Reply(503), Reply(429, retry_after_s=7), Reply(401), DROP, LOSE_ANSWER]
    receiver.replies.extend(chance.choice([*bad, TAKE, TAKE]) for _ in range(60))
    receiver.replies.insert(5, HANG)
    lost_answers = receiver.replies.count(LOSE_ANSWER)
    notices = [_notice(number, employees=5) for number in range(25)]
    _queue(hq_engine, *notices)
    for _ in range(200):
        courier.deliver_due()
        clock.advance(timedelta(seconds=61))
    assert {row.state for row in _rows(hq_engine)} == {"sent"}
    keys = [key for key, _ in receiver.deliveries]
    assert set(keys) == {one.notice_id for one in notices}
    assert len(keys) - len(set(keys)) <= lost_answers
    first = {key: keys.index(key) for key in keys}
    for one, later in zip(notices, notices[5:], strict=False):  # each person's own, in order
        assert first[one.notice_id] < first[later.notice_id]


def test_a_refused_notice_fails_alone_with_its_reason_and_can_be_sent_again(
    hq_engine: Engine, receiver: Receiver, courier: Courier, clock: HandClock
) -> None:
    receiver.replies.append(Reply(422))
    _queue(hq_engine, _notice(1), _notice(1001), _notice(2))
    assert courier.deliver_due() == 2  # also the same person's next one
    refused, *others = _rows(hq_engine)
    assert (refused.state, refused.attempts) == ("failed", 1)
    assert "422" in refused.last_error
    assert [row.state for row in others] == ["sent", "sent"]
    clock.advance(timedelta(days=30))
    with write(hq_engine) as connection:
        assert requeue_failed(connection, "webhook", int(clock.now.timestamp() * 1000)) == 1
    assert courier.deliver_due() == 1


def test_one_notice_the_server_chokes_on_holds_up_only_its_person(
    hq_engine: Engine, receiver: Receiver, courier: Courier, clock: HandClock
) -> None:
    receiver.replies.append(Reply(500))
    _queue(hq_engine, _notice(1), _notice(1001), _notice(2))
    assert courier.deliver_due() == 1
    assert [row.state for row in _rows(hq_engine)] == ["pending", "pending", "sent"]
    clock.advance(timedelta(seconds=3))
    assert courier.deliver_due() == 2
    keys = [key for key, _ in receiver.deliveries]
    assert keys == [_notice(n).notice_id for n in (2, 1, 1001)]


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(
    hq_engine: Engine, receiver: Receiver, courier: Courier, clock: HandClock
) -> None:
    receiver.replies.append(Reply(429, retry_after_s=120))
    _queue(hq_engine, *map(_notice, range(10)))
    for _ in range(5):
        assert courier.deliver_due() == 0
        clock.advance(timedelta(seconds=23))
    assert receiver.requests == 1
    clock.advance(timedelta(seconds=10))
    assert courier.deliver_due() == 10


def test_a_wrong_secret_keeps_the_notices_until_it_is_put_right(
    hq_engine: Engine, receiver: Receiver, clock: HandClock
) -> None:
    _queue(hq_engine, _notice(1))
    notifier = _webhook(receiver.url, clock, b"wrong")
    assert Courier(hq_engine, notifier, clock).deliver_due() == 0
    notifier.close()
    (row,) = _rows(hq_engine)
    assert (row.state, row.attempts) == ("pending", 1)
    assert "secret" in row.last_error
    clock.advance(timedelta(seconds=3))
    notifier = _webhook(receiver.url, clock)
    assert Courier(hq_engine, notifier, clock).deliver_due() == 1
    notifier.close()


def test_a_restart_goes_on_with_the_attempts_and_the_wait_it_left(
    hq_engine: Engine, receiver: Receiver, courier: Courier, clock: HandClock
) -> None:
    receiver.replies.extend([Reply(500)] * 4)
    _queue(hq_engine, _notice(1))
    for _ in range(4):
        courier.deliver_due()
        clock.advance(timedelta(seconds=20))
    clock.advance(timedelta(seconds=-19))
    notifier = _webhook(receiver.url, clock)
    restarted = Courier(hq_engine, notifier, clock)
    (row,) = _rows(hq_engine)
    assert row.attempts == 4
    assert restarted.deliver_due() == 0  # the fifth comes 8 seconds after the fourth
    clock.advance(timedelta(seconds=9))
    assert restarted.deliver_due() == 1
    notifier.close()


def test_a_channel_that_is_down_for_days_gives_up_visibly(
    hq_engine: Engine, clock: HandClock
) -> None:
    with Receiver(SECRET) as gone:
        url = gone.url
    notifier = _webhook(url, clock)
    _queue(hq_engine, _notice(1))
    courier = Courier(hq_engine, notifier, clock)
    courier.deliver_due()
    assert _rows(hq_engine)[0].state == "pending"
    clock.advance(MAX_AGE + timedelta(seconds=1))
    courier.deliver_due()
    (row,) = _rows(hq_engine)
    assert row.state == "failed"
    assert row.last_error.startswith("given up after 3 days: no answer from")
    notifier.close()


def test_a_courier_that_is_woken_sends_at_once_and_stops_when_told(
    hq_engine: Engine, receiver: Receiver, courier: Courier
) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        for number in range(3):
            _queue(hq_engine, _notice(number))
            courier.wake()
            assert receiver.wait_for(number + 1, timeout_s=10)
    finally:
        stop.set()
        courier.wake()
        thread.join(10)
    assert not thread.is_alive()
