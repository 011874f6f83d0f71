"""Headquarters' database with a journal to write to and a clock that stands where it is put."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cloud_receiver.domain.workday import Shift, local_to_utc_ms, utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store import enrolment, feed_history, tables
from cloud_receiver.store.engine import read, upsert, write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Seller, Store
from cloud_receiver.store.journal import Entry, append
from cloud_receiver.store.rulebook import publish_shipped
from sync.clock import utc_text
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import Punch, Sale, to_wire

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.records import Record

ZONE = "Asia/Shanghai"
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@dataclass
class StandingClock:
    """A clock that stands until it is put somewhere else."""

    now: datetime = START
    boot_id: str = "test-boot"

    def now_utc(self) -> datetime:
        return self.now

    def boottime_ms(self) -> int:
        return utc_ms(self.now) - utc_ms(START)

    def monotonic_s(self) -> float:
        return self.boottime_ms() / 1000

    def rest(self, wait_s: float) -> None:
        """Let the time somebody waits for pass at once."""
        self.now += timedelta(seconds=wait_s, milliseconds=1)


@dataclass
class Headquarters:
    """What a test says to headquarters, and what it finds there."""

    engine: Engine
    clock: StandingClock = field(default_factory=StandingClock)
    seqs: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.engine, self.clock)

    @property
    def now_utc_ms(self) -> int:
        return utc_ms(self.clock.now)

    def at(self, local: str) -> None:
        """Put the clock to a local time and evaluate what that brings."""
        self.clock.now = datetime.fromtimestamp(local_to_utc_ms(local, ZONE) / 1000, UTC)
        self.evaluate()

    def evaluate(self) -> None:
        while self.evaluator.flush():
            pass

    def journal(self, *records: Record) -> list[str]:
        """File records as a receiver does; return their ids."""
        ids = [record_id(record) for record in records]
        entries = [
            Entry(record_id(record), record.KIND, record.store_id, "box", "e", "punch",
                  next(self.seqs), encode_body(to_wire(record)), self.now_utc_ms)
            for record in records
        ]  # fmt: skip
        with write(self.engine) as connection:
            append(connection, entries)
        return ids

    def punch(self, user_id: str, local: str, **changes: Any) -> Punch:
        values: dict[str, Any] = {
            "device_serial": "T1", "user_id": user_id, "device_time": local, "state_code": 255,
            "verify_code": 1, "occurrence": 0, "workcode": "", "store_id": "S1",
            "driver": "zkteco", "received_at_utc": utc_text(self.clock.now), "boot_id": "b",
            "boottime_ms": 1, "clock_offset_ms": 0,
        }  # fmt: skip
        return Punch(**values | changes)

    def sale(self, seller_code: str, local: str, amount_fen: int, **changes: Any) -> Sale:
        values: dict[str, Any] = {
            "store_id": "S1", "register_id": "R1", "receipt_id": f"{local}/{seller_code}",
            "line_no": 1, "line_kind": "sale", "sold_at": local, "seller_code": seller_code,
            "item_code": "", "quantity_milli": 1000, "amount_fen": amount_fen,
            "original_receipt_id": "", "source_name": "pos.csv", "driver": "posfile",
            "received_at_utc": utc_text(self.clock.now), "boot_id": "b", "boottime_ms": 1,
        }  # fmt: skip
        return Sale(**values | changes)

    def organise(self) -> None:
        """Enter two stores and two people of the first; nobody is bound or rostered."""
        with write(self.engine) as connection:
            stores = [
                Store(store_id="S1", name="一店", zone=ZONE, scene="community"),
                Store(store_id="S2", name="二店", zone=ZONE, scene="supermarket"),
            ]
            enrolment.put_stores(connection, stores, self.now_utc_ms)
            people = [
                Employee(employee_id="E1", name="王芳", store_id="S1"),
                Employee(employee_id="E2", name="李强", store_id="S1"),
            ]
            enrolment.put_employees(connection, people)

    def bind(self, user_id: str, employee_id: str, **changes: Any) -> None:
        badge = Badge(
            **{"store_id": "S1", "user_id": user_id, "employee_id": employee_id} | changes
        )
        with write(self.engine) as connection:
            enrolment.bind_badges(connection, [badge], "hr", self.now_utc_ms)

    def bind_seller(self, code: str, employee_id: str, **changes: Any) -> None:
        seller = Seller(store_id="S1", seller_code=code, employee_id=employee_id, **changes)
        with write(self.engine) as connection:
            enrolment.bind_sellers(connection, [seller], "hr", self.now_utc_ms)

    def roster(
        self, employee_id: str, work_date: str, hours: str = "09:00-18:00", **changes: Any
    ) -> int:
        """Roster a day: ``HH:MM-HH:MM``, an end before the start is the next day's, or ``rest``."""
        shifts: tuple[Shift, ...] = ()
        if hours != "rest":
            start, _, end = hours.partition("-")
            shifts = (Shift(shift_id="s", store_id="S1", zone=ZONE, start=start, end=end,
                            end_day=int(end <= start)),)  # fmt: skip
        entry = RosterEntry(
            **{
                "employee_id": employee_id, "work_date": work_date, "store_id": "S1",
                "shifts": shifts, "target_fen": 10_000, "subsidy_fen": 10_000,
            } | changes
        )  # fmt: skip
        with write(self.engine) as connection:
            return enrolment.add_roster(connection, [entry], "test", self.now_utc_ms)

    def feed_complete(
        self, local: str | None, store_id: str = "S1", driver: str = "zkteco"
    ) -> None:
        """Say up to when a store's terminal was read completely, and evaluate."""
        until = None if local is None else local_to_utc_ms(local, ZONE)
        source = {
            "box_id": "box", "source_id": f"{store_id}-{driver}", "name": "t",
            "store_id": store_id, "driver": driver, "status": "ok", "detail": "",
            "complete_utc_ms": until,
        }  # fmt: skip
        with write(self.engine) as connection, feed_history.noted(connection, self.now_utc_ms):
            upsert(connection, tables.source, [source])
        self.evaluate()

    def publish_rules(self) -> None:
        with write(self.engine) as connection:
            publish_shipped(connection, self.now_utc_ms)

    def facts(self, employee_id: str, work_date: str) -> dict[str, Any] | None:
        """Return the facts of a day with its evidence under "evidence"; None: no such day."""
        fact = tables.day_fact.c
        with read(self.engine) as connection:
            row = connection.execute(
                select(fact.facts, fact.evidence).where(
                    fact.employee_id == employee_id, fact.work_date == work_date
                )
            ).first()
        return None if row is None else json.loads(row[0]) | {"evidence": json.loads(row[1])}

    def table(self, table: Any, *left_out: str) -> list[tuple[Any, ...]]:
        """Return a whole table by its key, without some columns."""
        columns = [column for column in table.c if column.name not in left_out]
        with read(self.engine) as connection:
            return [tuple(row) for row in connection.execute(
                select(*columns).order_by(*table.primary_key))]  # fmt: skip

    def ledger(self) -> list[tuple[str, str, str, int]]:
        """Return (rule, person, work date, fen), summed over corrections and without zeros."""
        sums: dict[tuple[str, str, str], int] = {}
        for row in self._entries():
            key = (row.rule_id, row.employee_id, row.work_date)
            sums[key] = sums.get(key, 0) + row.amount_fen
        return sorted((*key, fen) for key, fen in sums.items() if fen)

    def _entries(self) -> Any:
        with read(self.engine) as connection:
            return connection.execute(select(tables.ledger)).all()

    def reading(self, question: Any) -> Any:
        """Return what a query function says."""
        with read(self.engine) as connection:
            return question(connection)

    def writing(self, change: Any) -> Any:
        """Run a change in a transaction of its own."""
        with write(self.engine) as connection:
            return change(connection)


@pytest.fixture
def hq(hq_engine: Engine) -> Headquarters:
    """A headquarters with an organisation, on both databases."""
    headquarters = Headquarters(hq_engine)
    headquarters.organise()
    return headquarters


def days_before(date: str, number: int) -> str:
    return (datetime.fromisoformat(date) - timedelta(days=number)).date().isoformat()
