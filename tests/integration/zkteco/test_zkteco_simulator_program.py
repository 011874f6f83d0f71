"""The simulator as a program: told by lines, keeping its log, following a fast clock."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.simulators.zk_faults import FAULTS
from drivers.zkteco.driver import ZktecoDriver
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import ScaledClock, SystemClock, utc_text

CLOCK = SystemClock.of_this_boot()


class Program:
    """A running simulator and its control line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        said = process.stdout.readline()
        self.process = process
        self.port = int(said.split("127.0.0.1:")[1].split(",")[0])
        control_port = int(said.rsplit(" ", 1)[1])
        with socket.create_connection(("127.0.0.1", control_port)) as link:
            self._control = link.makefile("rw")

    def tell(self, line: str) -> str:
        self._control.write(line + "\n")
        self._control.flush()
        return self._control.readline().strip()

    def close(self) -> None:
        self._control.close()

    def driver(self, clock=CLOCK) -> ZktecoDriver:
        table = {"url": f"tcp://127.0.0.1:{self.port}", "answer_timeout_s": 5}
        return ZktecoDriver(ZktecoSettings.from_table(table, "test"), clock, "Asia/Shanghai")


@contextmanager
def _program(*arguments: str) -> Iterator[Program]:
    command = [sys.executable, "-m", "drivers.simulators.zk", "--port", "0", "--control-port", "0"]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        program = Program(process)
        try:
            yield program
        finally:
            program.close()
            process.terminate()
            assert process.wait(30) == 0


def _rows(readings):
    return [row for reading in readings for row in reading.punches]


def test_it_is_told_by_lines_and_answers_each() -> None:
    with _program("--users", "3", "--serial", "SIM7") as program:
        assert program.tell("people") == "ok 1001 1002 1003"
        assert program.tell("punch 1001 1 15").startswith("ok 1001 20")
        assert program.tell("count") == "ok 1"
        assert program.tell("dance").startswith("error: unknown command 'dance'; known: punch")
        assert program.tell("punch").startswith("error: ")
        assert program.tell("fault sulk").startswith("error: no fault 'sulk'")
        assert program.tell("fault stall") == f"ok {FAULTS['stall']}"
        assert program.tell("behave") == "ok"
        driver = program.driver()
        (reading,) = driver.read(None)
        assert reading.source_id == "SIM7"
        assert [(row.user_id, row.state_code, row.verify_code) for row in reading.punches] == [
            ("1001", 1, 15)
        ]
        assert program.tell("clear") == "ok"
        assert program.tell("count") == "ok 0"
        driver.close()
        assert program.tell("quit") == "ok"
        assert program.process.wait(30) == 0


def test_its_log_survives_a_restart(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "terminal.log"), "--serial", "SIM8")
    with _program(*state) as program:
        program.tell("punch 1001")
        program.tell("punch 1002")
        first = program.driver()
        readings = list(first.read(None))
        first.close()
    with _program(*state) as program:
        assert program.tell("count") == "ok 2"
        program.tell("punch 1003")
        driver = program.driver()
        assert [row.user_id for row in _rows(driver.read(readings[-1].cursor))] == ["1003"]
        driver.close()


def test_it_follows_the_fast_clock_of_a_demonstration() -> None:
    start_utc, real_start_s, speed = datetime(2026, 9, 1, tzinfo=UTC), time.time(), 3600.0
    clock = ScaledClock(start_utc, real_start_s, speed)
    scaled = ("--wall-start-utc", utc_text(start_utc), "--real-start-s", str(real_start_s))
    with _program(*scaled, "--speed", str(speed), "--clock-error-s", "7200") as program:
        told = datetime.fromisoformat(program.tell("time").removeprefix("ok "))
        now_local = clock.now_utc().replace(tzinfo=None) + timedelta(hours=8)
        assert timedelta(hours=1) < told - now_local + timedelta(hours=0.5) < timedelta(hours=3)
        driver = program.driver(clock)
        (reading,) = driver.read(None)
        assert reading.clock_offset_ms == pytest.approx(7_200_000, abs=1_800_000)
        driver.close()


def test_every_fault_can_be_armed_from_the_command_line() -> None:
    faults = [argument for name in FAULTS for argument in ("--fault", name)]
    with _program(*faults) as program:
        assert program.tell("faults").count(": ") == len(FAULTS)
