"""init asks, explains, finds, tries what was entered; and needs nobody when options say it all."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.settings import load_settings
from sync.errors import DakaError

EXPORT = "Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"
EXPORT += "1,R1,1,2026-03-02 10:00:00,C1,SKU1,1,12.50,sale,\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def here(tmp_path: Path, mosquitto_broker: Any) -> tuple[str, ...]:
    """Options that say all there is to say about a box."""
    return (
        "--box", "box-1", "--org", "acme", "--store", "S001", "--mqtt", mosquitto_broker.url,
        "--data-dir", str(tmp_path / "data"), "--config", str(tmp_path / "agent.toml"),
    )  # fmt: skip


def test_a_conversation_ends_in_settings_that_hold(
    run: Any, open_terminal: Any, mosquitto_broker: Any, tmp_path: Path
) -> None:
    door = open_terminal(3, host="127.0.0.2", serial="DOOR1")
    exports = tmp_path / "pos"
    exports.mkdir()
    (exports / "till.csv").write_text(EXPORT)
    config = tmp_path / "etc" / "agent.toml"
    answers = [
        str(tmp_path / "data"), "", "box-1", "acme", "S001", "Mars/Olympus", "",
        f"mqtt://127.0.0.1:{free_port()}", "",  # the first broker does not answer
        "n", mosquitto_broker.url, "box-1", "a password",
        "y", "y", "前门",  # look, add, name
        "tcp://127.0.0.9:4370", "后门", "n",  # nobody is there: not added
        "", str(exports), "y", "tills", "",
    ]  # fmt: skip
    result = run("init", "--config", config, "--network", "127.0.0.0/29", "--zk-port", door.port,
                 "--anviz-port", free_port(), answer="\n".join([*answers, ""]))  # fmt: skip
    assert result.exit_code == 0, result.output
    for told in ("is no time zone", "does not answer", "the broker lets this box in",
                 "前门: DOOR1, clock", "3 of", "daka-agent doctor"):  # fmt: skip
        assert told in result.output, (told, result.output)
    assert "a password" not in result.output
    settings = load_settings(config)
    assert [(one.name, one.driver) for one in settings.devices] == [
        ("前门", "zkteco"), ("tills", "posfile"),
    ]  # fmt: skip
    assert (settings.mqtt.username, settings.mqtt.password) == ("box-1", "a password")
    assert (config.parent / "mqtt.password").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in config.parent.iterdir()) == ["agent.toml", "mqtt.password"]


def test_options_alone_are_enough_and_what_is_found_is_taken(
    run: Any, open_terminal: Any, here: tuple[str, ...], tmp_path: Path
) -> None:
    door = open_terminal(2, host="127.0.0.2")
    result = run("init", *here, "--unattended", "--discover", "--network", "127.0.0.0/29",
                 "--zk-port", door.port, "--anviz-port", free_port())  # fmt: skip
    assert result.exit_code == 0, result.output
    document = tomllib.loads((tmp_path / "agent.toml").read_text())
    assert document["box"]["zone"] == "Asia/Shanghai"
    assert document["device"][0]["url"] == f"tcp://127.0.0.2:{door.port}"
    again = run("init", *here, "--unattended")
    assert isinstance(again.exception, DakaError)
    assert "exists already" in str(again.exception)


def test_unattended_what_is_missing_or_does_not_work_ends_it_and_leaves_nothing(
    run: Any, here: tuple[str, ...], tmp_path: Path
) -> None:
    cases = [
        (("--config", str(tmp_path / "agent.toml"), "--box", "b"), "--org is missing"),
        ((*here, "--mqtt", f"mqtt://127.0.0.1:{free_port()}"), "does not answer"),
        ((*here, "--terminal", f"door=tcp://127.0.0.1:{free_port()}"), "does not work: door"),
        ((*here, "--zone", "Mars/Olympus"), "is no time zone"),
        ((*here, "--terminal", "door"), "usage: --terminal"),
    ]
    for options, told in cases:
        result = run("init", *options, "--unattended")
        assert isinstance(result.exception, DakaError), (options, result.output)
        assert told in str(result.exception)
        assert [file for file in tmp_path.iterdir() if file.suffix == ".toml"] == []
    untested = run("init", *here, "--terminal", "door=tcp://127.0.0.1:1", "--unattended",
                   "--no-test")  # fmt: skip
    assert untested.exit_code == 0, untested.output
