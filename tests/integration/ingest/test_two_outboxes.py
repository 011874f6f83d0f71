"""Two outboxes that are one epoch: a cloned box, or a card brought back from a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloud_receiver.mail import Message
from sync import topics
from sync.presence import BoxState, encode_box_state
from sync.receipt import Mark
from sync.topics import Lane

Make = Callable[..., Any]


def hello() -> Message:
    state = BoxState(
        box_id="box-1",
        online=True,
        nonce="n",
        version="0",
        epoch="e1",
        heads={},
        config_hash="c",
        at_utc="2026-11-23T00:00:00.000Z",
    )
    return Message(topics.state("acme", "box-1"), encode_box_state(state))


def receipts(intake: Any) -> list[Any]:
    return [answer.receipt for answer in intake.answers]


def test_each_sender_is_receipted_what_it_sent_itself(hq: Any, up: Make, punch: Make) -> None:
    (first,) = receipts(hq.take(up(1, punch(), life="a")))
    (second,) = receipts(hq.take(up(2, punch(user_id="8"), life="b")))
    assert (first.life, first.taken) == ("a", ((1, 1),))
    assert (second.life, second.taken, second.mark) == ("b", ((2, 2),), Mark(2))
    both = receipts(
        hq.take(up(3, punch(user_id="9"), life="a"), up(4, punch(user_id="3"), life="b"))
    )
    assert {(one.life, one.taken) for one in both} == {("a", ((3, 3),)), ("b", ((4, 4),))}


def test_a_hello_is_told_the_marks_and_settles_nothing(hq: Any, up: Make, punch: Make) -> None:
    hq.take(up(1, punch(), life="a"))
    (told,) = [one for one in receipts(hq.take(hello())) if one.lane is Lane.PUNCH]
    assert (told.mark, told.life, told.taken) == (Mark(1), "", ())


def test_a_number_given_twice_is_noticed_kept_and_told_to_both(
    hq: Any, up: Make, punch: Make
) -> None:
    hq.take(up(1, punch(), punch(user_id="8"), life="a"))
    intake = hq.take(up(2, punch(user_id="9"), punch(user_id="10"), life="b"))
    (answer,) = receipts(intake)
    assert answer.is_contested
    assert hq.codes() == ["contested"]
    assert hq.journaled() == 4, "whatever its number, a record is a record"
    assert all(one.is_contested for one in receipts(hq.take(hello())))
    (later,) = receipts(hq.take(up(1, punch(user_id="9"), life="b", epoch="e2")))
    assert not later.is_contested


def test_a_number_given_twice_is_noticed_within_one_transaction(
    hq: Any, up: Make, punch: Make
) -> None:
    one, other = up(1, punch(), life="a"), up(1, punch(user_id="8"), life="b")
    answers = receipts(hq.take(one, one, other))
    assert [answer.is_contested for answer in answers] == [True, True]
    assert hq.codes() == ["contested"]
    assert hq.journaled() == 2


def test_the_same_records_in_another_order_are_a_contest_within_one_transaction_too(
    hq: Any, up: Make, punch: Make
) -> None:
    one = up(1, punch(), punch(user_id="8"), life="a")
    other = up(1, punch(user_id="8"), punch(), life="b")
    assert all(answer.is_contested for answer in receipts(hq.take(one, other)))


def test_sending_again_is_no_contest(hq: Any, up: Make, punch: Make, sale: Make) -> None:
    batch = up(1, punch(), '{"kind":"cake"}', sale(), life="a")
    for _ in range(2):
        (answer,) = receipts(hq.take(batch, batch))
        assert not answer.is_contested
    (changed,) = receipts(hq.take(up(3, sale(amount_fen=9), life="c")))
    assert not changed.is_contested, "the same record with other facts is a conflict of its own"
    assert hq.codes() == ["kind", "conflict"]
