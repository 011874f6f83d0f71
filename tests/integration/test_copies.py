"""Headquarters brought back from a backup, and a box that was cloned: real processes, nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.rig import STORE, Rig, TerminalAt, rig, terminal, wait_until
from cloud_receiver.domain.workday import Shift, utc_ms
from cloud_receiver.store import enrolment
from cloud_receiver.store.engine import open_engine, sqlite_url, upgrade, write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Store

WITHIN_S = 180.0
ZONE = "Asia/Shanghai"
PEOPLE = [str(1201 + number) for number in range(24)]  # none of them in what the door holds


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


@pytest.fixture
def shop(door: TerminalAt) -> Iterator[Rig]:
    """A store with all of headquarters, whose people were to be there twenty minutes ago."""
    with rig(lambda _: door.device, hq_command="run") as built:
        settings = built.agent_settings.read_text()
        built.agent_settings.write_text(settings.replace("zone =", "heartbeat_s = 1\nzone =", 1))
        _enrol(built)
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("what the door holds", lambda: built.journaled() == 100, WITHIN_S)
        yield built


def _enrol(built: Rig) -> None:
    began = datetime.now(ZoneInfo(ZONE)) - timedelta(minutes=20)
    now_utc_ms, date = utc_ms(began), began.date().isoformat()
    ends = began + timedelta(hours=8)
    start, end = began.strftime("%H:%M"), ends.strftime("%H:%M")
    shift = Shift(shift_id="d", store_id=STORE, zone=ZONE, start=start, end=end,
                  end_day=int(ends.date() > began.date()))  # fmt: skip
    rosters = [
        RosterEntry(employee_id=who, work_date=date, store_id=STORE, shifts=(shift,),
                    target_fen=30_000, subsidy_fen=10_000)
        for who in PEOPLE
    ]  # fmt: skip
    built.hq_database.parent.mkdir()
    engine = open_engine(sqlite_url(built.hq_database))
    upgrade(engine)
    with write(engine) as connection:
        place = Store(store_id=STORE, name=STORE, zone=ZONE, scene="community")
        enrolment.put_stores(connection, [place], now_utc_ms)
        people = [Employee(employee_id=who, name=who, store_id=STORE) for who in PEOPLE]
        enrolment.put_employees(connection, people)
        badges = [Badge(store_id=STORE, user_id=who, employee_id=who) for who in PEOPLE]
        enrolment.bind_badges(connection, badges, "hr", now_utc_ms)
        enrolment.add_roster(connection, rosters, "test", now_utc_ms)
    engine.dispose()


def _booked(built: Rig) -> list[tuple[object, ...]]:
    columns = "entry_id, employee_id, work_date, account, contra, amount_fen, rule_id, row_id"
    return built.query(f"SELECT {columns} FROM ledger ORDER BY entry_id")


def _journal(built: Rig) -> list[tuple[str, str]]:
    return sorted(built.texts())


def test_headquarters_from_a_backup_is_refilled_by_its_boxes(shop: Rig, door: TerminalAt) -> None:
    """Journal and ledger are in the end as if nothing had been: nothing missing, nothing twice."""
    before, after = PEOPLE[:10], PEOPLE[10:]
    door.obey(f"punch {who}" for who in before)
    wait_until("their entries", lambda: len(_booked(shop)) == len(before), WITHIN_S)
    backup = shop.folder / "backup"
    assert f"{100 + len(before)} records" in shop.run_hq("backup", str(backup), "--lang", "en")
    epoch = shop.query("SELECT value FROM meta WHERE key = 'hq_epoch'")
    door.obey(f"punch {who}" for who in after)
    wait_until("all entries", lambda: len(_booked(shop)) == len(PEOPLE), WITHIN_S)
    wait_until("the box to know", lambda: '"waiting":0' in _health(shop), WITHIN_S)
    journal, ledger = _journal(shop), _booked(shop)
    shop.kill("hq")
    shop.run_hq("restore", str(backup), "--replace")
    assert len(_booked(shop)) == len(before)
    shop.start("hq")
    wait_until("the journal to be whole", lambda: _journal(shop) == journal, WITHIN_S)
    wait_until("the ledger to be whole", lambda: _booked(shop) == ledger, WITHIN_S)
    shop.run_hq("ledger", "verify")
    assert shop.query("SELECT value FROM meta WHERE key = 'hq_epoch'") != epoch


def test_a_database_copied_back_by_hand_is_noticed_and_refilled(
    store: Rig, door: TerminalAt
) -> None:
    """Nobody told headquarters: it sees that a box counts beyond what it was given."""
    backup = store.folder / "backup"
    store.run_hq("backup", str(backup))
    epoch = store.query("SELECT value FROM meta WHERE key = 'hq_epoch'")
    door.obey(f"punch {1001 + number}" for number in range(150))
    wait_until("the new ones", lambda: store.journaled() == 250, WITHIN_S)
    wait_until("the box to know", lambda: '"waiting":0' in _health(store), WITHIN_S)
    store.kill("hq")
    for suffix in ("-wal", "-shm"):
        store.hq_database.with_name(store.hq_database.name + suffix).unlink(missing_ok=True)
    shutil.copy(backup / "hq.db", store.hq_database)
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
