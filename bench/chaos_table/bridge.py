"""Mosquitto as a store-and-forward bridge, queue unlimited and persistent: the kind settings."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.chaos_table.score import Score
from bench.rig import wait_until
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import answers, free_port

NAME = "Mosquitto bridge"
QUIET_S = 8.0


class Oracle:
    """Headquarters' end: notes every id it gets."""

    def __init__(self, port: int) -> None:
        self.rows: list[str] = []
        self._is_in = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="hq")
        self._client.on_connect = lambda client, *_: client.subscribe("up/#", 1)
        self._client.on_subscribe = lambda *_: self._is_in.set()
        self._client.on_message = self._take
        self._client.reconnect_delay_set(0.1, 0.2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._is_in.wait(20)

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.rows.append(message.payload.decode())

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


class Edge:
    """The two brokers and who speaks to them."""

    def __init__(self, place: Path) -> None:
        self.place, self.edge_port, self.hq_port = place, free_port(), free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        (place / "hq").mkdir()
        self._config = place / "edge.conf"
        self._config.write_text(
            f"listener {self.edge_port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {place}/\nmax_queued_messages 0\n"
            f"connection hq\naddress 127.0.0.1:{self.hq_port}\ntopic up/# out 1\n"
            "cleansession false\nrestart_timeout 2\nlog_dest none\n"
        )

    def start(self, name: str) -> None:
        """Start ``edge`` or ``hq`` and wait until it listens."""
        program = broker_command(self.hq_port, self.place / "hq")[1]
        command = [program[0], "-c", str(self._config)]
        if name == "hq":
            command = program
            with Path(program[-1]).open("a") as settings:
                settings.write("max_queued_messages 0\n")
        self._running[name] = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        port = self.hq_port if name == "hq" else self.edge_port
        wait_until(name, lambda: answers(port), 20)

    def kill(self, name: str) -> None:
        """Kill one as a power cut does."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def start_hq(self) -> Oracle:
        """Start headquarters' broker with its receiver there before the bridge arrives."""
        self._running["edge"].send_signal(signal.SIGSTOP)
        self.start("hq")
        oracle = Oracle(self.hq_port)
        self._running["edge"].send_signal(signal.SIGCONT)
        return oracle

    def publish(self, records: int) -> None:
        """Hand records to the edge, each acknowledged by it."""
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.edge_port)
        client.loop_start()
        sent = [client.publish("up/x", f"{n}".ljust(200), qos=1) for n in range(records)]
        for one in sent:
            one.wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    def close(self) -> None:
        """End both."""
        for name in list(self._running):
            self.kill(name)


@contextmanager
def _edge() -> Iterator[Edge]:
    with TemporaryDirectory(prefix="daka-bridge-") as folder:
        edge = Edge(Path(folder))
        try:
            edge.start("edge")
            yield edge
        finally:
            edge.close()


def _score(oracles: list[Oracle], records: int) -> Score:
    """Wait until nothing has come for a while."""

    def rows() -> list[str]:
        return [row for oracle in oracles for row in oracle.rows]

    seen, since_s = -1, monotonic()
    while monotonic() - since_s < QUIET_S:
        if len(rows()) != seen:
            seen, since_s = len(rows()), monotonic()
        sleep(0.1)
    for oracle in oracles:
        oracle.stop()
    return Score(records, len(set(rows())), len(rows()))


def s1(records: int) -> Score:
    with _edge() as edge:
        edge.publish(records)
        return _score([edge.start_hq()], records)


def s2(records: int) -> Score:
    with _edge() as edge:
        edge.publish(records)
        edge.kill("edge")
        edge.start("hq")
        oracle = Oracle(edge.hq_port)
        edge.start("edge")
        return _score([oracle], records)


def s3(records: int) -> Score:
    with _edge() as edge:
        edge.publish(records)
        oracle = edge.start_hq()
        wait_until("something", lambda: len(oracle.rows) > 0, 60)
        for _ in range(3):
            edge.kill("edge")
            edge.start("edge")
            sleep(1)
        return _score([oracle], records)


def s4(records: int) -> Score:
    with _edge() as edge:
        edge.publish(records)
        oracle = edge.start_hq()
        wait_until("something", lambda: len(oracle.rows) > 0, 60)
        edge.kill("hq")
        oracle.stop()
        return _score([oracle, edge.start_hq()], records)


def s5(records: int) -> Score:
    """The receiver is away while the bridge delivers to its broker."""
    with _edge() as edge:
        edge.start("hq")
        first = Oracle(edge.hq_port)
        first.stop()
        edge.publish(records)
        sleep(5)
        return _score([Oracle(edge.hq_port)], records)
