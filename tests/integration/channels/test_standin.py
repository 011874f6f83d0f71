"""The stand-in is what the official SDK takes for DingTalk, and as strict."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from alibabacloud_dingtalk.oauth2_1_0 import models as oauth2
from alibabacloud_dingtalk.oauth2_1_0.client import Client as OAuth2
from alibabacloud_dingtalk.robot_1_0 import models as robot
from alibabacloud_dingtalk.robot_1_0.client import Client as Robots
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from cloud_receiver.channels.receiver import Receiver
from cloud_receiver.channels.robots import DingTalkRobot
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.webhook import WebhookNotifier
from tests.integration.channels.conftest import person
from tests.integration.evaluate.conftest import StandingClock

_SECONDS = timedelta(seconds=1)

if TYPE_CHECKING:
    from cloud_receiver.channels.standin.service import StandIn


def sdk_config(standin: StandIn) -> Config:
    return Config(protocol="http", endpoint=urlsplit(standin.url).netloc, region_id="central")


def sdk_token(standin: StandIn, secret: str = "secret") -> str:
    asked = oauth2.GetAccessTokenRequest(app_key="app", app_secret=secret)
    return str(OAuth2(sdk_config(standin)).get_access_token(asked).body.access_token)


def _say(standin: StandIn, token: str, text: str) -> None:
    asked = robot.BatchSendOTORequest(
        robot_code="app", user_ids=["ding-1"], msg_key="sampleText",
        msg_param=json.dumps({"content": text}),
    )  # fmt: skip
    headers = robot.BatchSendOTOHeaders(x_acs_dingtalk_access_token=token)
    Robots(sdk_config(standin)).batch_send_otowith_options(asked, headers, RuntimeOptions())


def test_the_official_sdk_fetches_a_token_and_reaches_a_person(standin: StandIn) -> None:
    _say(standin, sdk_token(standin), "您好")
    assert standin.organisation.heard["ding-1"] == ["您好"]
    (key,) = standin.organisation.chats
    asked = robot.BatchOTOQueryRequest(process_query_key=key, robot_code="app")
    headers = robot.BatchOTOQueryHeaders(x_acs_dingtalk_access_token=sdk_token(standin))
    told = Robots(sdk_config(standin)).batch_otoquery_with_options(asked, headers, RuntimeOptions())
    assert [one.read_status for one in told.body.message_read_info_list] == ["UNREAD"]
    with pytest.raises(TeaException, match="invalidClientIdOrSecret"):
        sdk_token(standin, "wrong")


def test_the_official_sdk_is_told_of_stale_tokens_and_a_used_up_quota(standin: StandIn) -> None:
    with pytest.raises(TeaException, match="InvalidAuthentication"):
        _say(standin, "made up", "您好")
    token = sdk_token(standin)
    standin.organisation.quota = 0
    with pytest.raises(TeaException, match="90020"):
        _say(standin, token, "您好")
    assert not standin.organisation.heard["ding-1"]


@pytest.mark.parametrize(
    ("group", "text", "age_s", "code"),
    [
        (Group(store_id="*", token="token", secret="secret"), "打卡", 0, 0),
        (Group(store_id="*", token="token", secret="wrong"), "打卡", 0, 310000),
        (Group(store_id="*", token="token", secret="secret"), "你好", 0, 310000),
        (Group(store_id="*", token="token", secret="secret"), "打卡", 3601, 310000),
        (Group(store_id="*", token="nobody", secret="secret"), "打卡", 0, 300001),
    ],
)
def test_a_robot_s_address_signature_age_and_keyword_are_checked(
    standin: StandIn, clock: StandingClock, group: Group, text: str, age_s: int, code: int
) -> None:
    at_utc_ms = int((clock.now.timestamp() - age_s) * 1000)
    asked = DingTalkRobot(standin.url).post(group, text, "题", at_utc_ms)
    answer = httpx.post(asked.url, params=asked.params, json=asked.document).json()
    assert answer["errcode"] == code


def test_the_twenty_first_message_of_a_minute_is_too_fast_and_ten_minutes_are_silent(
    standin: StandIn, clock: StandingClock
) -> None:
    def say() -> int:
        at_utc_ms = int(clock.now.timestamp() * 1000)
        group = Group(store_id="*", token="token", secret="secret")
        asked = DingTalkRobot(standin.url).post(group, "打卡", "题", at_utc_ms)
        return int(
            httpx.post(asked.url, params=asked.params, json=asked.document).json()["errcode"]
        )

    assert [say() for _ in range(21)] == [0] * 20 + [130101]
    clock.now += _SECONDS * 599
    assert say() == 130101
    clock.now += _SECONDS
    assert say() == 0


def test_a_replayed_or_old_webhook_request_is_refused(clock: StandingClock) -> None:
    with Receiver(b"secret", clock=clock) as receiver:
        caught: list[httpx.Request] = []
        notifier = WebhookNotifier(receiver.url, b"secret", clock)
        notifier._client.event_hooks["request"].append(caught.append)
        notifier.send(person(1))
        notifier.close()
        (sent,) = caught
        again = {"content": sent.content, "headers": sent.headers}
        assert httpx.post(receiver.url, **again).status_code == 409
        clock.now += _SECONDS * 301
        assert httpx.post(receiver.url, **again).status_code == 401
        assert len(receiver.deliveries) == 1
