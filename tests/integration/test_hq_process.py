"""All of headquarters as one process: it serves, it judges nothing it was not sent, it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
Wait = Callable[..., None]


class Headquarters:
    """`daka-hq run` with everything."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.web_port = int(probe.getsockname()[1])
        self.log = folder / "hq.log"
        self.config = folder / "hq.toml"
        self.config.write_text(
            f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{folder}"\n'
            f'[mqtt]\nurl = "{broker_url}"\n[web]\nport = {self.web_port}\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cloud_receiver", "run", "-c", str(self.config)],
                stderr=log,
                stdout=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    def serves(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{self.web_port}/login").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def headquarters(tmp_path: Path, mosquitto_broker: Any) -> Iterator[Headquarters]:
    headquarters = Headquarters(tmp_path, mosquitto_broker.url)
    yield headquarters
    if headquarters.process is not None and headquarters.process.poll() is None:
        headquarters.process.kill()
        headquarters.process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_when_told(
    headquarters: Headquarters, wait_until: Wait, number: signal.Signals
) -> None:
    headquarters.start()
    wait_until(headquarters.serves, "the pages are served", 90)
    assert headquarters.process is not None
    headquarters.process.send_signal(number)
    assert headquarters.process.wait(60) == 0
    log = headquarters.log.read_text()
    assert "hq_stopped gave_up=none" in log
    assert "crashed" not in log
    assert "does_not_stop" not in log


def test_an_address_that_is_taken_ends_the_process_and_says_so(headquarters: Headquarters) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", headquarters.web_port))
        other.listen()
        headquarters.start()
        assert headquarters.process is not None
        assert headquarters.process.wait(90) == 1
    log = headquarters.log.read_text()
    assert "part_gave_up name=web" in log
    assert "hq_stopped gave_up=web" in log


def test_it_waits_for_a_broker_that_is_away(
    headquarters: Headquarters, mosquitto_broker: Any, wait_until: Wait
) -> None:
    mosquitto_broker.stop()
    headquarters.start()
    wait_until(
        lambda: "broker_away" in headquarters.log.read_text(), "it says the broker is away", 90
    )
    mosquitto_broker.start()
    wait_until(lambda: "broker_connected" in headquarters.log.read_text(), "it connects", 90)
