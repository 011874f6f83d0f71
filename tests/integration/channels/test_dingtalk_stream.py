"""The official Stream SDK between the stand-in's WebSocket and headquarters' database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cloud_receiver.channels.wiring import dingtalk_app
from cloud_receiver.dingtalk_listener import DingTalkListener
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import contacts, tables
from cloud_receiver.store.contacts import Contact
from tests.integration.channels.conftest import settings_at
from tests.integration.evaluate.conftest import ZONE, Headquarters, StandingClock

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.standin.service import StandIn

MESSAGES = "/v1.0/im/bot/messages/get"
CONVERSATION = '[[dingtalk.groups]]\nstore = "S2"\nconversation = "cid-2"\n'
DAY = "2026-11-23"


@pytest.fixture
def hq(hq_engine: Engine, clock: StandingClock) -> Headquarters:
    """Headquarters where Wang Fang was ten minutes late today."""
    hq = Headquarters(hq_engine, clock)
    hq.organise()
    hq.publish_rules()
    hq.bind("9", "E1")
    hq.roster("E1", DAY)
    hq.at(f"{DAY}T09:11")
    hq.journal(hq.punch("9", f"{DAY}T09:10:00"))
    hq.evaluate()
    known = [Contact(service="dingtalk", address="ding-1", employee_id="E1")]
    hq.writing(lambda c: contacts.put(c, known))
    return hq


@pytest.fixture
def listening(hq: Headquarters, standin: StandIn, tmp_path: Path) -> Iterator[None]:
    settings = settings_at(tmp_path, standin.url, CONVERSATION).dingtalk
    assert settings is not None
    app = dingtalk_app(settings, hq.engine, hq.clock)
    listener = DingTalkListener(hq.engine, settings, app, hq.clock, ("console",))
    stop = threading.Event()
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    try:
        assert standin.gateway.wait_for_client(30)
        yield
    finally:
        stop.set()
        thread.join(30)
        app.close()
    assert not thread.is_alive()


def _said(standin: StandIn, text: str, **changes: Any) -> str:
    """Say something to the robot; return the session it may answer in."""
    session = f"s{len(standin.sessions)}"
    message = {
        "msgtype": "text", "text": {"content": text}, "msgId": f"m-{session}",
        "senderStaffId": "ding-1", "senderNick": "小王", "conversationType": "1",
        "conversationId": "cid-1", "createAt": local_to_utc_ms(f"{DAY}T10:00", ZONE),
        "sessionWebhook": standin.open_session(session),
    }  # fmt: skip
    ack = standin.gateway.push("CALLBACK", MESSAGES, message | changes)
    assert ack is not None
    assert ack["code"] == 200
    return session


def _bodies(hq: Headquarters, kind: str) -> list[dict[str, Any]]:
    row = tables.journal.c
    found = hq.reading(lambda c: c.scalars(select(row.body).where(row.kind == kind)).all())
    return [json.loads(body) for body in found]


@pytest.mark.usefixtures("listening")
def test_questions_appeals_ratings_and_check_ins_come_in_and_are_answered(
    hq: Headquarters, standin: StandIn
) -> None:
    answers = standin.sessions
    (why,) = answers[_said(standin, "我今天为什么扣了10元")]
    assert "-10.00元" in why
    assert "迟到" in why

    in_group = _said(standin, "@助手 我今天为什么扣了10元", conversationType="2")
    assert answers[in_group] == ["已私信答复您\nanswered in private"]
    assert standin.organisation.heard["ding-1"] == [why]

    standin.session_ends_s["late"] = 0.0
    _said(
        standin,
        "我今天为什么扣了10元",
        sessionWebhook=f"{standin.url}/robot/sendBySession?session=late",
    )
    assert standin.organisation.heard["ding-1"] == [why, why]  # through the server's API

    (appeal,) = answers[_said(standin, "申诉 当时停电")]
    assert appeal.startswith("申诉已受理")
    (again,) = answers[_said(standin, "申诉 当时停电")]
    assert "已有申诉在处理" in again

    customer = {"senderStaffId": "", "conversationType": "2", "conversationId": "cid-2"}
    (thanks,) = answers[_said(standin, "评价 李强 5星 很热情", msgId="rating-1", **customer)]
    assert "李强" in thanks
    _said(standin, "评价 李强 5星 很热情", msgId="rating-1", **customer)  # pushed once more
    (rating,) = _bodies(hq, "feedback")
    assert (rating["entry"]["employee_id"], rating["entry"]["rating_milli"]) == ("E2", 1000)
    assert rating["author"] == "dingtalk:小王"

    (unknown,) = answers[_said(standin, "为什么扣钱", senderStaffId="")]
    assert "import contacts" in unknown

    checked = {"userId": "ding-1", "checkTime": local_to_utc_ms(f"{DAY}T18:00", ZONE),
               "bizId": "biz-1", "locationMethod": "MAP"}  # fmt: skip
    for _ in range(2):
        ack = standin.gateway.push("EVENT", "attendance_check_record", {"DataList": [checked]})
        assert ack is not None
        assert ack["code"] == 200
    came, left = _bodies(hq, "punch")
    assert came["driver"] == "zkteco"
    assert (left["user_id"], left["device_time"]) == ("E1", f"{DAY}T18:00:00")
    assert left["import_file"] == "dingtalk-check-biz-1.json"
