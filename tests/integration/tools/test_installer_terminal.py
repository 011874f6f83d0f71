"""`daka-agent terminal` asks through pyzk, in a process of its own."""

import ast
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from agent.tools import terminal as terminal_tool
from agent.tools.terminal import TerminalAddress, ask
from drivers.errors import LinkDownError, MalformedError, RefusedError
from drivers.simulators.zk_terminal import Person
from drivers.transports import parse_url

PROGRAM = Path(terminal_tool.__file__).with_name("zk_admin.py")


def _url(simulator, scheme: str = "tcp") -> str:
    return f"{scheme}://{simulator.host}:{simulator.port}"


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_info_tells_what_the_terminal_says_it_is(open_terminal, run, scheme: str) -> None:
    result = run("terminal", "info", "--url", _url(open_terminal(), scheme))
    assert result.exit_code == 0, result.output
    assert "serial: DAKA00000001" in result.output
    assert "platform: ZMM220_TFT" in result.output


def test_users_are_listed_by_id_and_name(open_terminal, run) -> None:
    people = [Person(1, "1001", "王芳".encode(), privilege=14), Person(2, "NB7", b"Li")]
    result = run("terminal", "users", "--url", _url(open_terminal(people=people)))
    assert "2 people" in result.output
    assert ["1001", "王芳", "1", "*"] in [line.split() for line in result.output.splitlines()]
    assert "NB7" in result.output


def test_names_in_the_old_chinese_encoding_can_be_read(open_terminal, run) -> None:
    simulator = open_terminal(people=[Person(1, "1001", "王芳".encode("gb18030"))])
    result = run("terminal", "users", "--url", _url(simulator), "--encoding", "gb18030")
    assert "王芳" in result.output


def test_count_tells_how_full_it_is(open_terminal, run) -> None:
    result = run("terminal", "count", "--url", _url(open_terminal(12)), lang="zh")
    assert "考勤记录 12（容量 100000）" in result.output
    assert "人员 5" in result.output


def test_the_clock_is_shown_and_left_alone(open_terminal, run) -> None:
    simulator = open_terminal(clock_error=timedelta(minutes=-4))
    result = run("terminal", "clock", "--url", _url(simulator))
    assert "-4 min" in result.output or "-3 min 5" in result.output
    assert simulator.terminal.clock_error == timedelta(minutes=-4)


@pytest.mark.parametrize(("answer", "is_set"), [("n\n", False), ("y\n", True), ("", False)])
def test_the_clock_is_set_only_after_a_yes(open_terminal, run, answer: str, is_set: bool) -> None:
    simulator = open_terminal(clock_error=timedelta(hours=2))
    run("terminal", "clock", "--url", _url(simulator), "--set", answer=answer)
    assert (abs(simulator.terminal.clock_error) < timedelta(seconds=5)) is is_set


def test_yes_sets_the_clock_without_a_question(open_terminal, run) -> None:
    simulator = open_terminal(clock_error=timedelta(hours=2))
    result = run("terminal", "clock", "--url", _url(simulator), "--set", "--yes")
    assert result.exit_code == 0
    assert abs(simulator.terminal.clock_error) < timedelta(seconds=5)


def _address(simulator, comm_key: int = 0) -> TerminalAddress:
    return TerminalAddress(link=parse_url(_url(simulator)), comm_key=comm_key, timeout_s=0.5)


def test_the_comm_key_lets_us_in_and_a_wrong_one_is_named(open_terminal) -> None:
    simulator = open_terminal(comm_key=4711)
    assert ask(_address(simulator, 4711), "info")["serial"] == "DAKA00000001"
    with pytest.raises(RefusedError, match="refuses Comm Key 1"):
        ask(_address(simulator, 1), "info")


def test_a_terminal_that_is_off_or_held_by_another_does_not_answer(open_terminal) -> None:
    simulator = open_terminal()
    simulator.faults.arm("silent_accept")
    with pytest.raises(LinkDownError, match="no other program holds it"):
        ask(_address(simulator), "info")
    simulator.stop()
    with pytest.raises(LinkDownError, match="no_answer"):
        ask(_address(simulator), "info")


def test_whatever_pyzk_breaks_on_ends_in_a_sentence(open_terminal) -> None:
    simulator = open_terminal()
    simulator.faults.arm("ssh")
    with pytest.raises((MalformedError, LinkDownError), match=simulator.host):
        ask(_address(simulator), "info")


def test_the_program_imports_the_standard_library_and_pyzk_only() -> None:
    imported = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"zk"}
