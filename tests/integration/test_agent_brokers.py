"""Brokers that say no, know an older MQTT, or have nobody to deliver to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.outbox_view import OutboxView
from agent.storage import StorageError
from bench.rig import Rig
from tests.integration.old_mqtt import OldFront

Wait = Callable[..., None]


def is_settled(agent: Any, punches: int) -> bool:
    try:
        view = OutboxView(agent.data_dir / "outbox.db")
    except StorageError:
        return False
    try:
        counts = view.counts()
        return counts.settled == punches and counts.waiting == 0
    finally:
        view.close()


def link_of(agent: Any) -> dict[str, Any]:
    try:
        link: dict[str, Any] = json.loads((agent.data_dir / "status.json").read_text())["link"]
        return link
    except FileNotFoundError:
        return {"is_up": False, "trouble": ""}


@pytest.fixture
def amqtt_broker(tmp_path: Path, wait_until: Wait) -> Iterator[SimpleNamespace]:
    """The demonstration's broker, which speaks 3.1.1 only, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "amqtt.yaml"
    config.write_text(
        f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n"
        "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
    )
    with (tmp_path / "amqtt.log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)],
            stderr=log,
            stdout=log,
        )

    def accepts() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(accepts, "amqtt accepts connections")
    yield SimpleNamespace(port=port, url=f"mqtt://127.0.0.1:{port}")
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def test_a_broker_that_knows_only_3_1_1_will_do(
    agent_process: Any, headquarters: Any, amqtt_broker: Any, wait_until: Wait
) -> None:
    hq = headquarters(amqtt_broker, version=4)
    hq.start()
    agent_process.configure(amqtt_broker.url)
    agent_process.hold(300)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 300), "300 settled")
    hq.stop()


def test_without_a_receiver_nothing_is_settled_and_it_is_said(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    agent_process.hold(3)
    agent_process.start()
    wait_until(
        lambda: "No matching subscribers" in link_of(agent_process)["trouble"],
        "the status says that nobody listens",
    )
    assert not is_settled(agent_process, 3)
    small_hq.start()
    wait_until(lambda: is_settled(agent_process, 3), "3 settled")


def test_a_denied_topic_settles_nothing_and_is_said(
    agent_process: Any, small_hq: Any, mosquitto_broker: Any, wait_until: Wait
) -> None:
    mosquitto_broker.stop()
    mosquitto_broker.allow("topic readwrite #\ntopic deny daka/v1/acme/box-1/up/#\n")
    mosquitto_broker.start()
    small_hq.start()
    agent_process.hold(3)
    agent_process.start()
    wait_until(lambda: "Not authorized" in link_of(agent_process)["trouble"], "the status says so")
    assert not is_settled(agent_process, 3)


@pytest.fixture
def certificate(tmp_path: Path) -> SimpleNamespace:
    """A certificate for 127.0.0.1 that signs itself."""
    files = SimpleNamespace(certificate=tmp_path / "broker.pem", key=tmp_path / "broker.key")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=broker",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(files.key),
            "-out",
            str(files.certificate),
        ],
        check=True,
        capture_output=True,
    )
    return files


def test_the_brokers_certificate_is_checked(
    agent_process: Any, mosquitto_broker: Any, certificate: Any, wait_until: Wait
) -> None:
    mosquitto_broker.stop()
    mosquitto_broker.encrypt(certificate.certificate, certificate.key)
    mosquitto_broker.start()
    url = mosquitto_broker.url.replace("mqtt:", "mqtts:")
    agent_process.configure(url)
    agent_process.start()
    wait_until(
        lambda: "certificate refused" in link_of(agent_process)["trouble"], "an unknown signer"
    )
    agent_process.stop()
    agent_process.configure(url, mqtt=f'ca_file = "{certificate.certificate}"\n')
    agent_process.start()
    wait_until(lambda: link_of(agent_process)["is_up"], "connected over TLS")


def test_a_second_agent_on_the_same_data_is_refused(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    agent_process.hold(1)
    small_hq.start()
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 1), "the first one runs")
    second = subprocess.run(
        [sys.executable, *agent_process.command[1:]],
        env=agent_process.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert "another agent uses" in second.stderr


def test_the_command_line_runs_and_says_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent", "run", "-c", str(tmp_path / "none.toml")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("daka-agent: ")
    assert "Traceback" not in result.stderr


@pytest.fixture
def old_front(mosquitto_broker: Any) -> Iterator[OldFront]:
    """Mosquitto, as one that knows only MQTT 3.1.1."""
    front = OldFront(mosquitto_broker.port)
    yield front
    front.close()


def test_box_and_headquarters_meet_at_a_mosquitto_of_3_1_1(
    agent_process: Any, old_front: OldFront, tmp_path: Path, wait_until: Wait
) -> None:
    """The real receiver and the real agent; Mosquitto then tells neither that nobody listens."""
    hq = Rig(tmp_path / "hq", "", broker_port=old_front.port)
    hq.hq_settings.write_text(hq.hq_settings.read_text().replace('"bench"', '"acme"'))
    agent_process.configure(old_front.url)
    agent_process.hold(300)
    agent_process.start()
    try:
        wait_until(lambda: link_of(agent_process)["is_up"], "the box is let in")
        hq.start("hq")
        wait_until(lambda: is_settled(agent_process, 300), "300 settled", 90)
        hq.kill("hq")
        agent_process.hold(400)
        hq.start("hq")
        wait_until(lambda: is_settled(agent_process, 400), "400 settled", 90)
        assert hq.journaled() == 400
    finally:
        hq.close()
    assert set(old_front.levels) == {4, 5}
    assert "version=MQTTv311" in (hq.folder / "hq.log").read_text()
