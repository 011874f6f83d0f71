"""The acceptance tests' headquarters, with the shipped rules in force, and what they play on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.entries import Feedback
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import campaigns, enrolment, entries, membership, tables
from cloud_receiver.store.enrolment import Badge, Employee, Seller, Store
from tests.integration.evaluate.conftest import ZONE, Headquarters

MONDAY = "2026-11-23"


def day_of(number: int) -> str:
    """Return the date some days after the first Monday."""
    return (date.fromisoformat(MONDAY) + timedelta(days=number)).isoformat()


@dataclass
class Play(Headquarters):
    """Headquarters and what happens in its stores."""

    def scene(self, scene: str) -> None:
        """Make the first store another kind of place."""
        store = Store(store_id="S1", name="一店", zone=ZONE, scene=scene)
        self.writing(lambda c: enrolment.put_stores(c, [store], self.now_utc_ms))

    def people(self, count: int) -> list[str]:
        """Enter people of the first store, each bound to a badge and a till code."""
        ids = [f"E{number:02d}" for number in range(1, count + 1)]
        employees = [Employee(employee_id=who, name=who, store_id="S1") for who in ids]
        badges = [Badge(store_id="S1", user_id=who, employee_id=who) for who in ids]
        sellers = [Seller(store_id="S1", seller_code=who, employee_id=who) for who in ids]
        self.writing(lambda c: enrolment.put_employees(c, employees))
        self.writing(lambda c: enrolment.bind_badges(c, badges, "test", self.now_utc_ms))
        self.writing(lambda c: enrolment.bind_sellers(c, sellers, "test", self.now_utc_ms))
        return ids

    def day(
        self, who: str, number: int, came: str = "08:55", left: str = "18:02", sold_fen: int = 0
    ) -> None:
        """Roster a day and let it happen; ``came`` empty: no touch."""
        on = day_of(number)
        self.roster(who, on)
        records: list[Any] = [
            self.punch(who, f"{on}T{clock}:00") for clock in (came, left) if clock
        ]
        if sold_fen:
            records.append(self.sale(who, f"{on}T11:00:00", sold_fen))
        self.journal(*records)

    def finish(self, number: int) -> None:
        """Let everything before a day be complete, and that day's noon have come."""
        self.feed_complete(f"{day_of(number)}T00:00")
        self.at(f"{day_of(number)}T12:00")

    def campaign(self, people: list[str], days: int, **changes: Any) -> Campaign:
        """Enter a campaign from the first Monday on, with everybody in it."""
        one = Campaign(
            **{"campaign_id": "c", "name": "卖货", "first_date": MONDAY,
               "last_date": day_of(days - 1)} | changes
        )  # fmt: skip
        self.writing(lambda c: campaigns.enter(c, one, "hr", self.now_utc_ms))
        self.writing(lambda c: membership.join(c, "c", people, MONDAY, self.now_utc_ms))
        return one

    def rated(self, who: str, number: int, rating_milli: int) -> None:
        """Let a customer rate somebody."""
        said = Feedback(
            channel="qr", msg_id=f"{who}/{number}", store_id="S1", employee_id=who,
            said_utc_ms=local_to_utc_ms(f"{day_of(number)}T15:00", ZONE), rating_milli=rating_milli,
        )  # fmt: skip
        self.writing(lambda c: entries.enter(c, said, "test", self.now_utc_ms))

    def outcomes(self, rule_id: str) -> dict[str, Any]:
        """Return what a rule says now, by employee and date."""
        said = tables.outcome.c
        rows = self.reading(
            lambda c: c.execute(select(tables.outcome).where(said.rule_id == rule_id)).all()
        )
        return {f"{row.employee_id}/{row.work_date}": row for row in rows}

    def told(self) -> str:
        """Return everything people were told, in Chinese."""
        rows = self.reading(lambda c: c.execute(select(tables.notice.c.text_zh)).all())
        return "\n".join(row.text_zh for row in rows)

    def message(self, rule_id: str, key: str) -> str:
        """Return what a person is told about an outcome."""
        text = json.loads(self.outcomes(rule_id)[key].explanation)["message"]["zh"]
        return str(text)


@pytest.fixture
def hq(hq_engine: Engine) -> Play:
    """A headquarters with an organisation and the shipped rules, on both databases."""
    play = Play(hq_engine)
    play.organise()
    play.publish_rules()
    return play
