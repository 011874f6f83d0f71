"""The opener hands on what came, in order, opened; what it fails on goes on closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.rig import wait_until
from cloud_receiver import opening
from cloud_receiver.inbox import AHEAD_MESSAGES, Arrival, Inbox
from cloud_receiver.mail import Message
from cloud_receiver.opening import Opener
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.records import to_wire
from sync.topics import Lane
from tests.samples import PUNCH

TOPIC = topics.up("acme", "box-1", Lane.BULK)
BATCH = encode_batch("box-1", "e1", Lane.BULK, 1, [encode_body(to_wire(PUNCH))])


@contextmanager
def _running(opener: Opener) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=opener.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "it ends when it is told to"


def test_what_came_goes_on_in_order_and_no_further_ahead_than_it_may() -> None:
    inbox = Inbox()
    for number in range(3 * AHEAD_MESSAGES):
        inbox.put(Arrival(Message(TOPIC, BATCH), 1, number))
    taken: list[Arrival] = []
    with _running(Opener("acme", inbox)):
        wait_until("it to be as far ahead as it may", lambda: _opened(inbox) == AHEAD_MESSAGES, 30)
        while len(taken) < 3 * AHEAD_MESSAGES:
            assert _opened(inbox) <= AHEAD_MESSAGES
            taken += inbox.take(1, timeout_s=30)
    assert [one.message_no for one in taken] == list(range(3 * AHEAD_MESSAGES))
    (batches,) = {tuple(one.mail.batches) for one in taken if one.mail is not None}
    assert [(key.box_id, key.lane) for key in batches] == [("box-1", Lane.BULK)]


def test_what_cannot_be_opened_goes_on_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox()

    def fail(_org: str, _messages: object) -> None:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(opening, "sort_mail", fail)
    with _running(Opener("acme", inbox)):
        inbox.put(Arrival(Message(TOPIC, BATCH), 1, 7))
        assert inbox.take(1, timeout_s=30) == [Arrival(Message(TOPIC, BATCH), 1, 7)]


def test_it_ends_while_nobody_takes_what_it_opened() -> None:
    inbox = Inbox()
    for number in range(AHEAD_MESSAGES + 2):
        inbox.put(Arrival(Message(TOPIC, BATCH), 1, number))
    with _running(Opener("acme", inbox)):
        wait_until("it to be as far ahead as it may", lambda: _opened(inbox) == AHEAD_MESSAGES, 30)


def _opened(inbox: Inbox) -> int:
    return len(inbox._opened)
