"""An organisation at DingTalk: its app, tokens, quota, people, work notices and attendance."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any, Final

from cloud_receiver.channels.standin import attendance
from cloud_receiver.channels.standin.faults import OK, Answer, Fault

TOKEN_LIVES_S: Final = 7200
NOTICES_A_DAY: Final = 500
QPS: Final = 20
_BEIJING: Final = timezone(timedelta(hours=8))


@dataclass
class Organisation:
    """See the module.

    Attributes:
        heard: what each userid got, in order; one line a message.
        cards: attendance records, as ``attendance/listRecord`` gives them.
        results: as ``attendance/list`` gives them.
        days: as ``topapi/attendance/getupdatedata`` gives them, by userid and date.
        shifts: as ``GET /v1.0/attendance/shifts`` gives each, by its id.
        holidays: of each userid, as ``/v1.0/attendance/holidays`` gives them.
        payroll_types: kinds of third-party data its payroll takes.
        chats: who has read what the in-app robot said, by processQueryKey.
        salaries: what was written into its payroll, by bizId.
        quota: metered calls a month.
        tokens_given: how many access tokens were fetched.
    """

    app_key: str = "app"
    app_secret: str = "secret"  # noqa: S105  for play
    agent_id: int = 1
    people: set[str] = field(default_factory=set)
    quota: int = 10_000
    heard: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    groups: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cards: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    days: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    shifts: dict[int, dict[str, Any]] = field(default_factory=dict)
    holidays: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    payroll_types: set[str] = field(default_factory=lambda: {"daka"})
    chats: dict[str, dict[str, str]] = field(default_factory=dict)
    salaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens_given: int = 0
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _tokens: dict[str, float] = field(default_factory=dict)
    _tasks: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))
    _texts: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _calls_s: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def results_of_tasks(self) -> dict[int, dict[str, list[str]]]:
        """Return the results of work notices by task, to be changed at will."""
        return self._tasks

    def token(self, key: str, secret: str, now_s: float) -> str | None:
        """Return an access token, None for a stranger; the same one while it lives."""
        if (key, secret) != (self.app_key, self.app_secret):
            return None
        for token, until_s in self._tokens.items():
            if now_s < until_s:
                return token
        self.tokens_given += 1
        token = f"token-{self.tokens_given}"
        self._tokens[token] = now_s + TOKEN_LIVES_S
        return token

    def admit(self, path: str, token: str, now_s: float) -> Fault | None:
        """Count a metered call; return what speaks against it."""
        if now_s >= self._tokens.get(token, 0.0):
            return Fault.STALE_TOKEN
        month = datetime.fromtimestamp(now_s, _BEIJING).strftime("%Y-%m")
        self.calls[month] += 1
        if self.calls[month] > self.quota:
            return Fault.QUOTA
        times_s = self._calls_s[path]
        while times_s and times_s[0] <= now_s - 1:
            times_s.popleft()
        times_s.append(now_s)
        return Fault.FLOW if len(times_s) > QPS else None

    def answer(self, path: str, document: dict[str, Any], now_s: float) -> Answer:
        """Answer an admitted call."""
        match path:
            case "/topapi/message/corpconversation/asyncsend_v2":
                return self._work_notice(document, now_s)
            case "/topapi/message/corpconversation/getsendresult":
                result = self._tasks.get(int(document["task_id"]), {})
                return 200, {**OK[1], "send_result": result}
            case "/v1.0/robot/oToMessages/batchSend":
                return self._chat(document)
            case "/v1.0/robot/groupMessages/send":
                said = json.loads(document["msgParam"])
                self.groups[document["openConversationId"]].append(said["text"])
                return 200, {"processQueryKey": str(next(self._numbers))}
            case "/v1.0/robot/oToMessages/readStatus":
                return self._read_status(document)
            case _ if attendance.answers(path):
                return attendance.answer(self, path, document)
        return 404, {"errcode": 404, "errmsg": "no such call", "code": "NotFound", "message": path}

    def _work_notice(self, document: dict[str, Any], now_s: float) -> Answer:
        if document.get("agent_id") != self.agent_id:
            return 200, {"errcode": 400002, "errmsg": "agent_id is wrong"}
        users = [one for one in str(document.get("userid_list", "")).split(",") if one]
        if not 0 < len(users) <= 100:
            return 200, {"errcode": 40035, "errmsg": "userid_list"}
        text = document["msg"]["text"]["content"]
        date = datetime.fromtimestamp(now_s, _BEIJING).date().isoformat()
        result: dict[str, list[str]] = defaultdict(list)
        for user in users:
            texts = self._texts[user, date]
            if user not in self.people:
                result["invalid_user_id_list"].append(user)
            elif text in texts or len(texts) >= NOTICES_A_DAY:
                result["forbidden_user_id_list"].append(user)  # ok is said, nothing arrives
            else:
                texts.add(text)
                self.heard[user].append(text)
                result["unread_user_id_list"].append(user)
        task = next(self._numbers)
        self._tasks[task] = result
        return 200, {**OK[1], "task_id": task}

    def _read_status(self, document: dict[str, Any]) -> Answer:
        readers = self.chats.get(str(document.get("processQueryKey", "")))
        if readers is None:
            return 400, {"code": "invalidParameter.processQueryKey", "message": "unknown"}
        listed = [{"userId": user, "readStatus": status} for user, status in readers.items()]
        return 200, {"sendStatus": "SUCCESS", "messageReadInfoList": listed}

    def _chat(self, document: dict[str, Any]) -> Answer:
        users = document["userIds"]
        if not 0 < len(users) <= 20:
            return 400, {"code": "invalidParameter.userIds", "message": "1 to 20"}
        known = [user for user in users if user in self.people]
        for user in known:
            self.heard[user].append(json.loads(document["msgParam"])["content"])
        key = f"query-{next(self._numbers)}"
        self.chats[key] = dict.fromkeys(known, "UNREAD")
        return 200, {
            "processQueryKey": key,
            "invalidStaffIdList": [user for user in users if user not in self.people],
            "flowControlledStaffIdList": [],
        }
