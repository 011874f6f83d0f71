"""What to send, when to send it again and when it is settled: a pure state machine.

Events come in through methods, `step` gives the actions due. It knows ranges of numbers,
never records, and holds no more batches in flight than its window has places. A range is in flight until
headquarters' receipt covers it; what is neither receipted nor in flight is sent next, so
whatever goes wrong, nothing needs remembering but the mark. A PUBACK only says that the
broker took the message: it paces the sending and settles nothing (law 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from agent.actions import Action, Reconnect, Renew, Replace, Rewind, Send, Settle
from agent.lanes import LaneState, highest
from agent.round_trip import RoundTrip
from agent.window import Window
from sync.envelope import MAX_BATCH_RECORDS
from sync.receipt import Mark, Receipt, common, merge
from sync.refusal import ABOUT_CONTENT
from sync.topics import Lane

GATHER_S: Final = 0.25
STALL_S: Final = 15.0
"""A broker that does not acknowledge for this long is gone, whatever its socket says."""
HOLD_UNHEARD_S: Final = 10.0
"""Nobody may ever announce headquarters; after this long bulk goes out all the same."""
MAX_PAUSE_S: Final = 60.0
REPLACED_AT: Final = frozenset({1, 5, 25})
"""The refusals of one record at which a trouble replaces it. The second may still be of the
first text, on its way already; a bad sector may hit the trouble too; after that it waits."""
_MIN_PAUSE_S: Final = 1.0


@dataclass(slots=True)
class _Flight:
    lane: Lane
    first: int
    last: int
    sent_s: float
    due_s: float
    first_time: bool  # a receipt after a resend may be for either, and tells no round trip
    acknowledged: bool = False


@dataclass(slots=True)
class _LaneWork:
    """A lane, and whether headquarters' idea of it fits ours.

    Until the first receipt of this process a lane is sounded: one batch, of numbers the
    outbox held already. Headquarters can know no number beyond `reach`, unless it has them
    from a later state of this outbox, which was then brought back from a copy.
    """

    state: LaneState
    reach: int
    is_sounded: bool = False
    gathering_since_s: float | None = None  # since the first append that was not sent yet
    doubted_to: int = 0  # up to here something cannot be read: batches of `doubted_records`
    doubted_records: int = MAX_BATCH_RECORDS
    refusals: Counter[int] = field(default_factory=Counter)  # of single records, by number


class Publisher:
    """See the module.

    Args:
        epoch: identity of the outbox; receipts for another one are ignored.
        lanes: where the lanes stand.
        jitter: returns a number in 0 <= x < 1; spreads the boxes of a fleet.
        life: names this process; receipts for another one are ignored.
    """

    def __init__(
        self,
        epoch: str,
        lanes: Mapping[Lane, LaneState],
        jitter: Callable[[], float],
        life: str = "",
    ) -> None:
        self._epoch = epoch
        self._life = life
        self._lanes = {  # in order of priority
            lane: _LaneWork(_unsettle_last(lanes[lane]), reach=lanes[lane].head) for lane in Lane
        }
        self._jitter = jitter
        self._flights: dict[int, _Flight] = {}
        self._next_token = 1
        self._window = Window()
        self._connected_s: float | None = None
        self._receivers: dict[str, str] = {}
        self._receivers_heard = False
        self._round_trip = RoundTrip()
        self._silences = 0  # timeouts in a row without any receipt
        self._paused_until_s = 0.0
        self._refusals = 0
        self._actions: list[Action] = []

    # ---- events ---------------------------------------------------------------------------

    def connected(self, now_s: float, receive_maximum: int) -> None:
        """Start on a fresh connection; everything not receipted is sent again."""
        self._flights.clear()
        self._connected_s = now_s
        self._paused_until_s = now_s
        self._silences = self._refusals = 0
        # the heartbeat and the birth travel beside the records and count at the broker too
        self._window.open(receive_maximum - 2)
        for work in self._lanes.values():
            work.gathering_since_s = None

    def disconnected(self) -> None:
        """Forget the connection and all that was in flight on it."""
        self._flights.clear()
        self._connected_s = None
        self._receivers.clear()
        self._receivers_heard = False

    def appended(self, lane: Lane, head: int, now_s: float) -> None:
        """Note that the outbox now holds records up to `head`."""
        work = self._lanes[lane]
        if head <= work.state.head:
            return
        work.state = replace(work.state, head=head)
        if work.gathering_since_s is None:
            work.gathering_since_s = now_s

    def released(self, lane: Lane, floor: int) -> None:
        """Note that records up to `floor` have left the outbox, settled."""
        work = self._lanes[lane]
        if floor > work.state.floor:
            mark = merge(max(work.state.mark.through, floor), work.state.mark.beyond)
            work.state = replace(work.state, floor=floor, mark=mark)

    @property
    def has_receiver(self) -> bool:
        """Tell whether a receiver said that it is there and did not leave since."""
        return bool(self._receivers)

    def receiver(self, receiver_id: str, online: bool, hq_epoch: str, now_s: float) -> None:
        """Note that a receiver announced itself or was announced dead."""
        self._receivers_heard = True
        if not online:
            self._receivers.pop(receiver_id, None)
            return
        if not self._receivers:
            self._resume(now_s)
        self._receivers[receiver_id] = hq_epoch
        self._doubt_marks(hq_epoch)

    def acknowledged(self, token: int) -> None:
        """Note a PUBACK that says success."""
        flight = self._flights.get(token)
        if flight is not None:
            flight.acknowledged = True

    def refused(self, token: int, now_s: float) -> None:
        """Note a PUBACK that says the message went nowhere: wait a little, then send again."""
        if self._flights.pop(token, None) is None:
            return
        pause_s = min(_MIN_PAUSE_S * 2.0 ** min(self._refusals, 10), MAX_PAUSE_S)
        self._refusals += 1
        self._paused_until_s = max(self._paused_until_s, now_s + self._jittered(pause_s))

    def unreadable(self, token: int, code: str, now_s: float) -> None:
        """Note that headquarters cannot read a batch as it was sent.

        The batch is sent again in halves until a single record is left, which a trouble
        replaces. Where even that cannot be read, or nothing in it is to blame, it waits.
        """
        flight = self._flights.get(token)
        if flight is None:
            return
        work, count = self._lanes[flight.lane], flight.last - flight.first + 1
        if code not in ABOUT_CONTENT:
            self.refused(token, now_s)
            return
        if count > 1:
            del self._flights[token]
            work.doubted_to = max(work.doubted_to, flight.last)
            work.doubted_records = min(count // 2, work.doubted_records)
            return
        work.refusals[flight.first] += 1
        if work.refusals[flight.first] not in REPLACED_AT:
            self.refused(token, now_s)
            return
        del self._flights[token]
        self._actions.append(Replace(flight.lane, flight.first, code))

    def shortened(self, token: int, count: int) -> None:
        """Note that a batch held only `count` records, 0 when there was none to send."""
        flight = self._flights[token]
        if count == 0:
            del self._flights[token]
        else:
            flight.last = flight.first + count - 1

    def receipt(self, receipt: Receipt, now_s: float) -> None:
        """Take headquarters' word for what it holds."""
        known_epochs = set(self._receivers.values())
        if receipt.epoch != self._epoch or (known_epochs and receipt.hq_epoch not in known_epochs):
            return  # about another outbox file, or from a headquarters that is no more
        if receipt.life not in ("", self._life):
            return  # what another process sent is not ours to settle, whatever its numbers
        work = self._lanes[receipt.lane]
        claimed = max(highest(receipt.mark), max((last for _, last in receipt.settled), default=0))
        if claimed > work.reach or receipt.is_contested:
            self._actions.append(Renew(receipt.lane, claimed, receipt.is_contested))
            return
        work.is_sounded = True
        before = work.state
        work.state = _after(before, receipt)
        if work.state.mark.through < before.mark.through:
            self._actions.append(Rewind(receipt.lane, work.state.mark.through))
        if work.state != before or receipt.rejected:
            self._actions.append(
                Settle(receipt.lane, work.state.mark, receipt.rejected, receipt.hq_epoch)
            )
        self._land(receipt.lane, work.state.mark, now_s)
        if before.hq_epoch != receipt.hq_epoch:
            self._doubt_marks(receipt.hq_epoch)

    # ---- what to do now -------------------------------------------------------------------

    def step(self, now_s: float) -> list[Action]:
        """Return the actions due at `now_s`, in order."""
        if self._connected_s is not None:
            if any(
                not flight.acknowledged and now_s >= flight.sent_s + STALL_S
                for flight in self._flights.values()
            ):
                self._actions.append(Reconnect(f"no PUBACK for {STALL_S:.0f} s"))
                self.disconnected()
            else:
                self._expire(now_s)
                self._fill_window(now_s)
        actions, self._actions = self._actions, []
        assert len(self._flights) <= max(self._window.most, 1), "the window is exceeded"
        return actions

    def wake_s(self, now_s: float) -> float | None:
        """Return when `step` has something to do next, unless an event comes first.

        The times are compared as `step` compares them, so that rounding loses no wake-up.
        """
        times_s = [
            work.gathering_since_s + GATHER_S
            for work in self._lanes.values()
            if work.gathering_since_s is not None
        ]
        times_s += [
            flight.due_s if flight.acknowledged else flight.sent_s + STALL_S
            for flight in self._flights.values()
        ]
        times_s.append(self._paused_until_s)
        if self._connected_s is not None:
            times_s.append(self._connected_s + HOLD_UNHEARD_S)
        return min((time_s for time_s in times_s if time_s > now_s), default=None)

    def _fill_window(self, now_s: float) -> None:
        if now_s < self._paused_until_s:
            return
        others = sum(flight.lane is not Lane.PUNCH for flight in self._flights.values())
        for lane, work in self._lanes.items():
            # one place stays free for a punch, however much else there is to send or is on the way
            places = max(1, self._window.places - 1)
            if lane is Lane.PUNCH:
                places = min(self._window.most, max(self._window.places, others + 1))
            if lane is Lane.BULK and not self._may_send_bulk(now_s):
                continue
            while len(self._flights) < places and self._send_next(lane, work, now_s):
                pass

    def _send_next(self, lane: Lane, work: _LaneWork, now_s: float) -> bool:
        gap = self._gap(lane, work)
        if gap is None:
            work.gathering_since_s = None
            return False
        first, last = gap
        since_s = work.gathering_since_s
        gathers = lane is not Lane.PUNCH and last - first + 1 < MAX_BATCH_RECORDS
        if gathers and since_s is not None and now_s < since_s + GATHER_S:
            return False
        if first > work.doubted_to:
            work.doubted_records = MAX_BATCH_RECORDS
        last = min(last, first + work.doubted_records - 1)
        work.reach = max(work.reach, last)
        token, self._next_token = self._next_token, self._next_token + 1
        due_s = now_s + self._jittered(self._round_trip.timeout_s(self._silences))
        self._flights[token] = _Flight(lane, first, last, now_s, due_s, not self._silences)
        self._actions.append(Send(token, lane, first, last - first + 1))
        return True

    def _gap(self, lane: Lane, work: _LaneWork) -> tuple[int, int] | None:
        """Return the first range that is neither held by headquarters nor in flight."""
        state = work.state
        flying = [
            (flight.first, flight.last) for flight in self._flights.values() if flight.lane is lane
        ]
        if flying and not work.is_sounded:
            return None
        covered = merge(state.mark.through, [*state.mark.beyond, *flying])
        last = covered.beyond[0][0] - 1 if covered.beyond else state.head
        if not work.is_sounded and covered.through < work.reach:
            last = min(last, work.reach)
        return (covered.through + 1, last) if covered.through < last else None

    def _expire(self, now_s: float) -> None:
        """Give up waiting for receipts that are overdue; their ranges become gaps again."""
        late = [
            token
            for token, flight in self._flights.items()
            if flight.acknowledged and flight.due_s <= now_s
        ]
        for token in late:
            del self._flights[token]
        if late:
            self._silences += 1
            self._window.note_silence()

    def _land(self, lane: Lane, mark: Mark, now_s: float) -> None:
        landed = [
            token
            for token, flight in self._flights.items()
            if flight.lane is lane and mark.add(flight.first, flight.last) == mark
        ]
        for token in landed:
            flight = self._flights.pop(token)
            if flight.first_time:
                took_s = now_s - flight.sent_s
                self._round_trip.add(took_s)
                self._window.note(took_s)
        if landed:
            self._silences = self._refusals = 0

    def _resume(self, now_s: float) -> None:
        """Headquarters is back: what it cannot have heard need not wait for its long timeout."""
        self._silences = self._refusals = 0
        self._paused_until_s = now_s
        for flight in self._flights.values():
            flight.due_s = min(flight.due_s, flight.sent_s + self._round_trip.timeout_s(0))

    def _doubt_marks(self, hq_epoch: str) -> None:
        """Another headquarters database answers: ask what it holds by sending a last record."""
        for work in self._lanes.values():
            if work.state.hq_epoch not in (None, hq_epoch):
                work.state = _unsettle_last(work.state)

    def _may_send_bulk(self, now_s: float) -> bool:
        assert self._connected_s is not None
        if self._receivers_heard:
            return bool(self._receivers)
        return now_s >= self._connected_s + HOLD_UNHEARD_S

    def _jittered(self, duration_s: float) -> float:
        return duration_s * (1 + self._jitter() / 4)


def _unsettle_last(state: LaneState) -> LaneState:
    """Return the lane with its last record unsettled: sending it asks what headquarters holds."""
    through = max(state.floor, min(state.mark.through, state.head - 1))
    if through == state.mark.through:
        return state
    return replace(state, mark=Mark(through))


def _after(state: LaneState, receipt: Receipt) -> LaneState:
    """Return the lane after a receipt: what it took is settled.

    Within one headquarters database marks only grow. Another one holds of what was settled
    before no more than it says.
    """
    is_other = state.hq_epoch not in (None, receipt.hq_epoch)
    before = common(state.mark, receipt.mark) if is_other else state.mark
    refused = ((item.seq, item.seq) for item in receipt.rejected)
    held = merge(before.through, [*before.beyond, *receipt.settled, *refused])
    return state.marked(held, receipt.hq_epoch)
