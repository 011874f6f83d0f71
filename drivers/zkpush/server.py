"""A small HTTP server for devices: a thread a connection, everything with a deadline and a bound.

A terminal that stalls costs one connection for a while; when all are taken, the one whose
request is longest under way gives way.
"""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from drivers.errors import BusyError, DriverError, RefusedError
from drivers.zkpush.handshake import date_header
from drivers.zkpush.reception import COME_BACK, Answer
from drivers.zkpush.requests import MAX_BODY_BYTES, Request, RequestError, RequestParser
from sync.clock import Clock

_log = logging.getLogger(__name__)

HEAD_S: Final = 10.0
"""From the first byte of a request to the end of its head."""
BODY_S: Final = 120.0
"""From the first byte of a request to its last: 900 KB take 90 s over a telephone."""
STALL_S: Final = 15.0
"""Silence within a body that ends it."""
IDLE_S: Final = 75.0
"""A kept connection that asks nothing; terminals ask at least once a minute."""
REST_S: Final = 0.05
"""A body that ends within a line may have been counted too short; its rest is here by then."""
_SEND_S: Final = 10.0
_RECEIVE_BYTES: Final = 64 * 1024
_BACKLOG: Final = 64
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
                   408: "Request Timeout", 413: "Content Too Large",
                   431: "Request Header Fields Too Large", 503: "Service Unavailable"}  # fmt: skip

Answering = Callable[[Request, str], Answer]


class PushServer:
    """Serve connections from `start` to `stop`.

    Args:
        answer: (request, the peer's address) -> the answer; may take its time.
    """

    def __init__(
        self, host: str, port: int, max_connections: int, answer: Answering, clock: Clock
    ) -> None:
        self._address = (host, port)
        self._max_connections = max_connections
        self._answer = answer
        self._clock = clock
        self._lock = threading.Lock()
        self._connections: dict[_Connection, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, 0 before `start`."""
        return int(self._listener.getsockname()[1]) if self._listener else 0

    def start(self) -> None:
        """Listen.

        Raises:
            BusyError: another program has the port.
            RefusedError: the address is none of this box, or needs more rights.
        """
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(self._address)
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise _listen_trouble(self._address, error) from error
        self._listener = listener
        self._address = (self._address[0], self.port)  # the same one after a restart
        self._thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close everything; connections that wait for an answer end without one."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        listener.close()
        with self._lock:
            threads = [*self._connections.values()]
            for connection in self._connections:
                connection.hang_up()
        if self._thread is not None:
            threads.append(self._thread)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(1.0)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, address = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._make_room()
                    continue
                if error.errno in (errno.ECONNABORTED, errno.EINTR):
                    continue
                return  # closed by `stop`
            connection = _Connection(peer, str(address[0]), self._answer, self._clock)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                is_full = len(self._connections) >= self._max_connections
                self._connections[connection] = thread
            if is_full:
                self._make_room(connection)
            thread.start()

    def _make_room(self, newcomer: _Connection | None = None) -> None:
        with self._lock:
            waiting = [item for item in self._connections if item.is_receiving]
            oldest = min(waiting, key=lambda item: item.began_s, default=newcomer)
        if oldest is not None:
            oldest.hang_up()

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.serve()
        except OSError:
            _log.debug("push_connection_broke peer=%s", connection.peer)
        finally:
            connection.close()
            with self._lock:
                self._connections.pop(connection, None)


class _Connection:
    """One connection: requests one after the other."""

    def __init__(
        self, peer_socket: socket.socket, peer: str, answer: Answering, clock: Clock
    ) -> None:
        self.peer = peer
        self.began_s = clock.monotonic_s()
        self.is_receiving = True
        self._socket = peer_socket
        self._answer = answer
        self._clock = clock
        self._parser = RequestParser()

    def serve(self) -> None:
        """Answer until the peer leaves, stalls or asks for something that is none."""
        with suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_alive = True
        while keep_alive:
            try:
                request = self._receive()
            except RequestError as error:
                self._send(Answer(error.status, f"{error}\n"), keep_alive=False)
                self._discard()
                return
            if request is None:
                return
            self.is_receiving = False
            keep_alive = request.keep_alive
            answer = self._answer(request, self.peer)
            self._send(answer, keep_alive=keep_alive, head_only=request.method == "HEAD")
            self.began_s, self.is_receiving = self._clock.monotonic_s(), True

    def hang_up(self) -> None:
        """End the connection from another thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Release the socket."""
        self._socket.close()

    def _receive(self) -> Request | None:
        """Return the next request; None when there is none."""
        data = b""
        while True:
            request = self._parser.feed(data)
            if request is not None:
                return self._with_rest(request)
            if self._parser.wants_continue:
                self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                self._parser.wants_continue = False
            was_idle = self._parser.is_idle
            try:
                self._socket.settimeout(self._patience_s())
                data = self._socket.recv(_RECEIVE_BYTES)
            except TimeoutError:
                data = b""
            if not data:
                return self._parser.give_up()
            if was_idle:
                self.began_s = self._clock.monotonic_s()

    def _patience_s(self) -> float:
        """Return how long to wait for more bytes, more than 0."""
        if self._parser.is_idle:
            return IDLE_S
        left_s = (BODY_S if self._parser.has_head else HEAD_S) + self.began_s
        return max(min(left_s - self._clock.monotonic_s(), STALL_S), 0.001)

    def _with_rest(self, request: Request) -> Request:
        if request.method != "POST" or request.body.endswith((b"\n", b"\r")):
            return request
        data = b""
        try:
            self._socket.settimeout(REST_S)
            data = self._socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            pass
        return self._parser.with_rest(request, data)

    def _send(self, answer: Answer, *, keep_alive: bool, head_only: bool = False) -> None:
        body = answer.text.encode()
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        date = date_header(self._clock.now_utc())
        if date is not None:
            lines.append(f"Date: {date}")
        if answer.status == COME_BACK:
            lines.append("Retry-After: 30")
        self._socket.settimeout(_SEND_S)
        head = "\r\n".join([*lines, "", ""]).encode()
        self._socket.sendall(head if head_only else head + body)

    def _discard(self) -> None:
        """Take in a little of what is still coming, so that the peer can read its answer."""
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(1.0)
        taken = 0
        with suppress(TimeoutError):
            while taken < MAX_BODY_BYTES and (data := self._socket.recv(_RECEIVE_BYTES)):
                taken += len(data)


def _listen_trouble(address: tuple[str, int], error: OSError) -> DriverError:
    where = f"{address[0]}:{address[1]}"
    if error.errno == errno.EADDRINUSE:
        return BusyError(
            "port_taken", f"another program listens on {where}", "Choose another port in listen."
        )
    return RefusedError(
        "no_listen",
        f"{where} cannot be listened on: {error.strerror}",
        "Use 0.0.0.0 or an address of this box, and a port above 1023.",
    )
