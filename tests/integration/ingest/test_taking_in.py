"""Laws 3, 4, 6 and 10 at headquarters' door, on both databases."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from cloud_receiver.ingest import Intake
from cloud_receiver.mail import Message
from cloud_receiver.store import journal, problems
from cloud_receiver.store.engine import read
from sync import topics
from sync.envelope import frame
from sync.identity import record_id
from sync.receipt import Mark, Rejection
from sync.topics import Lane

Make = Callable[..., Any]


def _receipt(intake: Intake, lane: Lane = Lane.PUNCH) -> Any:
    (answer,) = [one for one in intake.answers if one.receipt.lane == lane]
    return answer.receipt


def test_a_batch_is_journaled_and_receipted(hq: Any, up: Make, punch: Make) -> None:
    intake = hq.take(up(1, punch(), punch(occurrence=1)))
    assert _receipt(intake).mark == Mark(2)
    assert (intake.new_records, intake.new_letters) == (2, 0)
    assert hq.record_ids() == [record_id(punch()), record_id(punch(occurrence=1))]


def test_the_same_batch_again_adds_nothing_and_is_receipted_again(
    hq: Any, up: Make, punch: Make
) -> None:
    batch = up(1, punch(), '{"kind":"cake"}')
    first, again = hq.take(batch), hq.take(batch, batch)
    assert (again.new_records, again.new_letters) == (0, 0)
    assert _receipt(again).mark == _receipt(first).mark
    assert set(_receipt(again).rejected) == set(_receipt(first).rejected)


def test_a_replaced_box_that_reads_again_adds_nothing(hq: Any, up: Make, punch: Make) -> None:
    hq.take(up(1, punch(), punch(occurrence=1)))
    reread = punch(store_id="s001", driver="attlogfile", boot_id="c", clock_offset_ms=900)
    intake = hq.take(up(41, reread, box_id="box-2", epoch="e9", lane=Lane.BULK))
    assert intake.new_records == intake.new_letters == 0
    assert _receipt(intake, Lane.BULK).mark == Mark(0, ((41, 41),))
    assert hq.journaled() == 2


def test_order_does_not_matter(hq: Any, up: Make, punch: Make) -> None:
    batches = [up(1 + 3 * n, *(punch(occurrence=3 * n + i) for i in range(3))) for n in range(20)]
    shuffled = batches + random.Random(7).sample(batches, 9)
    random.Random(8).shuffle(shuffled)
    for message in shuffled[:-10]:
        last = hq.take(message)
    last = hq.take(*shuffled[-10:])
    assert _receipt(last).mark == Mark(60)
    assert sorted(hq.record_ids()) == sorted(record_id(punch(occurrence=n)) for n in range(60))


def test_a_gap_is_told_and_closed(hq: Any, up: Make, punch: Make) -> None:
    assert _receipt(hq.take(up(5, punch(occurrence=5)))).mark == Mark(0, ((5, 5),))
    filled = hq.take(up(1, *(punch(occurrence=n) for n in range(1, 5))))
    assert _receipt(filled).mark == Mark(5)


def test_lanes_epochs_and_boxes_have_their_own_numbers(
    hq: Any, up: Make, punch: Make, sale: Make
) -> None:
    intake = hq.take(
        up(1, punch()),
        up(1, sale(), lane=Lane.SALE),
        up(1, punch(occurrence=1), epoch="e2"),
        up(2, punch(occurrence=2), box_id="box-2"),
    )
    told = {(a.box_id, a.receipt.epoch, a.receipt.lane): a.receipt.mark for a in intake.answers}
    assert told == {
        ("box-1", "e1", Lane.PUNCH): Mark(1),
        ("box-1", "e1", Lane.SALE): Mark(1),
        ("box-1", "e2", Lane.PUNCH): Mark(1),
        ("box-2", "e1", Lane.PUNCH): Mark(0, ((2, 2),)),
    }


def test_a_record_that_does_not_hold_is_buried_and_receipted(
    hq: Any, up: Make, punch: Make
) -> None:
    intake = hq.take(up(1, punch(), '{"kind":"punch","user_id":7}', punch(occurrence=1)))
    assert _receipt(intake).mark == Mark(3)
    assert _receipt(intake).rejected == (Rejection(2, "field"),)
    assert hq.journaled() == 2
    with read(hq.engine) as connection:
        (letter,) = problems.dead_letters(connection)
        found = problems.dead_letter_raw(connection, letter.letter_no)
    assert found is not None
    assert found[1] == b'{"kind":"punch","user_id":7}'
    assert (letter.box_id, letter.lane, letter.seq, letter.code) == ("box-1", "punch", 2, "field")


def test_the_same_identity_with_other_facts_is_a_conflict(hq: Any, up: Make, sale: Make) -> None:
    hq.take(up(1, sale(), lane=Lane.SALE))
    intake = hq.take(up(2, sale(amount_fen=999), lane=Lane.SALE))
    assert _receipt(intake, Lane.SALE).rejected == (Rejection(2, "conflict"),)
    with read(hq.engine) as connection:
        stands = journal.bodies(connection, [record_id(sale())])
        (letter,) = problems.dead_letters(connection)
    assert json.loads(stands[record_id(sale())])["amount_fen"] == 1250
    assert "amount_fen 1250, now 999" in letter.detail


def test_a_conflict_within_one_batch_is_one_too(hq: Any, up: Make, sale: Make) -> None:
    intake = hq.take(up(1, sale(), sale(sold_at="2026-11-23T11:00:00"), lane=Lane.SALE))
    assert _receipt(intake, Lane.SALE).rejected == (Rejection(2, "conflict"),)
    assert hq.journaled() == 1


def test_what_boxes_add_makes_no_conflict(hq: Any, up: Make, sale: Make) -> None:
    hq.take(up(1, sale(), lane=Lane.SALE))
    reread = sale(source_name="b.csv", boot_id="c", received_at_utc="2026-12-01T00:00:00.000Z")
    again = hq.take(up(2, reread, lane=Lane.SALE), up(3, reread, lane=Lane.SALE))
    assert again.new_letters == 0
    assert _receipt(again, Lane.SALE).rejected == ()


def test_a_conflict_read_again_and_again_is_one_letter(hq: Any, up: Make, sale: Make) -> None:
    hq.take(up(1, sale(), lane=Lane.SALE))
    for seq in range(2, 5):
        hq.take(up(seq, sale(amount_fen=1, boot_id=f"boot{seq}"), lane=Lane.SALE))
    assert hq.codes() == ["conflict"]


def _is(topic: str) -> Callable[[Message], Message]:
    return lambda message: Message(topic, message.payload)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_is(topics.up("other", "box-1", Lane.PUNCH)), "org"),
        (_is(topics.up("acme", "box-2", Lane.PUNCH)), "box"),
        (_is(topics.up("acme", "box-1", Lane.SALE)), "lane"),
        (_is("daka/v1/acme/box-1/up/x/punch"), "topic"),
        (_is("somewhere/else"), "topic"),
        (_is("daka/v1/acme/box-1/health"), "header"),
        (lambda message: Message(message.topic, b"Zgarbage"), "checksum"),
        (lambda message: Message(message.topic, frame(b"Z", b"garbage")), "deflate"),
        (lambda message: Message(message.topic, b""), "header"),
        (lambda message: Message(message.topic, b"J" + b" " * 70_000), "oversize"),
        (
            lambda message: Message(message.topic, message.payload.replace(b":1", b":7", 1)),
            "checksum",
        ),
        (
            lambda message: Message(
                message.topic, frame(b"J", message.payload[5:].replace(b":1", b":7", 1))
            ),
            "version",
        ),
        (lambda message: Message("daka/v1/acme/\x00/up/1/punch", b"\x00"), "name"),
    ],
)
def test_a_message_that_cannot_be_read_is_kept_whole_and_blocks_nothing(
    hq: Any, up: Make, punch: Make, spoil: Callable[[Message], Message], code: str
) -> None:
    bad = spoil(up(1, punch()))
    intake = hq.take(bad, up(2, punch(occurrence=1)), bad)
    assert _receipt(intake).mark == Mark(0, ((2, 2),))
    assert intake.new_letters == 1
    assert hq.journaled() == 1
    with read(hq.engine) as connection:
        (letter,) = problems.dead_letters(connection)
        found = problems.dead_letter_raw(connection, letter.letter_no)
    assert found is not None
    assert found[1] == bad.payload
    assert letter.code == code or code == "header"


def test_no_receipt_without_a_commit(hq: Any, up: Make, punch: Make) -> None:
    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", None, Exception("disk full"))

    event.listen(hq.engine, "commit", fail)
    with pytest.raises(OperationalError):
        hq.take(up(1, punch()))
    event.remove(hq.engine, "commit", fail)
    assert hq.journaled() == 0
    assert _receipt(hq.take(up(1, punch()))).mark == Mark(1)


def test_receivers_side_by_side_lose_no_number(hq: Any, up: Make, punch: Make) -> None:
    def work(batches: list[Message]) -> None:
        for message in batches:
            hq.take(message)

    batches = [up(1 + n, punch(occurrence=n)) for n in range(40)]
    receivers = [threading.Thread(target=work, args=(batches[n::2],)) for n in range(2)]
    for receiver in receivers:
        receiver.start()
    for receiver in receivers:
        receiver.join()
    with read(hq.engine) as connection:
        assert journal.marks_of(connection, "box-1", "e1")[Lane.PUNCH] == Mark(40)
    assert hq.journaled() == 40


def test_a_box_that_skips_numbers_cannot_grow_its_mark_without_end(
    hq: Any, up: Make, punch: Make
) -> None:
    for start in range(0, 2400, 200):
        hq.take(*(up(2 + 2 * n, punch(occurrence=n)) for n in range(start, start + 200)))
    with read(hq.engine) as connection:
        mark = journal.marks_of(connection, "box-1", "e1")[Lane.PUNCH]
    assert len(mark.beyond) == 1000
    assert mark.beyond[0] == (2, 2)
