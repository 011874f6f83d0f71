"""S25: everybody hears of their own award. S26: the store's group reads the list of awards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.notifier import Courier
from cloud_receiver.channels.robots import DingTalkRobot, GroupRobots, WeComRobot
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.judgement import Terms
from cloud_receiver.store import tables
from tests.acceptance.conftest import MONDAY, Play


@pytest.mark.parametrize("agent_id", [1, 0])
def test_s25_every_award_reaches_its_person_and_s26_the_group_reads_the_list(
    hq: Play, agent_id: int
) -> None:
    people = hq.people(3)
    channels = ("dingtalk", "dingtalk-group", "wecom")
    hq.evaluator = Evaluator(hq.engine, hq.clock, Terms(channels=channels))
    for who in people:
        hq.roster(who, MONDAY, target_fen=10_000)
        hq.journal(hq.sale(who, f"{MONDAY}T10:00:00", 10_000))
    with StandIn(hq.clock) as standin:
        standin.organisation.people |= set(people)
        standin.robots |= {"ding": Robot(), "we": Robot()}
        app = DingTalkApp("app", "secret", hq.clock, endpoint=standin.url)
        made = (
            DingTalkPersons(app, lambda who: who, agent_id=agent_id, robot_code="app"),
            GroupRobots(DingTalkRobot(standin.url), [Group(store_id="S1", token="ding")], hq.clock),
            GroupRobots(WeComRobot(standin.url), [Group(store_id="S1", token="we")], hq.clock),
        )
        couriers = [Courier(hq.engine, one, hq.clock) for one in made]
        hq.at(f"{MONDAY}T10:01")
        hq.clock.now += timedelta(minutes=1)
        for courier in couriers:
            courier.deliver_due()
        for who in people:
            (told,) = standin.organisation.heard[who]
            assert "获得50元奖励" in told
        for robot in ("ding", "we"):
            (read,) = standin.robots[robot].said
            assert all(f"{who} " in read for who in people)
            assert read.count("+50.00元") == len(people)
        for one in made:
            one.close()


def test_s26_a_group_hears_only_what_the_settings_want_it_to(hq: Play) -> None:
    (who,) = hq.people(1)
    hq.evaluator = Evaluator(hq.engine, hq.clock, Terms(groups=frozenset()))
    hq.roster(who, MONDAY, target_fen=10_000)
    hq.journal(hq.sale(who, f"{MONDAY}T10:00:00", 10_000))
    hq.at(f"{MONDAY}T10:01")
    kinds = hq.reading(lambda c: set(c.scalars(select(tables.notice.c.target_kind))))
    assert kinds == {"person"}
