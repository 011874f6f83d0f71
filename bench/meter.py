"""A wire that counts: forwards TCP to one port and knows how many bytes went which way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK_BYTES = 65536


@dataclass(slots=True)
class Meter:
    """What has gone over the wire so far, in payload bytes of TCP."""

    port: int
    up_bytes: int = 0
    down_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int, *, is_up: bool) -> None:
        """Count a piece."""
        with self._lock:
            if is_up:
                self.up_bytes += count
            else:
                self.down_bytes += count


@contextmanager
def metered(port: int) -> Iterator[Meter]:
    """Listen on a port of our own and forward what comes to loopback `port`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        meter = Meter(server.getsockname()[1])
        threading.Thread(target=_accept, args=(server, port, meter), daemon=True).start()
        yield meter


def _accept(server: socket.socket, port: int, meter: Meter) -> None:
    with suppress(OSError):  # the server is closed: the measuring is over
        while True:
            near, _ = server.accept()
            try:
                far = socket.create_connection(("127.0.0.1", port))
            except OSError:  # nobody there yet, and so it looks to whoever called
                near.close()
                continue
            for link in (near, far):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target, is_up in ((near, far, True), (far, near, False)):
                arguments = (source, target, meter, is_up)
                threading.Thread(target=_pump, args=arguments, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, meter: Meter, is_up: bool) -> None:
    with suppress(OSError):
        while piece := source.recv(_CHUNK_BYTES):
            meter.add(len(piece), is_up=is_up)
            target.sendall(piece)
    for link in (source, target):
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
