"""A box in trouble goes on collecting, says what is the matter, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from agent.health import read_status
from bench.rig import BOX, STORE, Rig, TerminalAt, rig, terminal, wait_until

DEADLINE_S = 90.0


@pytest.fixture
def door() -> Iterator[TerminalAt]:
    with terminal("--serial", "T1", "--records", "200", "--user-ids", "1001") as place:
        yield place


@pytest.fixture
def store(door: TerminalAt) -> Iterator[Rig]:
    with rig(lambda _: door.device, hq_command="ingest") as built:
        yield built


def alarms(built: Rig) -> dict[str, str]:
    """Return what headquarters knows of the box's alarms."""
    rows = built.query("SELECT health FROM box WHERE health <> ''")
    return json.loads(str(rows[0][0])).get("alarms", {}) if rows and rows[0][0] else {}


def test_a_corrupt_outbox_is_set_aside_everything_is_read_again_and_headquarters_told(
    store: Rig, door: TerminalAt
) -> None:
    for part in ("broker", "hq", "agent"):
        store.start(part)
    wait_until("the log", lambda: store.journaled() == 200, DEADLINE_S)
    store.kill("agent")
    epochs = {row[0] for row in store.query("SELECT epoch FROM lane_mark")}
    outbox = store.folder / "box" / "outbox.db"
    with outbox.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(6 * 4096))
    outbox.with_name("outbox.db-wal").unlink(missing_ok=True)
    door.obey(["punch 1001"])
    store.start("agent")
    wait_until("the new punch and the word of the damage", lambda: store.journaled() == 202,
               DEADLINE_S)  # fmt: skip
    troubles = store.query("SELECT body FROM journal WHERE kind = 'trouble'")
    trouble = json.loads(str(troubles[0][0]))
    assert (trouble["code"], trouble["source"]) == ("outbox_damaged", BOX)
    wait_until("the alarm", lambda: "outbox_damaged" in alarms(store), DEADLINE_S)
    assert {row[0] for row in store.query("SELECT epoch FROM lane_mark")} > epochs
    assert list(outbox.parent.glob("outbox.db.corrupt.*Z"))


def test_a_box_in_2000_collects_behind_tls_and_is_dated_right_afterwards(
    store: Rig, door: TerminalAt, mosquitto_broker: Any, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    now = datetime.now(UTC)
    _encrypt(mosquitto_broker, authority, tmp_path, not_before=now + timedelta(days=1))
    _behind_tls(store, mosquitto_broker.port, tmp_path / "ca.pem")
    clock = '[clock]\nwall_start_utc = "2000-01-01T00:00:00Z"\n'
    with store.agent_settings.open("a") as file:
        file.write(f"{clock}real_start_s = {now.timestamp() - 60}\n")
    store.start("agent")
    status = store.folder / "box" / "status.json"
    wait_until("it keeps what it reads", lambda: _waiting(status) == 200, DEADLINE_S)
    wait_until("it says why", lambda: "not yet valid" in _trouble(status), DEADLINE_S)
    told = subprocess.run(
        [sys.executable, "-m", "agent", "status", "-c", str(store.agent_settings), "--lang", "en"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, "clock not set: collecting" in told.stdout) == (3, True), told.stdout
    door.obey(["punch 1001"])
    wait_until("the new punch", lambda: _waiting(status) == 201, DEADLINE_S)

    _encrypt(mosquitto_broker, authority, tmp_path, not_before=now - timedelta(days=1))
    _organise(store, tmp_path)
    store.stop("agent")  # it would try again by itself within a minute
    store.start("hq")
    store.start("agent")
    wait_until("all arrived", lambda: store.journaled() == 201, DEADLINE_S)
    received = min(text for _, text in store.texts())
    assert '"received_at_utc":"2000-01-01' in received
    wait_until("all are dated", lambda: _undated(store) == (201, 0), DEADLINE_S)
    ((last,),) = store.query("SELECT max(effective_utc_ms) FROM punch")
    assert abs(int(str(last)) / 1000 - now.timestamp()) < 600


def _encrypt(broker: Any, authority: trustme.CA, folder: Path, *, not_before: datetime) -> None:
    """Have the broker show a certificate that is good from then on."""
    issued = authority.issue_cert(
        "127.0.0.1", not_before=not_before, not_after=not_before + timedelta(days=30)
    )
    certificate, key = folder / "broker.pem", folder / "broker.key"
    is_first = not certificate.exists()
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    certificate.chmod(0o644)
    key.chmod(0o644)
    broker.stop()
    if is_first:
        broker.encrypt(certificate, key)
    broker.start()


def _behind_tls(built: Rig, port: int, ca_file: Path) -> None:
    for file in (built.agent_settings, built.hq_settings):
        plain = f'url = "mqtt://127.0.0.1:{built.broker_port}"\n'
        secured = f'url = "mqtts://127.0.0.1:{port}"\nca_file = "{ca_file}"\n'
        file.write_text(file.read_text().replace(plain, secured))
    quick = built.agent_settings.read_text().replace("[mqtt]", "heartbeat_s = 1\n\n[mqtt]")
    built.agent_settings.write_text(quick)
    built.hq_command = "run"


def _organise(built: Rig, folder: Path) -> None:
    secret, stores = folder / "password", folder / "stores.csv"
    secret.write_text("a long enough password")
    stores.write_text(f"store_id,name,zone,scene\n{STORE},Corner,Asia/Shanghai,community\n")
    built.run_hq("init", "--password-file", str(secret))
    built.run_hq("import", "stores", str(stores))


def _undated(built: Rig) -> tuple[object, ...]:
    return built.query("SELECT count(*), coalesce(sum(effective_utc_ms IS NULL), 0) FROM punch")[0]


def _waiting(status: Path) -> int:
    found = read_status(status)
    return -1 if found is None else int(found.heartbeat["waiting"])


def _trouble(status: Path) -> str:
    found = read_status(status)
    return "" if found is None else found.link.trouble


def test_a_read_only_disk_is_said_in_a_sentence_and_come_back_from(
    store: Rig, tmp_path: Path
) -> None:
    disk = store.folder / "box"
    disk.mkdir()
    root = [] if os.getuid() == 0 else ["sudo", "-n"]
    mount = [*root, "mount", "-t", "tmpfs", "-o", "size=16m,ro", "tmpfs", str(disk)]
    subprocess.check_call(mount)
    try:
        command = [sys.executable, "-m", "agent", "run", "-c", str(store.agent_settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert "Read-only file system" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
        subprocess.check_call([*root, "mount", "-o", "remount,rw,size=64m", str(disk)])
        limits = "[limits]\nmin_free_mb = 0\n"
        store.agent_settings.write_text(store.agent_settings.read_text() + limits)
        for part in ("broker", "hq", "agent"):
            store.start(part)
        wait_until("the log", lambda: store.journaled() == 200, DEADLINE_S)
        store.stop("agent")
    finally:
        store.close()
        subprocess.check_call([*root, "umount", "--lazy", str(disk)])
