"""Every simulator runs as a program that an installer starts, tells things and stops."""

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.tools.simulate import kinds, list_kinds
from drivers.registry import KINDS
from sync.errors import DakaError

STOP_DEADLINE_S = 10
START_DEADLINE_S = 20


@contextmanager
def playing(*arguments: str):
    """Run a simulator; give the process and the first line it said."""
    command = [sys.executable, "-m", "agent", "simulate", *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOP_DEADLINE_S) == 0


def _tell(process, line: str) -> str:
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_every_kind_of_driver_can_be_played_and_names_its_faults() -> None:
    assert set(kinds()) == set(KINDS)
    listed = list_kinds()
    for name, play in kinds().items():
        assert f"{name}: {play.about}" in listed
        assert all(f"  {fault}" in listed for fault in play.faults)


def test_a_played_zkteco_terminal_is_found_by_probe(run) -> None:
    with playing("zkteco", "--port", "0", "--records", "7") as (_, said):
        port = re.search(r":(\d+)$", said.strip())[1]
        result = run("probe", f"tcp://127.0.0.1:{port}", "--driver", "zkteco")
    assert "7 records would be sent" in result.output


def test_a_played_anviz_terminal_takes_touches(run) -> None:
    with playing("anviz", "--port", "0", "--records", "3") as (process, said):
        url = re.search(r"tcp://\S+(?=;)", said)[0]
        assert _tell(process, "touch 1042") == "ok 1042"
        assert _tell(process, "touch nobody").startswith("error")
        result = run("probe", url, "--driver", "anviz", "--json")
    assert '"user_id": "1042"' in result.output
    assert '"sent": 4' in result.output


@pytest.mark.parametrize(
    ("arguments", "settings", "user_id"),
    [
        (("serialline", "--profile", "tr320"), ("profile=tr320",), "1042"),
        (("fingermodule",), (), "17"),
        (("fingermodule", "--family", "gt511"), ("family=gt511",), "17"),
    ],
)
def test_a_played_reader_is_touched_while_probe_listens(arguments, settings, user_id) -> None:
    with playing(*arguments) as (process, said):
        url = re.search(r"serial://[^;]+", said)[0]
        command = [sys.executable, "-m", "agent", "probe", url, "--driver", arguments[0], "--json"]
        for setting in ("serial=X1", *settings):
            command += ["--set", setting]
        probing = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        while probing.poll() is None:  # it listens from some moment on: touch until it has heard
            assert _tell(process, f"touch {user_id}") == f"ok {user_id}"
            try:
                probing.wait(0.3)
            except subprocess.TimeoutExpired:
                continue
        assert f'"user_id": "{user_id}"' in probing.stdout.read()
        probing.stdout.close()


def test_a_played_till_exports_to_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    evening = ("--speed", "1", "--wall-start-utc", "2026-11-23T13:30:00.000Z")
    with playing("posfile", "--folder", str(folder), "--branch", "A", *evening) as (_, said):
        assert str(folder) in said
        deadline_s = time.monotonic() + START_DEADLINE_S
        while not list(folder.glob("sales-20261123.csv")):
            assert time.monotonic() < deadline_s, "the till exported nothing"
            time.sleep(0.02)


def test_an_unplugged_line_ends_the_play() -> None:
    with playing("serialline") as (process, said):
        path = Path(re.search(r"serial://([^;]+)", said)[1])
        assert path.exists()
        assert _tell(process, "unplug") == "ok"
        assert process.wait(STOP_DEADLINE_S) == 0
        assert not path.exists()


def test_the_list_names_kinds_and_unknown_ones_are_refused(run) -> None:
    assert "silent_accept" in run("simulate", "--list").output
    refused = run("simulate", "toaster")
    assert isinstance(refused.exception, DakaError)
    assert "there are zkteco" in str(refused.exception)
    wrong = run("simulate", "anviz", "--fault", "keypad")
    assert "no fault 'keypad' of this kind" in str(wrong.exception)
