"""Secrets stay where they are kept: planted ones turn up in no log, answer, health or bundle."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from bench.rig import Rig, rig, terminal, wait_until
from cloud_receiver.cli import app
from cloud_receiver.demo.stage import answers, free_port
from sync.errors import DakaError

WITHIN_S = 120.0
BROKER_AT_HQ, BROKER_AT_BOX = "planted-broker-hq-7f3a", "planted-broker-box-91cc"
WEBHOOK, TOKEN = "planted-webhook-52b0", "planted-token-e44d"
ADMIN, WRONG = "planted-admin-a81e", "planted-wrong-0d6f"
COMM_KEY, WRONG_KEY = "918273", "645371"


@pytest.fixture
def planted() -> Iterator[tuple[Rig, list[str]]]:
    """A whole store and headquarters in which every secret is known."""
    hook = f"http://127.0.0.1:{free_port()}/hook?access_token={TOKEN}"
    with terminal("--serial", "DOOR", "--records", "20", "--comm-key", COMM_KEY) as door:

        def devices(_: Path) -> str:
            good = door.device + f"comm_key = {COMM_KEY}\n\n"
            bad = door.device.replace('"door"', '"side"') + f"comm_key = {WRONG_KEY}\n"
            return good.replace("\n\ncomm", "\ncomm") + bad.replace("\n\ncomm", "\ncomm")

        with rig(devices, hq_command="run") as built:
            for file, secret in (
                ("hq-password", BROKER_AT_HQ), ("box-password", BROKER_AT_BOX),
                ("hook-secret", WEBHOOK), ("admin", ADMIN),
            ):  # fmt: skip
                (built.folder / file).write_text(secret)
            _add(built.agent_settings, "[mqtt]", "box", built.folder / "box-password")
            _add(built.hq_settings, "[mqtt]", "hq", built.folder / "hq-password")
            with built.hq_settings.open("a") as file:
                file.write(
                    f'\n[notify]\nwebhook_url = "{hook}"\n'
                    f'webhook_secret_file = "{built.folder / "hook-secret"}"\n'
                )
            told = [built.run_hq("init", "--password-file", str(built.folder / "admin"))]
            for part in ("broker", "hq", "agent"):
                built.start(part)
            yield built, told


def _add(settings: Path, table: str, user: str, password_file: Path) -> None:
    keys = f'{table}\nusername = "{user}"\npassword_file = "{password_file}"'
    settings.write_text(settings.read_text().replace(table, keys))


def test_planted_secrets_turn_up_nowhere(planted: tuple[Rig, list[str]]) -> None:
    built, told = planted
    wait_until("the door's records", lambda: built.journaled() == 20, WITHIN_S)
    refused = "SELECT count(*) FROM box WHERE health LIKE '%refused%'"
    wait_until("the refusal", lambda: built.query(refused) == [(1,)], WITHIN_S)
    wait_until("the pages", lambda: answers(built.web_port), WITHIN_S)
    cookie = _log_in(built, told)
    agent = [sys.executable, "-m", "agent"]
    config = ["--config", str(built.agent_settings)]
    bundle = built.folder / "bundle.tar.gz"
    for command in (["status"], ["doctor"], ["diagnose", "--to", str(bundle)]):
        done = subprocess.run(
            [*agent, *command, *config], capture_output=True, text=True, check=False
        )
        told += [done.stdout, done.stderr]
    told.append(built.run_hq("ledger", "verify"))
    signing = _webhooks(built, told)
    for part in ("agent", "hq"):
        built.stop(part)
    with tarfile.open(bundle) as packed:
        files = [packed.extractfile(one) for one in packed.getmembers() if one.isfile()]
        told += [file.read().decode("utf-8", "replace") for file in files if file]
    told += [(built.folder / f"{name}.log").read_text() for name in ("agent", "hq", "broker")]
    told.append(str(built.query("SELECT health FROM box")))
    told.append(str(built.texts()))
    text = "\n".join(told)
    assert "DOOR" in text, "nothing was looked through"
    for secret in (
        BROKER_AT_HQ, BROKER_AT_BOX, WEBHOOK, TOKEN, ADMIN, WRONG, COMM_KEY, WRONG_KEY, cookie, signing,
    ):  # fmt: skip
        found = text.find(secret)
        assert found < 0, text[max(0, found - 300) : found + 100]


def _log_in(built: Rig, told: list[str]) -> str:
    url = f"http://127.0.0.1:{built.web_port}"
    wrong = httpx.post(f"{url}/login", data={"login": "admin", "password": WRONG})
    right = httpx.post(f"{url}/login", data={"login": "admin", "password": ADMIN})
    assert (wrong.status_code, right.status_code) == (401, 303)
    told.append(wrong.text)
    return right.cookies["daka_session"]


def _webhooks(built: Rig, told: list[str]) -> str:
    """Let webhooks be called in vain and a backup be made; return a subscription's secret."""

    def hq(*words: str) -> Result:
        done = CliRunner().invoke(app, [*words, "--config", str(built.hq_settings)])
        assert done.exception is None or isinstance(done.exception, SystemExit | DakaError)
        return done

    nowhere = f"http://127.0.0.1:{free_port()}/daka"
    made = hq("webhook", "add", nowhere, "--kind", "box.state")
    secret, hook = made.stdout.strip(), made.stderr.split()[1]
    assert len(secret) == 64, made.stderr
    with_token = hq("webhook", "add", f"{nowhere}?access_token={TOKEN}", "--kind", "box.state")
    hq("webhook", "remove", with_token.stderr.split()[1])
    copy = built.folder / "copy"
    for words in (
        ("channel", "test", "webhook", "--to", "S1"), ("channel", "status"), ("webhook", "test", hook),
        ("webhook", "list"), ("webhook", "log", hook), ("webhook", "retry", hook), ("backup", str(copy)),
    ):  # fmt: skip
        done = hq(*words)
        told += [done.output, str(done.exception)]
    assert "no answer from 127.0.0.1" in "".join(told), "no webhook was called"
    kept = [one for one in copy.rglob("*") if one.is_file()]
    assert any(hook.encode() in one.read_bytes() for one in kept), (
        "the backup holds no subscription"
    )
    told += [one.read_bytes().decode("utf-8", "replace") for one in kept]
    return secret
