"""A log read over the network and the same log from a USB stick are the same records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.capture import Capture
from agent.ingest import Arrival, Origin, capture_of
from drivers.attlogfile.driver import read_file
from drivers.contract import Reading
from drivers.simulators.attlog import export
from drivers.simulators.zk import standard_log
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, people_named
from drivers.zkteco.driver import ZktecoDriver
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import SystemClock

CLOCK = SystemClock.of_this_boot()
ZONE = "Asia/Shanghai"
COUNT = 3000


@pytest.mark.parametrize("layout", [16, 40])
def test_a_stick_brings_the_records_of_the_network(tmp_path: Path, layout: int) -> None:
    zone = ZoneInfo(ZONE)
    terminal = Terminal(
        now_utc=CLOCK.now_utc,
        local_of=lambda utc: utc.astimezone(zone).replace(tzinfo=None),
        layout=layout,
        people=people_named(["1001", "1002", "1003"]),
    )
    now = terminal.now_local()
    terminal.fill(standard_log(terminal, COUNT, now - timedelta(hours=1)))
    for user_id in ("1001", "1001", "1002", "1001"):  # double touches, all in one second
        terminal.punch(user_id, at=now)
    terminal.punch("1003", at=now - timedelta(days=1), state=255, verify=15)
    with ZkSimulator(terminal) as simulator:
        settings = {"url": f"tcp://127.0.0.1:{simulator.port}", "live": False}
        driver = ZktecoDriver(ZktecoSettings.from_table(settings, "test"), CLOCK, ZONE)
        over_network = list(driver.read(None))
    punches = [punch for reading in over_network for punch in reading.punches]
    path = tmp_path / f"{terminal.serial}_attlog.dat"
    # the network gives history first, in the order of the log within each part
    path.write_bytes(export(punches, faults=["doubled", "mixed_ends"]))
    from_stick = list(read_file(path, terminal.serial, CLOCK, ZONE))
    assert len(punches) == COUNT + 5
    assert _keys(from_stick) == _keys(over_network)
    assert len(_keys(over_network)) == COUNT + 5


def _keys(readings: Iterable[Reading]) -> set[bytes]:
    return {row.key for reading in readings for row in _capture(reading).rows}


def _capture(reading: Reading) -> Capture:
    return capture_of(reading, Origin("door", "any", "s001"), Arrival.now(CLOCK), None)
