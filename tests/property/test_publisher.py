"""Whatever happens, the publisher delivers: random histories against a model headquarters.

The model keeps what a receipt promises and may lose, double, delay and reorder messages
both ways, restart the box, and come back from an old backup. After every history the
line is mended, and then everything must arrive.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.actions import Reconnect, Renew, Rewind, Send, Settle
from agent.lanes import LaneState
from agent.publisher import Publisher
from agent.window import WIDE_WINDOW
from sync.receipt import Mark, Receipt
from sync.topics import Lane

EPOCH = "e"
LANES = st.sampled_from(list(Lane))


@dataclass
class Headquarters:
    """What is in the journal, and what the newest backup holds."""

    epoch_no: int = 1
    marks: dict[Lane, Mark] = field(default_factory=lambda: dict.fromkeys(Lane, Mark()))
    backup: dict[Lane, Mark] = field(default_factory=lambda: dict.fromkeys(Lane, Mark()))

    def store(self, lane: Lane, first: int, last: int) -> Receipt:
        self.marks[lane] = self.marks[lane].add(first, last)
        return Receipt(
            EPOCH, lane, self.marks[lane], (), f"hq{self.epoch_no}", taken=((first, last),)
        )


class PublisherMachine(RuleBasedStateMachine):
    """The box's side is a publisher and its persisted lane states, as the outbox keeps them."""

    @initialize()
    def start(self) -> None:
        self.now_s = 0.0
        self.outbox = {lane: LaneState() for lane in Lane}
        self.hq = Headquarters()
        self.is_up = False
        self.to_broker: list[Send] = []
        self.to_box: list[Receipt] = []
        self.unacknowledged: set[int] = set()
        self.boot()

    def boot(self) -> None:
        self.publisher = Publisher(EPOCH, self.outbox, random.Random(7).random)
        self.lose_line()

    def lose_line(self) -> None:
        self.is_up = False
        self.to_broker.clear()
        self.unacknowledged.clear()
        self.publisher.disconnected()

    def act(self) -> None:
        punch_gap = self.publisher._gap(Lane.PUNCH, self.publisher._lanes[Lane.PUNCH])
        places = self.publisher._window.places - len(self.publisher._flights)
        paused = self.now_s < self.publisher._paused_until_s
        actions = self.publisher.step(self.now_s)
        sends = [action for action in actions if isinstance(action, Send)]
        if self.is_up and punch_gap and places > 0 and not paused and sends:
            assert sends[0].lane is Lane.PUNCH, "a punch waits behind something else"
        for action in actions:
            assert not isinstance(action, Renew), "no number was ever invented"
            if isinstance(action, Send):
                assert self.is_up
                assert action.first + action.limit - 1 <= self.outbox[action.lane].head
                assert action.token not in self.unacknowledged
                self.to_broker.append(action)
                self.unacknowledged.add(action.token)
            elif isinstance(action, Settle):
                self.outbox[action.lane] = self.outbox[action.lane].marked(
                    action.mark, action.hq_epoch
                )
            elif isinstance(action, Reconnect):
                self.lose_line()
            else:
                assert isinstance(action, Rewind)

    @rule(lane=LANES, count=st.integers(1, 700))
    def capture(self, lane: Lane, count: int) -> None:
        state = self.outbox[lane]
        self.outbox[lane] = replace(state, head=state.head + count)
        self.publisher.appended(lane, self.outbox[lane].head, self.now_s)
        self.act()

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.25, 1.0, 7.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.act()

    @rule(announced=st.booleans())
    def connect(self, announced: bool) -> None:
        self.lose_line()
        self.is_up = True
        self.publisher.connected(self.now_s, 65535)
        if announced:
            self.announce(online=True)
        self.act()

    @rule(online=st.booleans())
    def announce(self, online: bool) -> None:
        if self.is_up:
            self.publisher.receiver("hq", online, f"hq{self.hq.epoch_no}", self.now_s)
            self.act()

    @rule(data=st.data(), arrives=st.booleans(), twice=st.booleans())
    def broker_takes(self, data: st.DataObject, arrives: bool, twice: bool) -> None:
        """Acknowledge any message; whether it arrives at headquarters is another matter."""
        if not self.to_broker:
            return
        send = self.to_broker.pop(data.draw(st.integers(0, len(self.to_broker) - 1)))
        self.unacknowledged.discard(send.token)
        self.publisher.acknowledged(send.token)
        if arrives:
            for _ in range(1 + twice):
                self.to_box.append(
                    self.hq.store(send.lane, send.first, send.first + send.limit - 1)
                )
        self.act()

    @rule(data=st.data())
    def broker_refuses(self, data: st.DataObject) -> None:
        if self.to_broker:
            send = self.to_broker.pop(data.draw(st.integers(0, len(self.to_broker) - 1)))
            self.unacknowledged.discard(send.token)
            self.publisher.refused(send.token, self.now_s)
            self.act()

    @rule(data=st.data(), lost=st.booleans(), kept=st.booleans())
    def receipt_travels(self, data: st.DataObject, lost: bool, kept: bool) -> None:
        """Any receipt, in any order, perhaps again later, perhaps never."""
        if not self.to_box:
            return
        at = data.draw(st.integers(0, len(self.to_box) - 1))
        receipt = self.to_box[at] if kept else self.to_box.pop(at)
        if self.is_up and not lost:
            self.publisher.receipt(receipt, self.now_s)
            self.act()

    @precondition(lambda self: self.is_up)
    @rule()
    def all_runs_well_for_a_while(self) -> None:
        for _ in range(5):
            self.exchange()
            self.now_s += 0.3
            self.act()

    @rule()
    def box_restarts(self) -> None:
        self.boot()

    @rule()
    def headquarters_is_backed_up(self) -> None:
        self.hq.backup = dict(self.hq.marks)

    @rule()
    def headquarters_is_restored(self) -> None:
        self.hq.marks = dict(self.hq.backup)
        self.hq.epoch_no += 1
        if self.is_up:
            self.publisher.receiver("hq", True, f"hq{self.hq.epoch_no}", self.now_s)
            self.act()

    @rule(lane=LANES)
    def settled_records_leave(self, lane: Lane) -> None:
        """Only those in every backup, as long retention promises."""
        state = self.outbox[lane]
        floor = min(state.mark.through, self.hq.backup[lane].through)
        if floor > state.floor:
            self.outbox[lane] = replace(state, floor=floor)
            self.publisher.released(lane, floor)

    @invariant()
    def the_window_is_kept(self) -> None:
        if hasattr(self, "publisher"):
            flights = self.publisher._flights
            assert len(flights) <= WIDE_WINDOW
            assert len(self.unacknowledged) <= 2 * WIDE_WINDOW
            others = [flight for flight in flights.values() if flight.lane is not Lane.PUNCH]
            assert len(others) < WIDE_WINDOW, "no place is left for a punch"

    @invariant()
    def nothing_is_settled_that_this_headquarters_lacks(self) -> None:
        for lane, state in getattr(self, "outbox", {}).items():
            if state.hq_epoch == f"hq{self.hq.epoch_no}":
                held = self.hq.marks[lane]
                assert state.mark.through <= max(held.through, state.floor)
                for low, high in state.mark.beyond:
                    assert held.add(low, high) == held

    def teardown(self) -> None:
        """Mend everything: now all records must reach headquarters and be settled."""
        if not hasattr(self, "publisher"):
            return
        self.to_box.clear()
        if not self.is_up:
            self.connect(announced=True)
        self.announce(online=True)
        for _ in range(3000):
            if self.is_delivered():
                return
            self.exchange()
            wake_s = self.publisher.wake_s(self.now_s)
            self.now_s = self.now_s + 0.01 if wake_s is None else wake_s
            self.act()
        raise AssertionError(f"not delivered: {self.outbox} {self.hq}")

    def is_delivered(self) -> bool:
        return all(
            state.waiting == 0 and self.hq.marks[lane].through == state.head
            for lane, state in self.outbox.items()
        )

    def exchange(self) -> None:
        """Let everything on the line arrive, in order, and be answered."""
        while self.to_broker:
            send = self.to_broker.pop(0)
            self.unacknowledged.discard(send.token)
            self.publisher.acknowledged(send.token)
            answer = self.hq.store(send.lane, send.first, send.first + send.limit - 1)
            self.publisher.receipt(answer, self.now_s)
            self.act()


TestPublisher = PublisherMachine.TestCase
TestPublisher.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
