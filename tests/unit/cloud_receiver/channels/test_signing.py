"""Signatures of chat services, by known answers anyone can recompute."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import timedelta

from cloud_receiver.channels.pace import Pace
from cloud_receiver.channels.robots import DingTalkRobot, FeishuRobot
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.signing import dingtalk_sign, feishu_sign
from tests.integration.evaluate.conftest import StandingClock

STAMP_MS = 1577262236757


def test_dingtalk_s_known_answer() -> None:
    assert (
        dingtalk_sign(STAMP_MS, "this is secret") == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    )


def test_feishu_s_text_is_the_key_and_nothing_is_signed() -> None:
    key = b"1599360473\nsecret"
    wanted = b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert feishu_sign(1599360473, "secret") == wanted


def test_dingtalk_signs_in_the_address_by_the_millisecond_and_feishu_in_the_body_by_the_second() -> (
    None
):
    group = Group(store_id="S1", token="t", secret="this is secret")
    asked = DingTalkRobot().post(group, "一\n二", "题", STAMP_MS)
    assert asked.params["sign"] == dingtalk_sign(STAMP_MS, "this is secret")
    assert asked.document["markdown"]["text"] == "一\n\n二"
    told = FeishuRobot().post(group, "一", "题", STAMP_MS).document
    assert told["timestamp"] == "1577262236"
    assert told["sign"] == feishu_sign("1577262236", "this is secret")


def test_a_pace_holds_in_every_stretch_and_after_a_rest() -> None:
    clock = StandingClock()
    pace = Pace(2, 60, clock)
    assert [pace.take(), pace.take()] == [0.0, 0.0]
    assert pace.take() == 60
    clock.now += timedelta(seconds=59)
    assert pace.take() == 1
    clock.now += timedelta(seconds=1)
    assert pace.take() == 0.0
    pace.rest(600)
    clock.now += timedelta(seconds=599)
    assert pace.take() == 1
