"""The publisher's laws, one by one; tests/property tries them all at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from agent.actions import Action, Reconnect, Renew, Replace, Rewind, Send, Settle
from agent.lanes import LaneState
from agent.publisher import GATHER_S, HOLD_UNHEARD_S, STALL_S, Publisher
from agent.window import WIDE_WINDOW, WIDE_WITHIN_S, WINDOW
from sync.envelope import MAX_BATCH_RECORDS as FULL
from sync.receipt import Mark, Receipt, Rejection
from sync.topics import Lane

EPOCH, HQ = "box-epoch", "hq-epoch"


def publisher(**heads: int) -> Publisher:
    lanes = {lane: LaneState(head=heads.get(lane, 0)) for lane in Lane}
    return Publisher(EPOCH, lanes, jitter=lambda: 0.0)


def online(**heads: int) -> Publisher:
    made = publisher(**heads)
    made.connected(0.0, 65535)
    made.receiver("hq-1", online=True, hq_epoch=HQ, now_s=0.0)
    sound(made)
    return made


def sound(made: Publisher) -> None:
    """Let headquarters say that it holds nothing yet."""
    for lane in Lane:
        made.receipt(receipt(lane, 0), 0.0)
    assert not sends(made._actions)
    made._actions.clear()


def sends(actions: list[Action]) -> list[Send]:
    return [action for action in actions if isinstance(action, Send)]


def receipt(lane: Lane, through: int, hq_epoch: str = HQ, epoch: str = EPOCH) -> Receipt:
    return holding(lane, Mark(through), hq_epoch=hq_epoch, epoch=epoch)


def holding(
    lane: Lane,
    mark: Mark,
    rejected: tuple[Rejection, ...] = (),
    *,
    hq_epoch: str = HQ,
    epoch: str = EPOCH,
    life: str = "",
) -> Receipt:
    """Headquarters holds all of `mark` as this process sent it."""
    taken = (*(((1, mark.through),) if mark.through else ()), *mark.beyond)
    return Receipt(epoch, lane, mark, rejected, hq_epoch, life, taken)


def test_a_punch_goes_at_once_and_a_sale_gathers() -> None:
    made = online()
    made.step(0.0)
    made.appended(Lane.SALE, 3, 1.0)
    made.appended(Lane.PUNCH, 1, 1.0)
    assert sends(made.step(1.0)) == [Send(1, Lane.PUNCH, 1, 1)]
    assert made.wake_s(1.0) == 1.0 + GATHER_S
    assert sends(made.step(1.0 + GATHER_S)) == [Send(2, Lane.SALE, 1, 3)]


def test_a_full_batch_does_not_wait() -> None:
    made = online()
    made.step(0.0)
    made.appended(Lane.SALE, FULL, 1.0)
    assert sends(made.step(1.0)) == [Send(1, Lane.SALE, 1, FULL)]


def test_one_place_stays_free_for_a_punch() -> None:
    made = online(sale=50 * FULL, bulk=50 * FULL)
    assert len(sends(made.step(0.0))) == WINDOW - 1
    made.appended(Lane.PUNCH, 1, 0.1)
    assert [send.lane for send in sends(made.step(0.1))] == [Lane.PUNCH]


def test_earlier_lanes_go_first() -> None:
    made = online(punch=FULL, sale=FULL, bulk=50 * FULL)
    lanes = [send.lane for send in sends(made.step(0.0))]
    assert lanes[:2] == [Lane.PUNCH, Lane.SALE]
    assert set(lanes[2:]) == {Lane.BULK}


def test_bulk_is_held_while_every_receiver_is_offline() -> None:
    made = publisher(punch=1, bulk=1)
    made.connected(0.0, 65535)
    made.receiver("hq-1", online=False, hq_epoch=HQ, now_s=0.0)
    assert [send.lane for send in sends(made.step(60.0))] == [Lane.PUNCH]
    made.receiver("hq-1", online=True, hq_epoch=HQ, now_s=60.0)
    assert Lane.BULK in [send.lane for send in sends(made.step(60.0))]


def test_bulk_does_not_wait_for_ever_for_an_announcement() -> None:
    made = publisher(bulk=1)
    made.connected(0.0, 65535)
    assert not sends(made.step(0.0))
    assert made.wake_s(0.0) == HOLD_UNHEARD_S
    assert sends(made.step(HOLD_UNHEARD_S)) == [Send(1, Lane.BULK, 1, 1)]


def test_an_acknowledged_batch_is_not_settled() -> None:
    made = online(punch=1)
    (send,) = sends(made.step(0.0))
    made.acknowledged(send.token)
    assert not made.step(0.1)
    made.receipt(receipt(Lane.PUNCH, 1), 0.2)
    assert made.step(0.2) == [Settle(Lane.PUNCH, Mark(1), (), HQ)]


def test_what_is_not_receipted_in_time_is_sent_again_later_and_later() -> None:
    made = online(punch=1)
    now_s, sent_at_s = 0.0, []
    while len(sent_at_s) < 9:
        for send in sends(made.step(now_s)):
            sent_at_s.append(now_s)
            made.acknowledged(send.token)
        wake_s = made.wake_s(now_s)
        assert wake_s is not None
        now_s = wake_s
    gaps_s = [later - earlier for earlier, later in pairwise(sent_at_s)]
    assert gaps_s == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0]


def test_a_reconnect_sends_from_the_mark() -> None:
    made = online(punch=2 * FULL + 100)
    made.step(0.0)
    made.receipt(receipt(Lane.PUNCH, FULL), 0.1)
    made.disconnected()
    assert not sends(made.step(0.2))
    made.connected(1.0, 65535)
    assert [(send.first, send.limit) for send in sends(made.step(1.0))] == [
        (FULL + 1, FULL),
        (2 * FULL + 1, 100),
    ]


def test_a_hole_is_filled_without_resending_what_lies_beyond() -> None:
    made = online(punch=2 * FULL)
    made.step(0.0)
    made.receipt(holding(Lane.PUNCH, Mark(0, ((FULL + 1, 2 * FULL),))), 0.1)
    made.disconnected()
    made.connected(1.0, 65535)
    assert [(send.first, send.limit) for send in sends(made.step(1.0))] == [(1, FULL)]


def test_a_receipt_for_another_outbox_is_ignored() -> None:
    made = online(punch=1)
    made.step(0.0)
    made.receipt(receipt(Lane.PUNCH, 1, epoch="another"), 0.1)
    assert not made.step(0.1)


def test_a_receipt_of_a_headquarters_that_is_no_more_is_ignored() -> None:
    made = online(punch=1)
    made.step(0.0)
    made.receipt(receipt(Lane.PUNCH, 1, hq_epoch="before the restore"), 0.1)
    assert not made.step(0.1)


def test_receipts_out_of_order_settle_no_less() -> None:
    made = online(punch=400)
    made.step(0.0)
    made.receipt(receipt(Lane.PUNCH, 400), 0.1)
    made.step(0.1)
    made.receipt(receipt(Lane.PUNCH, 200), 0.2)
    assert not made.step(0.2)


def test_a_restored_headquarters_is_refilled_from_what_it_holds() -> None:
    lanes = {lane: LaneState() for lane in Lane}
    lanes[Lane.SALE] = LaneState(head=900, floor=100, mark=Mark(900), hq_epoch=HQ)
    made = Publisher(EPOCH, lanes, jitter=lambda: 0.0)
    made.connected(0.0, 65535)
    made.receiver("hq-1", online=True, hq_epoch="restored", now_s=0.0)
    assert [(send.first, send.limit) for send in sends(made.step(0.0))] == [(900, 1)]
    answer = Receipt(
        EPOCH, Lane.SALE, Mark(300, ((900, 900),)), (), "restored", taken=((900, 900),)
    )
    made.receipt(answer, 0.1)
    actions = made.step(0.1)
    assert actions[:2] == [
        Rewind(Lane.SALE, 300),
        Settle(Lane.SALE, Mark(300, ((900, 900),)), (), "restored"),
    ]
    assert [(send.first, send.limit) for send in sends(actions)] == [
        (301, FULL),
        (301 + FULL, 599 - FULL),
    ]


def test_a_new_headquarters_gets_only_what_the_box_still_has() -> None:
    lanes = {lane: LaneState() for lane in Lane}
    lanes[Lane.PUNCH] = LaneState(head=9, floor=6, mark=Mark(9), hq_epoch=HQ)
    made = Publisher(EPOCH, lanes, jitter=lambda: 0.0)
    made.connected(0.0, 65535)
    made.receipt(Receipt(EPOCH, Lane.PUNCH, Mark(0), (), "new"), 0.0)
    assert [(send.first, send.limit) for send in sends(made.step(0.0))] == [(7, 3)]


def test_a_refused_batch_pauses_and_goes_again() -> None:
    made = online(punch=1)
    (send,) = sends(made.step(0.0))
    made.refused(send.token, 0.0)
    assert not sends(made.step(0.5))
    assert made.wake_s(0.5) == 1.0
    assert [again.first for again in sends(made.step(1.0))] == [1]


def test_headquarters_return_ends_the_pause() -> None:
    made = publisher(punch=1)
    made.connected(0.0, 65535)
    for now_s in (0.0, 10.0, 20.0):
        for send in sends(made.step(now_s)):
            made.refused(send.token, now_s)
    made.receiver("hq-1", online=True, hq_epoch=HQ, now_s=20.1)
    assert sends(made.step(20.1))


def test_a_broker_that_stops_acknowledging_is_left() -> None:
    made = online(punch=1)
    made.step(0.0)
    assert made.wake_s(HOLD_UNHEARD_S) == STALL_S
    (action,) = made.step(STALL_S)
    assert isinstance(action, Reconnect)


def test_the_brokers_receive_maximum_is_kept() -> None:
    made = publisher(punch=10_000)
    made.connected(0.0, 5)
    sound(made)
    assert len(sends(made.step(0.0))) == 3


def test_a_batch_that_had_to_be_cut_goes_on_where_it_ended() -> None:
    made = online(bulk=200)
    (send,) = sends(made.step(0.0))
    made.shortened(send.token, 50)
    assert [(again.first, again.limit) for again in sends(made.step(0.0))] == [(51, 150)]


def test_rejected_records_are_settled_and_told() -> None:
    made = online(punch=3)
    made.step(0.0)
    poison = (Rejection(2, "field"),)
    made.receipt(holding(Lane.PUNCH, Mark(1, ((3, 3),)), poison), 0.1)
    assert made.step(0.1) == [Settle(Lane.PUNCH, Mark(3), poison, HQ)]


def test_numbers_this_outbox_never_gave_ask_for_a_new_epoch() -> None:
    made = online(punch=3)
    made.step(0.0)
    made.receipt(receipt(Lane.PUNCH, 4), 0.1)
    assert made.step(0.1) == [Renew(Lane.PUNCH, 4, is_contested=False)]


def test_a_lane_is_sounded_before_new_numbers_fly() -> None:
    lanes = {lane: LaneState() for lane in Lane}
    lanes[Lane.SALE] = LaneState(head=100, mark=Mark(100), hq_epoch=HQ)
    made = Publisher(EPOCH, lanes, jitter=lambda: 0.0)
    made.appended(Lane.SALE, 100 + WINDOW * FULL, 0.0)
    made.connected(0.0, 65535)
    assert [(send.first, send.limit) for send in sends(made.step(0.0))] == [(100, 1)]
    made.receipt(receipt(Lane.SALE, 100), WIDE_WITHIN_S)
    assert len(sends(made.step(WIDE_WITHIN_S))) == WINDOW - 1


def test_receipts_that_come_soon_widen_the_window_and_late_ones_narrow_it() -> None:
    made = online(sale=200 * FULL)
    first = sends(made.step(0.0))
    made.receipt(receipt(Lane.SALE, first[3].first + FULL - 1), 0.1)
    assert len(sends(made.step(0.1))) == 4 + 4
    made.receipt(receipt(Lane.SALE, 20 * FULL), 0.2)
    assert len(sends(made.step(0.2))) == 16 + 16
    made.receipt(receipt(Lane.SALE, 60 * FULL), 0.3)
    made.step(0.3)
    made.receipt(receipt(Lane.SALE, (60 + WIDE_WINDOW - 1) * FULL), 0.3 + WIDE_WITHIN_S)
    assert len(sends(made.step(0.3 + WIDE_WITHIN_S))) == WINDOW - 1


def test_a_punch_finds_a_place_while_a_wide_window_narrows() -> None:
    made = online(sale=200 * FULL)
    for number in range(40):
        made.receipt(receipt(Lane.SALE, number * FULL), 0.0)
        made.step(0.0)
    made.receipt(receipt(Lane.SALE, 40 * FULL), WIDE_WITHIN_S)
    assert sends(made.step(WIDE_WITHIN_S)) == []
    made.appended(Lane.PUNCH, 1, WIDE_WITHIN_S)
    assert [send.lane for send in sends(made.step(WIDE_WITHIN_S))] == [Lane.PUNCH]


def test_numbers_of_a_later_state_of_this_outbox_are_noticed_before_they_hide_new_records() -> None:
    lanes = {lane: LaneState() for lane in Lane}
    lanes[Lane.SALE] = LaneState(head=100, mark=Mark(100), hq_epoch=HQ)
    made = Publisher(EPOCH, lanes, jitter=lambda: 0.0)
    made.appended(Lane.SALE, 5000, 0.0)
    made.connected(0.0, 65535)
    made.step(0.0)
    made.receipt(receipt(Lane.SALE, 2000), 0.1)
    assert made.step(0.1)[0] == Renew(Lane.SALE, 2000, is_contested=False)


def test_what_another_process_sent_is_not_ours_to_settle() -> None:
    made = online(punch=3)
    made.step(0.0)
    made.receipt(holding(Lane.PUNCH, Mark(3), life="of a twin"), 0.1)
    assert made.step(0.1) == []


def test_numbers_headquarters_holds_are_not_settled_until_it_took_ours() -> None:
    made = online(punch=3)
    made.step(0.0)
    made.receipt(Receipt(EPOCH, Lane.PUNCH, Mark(3), (), HQ, taken=()), 0.1)
    assert not [
        action for action in made.step(0.1) if isinstance(action, Settle) and action.mark.through
    ]
    made.receipt(receipt(Lane.PUNCH, 3), 0.2)
    assert Settle(Lane.PUNCH, Mark(3), (), HQ) in made.step(0.2)


def test_a_contested_epoch_is_given_up() -> None:
    made = online(punch=3)
    made.step(0.0)
    made.receipt(replace(receipt(Lane.PUNCH, 2), is_contested=True), 0.1)
    assert made.step(0.1) == [Renew(Lane.PUNCH, 2, is_contested=True)]


def test_a_batch_that_cannot_be_read_is_halved_down_to_one_record_which_is_replaced() -> None:
    made = online(punch=8)
    bad, sizes, replaced = 6, [], []
    for _ in range(20):
        actions = made.step(0.0)
        replaced += [action for action in actions if isinstance(action, Replace)]
        for send in sends(actions):
            last = send.first + send.limit - 1
            sizes.append(send.limit)
            if send.first <= bad <= last and not replaced:
                made.unreadable(send.token, "json", 0.0)
            else:
                made.receipt(
                    Receipt(EPOCH, Lane.PUNCH, Mark(), (), HQ, taken=((send.first, last),)), 0.0
                )
    assert replaced == [Replace(Lane.PUNCH, bad, "json")]
    assert sizes[0] == 8
    assert 1 in sizes
    assert made.wake_s(0.0) != 0.0
    assert Settle(Lane.PUNCH, Mark(8), (), HQ) in settles(made)


def test_a_record_damaged_again_after_it_was_replaced_is_replaced_again() -> None:
    made = online(punch=1)
    replaced_at, refusals, now_s = [], 0, 0.0
    for _ in range(200):
        now_s += 100.0  # longer than any pause
        actions = made.step(now_s)
        replaced_at += [refusals for action in actions if isinstance(action, Replace)]
        for send in sends(actions):
            refusals += 1
            made.unreadable(send.token, "json", now_s)
    assert replaced_at == [1, 5, 25]  # and then it waits: no quarantine grows without end


def settles(made: Publisher) -> list[Action]:
    """Have the whole of what is settled said again."""
    made.receipt(Receipt(EPOCH, Lane.PUNCH, Mark(), (Rejection(1, "x"),), HQ, taken=()), 0.0)
    return [replace(one, rejected=()) for one in made.step(0.0) if isinstance(one, Settle)]


def test_a_refusal_of_the_box_itself_takes_nothing_apart() -> None:
    made = online(punch=8)
    (send,) = sends(made.step(0.0))
    made.unreadable(send.token, "version", 0.0)
    assert made.step(0.1) == []
    (again,) = sends(made.step(5.0))
    assert (again.first, again.limit) == (1, 8)


def test_a_replacement_that_cannot_be_read_waits() -> None:
    made = online(punch=1)
    (send,) = sends(made.step(0.0))
    made.unreadable(send.token, "crash", 0.0)
    replacing, again = made.step(0.0)
    assert (replacing, type(again)) == (Replace(Lane.PUNCH, 1, "crash"), Send)
    made.unreadable(again.token, "crash", 0.0)  # type: ignore[union-attr]
    assert made.step(0.1) == []
