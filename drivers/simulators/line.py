"""Put a simulated machine on a real pseudo-terminal or a real socket, with faults of the line.

A machine hears bytes and says bytes; this module carries them as cables do. The faults
of a line are the same for every machine and have names; a machine has its own besides.
"""

from __future__ import annotations

import os
import random
import select
import socket
import termios
import threading
import tty
from contextlib import suppress
from typing import Final, Protocol

TICK_S: Final = 0.01
_READ_BYTES: Final = 4096

LINE_FAULTS: Final = {
    "echo": "the line returns what it hears, as RS-485 adapters do",
    "bytewise": "every byte comes alone",
    "noise": "junk before every answer",
    "silent": "hears and says nothing",
    "nmea": "another machine talks all the time: a GPS receiver",
    "garbage": "bytes without form all the time, as at a wrong baud rate",
    "unplug_mid_answer": "the cable comes out in the middle of the next answer",
}
_NMEA: Final = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M*47\r\n"
_NOISE: Final = b"\xef\x00\xa5\x00\xef\x01~"


class Machine(Protocol):
    """A simulated device: pure of cables."""

    def hear(self, data: bytes) -> bytes:
        """Take what the host says, in any pieces, and return the answer."""

    def speak(self) -> bytes:
        """Return what the device says on its own by now."""


class _Line(threading.Thread):
    """Carry bytes between a machine and a file descriptor until stopped.

    Attributes:
        carried_bytes: what the machine said and the line has taken so far.
    """

    def __init__(self, machine: Machine, faults: frozenset[str]) -> None:
        unknown = faults - LINE_FAULTS.keys()
        assert not unknown, f"no such fault of a line: {unknown}"
        super().__init__(daemon=True)
        self.machine = machine
        self.faults = set(faults)
        self._stopped = threading.Event()
        self._chance = random.Random(1)
        self._backlog = b""
        self.carried_bytes = 0

    def _exchange(self, heard: bytes) -> bytes:
        """Return what the line carries back, faults included."""
        if "silent" in self.faults:
            return b""
        answer = self.machine.hear(heard) if heard else self.machine.speak()
        if answer and "noise" in self.faults:
            answer = _NOISE + answer
        if "echo" in self.faults:
            answer = heard + answer
        if "nmea" in self.faults:
            answer = _NMEA
        if "garbage" in self.faults:
            answer = self._chance.randbytes(8)
        return answer

    def _send(self, descriptor: int, data: bytes) -> bool:
        """Write what the line takes now and keep the rest; False when the cable came out."""
        is_cut = bool(data) and "unplug_mid_answer" in self.faults
        self._backlog += data[: len(data) // 2] if is_cut else data
        step = 1 if "bytewise" in self.faults else _READ_BYTES
        with suppress(BlockingIOError):  # the host does not read: it may later
            while self._backlog:
                sent = os.write(descriptor, self._backlog[:step])
                self._backlog = self._backlog[sent:]
                self.carried_bytes += sent
        return not is_cut

    def stop(self) -> None:
        """End the simulation and wait for its end. Idempotent."""
        self._stopped.set()
        if self.is_alive():
            self.join()


class PtyLine(_Line):
    """A machine on a pseudo-terminal: a real tty for pyserial.

    Attributes:
        path: the tty to open.
        baud: when given, a host at another speed hears and says garbage.
    """

    def __init__(
        self, machine: Machine, faults: frozenset[str] = frozenset(), baud: int = 0
    ) -> None:
        super().__init__(machine, faults)
        self._master, self._slave = os.openpty()  # our own slave keeps the line up
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._speed = getattr(termios, f"B{baud}") if baud else None

    @property
    def url(self) -> str:
        """The transport URL of this line."""
        return f"serial://{self.path}"

    def run(self) -> None:
        """Carry bytes until stopped or unplugged."""
        is_up = True
        while is_up and not self._stopped.is_set():
            readable, _, _ = select.select([self._master], [], [], TICK_S)
            heard = os.read(self._master, _READ_BYTES) if readable else b""
            answer = self._exchange(heard)
            if heard and self._speed not in (None, termios.tcgetattr(self._slave)[4]):
                answer = self._chance.randbytes(5)
            is_up = self._send(self._master, answer)
        for descriptor in (self._master, self._slave):
            os.close(descriptor)

    def unplug(self) -> None:
        """Pull the cable: the tty disappears under its reader."""
        self.stop()


class TcpLine(_Line):
    """A machine behind a listening socket on the loopback; serves one client at a time.

    Args:
        port: 0 takes a free one.

    Attributes:
        clients: how many have been served; what was said before is not told them.
    """

    def __init__(
        self, machine: Machine, faults: frozenset[str] = frozenset(), port: int = 0
    ) -> None:
        super().__init__(machine, faults)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(TICK_S)
        self.clients = 0
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """The transport URL of this line."""
        return f"tcp://127.0.0.1:{self.port}"

    def run(self) -> None:
        """Serve client after client until stopped."""
        with self._listener:
            while not self._stopped.is_set():
                with suppress(TimeoutError):
                    client, _ = self._listener.accept()
                    with client, suppress(OSError):  # the client hung up: the next one may come
                        self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(TICK_S)
        self._backlog = b""
        while self.machine.speak():
            pass  # said while nobody was connected: nobody hears it
        self.clients += 1
        is_up = True
        while is_up and not self._stopped.is_set():
            heard = b""
            with suppress(TimeoutError):
                heard = client.recv(_READ_BYTES)
                if not heard:
                    return
            is_up = self._send(client.fileno(), self._exchange(heard))
