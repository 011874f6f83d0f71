"""What DingTalk pushes in Stream mode: messages to the robot and check-ins.

The official SDK opens a WebSocket outwards, so headquarters needs no public address. It calls
its HTTP library inside the event loop (0.24.3), so it has a thread and a loop of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import httpx
from dingtalk_stream import (
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    ChatbotMessage,
    Credential,
    DingTalkStreamClient,
    EventHandler,
    EventMessage,
)

from cloud_receiver import dingtalk_attendance
from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.channels.dingtalk.errors import check
from cloud_receiver.channels.dingtalk.persons import say
from cloud_receiver.channels.posting import TIMEOUT, object_of, post
from cloud_receiver.conversation import Heard, Reply, reply
from cloud_receiver.domain.appeals import USUAL_TERMS
from cloud_receiver.domain.appeals import Terms as AppealTerms
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import contacts
from cloud_receiver.store.engine import write

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection

    from sqlalchemy import Engine

    from cloud_receiver.channels.dingtalk.app import DingTalkApp
    from cloud_receiver.channels.settings import DingTalkSettings
    from sync.clock import Clock

CHECK_EVENT: Final = "attendance_check_record"
_OPEN: Final = "/v1.0/gateway/connections/open"
_LOOK_EVERY_S: Final = 0.2
_REMEMBERED: Final = 1000
_IN_PRIVATE: Final = {"zh": "已私信答复您", "en": "answered in private"}
_ASK_IN_PRIVATE: Final = {
    "zh": "涉及个人数据,请在与机器人的单聊中提问",
    "en": "this is personal: please ask in a chat with the robot alone",
}
_GROUP_CHAT: Final = "2"
_log = logging.getLogger(__name__)


class DingTalkListener:
    """Hears and answers; one thread runs it.

    Args:
        channels: where people are told of what a message brought about.
        appeals: on what terms people appeal.
    """

    def __init__(
        self,
        engine: Engine,
        settings: DingTalkSettings,
        app: DingTalkApp,
        clock: Clock,
        channels: Collection[str],
        appeals: AppealTerms = USUAL_TERMS,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._app = app
        self._clock = clock
        self._channels = channels
        self._appeals = appeals
        self._answered: deque[str] = deque(maxlen=_REMEMBERED)
        self._stores = {
            group.conversation: group.store_id for group in settings.groups if group.conversation
        }

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set."""
        if self._settings.endpoint:
            DingTalkStreamClient.OPEN_CONNECTION_API = f"{self._settings.endpoint}{_OPEN}"
        asyncio.run(self._listen(stop))

    async def _listen(self, stop: threading.Event) -> None:
        credential = Credential(self._settings.app_key, self._settings.app_secret)
        client = _Client(credential, logging.getLogger(f"{__name__}.sdk"))
        client.register_callback_handler(ChatbotMessage.TOPIC, _Messages(self))
        client.register_all_event_handler(_Events(self))
        listening = asyncio.create_task(client.start())
        while not stop.is_set() and not listening.done():  # noqa: ASYNC110  a thread's event
            await asyncio.sleep(_LOOK_EVERY_S)
        while not listening.done():  # the SDK takes the first cancellation for a lost line
            listening.cancel()
            await asyncio.sleep(_LOOK_EVERY_S / 4)
        await asyncio.gather(listening, return_exceptions=True)

    def hear(self, message: dict[str, Any]) -> None:
        """Answer a message to the robot; the same one again is not answered twice."""
        msg_id = str(message.get("msgId", ""))
        if msg_id in self._answered:
            return
        now_utc_ms = utc_ms(self._clock.now_utc())
        staff_id = str(message.get("senderStaffId") or "")
        with write(self._engine) as connection:
            employee_id = contacts.employee_of(connection, "dingtalk", staff_id)
            author = employee_id or f"dingtalk:{message.get('senderNick') or 'unknown'}"
            heard = Heard(
                channel="dingtalk",
                msg_id=msg_id,
                text=str((message.get("text") or {}).get("content", "")),
                employee_id=employee_id,
                author=author[:200],
                store_id=self._stores.get(str(message.get("conversationId", "")), ""),
                said_utc_ms=int(message.get("createAt") or now_utc_ms),
            )
            answer = reply(connection, heard, self._channels, now_utc_ms, self._appeals)
        self._answered.append(msg_id)
        self._answer(message, staff_id, answer)

    def _answer(self, message: dict[str, Any], staff_id: str, answer: Reply) -> None:
        """Say it where it was asked; what is private is never said before a group."""
        in_group = str(message.get("conversationType")) == _GROUP_CHAT
        if answer.is_private and in_group:
            was_said = self._say_in_private(staff_id, answer.text)
            told = _IN_PRIVATE if was_said else _ASK_IN_PRIVATE
            self._say_there(message, "\n".join(told.values()))
        elif not self._say_there(message, answer.text) and staff_id:
            self._say_in_private(staff_id, answer.text)

    def _say_there(self, message: dict[str, Any], text: str) -> bool:
        """Answer through the message's own address, which lives an hour and a half."""
        url = str(message.get("sessionWebhook") or "")
        if not url:
            return False
        try:
            document = {"msgtype": "text", "text": {"content": text}}
            with httpx.Client(timeout=TIMEOUT) as client:
                check(object_of(post(client, url, json=document)))
        except (RetryLaterError, PermanentError) as error:
            _log.info("session_answer_failed error=%s", error)
            return False
        return True

    def _say_in_private(self, staff_id: str, text: str) -> bool:
        try:
            say(self._app, self._settings.robot_code, staff_id, text)
        except (RetryLaterError, PermanentError) as error:
            _log.warning("answer_failed userid=%s error=%s", staff_id, error)
            return False
        return True

    def take(self, event_type: str, data: dict[str, Any]) -> None:
        """Take a pushed event in; others than check-ins are passed over."""
        if event_type != CHECK_EVENT:
            return
        found = data.get("DataList", data.get("dataList", []))
        checks = json.loads(found) if isinstance(found, str) else found
        now_utc_ms = utc_ms(self._clock.now_utc())
        for report in dingtalk_attendance.take_checks(self._engine, checks, now_utc_ms):
            for error in report.errors:
                _log.warning("check_in_left_out file=%s error=%s", error.source, error.en)


class _Client(DingTalkStreamClient):  # type: ignore[misc]  # the SDK has no types
    def get_host_ip(self) -> str:
        """Name no address: the SDK would look for one by opening a socket to a public one."""
        return ""


class _Messages(CallbackHandler):  # type: ignore[misc]
    def __init__(self, listener: DingTalkListener) -> None:
        super().__init__()
        self._listener = listener

    async def process(self, message: CallbackMessage) -> tuple[int, str]:
        """Hear a message; what could not be done is pushed again."""
        try:
            self._listener.hear(message.data)
        except Exception:  # noqa: BLE001  the SDK would swallow it; said, and pushed again
            _log.exception("message_not_heard")
            return AckMessage.STATUS_SYSTEM_EXCEPTION, "later"
        return AckMessage.STATUS_OK, "OK"


class _Events(EventHandler):  # type: ignore[misc]
    def __init__(self, listener: DingTalkListener) -> None:
        super().__init__()
        self._listener = listener

    async def process(self, event: EventMessage) -> tuple[int, str]:
        """Take an event in; what could not be taken is pushed again."""
        try:
            self._listener.take(event.headers.event_type or event.headers.topic, event.data)
        except Exception:  # noqa: BLE001  the SDK would swallow it; said, and pushed again
            _log.exception("event_not_taken")
            return AckMessage.STATUS_SYSTEM_EXCEPTION, "later"
        return AckMessage.STATUS_OK, "OK"
