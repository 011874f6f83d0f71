"""Headquarters brought back from a backup, and a box that was cloned: real processes, nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator

import pytest

from bench.rig import Rig, TerminalAt, rig, terminal, wait_until

WITHIN_S = 180.0


@pytest.fixture
def door() -> Iterator[TerminalAt]:
    with terminal("--serial", "DOOR", "--users", "300", "--records", "100") as place:
        yield place


@pytest.fixture
def store(door: TerminalAt) -> Iterator[Rig]:
    """A store whose box says often how it does."""
    with rig(lambda _: door.device) as built:
        settings = built.agent_settings.read_text()
        built.agent_settings.write_text(settings.replace("zone =", "heartbeat_s = 1\nzone =", 1))
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("what the door holds", lambda: built.journaled() == 100, WITHIN_S)
        yield built


def _once(built: Rig) -> int:
    return int(str(built.query("SELECT count(DISTINCT record_id) FROM journal")[0][0]))


def test_headquarters_from_a_backup_is_refilled_by_its_boxes(store: Rig, door: TerminalAt) -> None:
    backup = store.folder / "backup.db"
    with sqlite3.connect(store.hq_database) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    epoch = store.query("SELECT value FROM meta WHERE key = 'hq_epoch'")
    door.obey(f"punch {1001 + number}" for number in range(150))
    wait_until("the new ones", lambda: store.journaled() == 250, WITHIN_S)
    wait_until("the box to know", lambda: '"waiting":0' in _health(store), WITHIN_S)
    store.kill("hq")
    for suffix in ("-wal", "-shm"):
        store.hq_database.with_name(store.hq_database.name + suffix).unlink(missing_ok=True)
    shutil.copy(backup, store.hq_database)
    assert store.journaled() == 100
    store.start("hq")
    door.obey(["punch 1299"])
    wait_until("the journal to be whole", lambda: store.journaled() == 251, WITHIN_S)
    assert _once(store) == 251
    assert store.query("SELECT value FROM meta WHERE key = 'hq_epoch'") != epoch
    assert store.query("SELECT code FROM dead_letter") == [("ahead",)]


def _health(built: Rig) -> str:
    return str(built.query("SELECT health FROM box")[0][0])


def test_a_cloned_box_is_noticed_and_nothing_is_mixed(store: Rig, door: TerminalAt) -> None:
    """Both copies read devices of their own, under one name, and give the same numbers."""
    store.stop("agent")
    shutil.copytree(store.folder / "box", store.folder / "twin")
    with terminal("--serial", "SIDE", "--users", "300", "--records", "60") as side:
        own = store.agent_settings.read_text()
        door.obey(f"punch {1001 + number}" for number in range(50))
        store.start("agent")
        wait_until("the box", lambda: store.journaled() == 150, WITHIN_S)
        twin = own.replace(str(store.folder / "box"), str(store.folder / "twin"))
        device = side.device.replace('"door"', '"side"')
        store.agent_settings.write_text(twin[: twin.index("[[device]]")] + device)
        store.stop("agent")
        store.start("agent")
        wait_until("the twin", lambda: store.journaled() == 210, WITHIN_S)
        assert _once(store) == 210
        side.obey(["punch 1001"])
        wait_until("the twin goes on", lambda: store.journaled() == 211, WITHIN_S)
    log = (store.folder / "agent.log").read_text()
    assert "epoch_contested" in log or "outbox_restored" in log
