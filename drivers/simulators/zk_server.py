"""A simulated ZKTeco terminal on the network: TCP and UDP on one port, each in threads."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from drivers.errors import DriverError
from drivers.simulators.zk_conversation import (
    TCP_PACKET_BYTES,
    UDP_PACKET_BYTES,
    Conversation,
)
from drivers.simulators.zk_faults import BANNERS, End, Faults, to_datagrams, to_stream
from drivers.simulators.zk_terminal import Terminal, Touch
from drivers.zkteco.frames import Frame, StreamDecoder, decode, encode, encode_tcp

_MAX_DATAGRAM: Final = 65_535
_FIRST_SESSION: Final = 0x4500
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class ZkSimulator:
    """A terminal that can be reached: ``with ZkSimulator(terminal) as simulator: ...``.

    Args:
        port: 0 takes a free one; see `port` afterwards.
        one_client: others are accepted and not answered while one is connected.
        packet_bytes: how much log data one TCP frame carries.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        one_client: bool = False,
        packet_bytes: int = TCP_PACKET_BYTES,
    ) -> None:
        self.terminal = terminal
        self.faults = Faults()
        self.connections_made = 0
        self._one_client = one_client
        self._packet_bytes = packet_bytes
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind((self.host, self.port))
        self._sessions = _FIRST_SESSION
        self._lock = threading.Lock()
        self._clients: dict[object, tuple[Conversation, Callable[[Frame], None]]] = {}
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._is_stopped = threading.Event()
        terminal.on_touch(self._announce)

    def __enter__(self) -> ZkSimulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        for work in (self._accept, self._serve_datagrams):
            self._run(work)

    def stop(self) -> None:
        """Switch it off: connections break without goodbye."""
        self._is_stopped.set()
        for sock in (self._listener, self._datagrams):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.cut()
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.host, self.port))  # wakes the thread that waits for datagrams
        for thread in self._threads:
            thread.join(5)
        self._listener.close()
        self._datagrams.close()

    def cut(self) -> None:
        """Break all connections, as when the cable is pulled and the terminal notices."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    @property
    def clients(self) -> int:
        """How many sessions are open."""
        with self._lock:
            return len(self._clients)

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _conversation(self, packet_bytes: int) -> Conversation:
        with self._lock:
            self._sessions += 1
            return Conversation(self.terminal, self.faults, self._sessions, packet_bytes)

    def _announce(self, touch: Touch) -> None:
        with self._lock:
            clients = list(self._clients.values())
        for conversation, send in clients:
            if conversation.wants_touches:
                with suppress(OSError):
                    send(conversation.event(touch))

    def _accept(self) -> None:
        while not self._is_stopped.is_set():
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections_made += 1
                self._open.add(stream)
            self._run(lambda stream=stream: self._serve_stream(stream))  # type: ignore[misc]

    def _serve_stream(self, stream: socket.socket) -> None:
        try:
            if not self._is_strange(stream):
                self._converse(stream)
        except (OSError, DriverError):
            pass  # the client went away or talks nonsense: a terminal hangs up
        finally:
            with self._lock:
                self._open.discard(stream)
                self._clients.pop(stream, None)
            stream.close()

    def _is_strange(self, stream: socket.socket) -> bool:
        for name, banner in BANNERS.items():
            if self.faults.take(name):
                stream.recv(_MAX_DATAGRAM)
                stream.sendall(banner)
                return True
        if self.faults.take("hang_up_at_once"):
            return True
        with self._lock:
            is_taken = self._one_client and bool(self._clients)
        if is_taken or self.faults.take("silent_accept"):
            self._swallow(stream)
            return True
        return False

    def _swallow(self, stream: socket.socket) -> None:
        while stream.recv(_MAX_DATAGRAM):
            pass

    def _converse(self, stream: socket.socket) -> None:
        conversation = self._conversation(self._packet_bytes)
        decoder = StreamDecoder()
        sending = threading.Lock()

        def send(frame: Frame) -> None:
            with sending:
                stream.sendall(encode_tcp(frame))

        with self._lock:
            self._clients[stream] = (conversation, send)
        while not conversation.is_over and (data := stream.recv(_MAX_DATAGRAM)):
            decoder.feed(data)
            while (request := decoder.next_frame()) is not None:
                answers = conversation.answer(request)
                with sending:
                    for piece in to_stream(answers, encode_tcp, self.faults):
                        if isinstance(piece, bytes):
                            stream.sendall(piece)
                        elif piece is End.SILENCE:
                            return self._swallow(stream)
                        elif piece is End.RESET:
                            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                            return None
                        else:
                            return None
        return None

    def _serve_datagrams(self) -> None:
        while not self._is_stopped.is_set():
            try:
                payload, address = self._datagrams.recvfrom(_MAX_DATAGRAM)
                request = decode(payload)
            except OSError:
                return
            except DriverError:
                continue

            def send(frame: Frame, address: tuple[str, int] = address) -> None:
                self._datagrams.sendto(encode(frame), address)

            with self._lock:
                known = self._clients.get(address)
            if known is None:
                known = (self._conversation(UDP_PACKET_BYTES), send)
                with self._lock:
                    self._clients[address] = known
            conversation = known[0]
            answers = conversation.answer(request)
            for piece in to_datagrams(answers, encode, self.faults):
                if isinstance(piece, bytes):
                    self._send_datagram(piece, address)
            if conversation.is_over:
                with self._lock:
                    self._clients.pop(address, None)

    def _send_datagram(self, payload: bytes, address: tuple[str, int]) -> None:
        if self.faults.take("udp_other_port"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(payload, address)
            return
        self._datagrams.sendto(payload, address)
