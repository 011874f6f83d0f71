"""No message lost or doubled under what chat services do, fault by fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.standin.faults import Fault
from cloud_receiver.store import channel_book
from cloud_receiver.store.engine import read
from tests.integration.channels.conftest import Line, group, person

ROUNDS, STEP_S = 40, 200
"""Enough for a quota to be asked for twice."""


@pytest.mark.parametrize("fault", Fault)
def test_a_person_gets_every_message_once_and_in_order(line: Line, fault: Fault) -> None:
    """Also when the answer was lost: what is sent again has the same text, which is dropped."""
    line.queue(*(person(number) for number in range(4)), person(9, "E2"))
    line.standin.faults.extend([None, fault, fault, None])
    line.carry("dingtalk", ROUNDS, STEP_S)
    heard = line.standin.organisation.heard
    assert heard["ding-1"] == [person(number).text for number in range(4)]
    assert heard["ding-2"] == [person(9, "E2").text]
    assert {row.state for row in line.rows("dingtalk")} == {"sent"}
    assert not line.standin.faults


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.LOST_ANSWER])
def test_a_group_reads_every_message_once(line: Line, fault: Fault) -> None:
    line.queue(*(group(number) for number in range(3)))
    line.standin.faults.extend([None, fault, fault])
    line.carry("dingtalk-group", ROUNDS, STEP_S)
    said = line.standin.robots["token"].said
    assert [text.splitlines()[-1] for text in said] == [f"· 第{number}条" for number in range(3)]


def test_a_group_may_read_a_numbered_message_twice_when_the_answer_was_lost(line: Line) -> None:
    """No robot knows a message again; the number in it tells the reader."""
    line.queue(group(1), group(2))
    line.standin.faults.append(Fault.LOST_ANSWER)
    line.carry("wecom", 5)
    said = line.standin.robots["key"].said
    assert [text[-3:] for text in said] == ["第1条", "第1条", "第2条"]


def test_the_twentieth_and_later_messages_of_a_minute_wait_and_130101_never_comes(
    line: Line,
) -> None:
    line.queue(*(group(number) for number in range(45)))
    line.carry("dingtalk-group", 3, step_s=0)
    assert len(line.standin.robots["token"].said) == 20
    assert {row.attempts for row in line.rows("dingtalk-group") if row.state == "pending"} == {0}
    line.carry("dingtalk-group", 4)
    assert len(line.standin.robots["token"].said) == 45


def test_a_robot_that_was_too_fast_rests_ten_minutes(line: Line) -> None:
    line.queue(group(1))
    line.standin.faults.append(Fault.TOO_FAST)
    line.carry("dingtalk-group", 9)
    assert not line.standin.robots["token"].said
    line.carry("dingtalk-group", 3)
    assert len(line.standin.robots["token"].said) == 1


def test_a_used_up_quota_keeps_messages_into_the_next_month_and_groups_go_on(
    line_on_both: Line,
) -> None:
    line = line_on_both
    line.standin.organisation.quota = 2
    line.queue(*(person(number) for number in range(3)), group(1))
    line.carry("dingtalk", 2)
    line.carry("dingtalk-group")
    assert len(line.standin.robots["token"].said) == 1
    assert len(line.standin.organisation.heard["ding-1"]) == 2
    line.clock.now += timedelta(days=4)  # longer than other troubles are borne
    line.carry("dingtalk")
    with read(line.engine) as connection:
        now_utc_ms = int(line.clock.now.timestamp() * 1000)
        (view,) = channel_book.views(connection, ["dingtalk"], {"dingtalk": 3}, now_utc_ms)
    assert (view.is_up, view.waiting, view.failed, view.quota_left) == (False, 1, 0, 0)
    assert "90020" in view.last_error
    line.clock.now += timedelta(days=30)
    line.carry("dingtalk", 2)
    assert len(line.standin.organisation.heard["ding-1"]) == 3


def test_a_token_is_fetched_once_and_again_when_it_expires(line: Line) -> None:
    line.queue(person(1), person(2, "E2"))
    line.carry("dingtalk")
    assert line.standin.organisation.tokens_given == 1
    line.clock.now += timedelta(hours=2)
    line.queue(person(3))
    line.carry("dingtalk")
    assert line.standin.organisation.tokens_given == 2
    assert {row.state for row in line.rows("dingtalk")} == {"sent"}


def test_personal_messages_keep_to_twenty_a_second(line: Line) -> None:
    line.queue(*(person(number) for number in range(50)))
    line.carry("dingtalk", 1, step_s=0)
    assert len(line.standin.organisation.heard["ding-1"]) == 20
    line.carry("dingtalk", 4, step_s=1.1)
    assert len(line.standin.organisation.heard["ding-1"]) == 50


def test_nobody_without_a_userid_holds_others_up(line: Line) -> None:
    line.queue(person(1, "E7"), person(2))
    line.carry("dingtalk")
    stranger, known = line.rows("dingtalk")
    assert (stranger.state, known.state) == ("failed", "sent")
    assert "import contacts" in stranger.last_error


def test_what_dingtalk_took_and_did_not_deliver_stands_among_the_failed(line_on_both: Line) -> None:
    line = line_on_both
    line.queue(person(1), person(2))
    line.carry("dingtalk", 1, step_s=700)
    task = line.standin.organisation.results_of_tasks()
    task[1]["forbidden_user_id_list"] = task[1].pop("unread_user_id_list")
    task[2]["read_user_id_list"] = task[2].pop("unread_user_id_list")
    assert line.couriers["dingtalk"].ask_for_deliveries() == 2
    refused, arrived = line.rows("dingtalk")
    assert (refused.state, refused.delivery) == ("failed", "refused")
    assert (arrived.state, arrived.delivery) == ("sent", "read")


def test_feishu_gets_its_signature_and_all_services_hear_the_group(line: Line) -> None:
    line.queue(group(1, "S9"))
    for channel in ("dingtalk-group", "wecom", "feishu"):
        line.carry(channel)
    assert [len(line.standin.robots[name].said) for name in ("token", "key", "hook")] == [0, 1, 1]
    (unnamed,) = line.rows("dingtalk-group")
    assert "no group is named for store S9" in unnamed.last_error


def test_whether_somebody_read_what_the_in_app_robot_said_is_known(line: Line) -> None:
    app = DingTalkApp("app", "secret", line.clock, endpoint=line.standin.url)
    known = {"E1": "ding-1", "E2": "ding-2"}
    line.use(DingTalkPersons(app, known.get, agent_id=0, robot_code="app"))
    line.queue(person(1), person(2, "E2"))
    line.carry("dingtalk", 1, step_s=700)
    first, _ = line.standin.organisation.chats.values()
    first["ding-1"] = "READ"
    assert line.couriers["dingtalk"].ask_for_deliveries() == 2
    assert [row.delivery for row in line.rows("dingtalk")] == ["read", "arrived"]


def test_feishu_hears_five_a_second_and_a_hundred_a_minute_at_most(line: Line) -> None:
    line.queue(*(group(number, "S1") for number in range(12)))
    for expected in (5, 10, 12):
        line.carry("feishu", 3, step_s=0.001)
        assert len(line.standin.robots["hook"].said) == expected
        line.carry("feishu", 1, step_s=1.1)
