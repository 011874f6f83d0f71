"""Messages to single persons: work notices, or the in-app robot in a chat of two.

DingTalk drops a work notice whose text the same person had that day. Every text carries its
number of the day, so two different ones are two; and one that is sent again because the
answer was lost is the same text, so it arrives once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from cloud_receiver.channels.contract import (
    Delivery,
    Fate,
    PauseError,
    PermanentError,
    RetryLaterError,
)
from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.domain.notices import Notice

_FLOW_REST_S: Final = 60
_CHAT: Final = "chat:"
"""Begins the reference of what the in-app robot said; a work notice has a number."""


class DingTalkPersons:
    """Tells employees what concerns them.

    Args:
        userid_of: an employee's DingTalk userid, None when nobody has said it.
        agent_id: of the app, for work notices; 0: the in-app robot speaks.
    """

    channel = "dingtalk"

    def __init__(
        self,
        app: DingTalkApp,
        userid_of: Callable[[str], str | None],
        *,
        agent_id: int,
        robot_code: str,
    ) -> None:
        self._app = app
        self._userid_of = userid_of
        self._agent_id = agent_id
        self._robot_code = robot_code

    def send(self, notice: Notice) -> str | None:
        """Hand over one notice; return what to ask for its delivery with.

        Raises:
            RetryLaterError, PermanentError: see `errors`; an employee without a userid is
                refused, and told again once it was imported.
        """
        userid = self._userid_of(notice.employee_id)
        if userid is None:
            raise PermanentError(
                f"no DingTalk userid is known for {notice.employee_id}: daka-hq import contacts, "
                "then daka-hq channel retry dingtalk"
            )
        wait_s = self._app.wait_s()
        if wait_s:
            raise PauseError("DingTalk takes so many calls a second", wait_s, channel_wide=True)
        if self._agent_id:
            return self._notice(userid, notice)
        key = say(self._app, self._robot_code, userid, notice.text)
        return f"{_CHAT}{key}" if key else None

    def _notice(self, userid: str, notice: Notice) -> str:
        answer = self._app.old(
            "/topapi/message/corpconversation/asyncsend_v2",
            {
                "agent_id": self._agent_id,
                "userid_list": userid,
                "msg": {"msgtype": "text", "text": {"content": notice.text}},
            },
        )
        return str(answer["task_id"])

    def delivery(self, reference: str) -> Delivery | None:
        """Return what became of a message; DingTalk knows it for a day.

        Raises:
            RetryLaterError: it cannot be asked now.
        """
        if reference.startswith(_CHAT):
            return self._read_by(reference.removeprefix(_CHAT))
        answer = self._app.old(
            "/topapi/message/corpconversation/getsendresult",
            {"agent_id": self._agent_id, "task_id": int(reference)},
        )
        result = answer.get("send_result") or {}
        for name, what in _NOT_DELIVERED.items():
            if result.get(name):
                return Delivery(Fate.REFUSED, f"DingTalk did not deliver it: {what}")
        if result.get("read_user_id_list"):
            return Delivery(Fate.READ)
        return Delivery(Fate.ARRIVED) if result.get("unread_user_id_list") else None

    def _read_by(self, key: str) -> Delivery | None:
        asked = {"robotCode": self._robot_code, "processQueryKey": key}
        answer = self._app.fetch("/v1.0/robot/oToMessages/readStatus", asked)
        if answer.get("sendStatus") != "SUCCESS":
            return None
        readers = answer.get("messageReadInfoList") or ()
        is_read = any(one.get("readStatus") == "READ" for one in readers)
        return Delivery(Fate.READ if is_read else Fate.ARRIVED)

    def close(self) -> None:
        """Let go of connections."""
        self._app.close()


def say(app: DingTalkApp, robot_code: str, userid: str, text: str) -> str:
    """Let the in-app robot say something to one person; return what to ask of it with.

    Raises:
        RetryLaterError, PermanentError: as `errors.check_new`, or DingTalk names the person
            among those it did not reach.
    """
    answer = app.new(
        "/v1.0/robot/oToMessages/batchSend",
        {
            "robotCode": robot_code,
            "userIds": [userid],
            "msgKey": "sampleText",
            "msgParam": json.dumps({"content": text}, ensure_ascii=False),
        },
    )
    if userid in (answer.get("invalidStaffIdList") or ()):
        raise PermanentError(f"DingTalk knows nobody with the userid {userid!r}")
    if userid in (answer.get("flowControlledStaffIdList") or ()):
        raise RetryLaterError(
            "DingTalk holds this person's messages back", retry_after_s=_FLOW_REST_S
        )
    return str(answer.get("processQueryKey") or "")


_NOT_DELIVERED: Final = {
    "invalid_user_id_list": "it knows no such userid",
    "forbidden_user_id_list": "past a limit: the same text that day, or 500 a day",
    "failed_user_id_list": "it failed",
}
