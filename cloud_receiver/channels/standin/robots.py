"""Robots of groups as DingTalk, WeCom and Feishu check and limit them."""

from __future__ import annotations

import hmac
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_receiver.channels.signing import dingtalk_sign, feishu_sign
from cloud_receiver.channels.standin.faults import OK, Answer, Fault, answer_of

SIGN_WITHIN_S: Final = 3600
REST_S: Final = 600
FEISHU_BYTES: Final = 20_000
DINGTALK_BYTES: Final = 20_000
WECOM_BYTES: Final = 4_096


@dataclass
class Robot:
    """A robot of a group, and what it has said.

    Attributes:
        limit: messages a minute; DingTalk's is silent for ten minutes after one more.
        a_second: messages a second; 0: as many as a minute allows.
    """

    secret: str = ""
    keyword: str = ""
    limit: int = 20
    a_second: int = 0
    said: list[str] = field(default_factory=list)
    _times_s: deque[float] = field(default_factory=deque)
    _silent_until_s: float = 0.0

    def is_too_fast(self, now_s: float, rest_s: float) -> bool:
        """Count a message; tell whether it is one too many."""
        if now_s < self._silent_until_s:
            return True
        while self._times_s and self._times_s[0] <= now_s - 60:
            self._times_s.popleft()
        lately = sum(at_s > now_s - 1 for at_s in self._times_s)
        if len(self._times_s) >= self.limit or (self.a_second and lately >= self.a_second):
            self._silent_until_s = now_s + rest_s
            return True
        self._times_s.append(now_s)
        return False


def text_of(document: dict[str, Any]) -> str:
    """Return what a message of DingTalk or WeCom says."""
    content = document.get(document.get("msgtype", ""), {})
    return str(content.get("content") or content.get("text") or "")


def dingtalk(
    robots: dict[str, Robot], params: dict[str, str], document: dict[str, Any], now_s: float
) -> Answer:
    """Answer ``/robot/send``."""
    robot = robots.get(params.get("access_token", ""))
    if robot is None:
        return answer_of(Fault.ROBOT_TOKEN, is_new=False)
    if robot.secret:
        stamp = params.get("timestamp", "")
        if not stamp.isdigit() or abs(now_s - int(stamp) / 1000) > SIGN_WITHIN_S:
            return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
        if not hmac.compare_digest(dingtalk_sign(stamp, robot.secret), params.get("sign", "")):
            return answer_of(Fault.REFUSED, is_new=False)
    text = text_of(document)
    if robot.keyword not in text:
        return 200, {"errcode": 310000, "errmsg": "keywords not in content"}
    if len(text.encode()) > DINGTALK_BYTES:
        return 200, {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}
    if robot.is_too_fast(now_s, REST_S):
        return answer_of(Fault.TOO_FAST, is_new=False)
    robot.said.append(text)
    return OK


def wecom(
    robots: dict[str, Robot], params: dict[str, str], document: dict[str, Any], now_s: float
) -> Answer:
    """Answer ``/cgi-bin/webhook/send``."""
    robot = robots.get(params.get("key", ""))
    if robot is None:
        return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
    if len(text_of(document).encode()) > WECOM_BYTES:
        return 200, {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    if robot.is_too_fast(now_s, 0):
        return 200, {"errcode": 45009, "errmsg": "api freq out of limit"}
    robot.said.append(text_of(document))
    return OK


def feishu(robots: dict[str, Robot], hook: str, document: dict[str, Any], now_s: float) -> Answer:
    """Answer ``/open-apis/bot/v2/hook/...``."""
    robot = robots.get(hook)
    if robot is None:
        return 200, {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    stamp = str(document.get("timestamp", ""))
    if robot.secret and (
        not stamp.isdigit()
        or abs(now_s - int(stamp)) > SIGN_WITHIN_S
        or not hmac.compare_digest(feishu_sign(stamp, robot.secret), document.get("sign", ""))
    ):
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    text = str(document.get("content", {}).get("text", ""))
    if robot.keyword not in text:
        return 200, {"code": 19024, "msg": "Key Words Not Found"}
    if len(json.dumps(document)) > FEISHU_BYTES:
        return 200, {"code": 9499, "msg": "Bad Request"}
    if robot.is_too_fast(now_s, 0):
        return 200, {"code": 11232, "msg": "frequency limited psm"}
    robot.said.append(text)
    return 200, {"code": 0, "msg": "success", "StatusCode": 0}
