"""What every request of the API passes: how often, how large, and whether it changed at all."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud_receiver.web.api.refusals import ApiError, refusal
from cloud_receiver.web.limits import RateLimit

REQUESTS_A_MINUTE: Final = 600
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
_RETRY_AFTER_S: Final = "1"


class Transport:
    """ASGI middleware around the API: rate, size of the body, ETag."""

    def __init__(self, app: ASGIApp, limit: RateLimit) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._limit.allows(scope["state"]["caller"].name):
            told = (
                f"每分钟最多{REQUESTS_A_MINUTE}次请求",
                f"at most {REQUESTS_A_MINUTE} requests a minute",
            )
            answer = refusal(headers, ApiError("busy", *told))
            answer.headers["Retry-After"] = _RETRY_AFTER_S
            await answer(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            told = f"请求体最多{MAX_BODY_BYTES}字节", f"a body has at most {MAX_BODY_BYTES} bytes"
            await refusal(headers, ApiError("too_large", *told))(scope, receive, send)
            return
        sending = (
            _Tagged(send, headers.get("if-none-match", "")) if scope["method"] == "GET" else send
        )
        await self._app(scope, _replayed(body, receive), sending)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, None when it is too large."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


class _Tagged:
    """Sends an answer with the hash of its body, or 304 to who has it already."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Keep the answer until it is whole."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        assert self._start is not None, "an answer begins with its start"
        self._parts.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(self._parts)
        if self._start["status"] == 200:
            tag = f'"{sha256(body).hexdigest()[:32]}"'
            headers = MutableHeaders(scope=self._start)
            headers["ETag"] = tag
            headers["Cache-Control"] = "private, no-cache"
            if tag in (one.strip().removeprefix("W/") for one in self._known.split(",")):
                self._start["status"] = 304
                del headers["content-length"]
                body = b""
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
