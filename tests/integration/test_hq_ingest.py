"""The receiver as a process, a real broker between it and a box: killed, cut off, told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import Engine, func, select

from cloud_receiver.store import journal as journal_store
from cloud_receiver.store.engine import open_engine, read
from cloud_receiver.store.tables import dead_letter, journal
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.identity import record_id
from sync.presence import BoxState, ReceiverState, decode_receiver_state, encode_box_state
from sync.receipt import Mark, Receipt, decode_receipt
from sync.records import to_wire
from sync.topics import Lane
from tests.samples import PUNCH

ROOT = Path(__file__).resolve().parents[2]
BATCH = 25
WINDOW = 8
Wait = Callable[..., None]


class SmallBox:
    """Sends punches in batches, a window at a time, until every one is receipted."""

    def __init__(
        self, port: int, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
    ) -> None:
        self.mark = Mark()
        self.receipts: list[Receipt] = []
        self.receivers: list[ReceiverState] = []
        self._moved = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="box-1", protocol=protocol)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_socket_open = lambda _c, _d, sock: sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        self.client.reconnect_delay_set(0.05, 0.2)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def say_hello(self) -> None:
        state = BoxState(
            box_id="box-1",
            online=True,
            nonce="n",
            version="0",
            epoch="e1",
            heads={},
            config_hash="c",
            at_utc="2026-11-23T00:00:00.000Z",
        )
        topic = topics.state("acme", "box-1")
        self.client.publish(topic, encode_box_state(state), qos=1, retain=True)

    def send_all(self, count: int, on_progress: Callable[[int], None] = lambda _: None) -> None:
        """Send punches 1..count; what is not receipted within half a second is sent again."""
        for _ in range(1000):
            if self.mark.through >= count:
                return
            first = self.mark.through + 1
            for start in range(first, min(first + WINDOW * BATCH, count + 1), BATCH):
                self._send(start, min(start + BATCH - 1, count))
            self._moved.clear()
            self._moved.wait(0.5)
            on_progress(self.mark.through)
        raise AssertionError(f"receipted through {self.mark.through} of {count}")

    def _send(self, first: int, last: int) -> None:
        bodies = [
            encode_body(to_wire(replace(PUNCH, occurrence=n))) for n in range(first, last + 1)
        ]
        payload = encode_batch("box-1", "e1", Lane.PUNCH, first, bodies)
        self.client.publish(topics.up("acme", "box-1", Lane.PUNCH), payload, qos=1)

    def _on_connect(self, client: Client, *_: object) -> None:
        own, receivers = topics.receipt("acme", "box-1"), topics.hq_state_filter("acme")
        client.subscribe([(own, 1), (receivers, 1)])

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic.endswith("/receipt"):
            receipt = decode_receipt(message.payload)
            self.receipts.append(receipt)
            if receipt.lane == Lane.PUNCH and receipt.mark.through >= self.mark.through:
                self.mark = receipt.mark
            self._moved.set()
        else:
            self.receivers.append(decode_receiver_state(message.payload))


class Receiver:
    """The real receiver in a process of its own."""

    def __init__(self, folder: Path, port: int, database_url: str) -> None:
        self.log = folder / "hq.log"
        self.config = folder / "hq.toml"
        self.process: subprocess.Popen[bytes] | None = None
        self.config.write_text(
            f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{folder}"\n'
            f'database_url = "{database_url}"\n[mqtt]\nurl = "mqtt://127.0.0.1:{port}"\n'
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cloud_receiver", "ingest", "-c", str(self.config)],
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process = None
        return code


@pytest.fixture
def receiver(tmp_path: Path, mosquitto_broker: Any, hq_url: str) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path, mosquitto_broker.port, hq_url)
    receiver.start()
    yield receiver
    if receiver.process is not None:
        receiver.end(signal.SIGTERM)


@pytest.fixture
def box(mosquitto_broker: Any) -> Iterator[SmallBox]:
    box = SmallBox(mosquitto_broker.port)
    yield box
    box.close()


def _ids(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.scalars(select(journal.c.record_id)))


def test_a_receiver_killed_again_and_again_stores_every_record_once(
    receiver: Receiver, box: SmallBox, hq_engine: Engine
) -> None:
    kills = [200, 600, 1100, 1700]

    def kill(through: int) -> None:
        if kills and through >= kills[0]:
            kills.pop(0)
            receiver.end(signal.SIGKILL)
            receiver.start()

    box.send_all(2000, kill)
    assert not kills
    expected = sorted(record_id(replace(PUNCH, occurrence=n)) for n in range(1, 2001))
    assert sorted(_ids(hq_engine)) == expected
    with read(hq_engine) as connection:
        marks = journal_store.marks_of(connection, "box-1", "e1")
        letters = connection.execute(select(func.count()).select_from(dead_letter)).scalar_one()
    assert marks[Lane.PUNCH] == Mark(2000)
    assert letters == 0


def test_a_broker_killed_and_wiped_costs_nothing(
    receiver: Receiver, box: SmallBox, hq_engine: Engine, mosquitto_broker: Any
) -> None:
    kills = [100, 500]

    def kill(through: int) -> None:
        if kills and through >= kills[0]:
            kills.pop(0)
            mosquitto_broker.kill()
            mosquitto_broker.wipe()
            mosquitto_broker.start()

    box.send_all(800, kill)
    assert not kills
    assert len(_ids(hq_engine)) == 800


def test_a_receiver_told_to_stop_says_goodbye_and_exits_cleanly(
    receiver: Receiver, box: SmallBox, wait_until: Wait
) -> None:
    wait_until(lambda: box.receivers and box.receivers[-1].online, "the receiver is online")
    assert receiver.end(signal.SIGTERM) == 0
    wait_until(lambda: not box.receivers[-1].online, "the receiver says goodbye")
    assert "ERROR" not in receiver.log.read_text()


def test_a_killed_receiver_is_reported_offline_by_the_broker(
    receiver: Receiver, box: SmallBox, wait_until: Wait
) -> None:
    wait_until(lambda: box.receivers and box.receivers[-1].online, "the receiver is online")
    receiver.end(signal.SIGKILL)
    wait_until(lambda: not box.receivers[-1].online, "its will is published")


def test_a_receiver_that_comes_back_tells_boxes_their_marks(
    receiver: Receiver, box: SmallBox, wait_until: Wait
) -> None:
    box.send_all(30)
    box.say_hello()
    receiver.end(signal.SIGTERM)
    box.receipts.clear()
    receiver.start()
    wait_until(
        lambda: any(one.lane == Lane.PUNCH and one.mark == Mark(30) for one in box.receipts),
        "the retained hello is answered with the marks",
    )


def test_a_message_that_wants_no_acknowledgement_costs_no_connection(
    receiver: Receiver, box: SmallBox, hq_engine: Engine, wait_until: Wait
) -> None:
    def letters() -> int:
        with read(hq_engine) as connection:
            return connection.execute(select(func.count()).select_from(dead_letter)).scalar_one()

    wait_until(lambda: box.receivers and box.receivers[-1].online, "the receiver is online")
    for number in range(3):
        box.client.publish(topics.up("acme", "box-1", Lane.PUNCH), b"no batch %d" % number, qos=0)
    wait_until(lambda: letters() == 3, "what cannot be read is kept")
    box.send_all(50)
    assert receiver.log.read_text().count("broker_connected") == 1


def test_a_database_connection_cut_off_is_taken_up_again(
    receiver: Receiver, box: SmallBox, hq_engine: Engine, hq_url: str
) -> None:
    if hq_engine.dialect.name == "sqlite":
        box.send_all(50)  # a file has no connection to cut
        return
    cuts = [50, 150]

    def cut(through: int) -> None:
        if cuts and through >= cuts[0]:
            cuts.pop(0)
            with read(hq_engine) as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    box.send_all(400, cut)
    assert not cuts
    assert len(_ids(hq_engine)) == 400


def test_a_broker_of_the_older_protocol_is_spoken_to(tmp_path: Path, wait_until: Wait) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "cloud_receiver.demo.broker", str(port)]
    url = f"sqlite:///{tmp_path / 'hq.db'}"
    with (tmp_path / "broker.log").open("wb") as log:
        broker = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)
    receiver = Receiver(tmp_path, port, url)
    try:
        wait_until(lambda: _accepts(port), "the embedded broker accepts connections")
        receiver.start()
        box = SmallBox(port, MQTTProtocolVersion.MQTTv311)
        box.send_all(60)
        box.close()
        receiver.end(signal.SIGTERM)
    finally:
        broker.terminate()
        broker.wait(30)
    assert "version=MQTTv311" in receiver.log.read_text()
    engine = open_engine(url)
    assert len(_ids(engine)) == 60
    engine.dispose()


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.2):
            return True
    except OSError:
        return False
