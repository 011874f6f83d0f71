"""The stores of a chain at work: people who come and go, and tills that sell all day.

The mix that `docs/scale.md` reckons with: 30 people a store, four touches a person and day, 300
lines of sale a store and day. A store's touches come from its box, its lines from the box at its
tills. Touches are read one by one; lines as the till writes its file, `READ_TOGETHER` at a
reading, which are too few to travel as a sheaf. One person in eight is late, one line in fifty takes one back, and
who sells much reaches the day's target.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from bench.soak_fleet import FIRST, LATE, TIMES, ZONE, Box
from cloud_receiver.domain.workday import Shift
from cloud_receiver.store import enrolment
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Seller, Store
from cloud_receiver.store.rulebook import publish_shipped
from sync.records import Punch, Sale
from sync.topics import Lane

PEOPLE, TOUCHES_A_PERSON, LINES_A_PERSON = 30, len(TIMES), 10
TOUCHES, LINES = PEOPLE * TOUCHES_A_PERSON, PEOPLE * LINES_A_PERSON
"""Of a store and day."""
LINES_A_RECEIPT, READ_TOGETHER, TAKEN_BACK_EVERY = 3, 25, 50
TARGET_FEN = 60_000
TILL = "-till"


@dataclass
class DoorBox(Box):
    """The box at a store's terminal."""

    def record(self, seq: int) -> Punch:
        """Return the touch of a number."""
        day, rest = divmod(seq - 1, TOUCHES)
        slot, person = divmod(rest, PEOPLE)
        time = LATE if slot == 0 and (day + person) % 8 == 0 else TIMES[slot]
        return Punch(
            device_serial=self.box_id, user_id=str(person), state_code=255, verify_code=1,
            device_time=f"{FIRST + timedelta(days=day)}T{time}{seq % 10}:{seq % 60:02}",
            occurrence=0, workcode="", store_id=self.box_id, driver="zkteco", boot_id="b",
            received_at_utc="2026-03-02T00:00:00.000Z", boottime_ms=seq, clock_offset_ms=0,
        )  # fmt: skip


@dataclass
class TillBox(Box):
    """The box at a store's tills."""

    lane: Lane = Lane.SALE

    def record(self, seq: int) -> Sale:
        """Return the line of a number."""
        day, number = divmod(seq - 1, LINES)
        receipt, line = divmod(number, LINES_A_RECEIPT)
        is_back = number % TAKEN_BACK_EVERY == TAKEN_BACK_EVERY - 1
        fen = 2_000 + (seq * 7919) % 6_000
        at = f"{9 + number // 34:02}:{number % 34 + 10}:{number % 60:02}"
        return Sale(
            store_id=self.box_id.removesuffix(TILL), register_id="K1",
            receipt_id=f"{day:03}{receipt:04}", line_no=line + 1,
            line_kind="refund" if is_back else "sale",
            sold_at=f"{FIRST + timedelta(days=day)}T{at}", seller_code=f"P{receipt % PEOPLE}",
            item_code="6901234567892", quantity_milli=-1000 if is_back else 1000,
            amount_fen=-fen if is_back else fen, source_name="sales.csv", driver="posfile",
            original_receipt_id=f"{day:03}{receipt - PEOPLE // 3:04}" if is_back else "",
            received_at_utc="2026-03-02T00:00:00.000Z", boot_id="b",
            boottime_ms=number // READ_TOGETHER,
        )  # fmt: skip


def enrol(engine: Engine, stores: list[str], days: int) -> None:
    """Make the stores, people, badges, till codes and rosters."""
    with write(engine) as connection:
        publish_shipped(connection, 0)
        places = [Store(store_id=one, name=one, zone=ZONE, scene="community") for one in stores]
        enrolment.put_stores(connection, places, 0)
        for store_id in stores:
            people = [f"{store_id}-{number:02}" for number in range(PEOPLE)]
            staff = [Employee(employee_id=one, name=one, store_id=store_id) for one in people]
            enrolment.put_employees(connection, staff)
            enrolment.bind_badges(connection, [
                Badge(store_id=store_id, user_id=str(number), employee_id=one)
                for number, one in enumerate(people)
            ], "bench", 0)  # fmt: skip
            enrolment.bind_sellers(connection, [
                Seller(store_id=store_id, seller_code=f"P{number}", employee_id=one)
                for number, one in enumerate(people)
            ], "bench", 0)  # fmt: skip
            shift = Shift(shift_id="d", store_id=store_id, zone=ZONE, start="09:00", end="18:00")
            enrolment.add_roster(connection, [
                RosterEntry(
                    employee_id=one, work_date=str(FIRST + timedelta(days=day)), store_id=store_id,
                    shifts=(shift,), target_fen=TARGET_FEN, subsidy_fen=10_000,
                )
                for one in people
                for day in range(days)
            ], "bench", 0)  # fmt: skip
