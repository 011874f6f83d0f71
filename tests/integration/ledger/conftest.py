"""A ledger to say outcomes to, with two people in two stores, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from sqlalchemy import select

from cloud_receiver.domain.accounts import COMPANY
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.domain.workday import Shift, local_to_utc_ms
from cloud_receiver.store import balances, enrolment, tables
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import Employee, RosterEntry, Store
from cloud_receiver.store.ledger import apply_outcomes
from cloud_receiver.store.verification import verify_all

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ZONE = "Asia/Shanghai"
_Found = TypeVar("_Found")


def said(
    amount_fen: int,
    *,
    rule_id: str = "late",
    who: str = "E1",
    date: str = "2026-11-02",
    account: Account = Account.SUBSIDY,
    store_id: str = "S1",
    campaign_id: str = "",
) -> Outcome:
    """Return what a rule says about a person's day."""
    text = Text("规则", "rule")
    message = Text(f"{date} {amount_fen}", f"{date}: {amount_fen}")
    return Outcome(
        rule_id=rule_id, rule_version=1, row_id="row", employee_id=who, work_date=date,
        store_id=store_id, account=account, amount_fen=amount_fen, campaign_id=campaign_id,
        explanation=Explanation(text, text, {}, "", amount_fen, (), None, {"punches": ("r1",)}, message),
    )  # fmt: skip


@dataclass
class Books:
    """The ledger, what is said to it and what is found in it."""

    engine: Engine
    now_utc_ms: int

    def at(self, local: str) -> None:
        self.now_utc_ms = local_to_utc_ms(local, ZONE)

    def write(self, change: Callable[[Connection], _Found]) -> _Found:
        with write(self.engine) as connection:
            return change(connection)

    def read(self, question: Callable[[Connection], _Found]) -> _Found:
        with read(self.engine) as connection:
            return question(connection)

    def say(self, *outcomes: Outcome, days: list[tuple[str, str]] | None = None) -> list[Entry]:
        """Say everything about the days of some outcomes, or about `days`."""
        keys = days if days is not None else [one.day for one in outcomes]
        return self.write(lambda c: apply_outcomes(c, keys, list(outcomes), self.now_utc_ms))

    def award(self, amount_fen: int, **changes: Any) -> list[Entry]:
        changes = {"rule_id": "target", "account": Account.INSTANT} | changes
        return self.say(said(amount_fen, **changes))

    def balance(self, who: str = "E1") -> dict[str, int]:
        """Return what stands in a person's accounts, without empty ones."""
        own = self.read(lambda c: balances.of_people(c, [who])).get(who, {})
        return {account: fen for account, fen in own.items() if fen}

    def entries(self) -> list[Any]:
        query = select(tables.ledger).order_by(tables.ledger.c.entry_no)
        return self.read(lambda c: list(c.execute(query)))

    def notices(self, kind: str = "person") -> list[Any]:
        query = select(tables.notice).where(tables.notice.c.target_kind == kind)
        return self.read(lambda c: list(c.execute(query.order_by(tables.notice.c.notice_no))))

    def troubles(self) -> list[str]:
        return self.read(lambda c: list(verify_all(c).troubles))

    def sums_to_zero(self) -> bool:
        rows = self.read(balances.all_of)
        assert any(owner == COMPANY for owner, _, _ in rows)
        return sum(fen for _, _, fen in rows) == 0


@pytest.fixture
def books(hq_engine: Engine) -> Books:
    """Books of an organisation whose people have a conditional subsidy of 100 yuan a day."""
    books = Books(hq_engine, int(datetime(2026, 11, 2, 2, tzinfo=UTC).timestamp() * 1000))
    shops = [Store(store_id=f"S{n}", name=f"{n}店", zone=ZONE, scene="community") for n in (1, 2)]
    people = [
        Employee(employee_id="E1", name="王芳", store_id="S1"),
        Employee(employee_id="E2", name="Li", store_id="S2", language="en"),
    ]
    shift = (Shift(shift_id="s", store_id="S1", zone=ZONE, start="09:00", end="18:00", end_day=0),)
    roster = [
        RosterEntry(employee_id=who, work_date=f"2026-{month}-{day:02d}", store_id="S1",
                    shifts=shift, subsidy_fen=10_000)
        for who in ("E1", "E2") for month in (11, 12) for day in range(1, 21)
    ]  # fmt: skip

    def enter(connection: Connection) -> None:
        enrolment.put_stores(connection, shops, books.now_utc_ms)
        enrolment.put_employees(connection, people)
        enrolment.add_roster(connection, roster, "test", books.now_utc_ms)

    books.write(enter)
    return books
