"""A folder of exports is read once, each under the serial of its terminal."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.attlogfile.driver import AttlogFileDriver, read_file
from drivers.attlogfile.settings import AttlogSettings
from drivers.contract import Reading
from drivers.errors import RefusedError
from drivers.simulators.attlog import export, standard_punches
from sync.clock import SystemClock
from sync.errors import DakaError

CLOCK = SystemClock.of_this_boot()
ZONE = "Asia/Shanghai"
PUNCHES = list(standard_punches(30, datetime(2026, 11, 23, 18)))


class Stick:
    """A folder, its driver and the cursor as an agent would keep it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        table = {"folder": str(folder), "settle_s": 0, **settings}
        self.driver = AttlogFileDriver(AttlogSettings.from_table(table, "test"), CLOCK, ZONE)
        self.cursor: Any = None
        self.seen: list[Reading] = []

    def write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)

    def read(self) -> list[Reading]:
        self.seen = []
        for reading in self.driver.read(self.cursor):
            self.cursor = json.loads(json.dumps(reading.cursor))
            self.seen.append(reading)
        return self.seen

    def terminals(self) -> list[str]:
        return [r.terminal for r in self.read() for _ in r.punches]


def test_the_name_of_a_file_says_the_serial_or_the_settings_do(tmp_path: Path) -> None:
    stick = Stick(tmp_path, serial="CKUH1")
    stick.write("1_attlog.dat", export(PUNCHES[:1]))
    stick.write("AB12345_ATTLOG.DAT", export(PUNCHES[:2]))
    assert sorted(stick.terminals()) == ["AB12345", "AB12345", "CKUH1"]


def test_files_of_two_devices_are_not_taken_for_one(tmp_path: Path) -> None:
    stick = Stick(tmp_path, serial="CKUH1")
    stick.write("1_attlog.dat", export(PUNCHES[:1]))
    stick.write("2_attlog.dat", export(PUNCHES[:1], device=2))
    with pytest.raises(RefusedError, match="which terminal"):
        stick.read()
    assert [reading.complete for reading in stick.seen] == [False]
    told = Stick(tmp_path, terminals={"1": "CKUH1", "02": "CKUH2"})
    assert sorted(told.terminals()) == ["CKUH1", "CKUH2"]


def test_a_file_of_nobody_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    stick = Stick(tmp_path)
    stick.write("1_attlog.dat", export(PUNCHES[:1]))
    stick.write("AB12345_attlog.dat", export(PUNCHES[:2]))
    stick.write("CD12345_attlog.dat", b"PK\x03\x04 something else\n" * 500)
    with pytest.raises(RefusedError):
        stick.read()
    assert [r.terminal for r in stick.seen for _ in r.punches] == ["AB12345"] * 2


def test_the_same_export_again_and_a_longer_one_add_only_what_is_new(tmp_path: Path) -> None:
    stick = Stick(tmp_path, serial="CKUH1")
    stick.write("1_attlog.dat", export(PUNCHES[:20]))
    assert len(stick.terminals()) == 20
    assert stick.terminals() == []
    (tmp_path / "1_attlog.dat").unlink()
    stick.write("1_attlog.dat", export(PUNCHES))  # exported anew: the same identities again
    assert {p for r in stick.read() for p in r.punches} <= set(PUNCHES)
    assert stick.terminals() == []


def test_a_folder_that_is_the_only_source_never_claims_to_be_complete(tmp_path: Path) -> None:
    assert [r.complete for r in Stick(tmp_path).read()] == [True]
    assert [r.complete for r in Stick(tmp_path, sole=True).read()] == [False]


def test_a_file_that_is_still_copied_is_not_complete(tmp_path: Path) -> None:
    stick = Stick(tmp_path, serial="CKUH1", settle_s=60)
    stick.write("1_attlog.dat", export(PUNCHES[:5])[:-10])
    readings = stick.read()
    assert sum(len(r.punches) for r in readings) == 4
    assert not readings[-1].complete


def test_one_file_by_hand_gives_the_same_punches(tmp_path: Path) -> None:
    path = tmp_path / "anything.txt"
    path.write_bytes(export(PUNCHES, faults=["cut"]))
    readings = list(read_file(path, "CKUH1", CLOCK, ZONE))
    assert [p for r in readings for p in r.punches] == PUNCHES[:-1]
    assert {r.terminal for r in readings} == {"CKUH1"}
    assert len([bad for r in readings for bad in r.rejected]) == 1
    with pytest.raises(DakaError):
        list(read_file(tmp_path / "missing.dat", "CKUH1", CLOCK, ZONE))


def test_a_large_export_is_read_in_bounded_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "1_attlog.dat", tmp_path / "2_attlog.dat"
    small.write_bytes(export(PUNCHES * 200))
    large.write_bytes(export(PUNCHES * 600))
    peaks = [_peak_bytes(path) for path in (small, large)]
    assert large.stat().st_size > 600_000
    assert peaks[1] < 1.5 * peaks[0]


def _peak_bytes(path: Path) -> int:
    tracemalloc.start()
    try:
        count = sum(len(reading.punches) for reading in read_file(path, "CKUH1", CLOCK, ZONE))
        assert count > 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_punches_of_long_ago_do_not_delay_todays(tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    fresh = list(standard_punches(2, today))
    stick = Stick(tmp_path, serial="CKUH1")
    stick.write("1_attlog.dat", export([*standard_punches(3, datetime(2020, 1, 1)), *fresh]))
    counts = {r.history: len(r.punches) for r in stick.read() if r.punches}
    assert counts == {True: 3, False: 2}


@pytest.mark.parametrize(
    "wrong",
    [{"folder": "relative"}, {"folder": 3}, {"terminals": {"x": "S"}}, {"serail": "S"}],
)
def test_wrong_settings_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(DakaError, match=next(iter(wrong))):
        AttlogSettings.from_table({"folder": "/stick", **wrong}, "agent.toml, device 'stick'")
