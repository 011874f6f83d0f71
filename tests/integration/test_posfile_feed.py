"""Tills in a process of their own, stopped and started, and a driver that waits for them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from drivers.contract import Cursor
from drivers.posfile.driver import PosFileDriver
from drivers.posfile.settings import PosFileSettings
from sync.clock import ScaledClock, utc_text

DEADLINE_S: Final = 60
SPEED: Final = 60_000  # a day in a second and a half


def start_tills(folder: Path, state: Path, clock: ScaledClock) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "drivers.simulators.posfeed",
        "--folder", str(folder), "--state", str(state), "--branch", "A", "--sellers", "P01,P02",
        "--receipts-per-day", "30", "--zone", "Asia/Shanghai", "--speed", str(clock.speed),
        "--wall-start-utc", utc_text(clock.wall_start_utc), "--real-start-s", str(clock.real_start_s),
    ]  # fmt: skip
    tills = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert tills.stdout
    assert tills.stdout.readline().startswith(b"tills of branch A")
    tills.stdout.close()
    return tills


def test_a_driver_sees_every_line_of_tills_that_are_stopped_and_started(tmp_path: Path) -> None:
    folder, state = tmp_path / "exports", tmp_path / "state.json"
    folder.mkdir()
    clock = ScaledClock(datetime(2026, 11, 22, 16, tzinfo=UTC), time.time(), SPEED)
    table = {"folder": str(folder), "map": "supermarket_sales", "branch": "A"}
    driver = PosFileDriver(PosFileSettings.from_table(table, "test"), clock, "Asia/Shanghai")
    cursor: Cursor | None = None
    seen: list[str] = []
    hints = 0
    stop_at = 25
    until = time.monotonic() + DEADLINE_S
    tills = start_tills(folder, state, clock)
    try:
        while len(seen) < 90 and time.monotonic() < until:
            hints += driver.wait(1.0)
            for reading in driver.read(cursor):
                assert reading.rejected == ()
                cursor = reading.cursor
                seen += [sale.receipt_id for sale in reading.sales]
            if len(seen) >= stop_at:
                stop_at += 25
                tills.send_signal(signal.SIGTERM)
                assert tills.wait(DEADLINE_S) == 0
                tills = start_tills(folder, state, clock)
    finally:
        driver.close()
        tills.terminate()
        tills.wait(DEADLINE_S)
    assert len(seen) >= 90
    assert len(set(seen)) == len(seen)
    assert hints
    assert clock.now_utc() - clock.wall_start_utc > timedelta(days=2)
