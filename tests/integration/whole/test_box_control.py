"""Headquarters asks, a real box answers: settings, commands, and what it will not do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.rig import BOX, STORE, Rig, TerminalAt, rig, terminal, wait_until

DEADLINE_S = 90.0


def _tables(folder: Path, door: TerminalAt) -> str:
    (folder / "pos").mkdir()
    return (
        f"{door.device}"
        f'[[device]]\nname = "tills"\ndriver = "posfile"\nfolder = "{folder / "pos"}"\n'
        f'map = "generic_en"\n'
    )


@contextmanager
def _running(*parts: str) -> Iterator[tuple[Rig, TerminalAt]]:
    with (
        terminal("--serial", "T1", "--records", "300") as door,
        rig(lambda folder: _tables(folder, door)) as built,
    ):
        for part in parts:
            built.start(part)
        wait_until("the terminal's log", lambda: built.journaled() == 300, DEADLINE_S)
        yield built, door


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Rig, TerminalAt]]:
    """A store that runs, with 300 records of its terminal in the journal."""
    with _running("broker", "hq", "agent") as running:
        yield running


def _hq(built: Rig, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "cloud_receiver", *arguments]
    command += ["--config", str(built.hq_settings), "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _reported(built: Rig) -> tuple[Any, ...]:
    rows = built.query(
        "SELECT reported_version, reported_reason, reported_settings FROM box_setting"
    )
    version, reason, settings = rows[0] if len(rows[0]) == 3 else (None, None, None)
    return version, reason, json.loads(str(settings)) if settings else None


def test_a_wish_is_taken_reported_and_holds_across_a_restart(
    store: tuple[Rig, TerminalAt],
) -> None:
    built, _ = store
    assert _hq(built, "box", "settings", BOX, "poll_s=3", "retention_days=7")[0] == 0
    wait_until("the box took it", lambda: _reported(built)[:2] == (1, ""), DEADLINE_S)
    built.kill("agent")
    built.kill("broker")  # with its retained messages
    built.run_hq("box", "settings", BOX, "full_read_hour=4", "poll_s=default")
    built.start("broker")
    built.start("agent")
    wait_until("the box took it", lambda: _reported(built)[0] == 2, DEADLINE_S)
    _, _, in_force = _reported(built)
    assert in_force == {"heartbeat_s": 30, "full_read_hour": 4, "retention_days": 7}
    assert "in force" in _hq(built, "box", "settings", BOX)[1]


def test_a_bad_wish_is_refused_at_both_ends_and_the_last_good_one_stays(
    store: tuple[Rig, TerminalAt],
) -> None:
    built, _ = store
    before = _reported(built)[2]
    code, told = _hq(built, "box", "settings", BOX, "poll_s=0")
    assert (code, "a whole number, 1 to 86400" in told) == (1, True)
    code, told = _hq(built, "box", "settings", BOX, "url=1")
    assert (code, "cannot be set from headquarters" in told) == (1, True)
    _force_wish(built, 50, {"poll_s": -1})
    wait_until("the box refused it", lambda: _reported(built)[0] == 50, DEADLINE_S)
    _, reason, in_force = _reported(built)
    assert "poll_s = -1; it must be a whole number" in str(reason)
    assert in_force == before
    code, told = _hq(built, "box", "settings", BOX)
    assert (code, "the box refused" in told) == (3, True)


def _force_wish(built: Rig, version: int, settings: dict[str, int]) -> None:
    """Wish for what this headquarters would never let pass: an older or a newer one might."""
    from cloud_receiver.store.engine import open_engine, sqlite_url, upsert, write
    from cloud_receiver.store.tables import box_setting

    engine = open_engine(sqlite_url(built.hq_database))
    row = {
        "box_id": BOX, "version": version, "settings": json.dumps(settings),
        "author": "test", "asked_utc_ms": 1,
    }  # fmt: skip
    with write(engine) as connection:
        upsert(connection, box_setting, [row])
    engine.dispose()


def test_a_device_is_read_again_from_a_date(store: tuple[Rig, TerminalAt]) -> None:
    built, _ = store
    asked = ("box", "command", "reread", BOX, "--wait-s", "60")
    code, told = _hq(built, *asked, "--device", "door", "--since", "2026-01-01")
    assert (code, "done door was read again: 0 records were new" in told) == (0, True), told
    code, told = _hq(built, *asked, "--device", "cellar")
    assert (code, "no device 'cellar' on this box; there is door, tills" in told) == (3, True)
    assert built.journaled() == 300


def test_a_range_that_headquarters_lost_is_sent_again(store: tuple[Rig, TerminalAt]) -> None:
    built, _ = store
    lane, first, last = _somewhere(built)
    _forget(built, lane, first, last)
    assert built.journaled() == 300 - (last - first + 1)
    asked = ("--lane", lane, "--first", str(first), "--last", str(last))
    code, told = _hq(built, "box", "command", "replay", BOX, *asked, "--wait-s", "60")
    assert (code, f"{last - first + 1} records of lane {lane} sent again" in told) == (0, True), (
        told
    )
    wait_until("all are back", lambda: built.journaled() == 300, DEADLINE_S)
    beyond = ("--lane", lane, "--first", "1", "--last", "9999")
    code, told = _hq(built, "box", "command", "replay", BOX, *beyond, "--wait-s", "60")
    assert (code, f"lane {lane} ends at" in told) == (3, True)


def _somewhere(built: Rig) -> tuple[str, int, int]:
    ((lane, last),) = built.query("SELECT lane, max(seq) FROM journal")
    return str(lane), int(str(last)) - 249, int(str(last))


def _forget(built: Rig, lane: str, first: int, last: int) -> None:
    import sqlite3

    connection = sqlite3.connect(built.hq_database, timeout=30)
    with connection:
        connection.execute(
            "DELETE FROM journal WHERE lane = ? AND seq BETWEEN ? AND ?", (lane, first, last)
        )
    connection.close()


def test_a_box_that_is_away_in_time_is_not_asked_too_late(store: tuple[Rig, TerminalAt]) -> None:
    built, _ = store
    built.stop("agent")
    code, told = _hq(built, "box", "command", "diagnose", BOX, "--expires-min", "0.01")
    assert code == 0
    (command_id,) = re.findall(r"command (\w+)", told)
    built.start("agent")
    listed = _hq(built, "box", "command", "list", BOX)[1]
    assert f"{command_id} {BOX} diagnose" in listed
    code, told = _hq(built, "box", "command", "diagnose", BOX, "--wait-s", "60")
    assert (code, " done" in told) == (0, True), told
    (command_id,) = re.findall(r"command (\w+)", told)
    found = json.loads(_hq(built, "box", "command", "show", command_id)[1])
    assert found["settings"]["box"]["store"] == STORE
    assert found["database"]["rows"]["identity"] == 300
    assert any("started devices=2" in line for line in found["log"])


def test_the_bundle_carries_no_secret(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a-broker-password\n")
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[box]\nid = "b1"\norg = "acme"\nstore = "s1"\nzone = "Asia/Shanghai"\n'
        f'data_dir = "{tmp_path / "data"}"\n'
        f'[mqtt]\nurl = "mqtt://127.0.0.1:1"\nusername = "b1"\npassword_file = "{password}"\n'
        f'[[device]]\nname = "door"\ndriver = "zkteco"\nurl = "tcp://127.0.0.1:1"\n'
        f"comm_key = 987654\n"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "agent.log").write_text(
        "refused a-broker-password\nkey 987654 for door\nanother line\n"
    )
    bundle = tmp_path / "diagnosis.tar.gz"
    command = [sys.executable, "-m", "agent", "diagnose", "-c", str(config), "--to", str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(bundle) as packed:
        files = {one.name: packed.extractfile(one) for one in packed.getmembers()}
        content = {name: file.read().decode() for name, file in files.items() if file}
    everything = "\n".join(content.values()) + done.stdout
    for secret in ("a-broker-password", "987654"):
        assert secret not in everything
    assert "another line" in content["daka-diagnosis/log.txt"]
    assert json.loads(content["daka-diagnosis/settings.json"])["device"][0]["comm_key"] == "***"
    assert set(content) >= {
        f"daka-diagnosis/{name}.json" for name in ("versions", "status", "database")
    }
