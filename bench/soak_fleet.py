"""The boxes of a soak: small senders on bad lines, whose people come and go by a plan."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Engine

from agent.window import Window
from bench.shards import ORG, Sender
from cloud_receiver.domain.workday import Shift
from cloud_receiver.store import enrolment
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Seller, Store
from cloud_receiver.store.rulebook import publish_shipped
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.records import Punch, Record, to_wire
from sync.topics import Lane

BATCH, AGAIN_S = 50, 5.0
PEOPLE_A_BOX, TOUCHES_A_DAY = 5, 4
FIRST = date(2026, 3, 2)
TIMES = ("08:5", "12:0", "13:0", "18:0")
LATE = "09:1"
ZONE = "Asia/Shanghai"


@dataclass
class Box(Sender):
    """A box whose people go on coming, on a line that is not good.

    Attributes:
        records: how many it has captured so far.
        batch: at most so many in a message.
        window: how many messages may be on the way; None: one.
        lane: in which it sends them.
        ready: messages made beforehand, by their first and last number.
        people: how many touch its terminal.
        out_s: when what is on the way was sent, by the last number.
    """

    batch: int = BATCH
    window: Window | None = None
    people: int = PEOPLE_A_BOX
    lane: Lane = Lane.PUNCH
    ready: dict[tuple[int, int], bytes] = field(default_factory=dict)
    flying: int = 0
    sent_at_s: float = 0.0
    back_at_s: float = 0.0
    out_s: dict[int, float] = field(default_factory=dict)

    def pump(self, now_s: float) -> None:
        """Send what comes next, again when no receipt came."""
        if not self.is_in or self.is_done:
            return
        if self.flying and now_s >= self.sent_at_s + AGAIN_S:
            self._lose_all()
        through = self.mark.through
        sent = max(self.flying, through)
        places = 1 if self.window is None else self.window.places
        room = through + (places - 1) * self.batch
        while sent < self.records and (sent == through or sent <= room):
            first, sent = sent + 1, min(sent + self.batch, self.records)
            self.send(first, sent)
            self.flying, self.sent_at_s, self.out_s[sent] = sent, now_s, now_s

    def send(self, first: int, last: int) -> None:
        """Send a range of records, whatever is known of them."""
        topic = topics.up(ORG, self.box_id, self.lane)
        self.client.publish(topic, self.payload(first, last), qos=1)

    def payload(self, first: int, last: int) -> bytes:
        """Return a range of records as a message."""
        made = self.ready.get((first, last))
        if made is not None:
            return made
        bodies = [encode_body(to_wire(self.record(seq))) for seq in range(first, last + 1)]
        return encode_batch(self.box_id, "e", self.lane, first, bodies, "life")

    def prepare(self) -> None:
        """Make all messages: to make them is the work of another machine."""
        for first in range(1, self.records + 1, self.batch):
            last = min(first + self.batch - 1, self.records)
            self.ready[first, last] = self.payload(first, last)

    def record(self, seq: int) -> Record:
        """Return the record of a number."""
        return touch(self.box_id, seq, self.people)

    def heard(self, now_s: float) -> None:
        """Go on when all that was sent is receipted."""
        for last in [last for last in self.out_s if last <= self.mark.through]:
            took_s = now_s - self.out_s.pop(last)
            if self.window is not None:
                self.window.note(took_s)
        if self.flying and self.mark.through >= self.flying:
            self.flying = 0

    def _lose_all(self) -> None:
        self.flying = 0
        self.out_s.clear()
        if self.window is not None:
            self.window.note_silence()

    def drop(self, now_s: float, for_s: float) -> None:
        """Lose the line for a while."""
        if (line := self.client.socket()) is not None:
            line.shutdown(socket.SHUT_RDWR)
        self.lost(now_s, for_s)

    def lost(self, now_s: float, for_s: float) -> None:
        """Note that there is no line, and when to try again."""
        self.is_in, self.back_at_s = False, now_s + for_s
        self._lose_all()


def touch(box_id: str, seq: int, people: int = PEOPLE_A_BOX) -> Punch:
    """Return a box's touch of a number: four a day and person; one person in eight is late."""
    day, rest = divmod(seq - 1, people * TOUCHES_A_DAY)
    slot, person = divmod(rest, people)
    time = LATE if slot == 0 and (day + person) % 8 == 0 else TIMES[slot]
    return Punch(
        device_serial=box_id, user_id=str(person), state_code=255, verify_code=1, occurrence=0,
        device_time=f"{FIRST + timedelta(days=day)}T{time}{seq % 10}:{seq % 60:02}", workcode="",
        store_id=box_id, driver="zkteco", received_at_utc="2026-03-02T00:00:00.000Z", boot_id="b",
        boottime_ms=seq, clock_offset_ms=0,
    )  # fmt: skip


def enrol(
    engine: Engine, stores: list[str], days: int, people: int = PEOPLE_A_BOX, target_fen: int = 0
) -> None:
    """Make the stores, and so many people of each with badges, till codes and rosters."""
    with write(engine) as connection:
        publish_shipped(connection, 0)
        places = [Store(store_id=one, name=one, zone=ZONE, scene="community") for one in stores]
        enrolment.put_stores(connection, places, 0)
        for store_id in stores:
            ids = [f"{store_id}-{number}" for number in range(people)]
            staff = [Employee(employee_id=one, name=one, store_id=store_id) for one in ids]
            enrolment.put_employees(connection, staff)
            enrolment.bind_badges(connection, [
                Badge(store_id=store_id, user_id=str(number), employee_id=one)
                for number, one in enumerate(ids)
            ], "bench", 0)  # fmt: skip
            enrolment.bind_sellers(connection, [
                Seller(store_id=store_id, seller_code=f"P{number}", employee_id=one)
                for number, one in enumerate(ids)
            ], "bench", 0)  # fmt: skip
            shift = Shift(shift_id="d", store_id=store_id, zone=ZONE, start="09:00", end="18:00")
            enrolment.add_roster(connection, [
                RosterEntry(
                    employee_id=one, work_date=str(FIRST + timedelta(days=day)), store_id=store_id,
                    shifts=(shift,), target_fen=target_fen, subsidy_fen=10_000,
                )
                for one in ids
                for day in range(days)
            ], "bench", 0)  # fmt: skip
