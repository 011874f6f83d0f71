"""What headquarters believes of a box: hello, heartbeat, completeness, and its own restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cloud_receiver.mail import Message
from cloud_receiver.store import fleet, problems
from cloud_receiver.store.engine import hq_epoch, read
from sync import topics
from sync.heartbeat import DeviceHealth, DeviceStatus, Heartbeat, LaneHealth, encode_heartbeat
from sync.presence import BoxState, encode_box_state
from sync.receipt import Mark
from sync.topics import Lane

Make = Callable[..., Any]
COMPLETE_UTC_MS = 1_795_482_000_000

DEVICE = DeviceHealth(
    name="front door",
    driver="zkteco",
    source_id="A1",
    store_id="s001",
    status=DeviceStatus.OK,
    detail="",
    last_read_utc="2026-11-24T01:00:05.000Z",
    complete_utc="2026-11-24T01:00:00.000Z",
    complete_lane_heads={Lane.PUNCH: 2},
    clock_offset_ms=-400,
    device_records=12,
    facts={},
)


def _beat(through: int = 0, floor: int = 0, hq: str | None = None, **change: Any) -> Message:
    beat = Heartbeat(
        box_id="box-1",
        store_id="s001",
        version="0.1.0",
        at_utc="2026-11-24T01:00:10.000Z",
        epoch="e1",
        hq_epoch=hq,
        lanes={Lane.PUNCH: LaneHealth(head=9, through=through, waiting=9 - through, floor=floor)},
        oldest_waiting_utc=None,
        captured=9,
        settled=through,
        waiting=9 - through,
        quarantined=0,
        db_bytes=1,
        free_bytes=1,
        capacity_days=None,
        devices=(DEVICE,),
    )
    return Message(topics.health("acme", "box-1"), encode_heartbeat(replace(beat, **change)))


def _state(nonce: str, *, online: bool = True, epoch: str = "e1", forsaken: str = "") -> Message:
    state = BoxState(
        box_id="box-1",
        online=online,
        nonce=nonce,
        version="0.1.0",
        epoch=epoch,
        heads={Lane.PUNCH: 9},
        config_hash="c",
        at_utc="2026-11-24T01:00:00.000Z",
        forsaken=forsaken,
    )
    return Message(topics.state("acme", "box-1"), encode_box_state(state))


def _box(hq: Any) -> fleet.BoxView:
    with read(hq.engine) as connection:
        (box,) = fleet.boxes(connection)
    return box


def _epoch(hq: Any) -> str:
    with read(hq.engine) as connection:
        return hq_epoch(connection)


def test_a_box_that_says_hello_is_told_its_marks(hq: Any, up: Make, punch: Make) -> None:
    hq.take(up(1, punch(), punch(occurrence=1)))
    told = {answer.receipt.lane: answer.receipt for answer in hq.take(_state("n1")).answers}
    assert told[Lane.PUNCH].mark == Mark(2)
    assert told[Lane.BULK].mark == Mark()
    assert {receipt.hq_epoch for receipt in told.values()} == {_epoch(hq)}


def test_a_hello_does_not_take_back_what_came_with_it(hq: Any, up: Make, punch: Make) -> None:
    intake = hq.take(_state("n1"), up(1, punch(), '{"kind":"cake"}'))
    (receipt,) = [a.receipt for a in intake.answers if a.receipt.lane == Lane.PUNCH]
    assert receipt.mark == Mark(2)
    assert len(receipt.rejected) == 1


def test_a_late_death_does_not_put_a_living_box_offline(hq: Any) -> None:
    hq.take(_state("n1"))
    hq.take(_state("n2"))
    hq.take(_state("n1", online=False))
    assert _box(hq).online
    assert hq.take(_state("n2", online=False)).answers == ()
    assert not _box(hq).online


def test_a_state_cleared_by_hand_is_no_problem(hq: Any) -> None:
    assert hq.take(Message(topics.state("acme", "box-1"), b"")).new_letters == 0


def test_a_heartbeat_fills_the_fleet_page(hq: Any) -> None:
    assert hq.take(_beat()).heard_health
    box = _box(hq)
    assert box.beat is not None
    assert (box.beat.captured, box.beat.waiting, box.online) == (9, 9, True)
    (device,) = box.devices
    assert (device.name, device.source_id, device.status) == ("front door", "A1", "ok")
    assert device.clock_offset_ms == -400


def test_a_feed_is_complete_only_when_the_journal_holds_it(hq: Any, up: Make, punch: Make) -> None:
    hq.take(up(1, punch()), _beat())
    assert _box(hq).devices[0].complete_utc_ms is None
    hq.take(up(2, punch(occurrence=1)))
    hq.take(_beat())
    assert _box(hq).devices[0].complete_utc_ms == COMPLETE_UTC_MS


def test_what_was_believed_stays_while_the_next_pass_travels(
    hq: Any, up: Make, punch: Make
) -> None:
    hq.take(up(1, punch(), punch(occurrence=1)), _beat())
    later = replace(
        DEVICE, complete_utc="2026-11-24T02:00:00.000Z", complete_lane_heads={Lane.PUNCH: 3}
    )
    hq.take(_beat(devices=(later,)))
    assert _box(hq).devices[0].complete_utc_ms == COMPLETE_UTC_MS


def test_a_device_never_read_is_shown_and_becomes_itself_when_it_is(hq: Any) -> None:
    unread = replace(
        DEVICE, source_id=None, complete_utc=None, complete_lane_heads={}, status=DeviceStatus.DOWN
    )
    hq.take(_beat(devices=(unread,)))
    assert [(one.source_id, one.status) for one in _box(hq).devices] == [(None, "down")]
    hq.take(_beat())
    assert [(one.source_id, one.status) for one in _box(hq).devices] == [("A1", "ok")]


def test_a_heartbeat_that_breaks_law_1_is_buried(hq: Any) -> None:
    message = _beat()
    lying = Message(message.topic, message.payload.replace(b'"captured":9', b'"captured":8'))
    assert hq.take(lying).new_letters == 1
    assert hq.codes() == ["law1"]


def test_a_restored_headquarters_asks_for_a_refill_once(hq: Any, up: Make, punch: Make) -> None:
    before = _epoch(hq)
    hq.take(up(1, punch()))
    intake = hq.take(_beat(through=5, hq=before))
    assert intake.has_rotated
    assert intake.hq_epoch == _epoch(hq) != before
    told = {a.receipt.lane: a.receipt for a in intake.answers}
    assert told[Lane.PUNCH].mark == Mark(1)
    assert told[Lane.PUNCH].hq_epoch == intake.hq_epoch
    assert hq.codes() == ["ahead"]
    assert not hq.take(_beat(through=5, hq=before)).has_rotated


def test_a_box_repeating_a_false_claim_does_not_unsettle_the_fleet(hq: Any) -> None:
    assert hq.take(_beat(through=5, hq=_epoch(hq))).has_rotated
    assert not hq.take(_beat(through=5, hq=_epoch(hq))).has_rotated


def test_a_backup_that_holds_the_letter_of_the_last_restore_is_refilled_too(hq: Any) -> None:
    """The claim is word for word the old one, made to the database's new identity."""
    assert hq.take(_beat(through=5, hq=_epoch(hq))).has_rotated
    hq.now_utc_ms += problems.RECENT_MS + 1
    assert hq.take(_beat(through=5, hq=_epoch(hq))).has_rotated
    assert hq.codes() == ["ahead", "ahead"]
    assert not hq.take(_beat(through=6, hq=_epoch(hq))).has_rotated


def test_a_box_that_gave_up_an_epoch_warns_whoever_goes_by_it_once(
    hq: Any, up: Make, punch: Make
) -> None:
    hq.take(up(1, punch(), epoch="e0"))
    intake = hq.take(_state("n1", forsaken="e0"))
    told = {(a.receipt.epoch, a.receipt.is_contested) for a in intake.answers}
    assert told == {("e0", True), ("e1", False)}
    assert hq.codes() == ["contested"]
    again = hq.take(_state("n2", forsaken="e0"))
    assert {a.receipt.epoch for a in again.answers} == {"e1"}
    (other, *_) = hq.take(_state("n3", epoch="e0")).answers
    assert other.receipt.is_contested


def test_two_boxes_of_one_name_are_noticed_once_they_alternate(
    hq: Any, up: Make, punch: Make
) -> None:
    hq.take(_state("a1"), up(1, punch()))
    hq.now_utc_ms += 1
    hq.take(up(1, punch(occurrence=1), epoch="e2"))
    hq.take(_state("b1", epoch="e2"))
    assert hq.codes() == [], "one card in the place of another is no matter"
    hq.take(_state("a2"))
    hq.take(_state("b2", epoch="e2"))
    hq.take(_state("a3"))
    assert hq.codes() == ["namesake"]
    assert hq.journaled() == 2


def test_marks_from_another_database_prove_nothing(hq: Any) -> None:
    assert not hq.take(_beat(through=5, hq="another")).has_rotated
    assert not hq.take(_beat(through=5, hq=None)).has_rotated


def test_numbers_no_box_holds_any_more_are_given_up_and_said(
    hq: Any, up: Make, punch: Make
) -> None:
    hq.take(up(6, punch()))
    intake = hq.take(_beat(through=0, floor=4, hq=_epoch(hq)))
    (answer,) = intake.answers
    assert answer.receipt.mark == Mark(4, ((6, 6),))
    assert hq.codes() == ["gone"]
    assert hq.take(_beat(through=4, floor=4, hq=_epoch(hq))).new_letters == 0
