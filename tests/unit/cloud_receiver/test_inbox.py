"""The inbox: light mail passes heavy mail, the two take turns, nothing is lost or doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud_receiver.inbox import MAX_GROUP_MESSAGES, Arrival, Inbox
from cloud_receiver.mail import Message, sort_mail
from sync import topics
from sync.envelope import COMPRESS_FROM_RECORDS, encode_batch, encode_body, encode_sheaf
from sync.records import to_wire
from sync.topics import Lane
from tests.samples import PUNCH


def _bodies(count: int) -> list[str]:
    return [encode_body(to_wire(replace(PUNCH, occurrence=one))) for one in range(count)]


def _arrival(number: int, records: int = 1, lane: Lane = Lane.PUNCH) -> Arrival:
    payload = encode_batch("box-1", "e1", lane, 1, _bodies(records))
    return Arrival(Message(topics.up("acme", "box-1", lane), payload), 1, number)


def _opened(arrival: Arrival) -> Arrival:
    return arrival._replace(mail=sort_mail("acme", [arrival.message]))


def _open_all(inbox: Inbox) -> None:
    while (arrival := inbox.next_closed(0)) is not None:
        inbox.put_opened(_opened(arrival))


@pytest.mark.parametrize("lane", [Lane.PUNCH, Lane.SALE])
def test_a_few_records_of_today_are_light(lane: Lane) -> None:
    assert _arrival(1, 1, lane).is_light
    assert _arrival(1, COMPRESS_FROM_RECORDS - 1, lane).is_light


def test_many_records_are_heavy_and_so_is_the_past_and_all_that_is_no_batch() -> None:
    sheaf = encode_sheaf("box-1", "e1", Lane.PUNCH, 1, _bodies(100))
    assert sheaf is not None
    up = topics.up("acme", "box-1", Lane.PUNCH)
    health = topics.health("acme", "box-1")
    assert not _arrival(1, COMPRESS_FROM_RECORDS).is_light
    assert not _arrival(1, 1, Lane.BULK).is_light
    assert not Arrival(Message(up, sheaf[0]), 1, 1).is_light
    assert not Arrival(Message(up, b""), 1, 1).is_light
    assert not Arrival(Message(health, b"{}"), 1, 1).is_light


def test_what_is_light_passes_what_is_heavy_and_they_take_turns() -> None:
    inbox = Inbox()
    for number in range(4):
        inbox.put(_arrival(number, 30))
    _open_all(inbox)
    order = []
    for number in range(10, 14):
        inbox.put(_arrival(number))
        order += [[one.message_no for one in inbox.take(30, 0)] for _ in range(2)]
    assert order == [[10], [0], [11], [1], [12], [2], [13], [3]]


def test_so_many_records_are_taken_together_as_asked_for() -> None:
    inbox = Inbox()
    for number in range(8):
        inbox.put(_arrival(number, 30))
    _open_all(inbox)
    taken = [[one.message_no for one in inbox.take(records, 0)] for records in (1, 31, 60, 1000)]
    assert taken == [[0], [1, 2], [3, 4], [5, 6, 7]]
    assert inbox.take(30, 0) == []
    assert len(inbox) == 0


def test_light_mail_comes_in_groups_in_the_order_it_came() -> None:
    inbox = Inbox()
    for number in range(MAX_GROUP_MESSAGES + 1):
        inbox.put(_arrival(number))
    first, second = inbox.take(1, 0), inbox.take(1, 0)
    assert [one.message_no for one in first + second] == list(range(MAX_GROUP_MESSAGES + 1))
    assert len(second) == 1


def test_what_nobody_has_opened_is_forgotten_with_its_connection() -> None:
    inbox = Inbox()
    inbox.put(_arrival(1, 30))
    _open_all(inbox)
    inbox.put(_arrival(2, 30))
    inbox.put(_arrival(3))
    inbox.forget()
    assert [one.message_no for one in inbox.take(1000, 0)] == [1]
    assert inbox.next_closed(0) is None
