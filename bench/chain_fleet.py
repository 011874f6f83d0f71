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

from bench.soak_fleet import FIRST, TOUCHES_A_DAY, Box
from sync.records import Sale
from sync.topics import Lane

PEOPLE, LINES_A_PERSON = 30, 10
TOUCHES, LINES = PEOPLE * TOUCHES_A_DAY, PEOPLE * LINES_A_PERSON
"""Of a store and day."""
LINES_A_RECEIPT, READ_TOGETHER, TAKEN_BACK_EVERY = 3, 25, 50
TARGET_FEN = 60_000
TILL = "-till"


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
