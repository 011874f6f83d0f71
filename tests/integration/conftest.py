"""Real processes for the integration tests: a Mosquitto to break, an agent to kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from sync import topics
from sync.envelope import decode_batch
from sync.errors import WireError
from sync.heartbeat import Heartbeat, decode_heartbeat
from sync.identity import record_id
from sync.presence import BoxState, ReceiverState, decode_box_state, encode_receiver_state
from sync.receipt import Mark, Receipt, Rejection, encode_receipt
from sync.records import Punch
from sync.topics import Lane

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0


def wait_until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait for a condition; fail with `what` after the deadline."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, f"not within {deadline_s:.0f} s: {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MosquittoBroker:
    """A real Mosquitto on a port of its own; it may be killed, wiped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._state = folder / "state"
        self._config = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self._state.mkdir()
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            "allow_anonymous true\n"
            "set_tcp_nodelay true\n"
            "persistence true\n"
            f"persistence_location {self._state}/\n"
            "user root\n"  # who may read its temporary folder; without root it stays who it is
        )

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def allow(self, access_list: str) -> None:
        """Use an access list from the next start on."""
        file = self._folder / "access"
        file.write_text(access_list)
        self._config.write_text(f"{self._config.read_text()}acl_file {file}\n")

    def encrypt(self, certificate: Path, key: Path) -> None:
        """Ask for TLS from the next start on."""
        more = f"certfile {certificate}\nkeyfile {key}\n"
        self._config.write_text(self._config.read_text().replace("allow_a", f"{more}allow_a"))

    def start(self) -> None:
        assert self._process is None, "it runs already"
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self._config)], stdout=log, stderr=log
            )
        wait_until(self._accepts, "Mosquitto accepts connections")

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it cleanly; its sessions and retained messages survive."""
        self._end(signal.SIGTERM)

    def wipe(self) -> None:
        """Forget every session, queue and retained message; only while it does not run."""
        assert self._process is None, "stop it first"
        for file in self._state.iterdir():
            file.unlink()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
            self._process.wait(DEADLINE_S)
            self._process = None

    def _accepts(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "mosquitto.log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False


@pytest.fixture
def mosquitto_broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    """A running Mosquitto; anonymous, without Nagle's delay."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = MosquittoBroker(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., None]:
    """`wait_until(condition, what)`: wait on a condition, fail after a deadline."""
    return wait_until


class SmallHeadquarters:
    """Keeps what a real one promises, in memory: journal, marks, receipts after storing."""

    ORG, RECEIVER = "acme", "hq-1"

    def __init__(self, port: int, hq_epoch: str = "hq-one", version: int = 5) -> None:
        self._port = port
        self._version = MQTTProtocolVersion(version)
        self.hq_epoch = hq_epoch
        self.journal: dict[str, Punch | object] = {}
        self.arrivals = 0
        self.marks: dict[tuple[str, str, Lane], Mark] = {}
        self.poison: set[str] = set()
        self.heartbeats: list[Heartbeat] = []
        self.states: list[BoxState] = []
        self.words: list[tuple[str, bytes]] = []
        self.answers = True
        self._client: Client | None = None

    def start(self) -> None:
        client = Client(CallbackAPIVersion.VERSION2, client_id="hq", protocol=self._version)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_socket_open = lambda _c, _d, sock: sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        client.reconnect_delay_set(0.1, 0.5)
        client.will_set(*self._state(online=False), qos=1, retain=True)
        client.connect_async("127.0.0.1", self._port)
        client.loop_start()
        self._client = client

    def stop(self) -> None:
        """Say goodbye and leave."""
        if self._client is not None:
            self._client.publish(*self._state(online=False), qos=1, retain=True).wait_for_publish(5)
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def restore(self, marks: dict[tuple[str, str, Lane], Mark], journal: dict[str, object]) -> None:
        """Come back from a backup: another database, an older content."""
        self.stop()
        self.marks, self.journal = dict(marks), dict(journal)
        self.hq_epoch += "'"
        self.start()

    def _state(self, *, online: bool) -> tuple[str, bytes]:
        state = ReceiverState(
            online=online, hq_epoch=self.hq_epoch, at_utc="2026-11-23T00:00:00.000Z"
        )
        return topics.hq_state(self.ORG, self.RECEIVER), encode_receiver_state(state)

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe([(name, 1) for name in topics.hq_filters(self.ORG)])
        client.publish(*self._state(online=True), qos=1, retain=True)

    def _on_message(self, client: Client, _data: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        if message.topic.endswith("/health"):
            self.heartbeats.append(decode_heartbeat(payload))
        elif message.topic.endswith("/state"):
            self.states.append(decode_box_state(payload))
        elif message.topic.endswith(("/reported", "/reply", "/echo")):
            self.words.append((message.topic, payload))
        elif self.answers:
            self._store(client, payload)

    def _store(self, client: Client, payload: bytes) -> None:
        batch = decode_batch(payload)
        key = (batch.box_id, batch.epoch, batch.lane)
        rejected = []
        for seq, record in enumerate(batch.records, start=batch.first):
            assert not isinstance(record, WireError), record
            self.arrivals += 1
            identity = record_id(record)
            if isinstance(record, Punch) and record.user_id in self.poison:
                rejected.append(Rejection(seq, "poison"))
            else:
                self.journal[identity] = record
        self.marks[key] = self.marks.get(key, Mark()).add(batch.first, batch.last)
        receipt = Receipt(
            epoch=batch.epoch,
            lane=batch.lane,
            mark=self.marks[key],
            rejected=tuple(rejected),
            hq_epoch=self.hq_epoch,
            life=batch.life,
            taken=((batch.first, batch.last),),
        )
        client.publish(topics.receipt(self.ORG, batch.box_id), encode_receipt(receipt), qos=1)


@pytest.fixture
def small_hq(mosquitto_broker: MosquittoBroker) -> Iterator[SmallHeadquarters]:
    """A headquarters that is not started yet."""
    hq = SmallHeadquarters(mosquitto_broker.port)
    yield hq
    hq.stop()


@pytest.fixture
def headquarters() -> Callable[..., SmallHeadquarters]:
    """`headquarters(broker, version=4)`: a small one at a broker of the test's choice."""
    return lambda broker, version: SmallHeadquarters(broker.port, version=version)


class AgentProcess:
    """The real agent in a process of its own, with the scripted driver."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.config = folder / "agent.toml"
        self.log = folder / "punches"
        self.process: subprocess.Popen[bytes] | None = None
        self.configure(url)
        self.hold(0)

    def configure(self, url: str, *, history: bool = False, mqtt: str = "", more: str = "") -> None:
        self.config.write_text(
            f'[box]\nid = "box-1"\norg = "acme"\nstore = "s001"\nzone = "Asia/Shanghai"\n'
            f'data_dir = "{self.data_dir}"\nheartbeat_s = 1\n'
            f'[mqtt]\nurl = "{url}"\n{mqtt}'
            f'[[device]]\nname = "front door"\ndriver = "scripted"\npoll_s = 0.1\n'
            f'log = "{self.log}"\nhistory = {str(history).lower()}\n{more}'
        )

    def hold(self, punches: int) -> None:
        """Let the terminal hold so many punches."""
        fresh = self.log.with_suffix(".new")
        fresh.write_text(str(punches))
        fresh.replace(self.log)

    @property
    def command(self) -> list[str]:
        script = ROOT / "tests" / "integration" / "scripted_agent.py"
        return [sys.executable, str(script), str(self.config)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    def start(self) -> None:
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stderr=log, cwd=ROOT, env=self.environment
            )

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(DEADLINE_S)
        self.process = None

    def stop(self) -> int:
        """End it as the service manager does and return its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(DEADLINE_S)
        self.process = None
        return code

    def output(self) -> str:
        return (self.folder / "agent.log").read_text()


@pytest.fixture
def agent_process(tmp_path: Path, mosquitto_broker: MosquittoBroker) -> Iterator[AgentProcess]:
    """An agent that is not started yet, set up for `mosquitto_broker`."""
    folder = tmp_path / "agent"
    folder.mkdir()
    agent = AgentProcess(folder, mosquitto_broker.url)
    yield agent
    agent.stop()
