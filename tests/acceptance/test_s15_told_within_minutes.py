"""S15: what a rule says reaches people's DingTalk by itself, well within five minutes."""

from __future__ import annotations

from datetime import timedelta

from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.notifier import Courier
from cloud_receiver.channels.robots import DingTalkRobot, GroupRobots
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.evaluate import Evaluator, Terms
from tests.acceptance.conftest import Play, day_of

CHANNELS = ("dingtalk", "dingtalk-group")


def test_a_late_person_hears_of_it_in_private_and_awards_are_one_message_a_minute(
    hq: Play,
) -> None:
    """Forty come at once: who is late hears once, the group reads at most a message a minute."""
    people = hq.people(40)
    hq.evaluator = Evaluator(hq.engine, hq.clock, Terms(channels=CHANNELS))
    with StandIn(hq.clock) as standin:
        standin.organisation.people |= set(people)
        standin.robots["r"] = Robot(secret="s")
        app = DingTalkApp("app", "secret", hq.clock, endpoint=standin.url)
        persons = DingTalkPersons(app, lambda who: who, agent_id=1, robot_code="app")
        robots = GroupRobots(
            DingTalkRobot(standin.url), [Group(store_id="*", token="r", secret="s")], hq.clock
        )
        couriers = [Courier(hq.engine, one, hq.clock) for one in (persons, robots)]
        for number, who in enumerate(people):
            hq.day(who, 0, came="09:10" if number % 2 else "08:55", left="", sold_fen=20_000)
        hq.at(f"{day_of(0)}T11:01")
        for _ in range(20):  # two minutes
            for courier in couriers:
                courier.deliver_due()
            hq.clock.now += timedelta(seconds=6)
        heard = standin.organisation.heard
        late = [who for number, who in enumerate(people) if number % 2]
        for who in late:
            (told,) = [text for text in heard[who] if "迟到" in text]
            assert "10" in told
        assert not any("迟到" in text for text in standin.robots["r"].said)
        assert len(standin.robots["r"].said) <= 2
        app.close()
        robots.close()
