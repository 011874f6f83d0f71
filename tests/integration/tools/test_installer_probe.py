"""A probe reads once, shows what would be sent, and leaves everything as it was."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from agent.lock import DataLock
from drivers.simulators import fingermodule
from drivers.simulators.line import PtyLine
from drivers.zkteco.frames import Command
from sync.errors import DakaError

CLEAR_LOG = 15
BOX = '[box]\nid = "b"\norg = "o"\nstore = "s001"\nzone = "Asia/Shanghai"\ndata_dir = "{folder}"\n[mqtt]\nurl = "mqtt://h"\n'


def _url(simulator) -> str:
    return f"tcp://{simulator.host}:{simulator.port}"


@pytest.fixture
def probe(run):
    """Return a function that probes a simulator that need not be waited for long."""

    def probe(simulator, *more: str, lang: str = "en"):
        quick = ("--driver", "zkteco", "--set", "answer_timeout_s=0.3")
        return run("probe", _url(simulator), *quick, *more, lang=lang)

    return probe


def test_a_probe_shows_facts_clock_counts_and_both_ends(open_terminal, probe) -> None:
    simulator = open_terminal(30, clock_error=timedelta(minutes=-4, seconds=-12))
    result = probe(simulator)
    assert result.exit_code == 0, result.output
    for told in ("DAKA00000001", "Ver 6.60 Apr 26 2016", "-4 min 1", "holds 30 records",
                 "30 records would be sent", "the first 10", "the last 10"):  # fmt: skip
        assert told in result.output
    shown = re.findall(r"\b\d{12}[0-9a-f]{20}\b", result.output)
    every = [json.loads(line) for line in probe(simulator, "--json").output.splitlines()]
    ids = [line["record_id"] for line in every[:-1]]
    assert shown == ids[:10] + ids[-10:]
    assert (every[-1]["sent"], every[-1]["complete"], every[-1]["trouble"]) == (30, True, None)


def test_a_probe_speaks_chinese(open_terminal, probe) -> None:
    assert "将发送 3 条" in probe(open_terminal(3), lang="zh").output


def test_a_probe_leaves_the_terminal_as_it_was(open_terminal, tmp_path: Path, run) -> None:
    simulator = open_terminal(3, clock_error=timedelta(hours=1))
    config = tmp_path / "agent.toml"
    config.write_text(
        BOX.format(folder=tmp_path / "data")
        + f'[[device]]\nname = "door"\ndriver = "zkteco"\nurl = "{_url(simulator)}"\nset_clock = true\n'
    )
    assert run("probe", "door", "--config", config).exit_code == 0
    told = set(simulator.terminal.commands)
    assert not told & {Command.SET_TIME, Command.REGISTER_EVENTS, CLEAR_LOG}
    assert Command.EXIT in told
    assert simulator.terminal.clock_error == timedelta(hours=1)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("hang_up_at_once", 5, "busy"),
        ("bad_checksum", 6, "checksum"),
        ("http", 7, "a web server"),
        ("encrypted", 7, "zkpush"),
        ("access_mode", 7, "attendance mode"),
    ],
)
def test_a_probe_that_fails_says_why_and_what_to_do(
    open_terminal, fault: str, code: int, says: str, probe
) -> None:
    simulator = open_terminal(30)
    simulator.faults.arm(fault)
    result = probe(simulator)
    assert (result.exit_code, says in result.output) == (code, True), result.output


def test_a_probe_of_nobody_says_it_does_not_answer(open_terminal, probe) -> None:
    simulator = open_terminal()
    simulator.stop()
    result = probe(simulator)
    assert (result.exit_code, "does not answer" in result.output) == (4, True)


def test_a_running_agent_is_named_when_a_device_cannot_be_read(
    open_terminal, tmp_path: Path, run
) -> None:
    simulator = open_terminal()
    simulator.stop()
    config = tmp_path / "agent.toml"
    device = f'[[device]]\nname = "door"\ndriver = "zkteco"\nurl = "{_url(simulator)}"\n'
    config.write_text(BOX.format(folder=tmp_path) + device)
    with DataLock(tmp_path):
        assert "the agent is running" in run("probe", "--config", config).output
    assert "the agent is running" not in run("probe", "--config", config).output


def test_a_probe_of_a_reader_waits_for_a_touch(run) -> None:
    module = fingermodule.Ef01Simulator(frozenset({17}))
    line = PtyLine(module, baud=57600)
    line.start()
    try:
        module.queue([17])
        result = run("probe", line.url, "--driver", "fingermodule", "--set", "serial=FM1",
                     "--listen-s", 5)  # fmt: skip
        assert "touch it once within 5 s" in result.output
        assert "1 records would be sent" in result.output
        assert result.exit_code == 0, result.output
    finally:
        line.stop()


def test_an_unknown_device_is_named_with_those_there_are(tmp_path: Path, run) -> None:
    config = tmp_path / "agent.toml"
    config.write_text(BOX.format(folder=tmp_path))
    result = run("probe", "back door", "--config", config)
    assert isinstance(result.exception, DakaError)
    assert "no device 'back door'" in str(result.exception)
