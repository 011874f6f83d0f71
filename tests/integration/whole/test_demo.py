"""`daka-hq demo`: what a newcomer sees, from the start to Ctrl-C to the next start."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import httpx
import psutil
import pytest

from bench.rig import wait_until
from cloud_receiver.demo.stage import free_port

SPEED = 3600  # an hour a second: a day's first decisions come within half a minute


def _start(folder: Path, port: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cloud_receiver", "demo", "--folder", str(folder)]
    command += ["--speed", str(SPEED), "--port", str(port), *options]
    in_background = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command]
    return subprocess.Popen(
        in_background, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _stop(process: subprocess.Popen[str], folder: Path, how: signal.Signals = signal.SIGINT) -> str:
    process.send_signal(how)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 0, said
    commands = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert [one for one in commands if str(folder) in " ".join(one)] == [], "left behind"
    return said


def _count(folder: Path, what: str) -> int:
    database = folder / "hq" / "hq.db"
    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def _wait_for_decisions(process: subprocess.Popen[str], folder: Path, more_than: int) -> None:
    def is_there() -> bool:
        assert process.poll() is None, process.communicate()[0]
        wanted = ("punch", "sale", "notice WHERE state = 'sent'")
        return _count(folder, "ledger") > more_than and all(_count(folder, one) for one in wanted)

    wait_until("the first decisions", is_there, 120)


def _goes_on(process: subprocess.Popen[str], folder: Path, since_utc_ms: int) -> bool:
    assert process.poll() is None, process.communicate()[0]
    return _count(folder, f"ledger WHERE booked_utc_ms > {since_utc_ms}") > 0


@pytest.mark.parametrize("options", [(), ("--embedded-broker",)], ids=["mosquitto", "embedded"])
def test_people_punch_sell_and_are_told_and_the_next_start_goes_on(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    port = free_port()
    process = _start(tmp_path, port, *options)
    try:
        _wait_for_decisions(process, tmp_path, 0)
        assert httpx.get(f"http://127.0.0.1:{port}/login").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 401
    finally:
        said = _stop(process, tmp_path)
    assert f"http://127.0.0.1:{port}" in said
    stopped_at = json.loads((tmp_path / "bookmark.json").read_text())["wall_utc"]
    booked = _count(tmp_path, "ledger")
    stopped_utc_ms = int(datetime.fromisoformat(stopped_at).timestamp() * 1000)
    again = _start(tmp_path, port, *options)
    try:
        # what was waiting may be booked before the play's clock moves on: wait for later bookings
        wait_until("later decisions", lambda: _goes_on(again, tmp_path, stopped_utc_ms), 120)
    finally:
        _stop(again, tmp_path, signal.SIGTERM)
    assert _count(tmp_path, "ledger") > booked
    assert json.loads((tmp_path / "bookmark.json").read_text())["wall_utc"] > stopped_at
    assert "Traceback" not in "".join(log.read_text() for log in (tmp_path / "log").glob("*.log"))
