"""An organisation at DingTalk: its app, tokens, quota, people, work notices and attendance."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any, Final

from cloud_receiver.channels.standin.faults import OK, Answer, Fault

TOKEN_LIVES_S: Final = 7200
NOTICES_A_DAY: Final = 500
QPS: Final = 20
MAX_USERS: Final = 50
MAX_DAYS_MS: Final = 7 * 86_400_000
_BEIJING: Final = timezone(timedelta(hours=8))


@dataclass
class Organisation:
    """See the module.

    Attributes:
        heard: what each userid got, in order; one line a message.
        cards: attendance records, as ``attendance/listRecord`` gives them.
        results: as ``attendance/list`` gives them.
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
    salaries: list[dict[str, Any]] = field(default_factory=list)
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
            case "/attendance/listRecord":
                return self._records(document, "checkDateFrom", "checkDateTo", "userIds")
            case "/attendance/list":
                return self._records(document, "workDateFrom", "workDateTo", "userIdList")
            case "/v1.0/attendance/salaries/tripartiteDatas/write":
                self.salaries.append(document)
                return 200, {"result": True}
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

    def _chat(self, document: dict[str, Any]) -> Answer:
        users = document["userIds"]
        if not 0 < len(users) <= 20:
            return 400, {"code": "invalidParameter.userIds", "message": "1 to 20"}
        known = [user for user in users if user in self.people]
        for user in known:
            self.heard[user].append(json.loads(document["msgParam"])["content"])
        return 200, {
            "processQueryKey": str(next(self._numbers)),
            "invalidStaffIdList": [user for user in users if user not in self.people],
            "flowControlledStaffIdList": [],
        }

    def _records(self, document: dict[str, Any], first: str, last: str, users: str) -> Answer:
        asked = document[users]
        begin_ms, end_ms = (_beijing_ms(document[key]) for key in (first, last))
        if not 0 < len(asked) <= MAX_USERS or not 0 <= end_ms - begin_ms <= MAX_DAYS_MS:
            return 200, {"errcode": 40035, "errmsg": "at most 50 users and 7 days"}
        is_result = users == "userIdList"
        key = "workDate" if is_result else "userCheckTime"
        rows = self.results if is_result else self.cards
        found = [row for row in rows if row["userId"] in asked and begin_ms <= row[key] <= end_ms]
        if not is_result:
            return 200, {**OK[1], "recordresult": found}
        offset, limit = int(document["offset"]), int(document["limit"])
        if limit > 50:
            return 200, {"errcode": 40035, "errmsg": "limit at most 50"}
        page = found[offset : offset + limit]
        has_more = offset + limit < len(found)
        return 200, {**OK[1], "recordresult": page, "hasMore": has_more}


def _beijing_ms(text: str) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=_BEIJING)
    return int(local.astimezone(UTC).timestamp() * 1000)
