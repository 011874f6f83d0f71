"""zkteco-js, a second client we did not write, reads our simulator as pyzk does.

zkteco-js takes one frame from each piece of data its socket gives it, so it needs a
terminal whose frames do not run together. Real ones are slow enough; our simulator on the
loopback is not, and stands behind a relay that hands on a frame when the one before has
been taken.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from zk import ZK

from drivers.simulators.zk import standard_log
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, people_named
from drivers.zkteco.frames import StreamDecoder, encode_tcp
from sync.clock import SystemClock

NODE = Path(__file__).parents[1] / "node"
ZONE = ZoneInfo("Asia/Shanghai")
DEADLINE_S = 60
TAKEN_DEADLINE_S = 10
RECV_BYTES = 65_536
CLIENT_SIDE, QUEUES = 1, 4

Row = tuple[str, str, int, int]


def _unread_bytes(client_port: int) -> int:
    """Return how much the client's socket holds that the client has not taken (Linux)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[CLIENT_SIDE].split(":")[1], 16) == client_port:
            return int(columns[QUEUES].split(":")[1], 16)
    return 0


class Relay:
    """Stands between one client and a terminal; hands on one frame at a time."""

    def __init__(self, terminal: ZkSimulator) -> None:
        self._terminal = terminal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        self._listener.settimeout(DEADLINE_S)
        client, address = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        device = socket.create_connection((self._terminal.host, self._terminal.port))
        with client, device:
            asking = threading.Thread(target=self._ask, args=(client, device), daemon=True)
            asking.start()
            decoder = StreamDecoder()
            with suppress(OSError):  # the client left without waiting for the goodbye
                while data := device.recv(RECV_BYTES):
                    decoder.feed(data)
                    while (frame := decoder.next_frame()) is not None:
                        client.sendall(encode_tcp(frame))
                        self._wait_until_taken(address[1])
            asking.join(DEADLINE_S)

    @staticmethod
    def _ask(client: socket.socket, device: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(RECV_BYTES):
                device.sendall(data)
            device.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _wait_until_taken(client_port: int) -> None:
        deadline_s = time.monotonic() + TAKEN_DEADLINE_S
        while _unread_bytes(client_port) and time.monotonic() < deadline_s:
            time.sleep(0.001)


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> Iterator[ZkSimulator]:
    """A terminal with as many records as the test asks for."""
    terminal = Terminal(
        now_utc=SystemClock.of_this_boot().now_utc,
        local_of=lambda utc: utc.astimezone(ZONE).replace(tzinfo=None),
        people=people_named(["7", "0042", "1001", "123456789", "NB240"]),
    )
    terminal.fill(standard_log(terminal, request.param, terminal.now_local()))
    with ZkSimulator(terminal) as simulator:
        yield simulator


def _read_by_zkteco_js(port: int) -> list[Row]:
    installed = NODE / "node_modules" / "zkteco-js"
    assert installed.is_dir(), (
        "run: npm install --no-package-lock --ignore-scripts --prefix tests/node"
    )
    done = subprocess.run(
        ["node", str(NODE / "read_attendance.js"), str(port)],
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE_S,
        env={**os.environ, "TZ": "UTC"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(row) for row in json.loads(done.stdout)]


def _read_by_pyzk(port: int) -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its first socket open
        connection = ZK("127.0.0.1", port=port, timeout=10, ommit_ping=True).connect()
        touches = connection.get_attendance()
        connection.disconnect()
    return [(one.user_id, one.timestamp.isoformat(), one.status, one.punch) for one in touches]


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
@pytest.mark.parametrize("simulator", [1, 25, 26, 1637, 1638, 2000], indirect=True)
def test_zkteco_js_and_pyzk_read_the_same_log(simulator: ZkSimulator) -> None:
    with Relay(simulator) as relay:
        theirs = _read_by_zkteco_js(relay.port)
    assert len(theirs) == simulator.terminal.records
    assert sorted(theirs) == sorted(_read_by_pyzk(simulator.port))
