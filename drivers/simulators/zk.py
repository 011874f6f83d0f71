"""A simulated ZKTeco terminal as a program: ``python -m drivers.simulators.zk --port 4370``.

It is told what happens to it by lines, on standard input or over TCP on the control port:
``punch USER [STATE [VERIFY]]``, ``people``, ``count``, ``time``, ``clock SECONDS``,
``clear``, ``fault NAME [TIMES]``, ``behave``, ``cut``, ``faults``, ``quit``. Each is
answered by one line that begins with ``ok`` or ``error``.
"""

from __future__ import annotations

import argparse
import signal
import socketserver
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.simulators.zk_faults import FAULTS
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, encode_record, people_named
from drivers.zkteco.layouts import LAYOUTS, time_word
from sync.clock import Clock, ScaledClock, SystemClock, parse_utc

_FIRST_USER = 1001
_SECONDS_BETWEEN_RECORDS = 37


class Control:
    """Carries out control lines.

    Args:
        quit_now: called by ``quit``.
    """

    def __init__(self, simulator: ZkSimulator, quit_now: Callable[[], None]) -> None:
        self._simulator = simulator
        self._quit_now = quit_now

    def obey(self, line: str) -> str:
        """Carry out one line; return the answer."""
        name, *arguments = line.split() or [""]
        action = self._ACTIONS.get(name)
        if action is None:
            return f"error: unknown command {name!r}; known: {', '.join(self._ACTIONS)}"
        try:
            return f"ok {action(self, *arguments)}".rstrip()
        except (TypeError, ValueError) as error:
            return f"error: {error}"

    def _punch(self, user_id: str, state: str = "0", verify: str = "1") -> str:
        touch = self._simulator.terminal.punch(user_id, state=int(state), verify=int(verify))
        return f"{touch.user_id} {touch.when.isoformat()}"

    def _people(self) -> str:
        return " ".join(person.user_id for person in self._simulator.terminal.people)

    def _count(self) -> str:
        return str(self._simulator.terminal.records)

    def _time(self) -> str:
        return self._simulator.terminal.now_local().isoformat(timespec="seconds")

    def _clock(self, error_s: str) -> str:
        self._simulator.terminal.clock_error = timedelta(seconds=float(error_s))
        return self._time()

    def _clear(self) -> str:
        self._simulator.terminal.clear()
        return ""

    def _fault(self, name: str, times: str = "1") -> str:
        self._simulator.faults.arm(name, int(times))
        return FAULTS[name]

    def _behave(self) -> str:
        self._simulator.faults.clear()
        return ""

    def _cut(self) -> str:
        self._simulator.cut()
        return ""

    def _faults(self) -> str:
        return "; ".join(f"{name}: {what}" for name, what in FAULTS.items())

    def _quit(self) -> str:
        self._quit_now()
        return ""

    _ACTIONS: dict[str, Callable[..., str]] = {  # noqa: RUF012 - never changed
        "punch": _punch,
        "people": _people,
        "count": _count,
        "time": _time,
        "clock": _clock,
        "clear": _clear,
        "fault": _fault,
        "behave": _behave,
        "cut": _cut,
        "faults": _faults,
        "quit": _quit,
    }


class ControlServer(socketserver.ThreadingTCPServer):
    """Takes control lines on a loopback port."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, control: Control) -> None:
        self.control = control
        super().__init__(("127.0.0.1", port), _ControlLines)


class _ControlLines(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, ControlServer)
        for line in self.rfile:
            answer = self.server.control.obey(line.decode("utf-8", "replace"))
            self.wfile.write(answer.encode() + b"\n")


def standard_log(terminal: Terminal, count: int, end: datetime) -> bytes:
    """Return `count` records of the terminal's people up to `end`, one every 37 seconds."""
    records = []
    for index in range(count):
        when = end - timedelta(seconds=(count - index) * _SECONDS_BETWEEN_RECORDS)
        person = terminal.people[index % len(terminal.people)]
        records.append(
            encode_record(terminal.layout, index, person.user_id, time_word(when), index & 1, 1)
        )
    return b"".join(records)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m drivers.simulators.zk", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4370, help="TCP and UDP; 0 takes a free one")
    parser.add_argument("--serial", default="DAKA00000001")
    parser.add_argument("--comm-key", type=int, default=0)
    parser.add_argument("--layout", type=int, choices=sorted(LAYOUTS), default=40)
    parser.add_argument("--users", type=int, default=5, help=f"ids from {_FIRST_USER} on")
    parser.add_argument("--user-ids", help="their ids instead, separated by commas")
    parser.add_argument("--records", type=int, default=0, help="records it begins with")
    parser.add_argument("--state", type=Path, help="file that keeps the log over restarts")
    parser.add_argument("--control-port", type=int, help="loopback port for control lines")
    parser.add_argument("--stdin", action="store_true", help="control lines on standard input")
    parser.add_argument("--one-client", action="store_true", help="serve one client at a time")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS))
    parser.add_argument("--zone", default="Asia/Shanghai", help="where it hangs (IANA)")
    parser.add_argument("--clock-error-s", type=float, default=0.0)
    parser.add_argument("--speed", type=float, help="run its clock that much faster, from")
    parser.add_argument("--wall-start-utc", type=parse_utc, help="2026-11-23T00:00:00.000Z, at")
    parser.add_argument("--real-start-s", type=float, help="this Unix time")
    return parser.parse_args(argv)


def _clock_of(options: argparse.Namespace) -> Clock:
    if options.speed is None:
        return SystemClock.of_this_boot()
    start_utc = options.wall_start_utc or datetime.now(UTC)
    real_start_s = options.real_start_s or datetime.now(UTC).timestamp()
    return ScaledClock(start_utc, real_start_s, options.speed)


def _terminal_of(options: argparse.Namespace) -> Terminal:
    zone = ZoneInfo(options.zone)
    ids = [str(_FIRST_USER + number) for number in range(options.users)]
    if options.user_ids:
        ids = options.user_ids.split(",")
    terminal = Terminal(
        now_utc=_clock_of(options).now_utc,
        local_of=lambda utc: utc.astimezone(zone).replace(tzinfo=None),
        serial=options.serial,
        comm_key=options.comm_key,
        layout=options.layout,
        people=people_named(ids),
        clock_error=timedelta(seconds=options.clock_error_s),
        state_file=options.state,
    )
    if options.records and not terminal.records:
        terminal.fill(standard_log(terminal, options.records, terminal.now_local()))
    return terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Run a terminal until ``quit``, Ctrl-C or SIGTERM."""
    options = _arguments(argv)
    simulator = ZkSimulator(
        _terminal_of(options),
        host=options.host,
        port=options.port,
        one_client=options.one_client,
    )
    for name in options.fault:
        simulator.faults.arm(name)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    control = Control(simulator, is_over.set)
    lines = (
        ControlServer(options.control_port, control) if options.control_port is not None else None
    )
    with simulator:
        say = f"zk {options.serial} listens on {simulator.host}:{simulator.port}"
        if lines is not None:
            threading.Thread(target=lines.serve_forever, daemon=True).start()
            say += f", control on {lines.server_address[1]}"
        print(say, flush=True)  # noqa: T201 - this is a program
        if options.stdin:
            threading.Thread(target=_obey_stdin, args=(control,), daemon=True).start()
        is_over.wait()
    if lines is not None:
        lines.shutdown()
        lines.server_close()
    return 0


def _obey_stdin(control: Control) -> None:
    for line in sys.stdin:
        print(control.obey(line), flush=True)  # noqa: T201 - this is a program


if __name__ == "__main__":
    sys.exit(main())
