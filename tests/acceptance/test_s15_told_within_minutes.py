"""S15: what a rule says reaches people's DingTalk by itself, well within five minutes: 200 at nine o'clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.notifier import Courier
from cloud_receiver.channels.robots import DingTalkRobot, GroupRobots
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.standin.faults import Fault
from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.domain.workday import Shift
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.judgement import Terms
from cloud_receiver.store import enrolment, tables
from cloud_receiver.store.enrolment import RosterEntry
from tests.acceptance.conftest import MONDAY, Play
from tests.integration.evaluate.conftest import ZONE

CHANNELS = ("dingtalk", "dingtalk-group")
MANY = 200
MISFORTUNES = (Fault.TOO_FAST, Fault.REFUSED, Fault.NO_ANSWER, Fault.QUOTA, Fault.FLOW)
ONE_DATABASE = pytest.mark.parametrize("hq_url", ["sqlite"], indirect=True)
"""What goes wrong between courier and service is nothing to a database."""


@dataclass
class Morning:
    """Two hundred people of two stores with one robot, DingTalk, and time that passes by hand."""

    hq: Play
    people: list[str]
    standin: StandIn
    couriers: list[Courier]

    def come_late(self) -> None:
        """Let everybody punch ten minutes past nine."""
        self.hq.journal(*(self.hq.punch(who, f"{MONDAY}T09:10:00") for who in self.people))
        self.hq.at(f"{MONDAY}T09:10")

    def sell(self) -> None:
        """Let everybody meet the target at eleven."""
        self.hq.journal(*(self.hq.sale(who, f"{MONDAY}T11:00:00", 10_000) for who in self.people))
        self.hq.at(f"{MONDAY}T11:00")

    def pass_time(self, seconds: float, step_s: float = 6) -> None:
        until = self.hq.clock.now + timedelta(seconds=seconds)
        while self.hq.clock.now < until:
            for courier in self.couriers:
                courier.deliver_due()
            self.hq.clock.now += timedelta(seconds=step_s)

    @property
    def told_of_lateness(self) -> list[int]:
        """Return how many times each person was told of it."""
        heard = self.standin.organisation.heard
        return [sum("迟到" in text for text in heard[who]) for who in self.people]

    @property
    def group(self) -> str:
        """Return all that the group read."""
        return "\n".join(self.standin.robots["r"].said)

    def states(self) -> set[Any]:
        return set(self.hq.reading(lambda c: c.scalars(select(tables.notice.c.state)).all()))


@contextmanager
def morning(hq: Play, count: int) -> Iterator[Morning]:
    people = hq.people(count)
    shift = Shift(shift_id="s", store_id="S1", zone=ZONE, start="09:00", end="18:00")
    rosters = [
        RosterEntry(employee_id=who, work_date=MONDAY, store_id="S1", shifts=(shift,),
                    target_fen=10_000, subsidy_fen=10_000)
        for who in people
    ]  # fmt: skip
    hq.writing(lambda c: enrolment.add_roster(c, rosters, "test", hq.now_utc_ms))
    hq.evaluator = Evaluator(hq.engine, hq.clock, Terms(channels=CHANNELS))
    with StandIn(hq.clock) as standin:
        standin.organisation.people |= set(people)
        standin.robots["r"] = Robot(secret="s", keyword="打卡")
        app = DingTalkApp("app", "secret", hq.clock, endpoint=standin.url)
        persons = DingTalkPersons(app, lambda who: who, agent_id=1, robot_code="app")
        groups = [Group(store_id="*", token="r", secret="s", keyword="打卡")]
        robots = GroupRobots(DingTalkRobot(standin.url), groups, hq.clock)
        couriers = [Courier(hq.engine, one, hq.clock) for one in (persons, robots)]
        try:
            yield Morning(hq, people, standin, couriers)
        finally:
            persons.close()
            robots.close()


def test_s15_two_hundred_latenesses_and_awards_are_told_in_minutes_by_nobodys_hand(
    hq: Play,
) -> None:
    """Each hears of the own lateness in private once; the group reads one digest of the awards."""
    with morning(hq, MANY) as here:
        here.come_late()
        here.pass_time(60)
        assert here.told_of_lateness == [1] * MANY
        assert "迟到" not in here.group, "a lateness is nobody else's business"
        assert here.standin.organisation.calls["2026-11"] == MANY
        here.sell()
        here.pass_time(120)
        (digest,) = [text for text in here.standin.robots["r"].said if "奖励播报" in text]
        assert all(digest.count(f"{who} ") == 1 for who in here.people)
        assert here.told_of_lateness == [1] * MANY
        assert here.states() == {"sent"}


@ONE_DATABASE
def test_s15_nobody_is_lost_or_told_twice_whatever_dingtalk_answers(hq: Play) -> None:
    """130101, 310000, a timeout before and after it was taken, 90020, 90018: all in one morning."""
    with morning(hq, MANY) as here:
        here.come_late()
        for fault in (*MISFORTUNES, Fault.LOST_ANSWER):
            here.standin.faults.extend([None] * 20 + [fault] * 2)
        here.pass_time(8 * 3600, step_s=600)
        assert not here.standin.faults
        assert here.told_of_lateness == [1] * MANY
        here.sell()
        for fault in MISFORTUNES:  # no robot knows a message again whose answer was lost
            here.standin.faults.append(fault)
        here.pass_time(8 * 3600, step_s=600)
        assert not here.standin.faults
        assert [here.group.count(f"{who} ") for who in here.people] == [1] * MANY
        assert here.told_of_lateness == [1] * MANY
        assert here.states() == {"sent"}


@ONE_DATABASE
def test_s15_a_used_up_quota_keeps_who_was_not_told_and_the_group_is_told_all_the_same(
    hq: Play,
) -> None:
    with morning(hq, MANY) as here:
        here.standin.organisation.quota = 150
        here.come_late()
        here.sell()
        here.pass_time(3600, step_s=60)
        assert sorted(here.told_of_lateness) == [0] * 50 + [1] * 150
        assert all(here.group.count(f"{who} ") == 1 for who in here.people)
        here.standin.organisation.quota = 10_000  # a larger edition was bought
        here.pass_time(2 * 3600, step_s=300)
        assert here.told_of_lateness == [1] * MANY
        assert here.states() == {"sent"}
