"""The stand-in's HTTP side: DingTalk's two hosts, WeCom's and Feishu's on one port of loopback.

It checks and limits as the services do (signature, time stamp, keyword, 20 a minute, token
life, quota, the same text once a day), and can be told to fail by name. For tests,
demonstrations and training: point ``endpoint`` of the settings at it.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cloud_receiver.channels.standin import robots
from cloud_receiver.channels.standin.faults import OK, Answer, Fault, answer_of
from cloud_receiver.channels.standin.gateway import Gateway
from cloud_receiver.channels.standin.organisation import Organisation
from cloud_receiver.channels.standin.robots import Robot
from sync.clock import Clock

SESSION_LIVES_S: Final = 5400
_FEISHU: Final = "/open-apis/bot/v2/hook/"
_TOKEN_CALLS: Final = ("/gettoken", "/v1.0/oauth2/accessToken", "/v1.0/gateway/connections/open")


class StandIn:
    """An HTTP server on loopback.

    Attributes:
        robots: of all services, by what their address ends with.
        faults: used up in order by calls that carry messages or read; None: as it should be.
        sessions: answers given through a sessionWebhook, by session, and when each ends.
    """

    def __init__(self, clock: Clock, port: int = 0) -> None:
        self.organisation = Organisation()
        self.robots: dict[str, Robot] = {}
        self.faults: deque[Fault | None] = deque()
        self.sessions: dict[str, list[str]] = {}
        self.session_ends_s: dict[str, float] = {}
        self.requests: list[str] = []
        self._clock = clock
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.gateway = Gateway()

    @property
    def url(self) -> str:
        """Return the endpoint to put into the settings."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gateway.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def heard(self) -> dict[str, list[str]]:
        """Return all that was said, by person, group, robot and session."""
        with self._lock:
            found = {**self.organisation.heard, **self.organisation.groups, **self.sessions}
            found |= {token: robot.said for token, robot in self.robots.items()}
            return {where: list(texts) for where, texts in found.items()}

    def open_session(self, session: str) -> str:
        """Return a sessionWebhook that lives an hour and a half."""
        with self._lock:
            self.sessions[session] = []
            self.session_ends_s[session] = self._now_s() + SESSION_LIVES_S
        return f"{self.url}/robot/sendBySession?session={session}"

    def _now_s(self) -> float:
        return self._clock.now_utc().timestamp()

    def handle(self, url: str, headers: Any, body: bytes) -> Answer | None:
        """Answer a request; None: the connection is dropped."""
        parts = urlsplit(url)
        params, path = dict(parse_qsl(parts.query)), parts.path
        document = json.loads(body) if body else {}
        with self._lock:
            self.requests.append(path)
            now_s = self._now_s()
            if path in _TOKEN_CALLS:
                return self._enter(path, params, document, now_s)
            fault = self.faults.popleft() if self.faults else None
            if fault is Fault.NO_ANSWER:
                return None
            if fault is Fault.NO_JSON:
                return 200, {}
            if fault is not None and fault is not Fault.LOST_ANSWER:
                return answer_of(fault, is_new=path.startswith("/v1.0/"))
            answer = self._answer(path, params, headers, document, now_s)
            return None if fault is Fault.LOST_ANSWER else answer

    def _enter(
        self, path: str, params: dict[str, str], document: dict[str, Any], now_s: float
    ) -> Answer:
        key = params.get("appkey") or document.get("appKey") or document.get("clientId") or ""
        secret = (
            params.get("appsecret") or document.get("appSecret") or document.get("clientSecret")
        )
        token = self.organisation.token(key, secret or "", now_s)
        if token is None:
            told = {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
            return 400, {"errcode": 40089, "errmsg": "不合法的corpid或corpsecret", **told}
        if path == _TOKEN_CALLS[2]:
            return 200, self.gateway.ticket()
        return 200, {**OK[1], "accessToken": token, "access_token": token, "expireIn": 7200,
                     "expires_in": 7200}  # fmt: skip

    def _answer(
        self,
        path: str,
        params: dict[str, str],
        headers: Any,
        document: dict[str, Any],
        now_s: float,
    ) -> Answer:
        if path == "/robot/send":
            return robots.dingtalk(self.robots, params, document, now_s)
        if path == "/cgi-bin/webhook/send":
            return robots.wecom(self.robots, params, document, now_s)
        if path.startswith(_FEISHU):
            return robots.feishu(self.robots, path.removeprefix(_FEISHU), document, now_s)
        if path == "/robot/sendBySession":
            session = params.get("session", "")
            if now_s >= self.session_ends_s.get(session, 0.0):
                return 200, {"errcode": 300005, "errmsg": "token is not exist"}
            self.sessions[session].append(robots.text_of(document))
            return OK
        is_new = path.startswith("/v1.0/")
        token = headers.get("x-acs-dingtalk-access-token") if is_new else params.get("access_token")
        refusal = self.organisation.admit(path, token or "", now_s)
        if refusal is not None:
            return answer_of(refusal, is_new=is_new)
        return self.organisation.answer(path, document or params, now_s)


def _handler_of(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._reply(standin.handle(self.path, self.headers, body))

        def do_GET(self) -> None:
            self._reply(standin.handle(self.path, self.headers, b""))

        def _reply(self, answer: Answer | None) -> None:
            if answer is None:
                self.close_connection = True
                return
            status, document = answer
            content = json.dumps(document).encode() if document else b"<html>busy</html>"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay silent; `requests` tells."""

    return Handler
