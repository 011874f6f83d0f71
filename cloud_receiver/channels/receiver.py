"""A webhook receiver that checks what a real one checks, and misbehaves on request.

For tests, and for those who write a real receiver: it refuses wrong signatures, takes a
notice once by its ``Idempotency-Key`` and keeps every delivery for inspection.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from cloud_receiver.channels.webhook import MAX_AGE_S, signature
from sync.clock import Clock

_HOLD_S_MAX: Final = 30.0


class Reply(NamedTuple):
    """How one request is treated.

    Attributes:
        status: the HTTP status, or None: the connection is dropped without an answer.
        takes: whether the notice is kept; a lost answer is taking without answering.
        holds: the request is left hanging until the receiver is closed.
    """

    status: int | None
    takes: bool = False
    retry_after_s: int | None = None
    holds: bool = False


TAKE: Final = Reply(204, takes=True)
LOSE_ANSWER: Final = Reply(None, takes=True)
DROP: Final = Reply(None)
HANG: Final = Reply(None, holds=True)


class Receiver:
    """An HTTP server on loopback; `replies` are used up in order, then all is taken.

    Args:
        clock: tells old timestamps; None: their age is not looked at.

    Attributes:
        deliveries: (notice id, body) of every request that was taken, repeats included.
        requests: how many requests came, taken or not.
    """

    def __init__(self, secret: bytes, port: int = 0, clock: Clock | None = None) -> None:
        self.secret = secret
        self._clock = clock
        self._nonces: set[str] = set()
        self.replies: deque[Reply] = deque()
        self.deliveries: list[tuple[str, dict[str, Any]]] = []
        self.requests = 0
        self.arrived = threading.Condition()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return the address to post to."""
        return f"http://127.0.0.1:{self.port}/daka"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until that many deliveries were taken; tell whether they were."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.deliveries) >= count, timeout_s)

    def _is_old(self, timestamp: str) -> bool:
        if self._clock is None:
            return False
        return abs(self._clock.now_utc().timestamp() - int(timestamp)) > MAX_AGE_S

    def decide(self, headers: Any, body: bytes) -> Reply:
        """Take note of a request and say how to treat it."""
        nonce = headers.get("X-Daka-Nonce", "")
        wanted = signature(self.secret, headers.get("X-Daka-Timestamp", ""), nonce, body)
        signed = hmac.compare_digest(wanted, headers.get("X-Daka-Signature", ""))
        with self.arrived:
            self.requests += 1
            reply = self.replies.popleft() if self.replies else TAKE
            if not signed or not nonce or self._is_old(headers["X-Daka-Timestamp"]):
                return Reply(401)
            if nonce in self._nonces:
                return Reply(409)  # a replay: what is sent anew carries a new one
            self._nonces.add(nonce)
            if reply.takes:
                key = unquote(headers["Idempotency-Key"])
                self.deliveries.append((key, json.loads(body)))
                self.arrived.notify_all()
            return reply


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = DROP if receiver.closing.is_set() else receiver.decide(self.headers, body)
            if reply.holds:
                receiver.closing.wait(_HOLD_S_MAX)
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            if reply.retry_after_s is not None:
                self.send_header("Retry-After", str(reply.retry_after_s))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent; `requests` and `deliveries` tell."""

    return Handler
