"""A front before a broker that lets in only who speaks MQTT 3.1.1, as older brokers do."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final

REFUSED: Final = b"\x20\x02\x00\x01"  # CONNACK: unacceptable protocol version
V311: Final = 4


class OldFront:
    """Passes bytes on to `port` for connections of MQTT 3.1.1 and refuses all others.

    Attributes:
        levels: the protocol level of each connection that was tried.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.levels: list[int] = []
        self._links: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def close(self) -> None:
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self._links.append(link)
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with suppress(OSError):
            first = link.recv(4096)
            level = first[first.index(b"MQTT") + 4] if b"MQTT" in first else 0
            self.levels.append(level)
            if level != V311:
                link.sendall(REFUSED)
                link.close()
                return
            behind = socket.create_connection(("127.0.0.1", self._behind))
            self._links.append(behind)
            behind.sendall(first)
            threading.Thread(target=_pump, args=(behind, link), daemon=True).start()
            _pump(link, behind)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until one side ends, then end both."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for link in (source, target):
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
