"""Mosquitto as a store-and-forward bridge, queue unlimited and persistent: the kind settings."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.chaos_table.logbook import trouble_in
from bench.chaos_table.system import peer_broker
from bench.meter import Meter, metered
from bench.rig import wait_until
from cloud_receiver.demo.stage import answers, free_port

NAME = "Mosquitto bridge"
RECORD_BYTES = 200
TAKEN_WITHIN_S = 90.0


class Receiver:
    """Headquarters' end: notes every payload it gets; its session outlives it."""

    def __init__(self, port: int, rows: list[bytes]) -> None:
        self._rows = rows
        self._is_in = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="hq", clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe("up/#", 1)
        self._client.on_subscribe = lambda *_: self._is_in.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._is_in.wait(20)

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._rows.append(message.payload)

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


class Bridge:
    """The broker of the store, which bridges to that of headquarters."""

    name = NAME
    keeps_log = True

    def __init__(self, folder: Path, port: int, line: Meter, boxes: int) -> None:
        self._boxes = boxes
        self.line, self._folder, self._port, self._edge_port = line, folder, port, free_port()
        self.store, self.log = folder / "kept", folder / "bridge.log"
        self.store.mkdir()
        (folder / "hq").mkdir()
        self._fed = 0
        self._rows: list[bytes] = []
        self._receiver: Receiver | None = None
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._config = folder / "edge.conf"
        self.program = peer_broker(port, folder / "hq")

    def _write_config(self) -> None:
        self._config.write_text(
            f"listener {self._edge_port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {self.store}/\nmax_queued_messages 0\n"
            f"log_dest file {self.log}\nlog_type error\nlog_type warning\nlog_type notice\n"
            + "".join(self._connection(number) for number in range(self._boxes))
        )

    def _connection(self, number: int) -> str:
        return (
            f"connection box-{number}\naddress 127.0.0.1:{self.line.port}\n"
            f"remote_clientid box-{number}\ntopic up/{number} out 1\n"
            "cleansession false\nrestart_timeout 2\n"
        )

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the store's broker."""
        self._write_config()
        self._run("edge", [self.program[0], "-c", str(self._config)], environment)
        wait_until("the store's broker", lambda: answers(self._edge_port), 20)

    def _run(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        told = {**os.environ, **(environment or {})}
        self._running[name] = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=told
        )

    def _kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def kill(self) -> None:
        """Kill the store's broker."""
        self._kill("edge")

    def save(self) -> None:
        """Have it write its queue to disk now, as its signal USR1 is for."""
        self._running["edge"].send_signal(signal.SIGUSR1)
        wait_until("its queue on disk", lambda: any(self.store.glob("*.db")), 20)
        sleep(1.0)  # it does not say when it is done

    def pid(self) -> int | None:
        """Return the store's broker."""
        process = self._running.get("edge")
        return None if process is None else process.pid

    def raise_hq(self) -> None:
        """Start headquarters' broker and its receiver."""
        if "hq" not in self._running:
            self._run("hq", self.program)
            wait_until("headquarters' broker", lambda: answers(self._port), 20)
        if self._receiver is None:
            self._receiver = Receiver(self._port, self._rows)

    def kill_receiver(self) -> None:
        """Take the receiver away; the broker keeps its session."""
        assert self._receiver is not None
        self._receiver.stop()
        self._receiver = None

    def kill_broker(self) -> None:
        """Kill headquarters' broker; the receiver begins anew with the next."""
        self._kill("hq")
        if self._receiver is not None:
            self.kill_receiver()

    def feed(self, records: int) -> None:
        """Hand records to the store's broker, each acknowledged by it."""
        numbers = range(self._fed, self._fed + records)
        self._publish(
            (f"up/{number % self._boxes}", f"{number:09d}".ljust(RECORD_BYTES, ".").encode())
            for number in numbers
        )
        self._fed += records

    def _publish(self, messages: Iterable[tuple[str, bytes]]) -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self._edge_port)
        client.loop_start()
        for sent in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
            sent.wait_for_publish(TAKEN_WITHIN_S)
        client.disconnect()
        client.loop_stop()

    def poison(self) -> None:
        """Hand over bytes that are no text; to a broker all bytes are alike."""
        self._publish([("up/0", b"\xff\xfe\x00\x81")])

    def arrived(self) -> int:
        """Return how many messages the receiver got."""
        return len(self._rows)

    def arrivals(self) -> list[int]:
        """Return the numbers of what it got."""
        return [int(row[:9]) for row in list(self._rows) if row[:9].isdigit()]

    def said(self) -> str:
        """Return what its log tells of trouble."""
        return trouble_in(self.log)

    def close(self) -> None:
        """End everything."""
        if self._receiver is not None:
            self.kill_receiver()
        for name in list(self._running):
            self._kill(name)


@contextmanager
def standing(folder: Path, boxes: int = 1) -> Iterator[Bridge]:
    """Yield a bridge whose headquarters is up and which is not started yet.

    Args:
        boxes: how many connections it has, each with a topic and a queue of its own.
    """
    folder.mkdir()
    port = free_port()
    with metered(port) as line:
        bridge = Bridge(folder, port, line, boxes)
        try:
            bridge.raise_hq()
            yield bridge
        finally:
            bridge.close()
