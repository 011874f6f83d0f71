"""What systemd makes of the shipped units, and what it hears of a running headquarters."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.rig import Rig, rig
from sync.places import config_dir
from sync.service_unit import Service, unit_text

MAX_EXPOSURE_TENTHS = 25
"""Of 100, by systemd's own count; an unhardened service has 96."""


@pytest.fixture(params=["daka-agent", "daka-hq"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit as `service install` would write it."""
    service = Service(
        name=request.param, command="/bin/true", config="/etc/hostname",
        data_dir=str(tmp_path), docs=str(tmp_path), user="root",
    )  # fmt: skip
    path = tmp_path / f"{request.param}.service"
    template = (config_dir() / "systemd" / path.name).read_text()
    path.write_text(unit_text(template, service))
    return path


def test_systemd_finds_nothing_wrong(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_may_do_little(unit: Path) -> None:
    threshold = f"--threshold={MAX_EXPOSURE_TENTHS}"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", threshold, str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def test_headquarters_says_that_it_is_ready_and_alive(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        rig(lambda _folder: "", hq_command="run") as built,
    ):
        manager.bind(address)
        manager.settimeout(90)
        built.start("broker")
        process = _headquarters(built, address)
        try:
            heard = [manager.recv(100) for _ in range(3)]
            assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            process.send_signal(signal.SIGTERM)
            while heard[-1] == b"WATCHDOG=1":
                heard.append(manager.recv(100))
            assert heard[-1] == b"STOPPING=1"
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


def _headquarters(built: Rig, address: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cloud_receiver", "run", "--config", str(built.hq_settings)]
    log = (built.folder / "hq.log").open("ab")
    environment = {**os.environ, "NOTIFY_SOCKET": address}
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    log.close()
    return process
