"""Groups that share a robot read one message; what is long is said in several; nobody is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloud_receiver.channels.robots import DingTalkRobot, GroupRobots, WeComRobot, parts
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.standin.faults import Fault
from cloud_receiver.channels.standin.robots import WECOM_BYTES, Robot
from cloud_receiver.store import enrolment
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Store
from tests.integration.channels.conftest import Line, group
from tests.integration.channels.mail_server import MailBox, mail_server, mailing
from tests.integration.evaluate.conftest import ZONE

if TYPE_CHECKING:
    from cloud_receiver.domain.notices import Notice

SHOPS = [f"S{number}" for number in range(1, 31)]


@pytest.fixture
def chain(line: Line) -> Line:
    """Thirty stores: the first has a robot of its own, all the others share one."""
    stores = [Store(store_id=one, name=f"{one}号店", zone=ZONE, scene="community") for one in SHOPS]
    with write(line.engine) as connection:
        enrolment.put_stores(connection, stores, 0)
    own, shared = (Robot(secret="secret"), Robot())
    line.standin.robots |= {"own": own, "shared": shared}
    groups = [
        Group(store_id="S1", token="own", secret="secret"),
        Group(store_id="*", token="shared"),
    ]
    line.use(GroupRobots(DingTalkRobot(line.standin.url), groups, line.clock))
    return line


def test_stores_that_share_a_robot_are_one_digest_with_their_names(chain: Line) -> None:
    for minute in range(3):
        chain.queue(*(group(minute, one) for one in SHOPS))
        chain.carry("dingtalk-group")
    said = chain.standin.robots["shared"].said
    assert len(said) == 3
    for minute, text in enumerate(said):
        assert [f"【{one}号店】" in text for one in SHOPS] == [False] + [True] * 29
        assert text.count(f"第{minute}条") == 29
    assert [text.count("第") for text in chain.standin.robots["own"].said] == [1, 1, 1]
    assert {row.state for row in chain.rows("dingtalk-group")} == {"sent"}


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.LOST_ANSWER])
def test_all_of_a_digest_share_its_fate_and_none_is_lost_or_doubled(
    chain: Line, fault: Fault
) -> None:
    chain.queue(*(group(number, f"S{number}") for number in (2, 3, 4)))
    chain.standin.faults.extend([fault, fault])
    chain.carry("dingtalk-group", 40, 200)
    said = "\n".join(chain.standin.robots["shared"].said)
    assert [said.count(f"第{number}条") for number in (2, 3, 4)] == [1, 1, 1]
    assert {row.state for row in chain.rows("dingtalk-group")} == {"sent"}


def test_two_settings_of_one_robot_keep_one_pace(line: Line) -> None:
    line.standin.robots["both"] = Robot()
    groups = [Group(store_id=one, token="both", keyword=one) for one in ("S1", "S2")]
    line.use(GroupRobots(DingTalkRobot(line.standin.url), groups, line.clock))
    for number in range(30):  # the same store again and again is never put together
        line.queue(group(number, f"S{number % 2 + 1}"))
        line.carry("dingtalk-group", 1, step_s=0)
    assert len(line.standin.robots["both"].said) == 20, "a 21st would be 130101"
    line.carry("dingtalk-group", 3)
    read = "\n".join(line.standin.robots["both"].said)
    assert [read.count(f"第{number}条") for number in range(30)] == [1] * 30


def _long(count: int) -> Notice:
    lines = [f"· 2026-11-23 员工{number:03d} 当日达标 +50.00元" for number in range(count)]
    return replace(group(1), text_zh="\n".join(["奖励播报:", *lines]))


def test_what_is_too_long_for_a_service_is_said_in_several_messages_once(line: Line) -> None:
    line.standin.robots["key"].keyword = ""
    line.queue(_long(200))
    line.standin.faults.extend([None, Fault.BUSY, Fault.UNAVAILABLE])  # after the first of them
    line.carry("wecom", 6, 200)
    said = line.standin.robots["key"].said
    assert len(said) > 2
    assert all(len(text.encode()) <= WECOM_BYTES for text in said)
    read = "\n".join(said)
    assert [read.count(f"员工{number:03d} ") for number in range(200)] == [1] * 200
    assert {row.state for row in line.rows("wecom")} == {"sent"}


def test_feishu_and_dingtalk_get_whole_what_they_take(line: Line) -> None:
    line.queue(_long(400))
    for channel in ("dingtalk-group", "feishu"):
        line.carry(channel)
    for robot in ("token", "hook"):
        read = "\n".join(line.standin.robots[robot].said)
        assert all(f"员工{number:03d} " in read for number in range(400)), robot


def test_a_text_is_cut_between_lines_and_a_long_line_between_characters() -> None:
    assert parts("一\n二\n三", 7) == ["一\n二", "三"]
    assert parts("一二三四", 6) == ["一二", "三四"]
    assert parts("甲\n一二三四\n乙", 6) == ["甲", "一二", "三四", "乙"]
    assert parts("一", 1000) == ["一"]
    assert WeComRobot.max_bytes <= WECOM_BYTES


def test_recipients_of_several_stores_get_one_mail(line: Line) -> None:
    box = MailBox()
    with mail_server(box) as settings:
        line.use(mailing(settings))
        line.queue(*(group(number, f"S{number}") for number in (2, 3)))
        line.carry("mail")
    ((_, mail),) = box.mails
    assert [f"第{number}条" in mail.get_content() for number in (2, 3)] == [True, True]
