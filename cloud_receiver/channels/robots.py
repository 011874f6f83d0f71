"""Robots that speak in groups: of DingTalk, WeCom and Feishu.

Sources: DingTalk "custom robot" (20 a minute, then 10 minutes of silence; 130101), WeCom
"group robot" (20 a minute; 45009; markdown of 4,096 bytes; 40058), Feishu "custom bot" (100 a
minute, 5 a second, 20 KB; 9499, 11232 too fast, 19021 signature, 19024 keyword). What is longer is
said in several messages. None of them knows a message again that is
sent twice: after a lost answer a group may read the same numbered message once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx

from cloud_receiver.channels.contract import PauseError, PermanentError, RetryLaterError
from cloud_receiver.channels.dingtalk import errors
from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.pace import Pace
from cloud_receiver.channels.posting import TIMEOUT, check_status, object_of, post
from cloud_receiver.channels.settings import EVERY_STORE, Group
from cloud_receiver.channels.signing import dingtalk_sign, feishu_sign
from cloud_receiver.domain.notices import Notice, Target
from sync.clock import Clock

TOO_FAST_REST_S: Final = 60
_TITLE: Final = {"zh": "奖励播报", "en": "Awards"}


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted where."""

    url: str
    document: dict[str, Any]
    params: dict[str, str]


class Dialect(Protocol):
    """How one service's robots are spoken to."""

    channel: str
    a_minute: int
    a_second: int
    max_bytes: int
    """Of one message's text, with room for what wraps it."""

    def post(self, group: Group, text: str, title: str, at_utc_ms: int) -> Post:
        """Return the request that lets a group's robot say something."""

    def check(self, answer: dict[str, Any]) -> None:
        """Raise what the answer means."""


class DingTalkRobot:
    """``/robot/send``: token and signature in the address, markdown in the body."""

    channel = "dingtalk-group"
    a_minute = a_second = 20
    max_bytes = 15_000  # 20,000 with everything; each line's end is doubled

    def __init__(self, endpoint: str = "") -> None:
        self._host = endpoint or "https://oapi.dingtalk.com"

    def post(self, group: Group, text: str, title: str, at_utc_ms: int) -> Post:
        """Return the request."""
        params = {"access_token": group.token}
        if group.secret:
            sign = dingtalk_sign(at_utc_ms, group.secret)
            params |= {"timestamp": str(at_utc_ms), "sign": sign}
        markdown = {"title": title, "text": text.replace("\n", "\n\n")}
        document = {"msgtype": "markdown", "markdown": markdown}
        return Post(f"{self._host}/robot/send", document, params)

    def check(self, answer: dict[str, Any]) -> None:
        """Raise what the answer means."""
        errors.check(answer)


class WeComRobot:
    """``/cgi-bin/webhook/send``: the key in the address is all there is."""

    channel = "wecom"
    a_minute = a_second = 20
    max_bytes = 4_000

    def __init__(self, endpoint: str = "") -> None:
        self._host = endpoint or "https://qyapi.weixin.qq.com"

    def post(self, group: Group, text: str, title: str, at_utc_ms: int) -> Post:  # noqa: ARG002
        """Return the request."""
        document = {"msgtype": "markdown", "markdown": {"content": text}}
        return Post(f"{self._host}/cgi-bin/webhook/send", document, {"key": group.token})

    def check(self, answer: dict[str, Any]) -> None:
        """Raise what the answer means."""
        code = answer.get("errcode", 0)
        told = f"WeCom {code}: {answer.get('errmsg', '')}"
        if code == 45009:
            raise RetryLaterError(told, retry_after_s=TOO_FAST_REST_S, keeps=True)
        if code == 93000:
            raise RetryLaterError(f"{told}; check the robot's token_file")
        if code in (40058, 44004):
            raise PermanentError(told)
        if code:
            raise RetryLaterError(told)


class FeishuRobot:
    """``/open-apis/bot/v2/hook/``: time stamp in seconds and signature in the body."""

    channel = "feishu"
    a_minute = 100
    a_second = 5
    max_bytes = 9_000  # 20 KB, and a Chinese character may be written in twice its bytes

    def __init__(self, endpoint: str = "") -> None:
        self._host = endpoint or "https://open.feishu.cn"

    def post(self, group: Group, text: str, title: str, at_utc_ms: int) -> Post:  # noqa: ARG002
        """Return the request."""
        document: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if group.secret:
            at_s = str(at_utc_ms // 1000)
            document |= {"timestamp": at_s, "sign": feishu_sign(at_s, group.secret)}
        return Post(f"{self._host}/open-apis/bot/v2/hook/{group.token}", document, {})

    def check(self, answer: dict[str, Any]) -> None:
        """Raise what the answer means."""
        code = answer.get("code", answer.get("StatusCode", 0))
        told = f"Feishu {code}: {answer.get('msg', '')}"
        if code in (9499, 11232):
            raise RetryLaterError(told, retry_after_s=TOO_FAST_REST_S, keeps=True)
        if code in (19001, 19021, 19022, 19024):
            raise RetryLaterError(f"{told}; check token, secret, keyword and this clock")
        if code:
            raise RetryLaterError(told)


class GroupRobots:
    """Speaks in the groups of stores, each robot at its own pace.

    Args:
        app, robot_code: DingTalk's in-app robot, for groups named by their conversation.
    """

    def __init__(
        self,
        dialect: Dialect,
        groups: Sequence[Group],
        clock: Clock,
        *,
        app: DingTalkApp | None = None,
        robot_code: str = "",
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._dialect = dialect
        self._groups = {group.store_id: group for group in groups}
        limits = ((dialect.a_second, 1.0), (dialect.a_minute, 60.0))
        self._paces = {
            group.room: [Pace(count, window_s, clock) for count, window_s in limits]
            for group in groups
        }
        self._half_said: dict[str, tuple[str, int]] = {}
        self._clock = clock
        self._app = app
        self._robot_code = robot_code
        self._client = httpx.Client(timeout=timeout)

    @property
    def channel(self) -> str:
        """Name the channel."""
        return self._dialect.channel

    def room(self, target: Target) -> str | None:
        """Name the robot that speaks to a store's group; stores may share one."""
        group = self._group(target)
        return None if group is None else group.room

    def _group(self, target: Target) -> Group | None:
        return self._groups.get(target.id) or self._groups.get(EVERY_STORE)

    def send(self, notice: Notice) -> None:
        """Say it in the group of the store, in several messages when it is long.

        What was said of it already is not said again when the rest is tried later.

        Raises:
            RetryLaterError: the robot's pace, or what the service says.
            PermanentError: no group is named for the store.
        """
        group = self._group(notice.target)
        if group is None:
            raise PermanentError(f"no group is named for store {notice.target.id} in the settings")
        title = _TITLE.get(notice.language, _TITLE["zh"])
        texts = parts(notice.text, self._dialect.max_bytes)
        begun, said = self._half_said.pop(group.room, ("", 0))
        for number in range(said if begun == notice.notice_id else 0, len(texts)):
            try:
                self._say_at_pace(group, texts[number], title)
            except RetryLaterError:
                self._half_said[group.room] = (notice.notice_id, number)
                raise

    def _say_at_pace(self, group: Group, text: str, title: str) -> None:
        paces = self._paces[group.room]
        for pace in paces:
            if wait_s := pace.take():
                raise PauseError("the robot has spoken often enough", wait_s)
        if group.keyword not in text:
            text = f"{group.keyword}\n{text}"
        try:
            self._say(group, text, title)
        except RetryLaterError as error:
            if error.retry_after_s:
                paces[0].rest(error.retry_after_s)
            raise

    def _say(self, group: Group, text: str, title: str) -> None:
        if group.conversation and self._app is not None:
            param = json.dumps({"title": title, "text": text.replace("\n", "\n\n")}, ensure_ascii=False)  # fmt: skip
            self._app.new(
                "/v1.0/robot/groupMessages/send",
                {
                    "robotCode": self._robot_code,
                    "openConversationId": group.conversation,
                    "msgKey": "sampleMarkdown",
                    "msgParam": param,
                },
            )
            return
        at_utc_ms = int(self._clock.now_utc().timestamp() * 1000)
        request = self._dialect.post(group, text, title, at_utc_ms)
        answer = post(self._client, request.url, params=request.params, json=request.document)
        check_status(answer, "the endpoint and the robot's token_file")
        self._dialect.check(object_of(answer))

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def parts(text: str, max_bytes: int) -> list[str]:
    """Return a text in pieces of at most so many bytes, cut between lines where there are any."""
    found: list[str] = []
    for line in text.splitlines():
        pieces = _cut(line, max_bytes)
        if found and len(f"{found[-1]}\n{pieces[0]}".encode()) <= max_bytes:
            found[-1] += f"\n{pieces.pop(0)}"
        found += pieces
    return found


def _cut(line: str, max_bytes: int) -> list[str]:
    pieces = [""]
    for character in line:
        if len((pieces[-1] + character).encode()) > max_bytes:
            pieces.append("")
        pieces[-1] += character
    return pieces
