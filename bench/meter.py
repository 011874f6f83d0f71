"""A wire that counts and breaks: forwards TCP to one port, knows how many bytes went which way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep

_CHUNK_BYTES = 65536
_SLOW_CHUNK_BYTES = 2048


@dataclass(slots=True)
class _Link:
    near: socket.socket
    far: socket.socket
    is_swallowed: bool = False


@dataclass(slots=True)
class Meter:
    """What has gone over the wire so far, in payload bytes of TCP, and what becomes of the rest.

    Attributes:
        up_bytes_s: how much goes up in a second; None: as much as comes.
    """

    port: int
    up_bytes: int = 0
    down_bytes: int = 0
    up_bytes_s: float | None = None
    _is_open: bool = True
    _links: list[_Link] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int, *, is_up: bool) -> None:
        """Count a piece."""
        with self._lock:
            if is_up:
                self.up_bytes += count
            else:
                self.down_bytes += count

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        with self._lock:
            self._is_open = False
            links, self._links = self._links, []
        for link in links:
            _hang_up(link.near, link.far)

    def mend(self) -> None:
        """Take new connections again."""
        self._is_open = True

    def swallow(self) -> None:
        """Let nothing through on today's connections, which look open; new ones work."""
        with self._lock:
            for link in self._links:
                link.is_swallowed = True
            self._links = []

    def _join(self, near: socket.socket, port: int) -> None:
        far = socket.create_connection(("127.0.0.1", port))
        for link in (near, far):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        joined = _Link(near, far)
        with self._lock:
            if not self._is_open:
                near.close()
                far.close()
                return
            self._links.append(joined)
        for is_up in (True, False):
            threading.Thread(target=self._pump, args=(joined, is_up), daemon=True).start()

    def _pump(self, link: _Link, is_up: bool) -> None:
        source, target = (link.near, link.far) if is_up else (link.far, link.near)
        rate = self.up_bytes_s if is_up else None
        with suppress(OSError):
            while piece := source.recv(_SLOW_CHUNK_BYTES if rate else _CHUNK_BYTES):
                if link.is_swallowed:
                    continue
                if rate:
                    sleep(len(piece) / rate)
                self.add(len(piece), is_up=is_up)
                target.sendall(piece)
        if not link.is_swallowed:
            _hang_up(source, target)
        source.close()


@contextmanager
def metered(port: int, up_bytes_s: float | None = None) -> Iterator[Meter]:
    """Listen on a port of our own and forward what comes to loopback `port`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if up_bytes_s:  # a slow wire holds little
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * _SLOW_CHUNK_BYTES)
        meter = Meter(server.getsockname()[1], up_bytes_s=up_bytes_s)
        threading.Thread(target=_accept, args=(server, port, meter), daemon=True).start()
        try:
            yield meter
        finally:
            meter.cut()


def _accept(server: socket.socket, port: int, meter: Meter) -> None:
    with suppress(OSError):  # the server is closed: the measuring is over
        while True:
            near, _ = server.accept()
            try:
                meter._join(near, port)
            except OSError:  # nobody there yet, and so it looks to whoever called
                near.close()


def _hang_up(*links: socket.socket) -> None:
    for link in links:
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
