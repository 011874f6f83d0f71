"""The doctor finds what is wrong where it is wrong, over a real broker with an access list."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from agent.health import read_status
from bench.rig import BOX, ORG, Rig, rig, terminal, wait_until
from cloud_receiver.demo.stage import free_port

DEADLINE_S = 90.0


def examine(config: Path, *more: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code and the lines of `doctor`, by check."""
    command = [sys.executable, "-m", "agent", "doctor", "-c", str(config), "--json", "--lang", "en"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert told["well"] is (done.returncode == 0)
    return done.returncode, {line["check"]: line for line in told["lines"]}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A store with a terminal, a broker that keeps boxes apart, and headquarters."""
    folder = tmp_path_factory.mktemp("broker")
    with (
        terminal("--serial", "T1", "--records", "50") as door,
        rig(lambda _: door.device) as built,
    ):
        process = _strict_broker(built, folder)
        built.start("hq")
        try:
            wait_until(
                "the receiver",
                lambda: "broker_connected" in (built.folder / "hq.log").read_text(),
                DEADLINE_S,
            )
            yield built
        finally:
            process.kill()
            process.wait(30)


def _strict_broker(built: Rig, folder: Path) -> subprocess.Popen[bytes]:
    """Start Mosquitto with a box that may speak for itself alone, and headquarters."""
    import shutil

    passwords, access, settings = (folder / name for name in ("passwd", "access", "conf"))
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    passwords.touch(mode=0o600)
    for name in (BOX, "hq"):
        subprocess.run(
            ["mosquitto_passwd", "-b", str(passwords), name, f"{name}-secret"], check=True
        )
        (folder / name).write_text(f"{name}-secret")
    access.write_text(
        f"user hq\ntopic readwrite daka/v1/{ORG}/#\n\n"
        f"pattern write daka/v1/{ORG}/%u/up/#\npattern write daka/v1/{ORG}/%u/state\n"
        f"pattern write daka/v1/{ORG}/%u/health\npattern read daka/v1/{ORG}/%u/down/#\n"
        f"pattern read daka/v1/{ORG}/_hq/+/state\n"
    )
    settings.write_text(
        f"listener {built.broker_port} 127.0.0.1\nallow_anonymous false\nuser root\n"
        f"password_file {passwords}\nacl_file {access}\n"
    )
    for file, name in ((built.agent_settings, BOX), (built.hq_settings, "hq")):
        login = f'username = "{name}"\npassword_file = "{folder / name}"\n'
        url = f'url = "mqtt://127.0.0.1:{built.broker_port}"\n'
        file.write_text(file.read_text().replace(url, url + login))
    process = subprocess.Popen([program, "-c", str(settings)])
    from cloud_receiver.demo.stage import answers

    wait_until("the broker", lambda: answers(built.broker_port), 30)
    return process


def test_a_sound_chain_is_told_link_by_link(store: Rig) -> None:
    _, lines = examine(store.agent_settings)
    verdicts = {check: line["verdict"] for check, line in lines.items()}
    assert verdicts.pop("clock") in ("pass", "fail", "skip"), "as this machine's service is"
    assert verdicts == {
        "settings": "pass", "disk": "pass", "outbox": "skip", "device": "pass", "dns": "pass",
        "tcp": "pass", "tls": "skip", "connect": "pass", "acl_own": "pass", "acl_other": "pass",
        "receiver": "pass", "echo": "pass",
    }, lines  # fmt: skip
    assert "T1" in lines["device"]["detail"]
    assert "50 of" in lines["device"]["detail"]
    assert "through headquarters' database" in lines["echo"]["detail"]


def test_beside_a_running_agent_it_asks_the_agent_and_throws_nobody_off(store: Rig) -> None:
    store.start("agent")
    try:
        wait_until("the log", lambda: store.journaled() == 50, DEADLINE_S)
        wait_until("the agent's word of it", lambda: _is_told(store), DEADLINE_S)
        _, lines = examine(store.agent_settings)
        assert (lines["outbox"]["verdict"], lines["device"]["verdict"]) == ("pass", "pass")
        assert "50 captured" in lines["outbox"]["detail"]
        assert "link_lost" not in (store.folder / "agent.log").read_text()
    finally:
        store.stop("agent")


def _is_told(store: Rig) -> bool:
    status = read_status(store.folder / "box" / "status.json")
    return status is not None and status.heartbeat["devices"][0]["status"] == "ok"


def changed(store: Rig, tmp_path: Path, old: str, new: str) -> Path:
    """Return a copy of the box's settings with something else in one place."""
    text = store.agent_settings.read_text()
    assert old in text
    file = tmp_path / "agent.toml"
    file.write_text(text.replace(old, new))
    return file


def test_each_broken_link_is_named_and_what_depends_on_it_is_left_out(
    store: Rig, tmp_path: Path
) -> None:
    port = f"127.0.0.1:{store.broker_port}"
    _, lines = examine(changed(store, tmp_path, port, f"127.0.0.1:{free_port()}"))
    assert (lines["tcp"]["verdict"], lines["connect"]["verdict"]) == ("fail", "skip")
    _, lines = examine(changed(store, tmp_path, port, "no-such-host.invalid:1883"))
    assert (lines["dns"]["verdict"], lines["tcp"]["verdict"]) == ("fail", "skip")
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    right = next(
        line for line in store.agent_settings.read_text().splitlines() if "password_file" in line
    )
    _, lines = examine(changed(store, tmp_path, right, f'password_file = "{wrong}"'))
    assert (lines["connect"]["verdict"], lines["echo"]["verdict"]) == ("fail", "skip")
    assert "Not authorized" in lines["connect"]["detail"]
    code, lines = examine(changed(store, tmp_path, f'id = "{BOX}"', 'id = "another"'))
    assert (code, lines["acl_own"]["verdict"]) == (3, "fail")
    _, lines = examine(changed(store, tmp_path, "tcp://127.0.0.1", "tcp://127.0.0.9"))
    assert lines["device"]["verdict"] == "fail"
    assert lines["device"]["remedy"]
    code, lines = examine(changed(store, tmp_path, "[mqtt]", "[mqttt]"))
    assert (code, list(lines)) == (3, ["settings"])


def test_a_headquarters_that_is_away_is_told_from_a_broker_that_is(store: Rig) -> None:
    store.stop("hq")
    try:
        _, lines = examine(store.agent_settings)
    finally:
        store.start("hq")
    assert (lines["connect"]["verdict"], lines["receiver"]["verdict"]) == ("pass", "fail")
    assert lines["echo"]["verdict"] == "skip"


@pytest.mark.parametrize(
    ("good_from_days", "good_for_days", "verdict", "told"),
    [
        (-1, 300, "pass", "298 days"),
        (-300, 305, "fail", "renew it now"),
        (1, 300, "fail", "timedatectl set-ntp true"),
    ],
)
def test_certificates_are_told_by_their_dates(
    store: Rig,
    mosquitto_broker: Any,
    tmp_path: Path,
    good_from_days: int,
    good_for_days: int,
    verdict: str,
    told: str,
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    begins = datetime.now(UTC) + timedelta(days=good_from_days)
    issued = authority.issue_cert(
        "127.0.0.1", not_before=begins, not_after=begins + timedelta(days=good_for_days)
    )
    certificate, key = tmp_path / "broker.pem", tmp_path / "broker.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    mosquitto_broker.stop()
    mosquitto_broker.encrypt(certificate, key)
    mosquitto_broker.start()
    plain = f'"mqtt://127.0.0.1:{store.broker_port}"\n'
    secured = f'"mqtts://127.0.0.1:{mosquitto_broker.port}"\nca_file = "{tmp_path / "ca.pem"}"\n'
    _, lines = examine(changed(store, tmp_path, plain, secured))
    assert lines["tls"]["verdict"] == verdict
    assert told in lines["tls"]["detail"] + lines["tls"]["remedy"]
    if verdict == "pass":
        assert lines["acl_other"]["verdict"] == "fail", "this broker keeps no box apart"
    else:
        assert lines["connect"]["verdict"] == "skip"


def test_it_speaks_chinese(store: Rig) -> None:
    command = [sys.executable, "-m", "agent", "doctor", "-c", str(store.agent_settings)]
    done = subprocess.run([*command, "--lang", "zh"], capture_output=True, text=True, check=False)
    assert "[通过] 消息服务器接受连接" in done.stdout
