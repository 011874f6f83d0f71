"""The devices of the serial drivers for the contract suite, on real sockets and terminals.

An Anviz terminal keeps its log. A line terminal and a fingerprint module keep nothing: they
are heard only by a driver that listens, so `add` first lets the last driver listen.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.contract import Driver
from drivers.registry import open_driver
from drivers.simulators.anviz import AnvizTerminal, record
from drivers.simulators.fingermodule import Ef01Simulator, Gt511Simulator
from drivers.simulators.line import Machine, PtyLine, TcpLine
from drivers.simulators.serialline import AsciiTerminal
from sync.clock import SystemClock
from tests.contract.subjects.subject import Subject

_ZONE = "Asia/Shanghai"
_CLOCK = SystemClock.of_this_boot()
_PATIENCE_S = 10.0


def _now_local() -> datetime:
    return _CLOCK.now_utc().astimezone(ZoneInfo(_ZONE)).replace(tzinfo=None, microsecond=0)


class AnvizSubject:
    """A terminal at one TCP address, which can be switched off and on."""

    holds = 50_000

    def __init__(self) -> None:
        self._terminal = AnvizTerminal(_now_local)
        self._start = _now_local() - timedelta(days=1)
        self._touches = 0
        self._line = TcpLine(self._terminal)
        self._line.start()

    def driver(self) -> Driver:
        table = {"url": self._line.url, "answer_timeout_s": 0.5}
        return open_driver("anviz", table, "test", _CLOCK, _ZONE)

    def add(self, count: int) -> None:
        for _ in range(count):
            self._touches += 1
            at = self._start + timedelta(seconds=self._touches)
            self._terminal.punch(record(1001, at), live=count == 1)

    def spoil(self) -> bool:
        return False  # every 14 bytes are a record

    def cut(self) -> None:
        self._line.stop()

    def mend(self) -> None:
        self._line = TcpLine(self._terminal, port=self._line.port)
        self._line.start()

    def close(self) -> None:
        self.cut()


class _OnPty:
    """A device at a tty whose name stays when it is replugged."""

    def __init__(self, machine: Machine, kind: str, name: Path, **table: object) -> None:
        self._machine = machine
        self._kind = kind
        self._name = name
        self._table = {"url": f"serial://{name}", "serial": "T-1", **table}
        self._driver: Driver | None = None
        self.mend()

    def driver(self) -> Driver:
        self._driver = open_driver(self._kind, self._table, "test", _CLOCK, _ZONE)
        self._is_listening = False
        return self._driver

    def cut(self) -> None:
        self._name.unlink(missing_ok=True)
        self._line.stop()

    def mend(self) -> None:
        self._line = PtyLine(self._machine)
        self._line.start()
        self._name.symlink_to(self._line.path)
        self._is_listening = False

    def close(self) -> None:
        self.cut()

    def _listen(self) -> None:
        if self._driver is not None and not self._is_listening:
            self._driver.wait(0)
            self._is_listening = True


class LineSubject(_OnPty):
    """A terminal that writes plain lines; what the tty holds unread is small."""

    holds = 80

    def __init__(self, name: Path) -> None:
        self._terminal = AsciiTerminal("line")
        self._start = datetime(2026, 11, 1)
        self._touches = 0
        super().__init__(self._terminal, "serialline", name, profile="line")

    def add(self, count: int) -> None:
        self._listen()
        lines = []
        for _ in range(count):
            self._touches += 1
            lines.append(f"1001,{self._start + timedelta(seconds=self._touches)}\r\n")
        self._say("".join(lines).encode())

    def spoil(self) -> bool:
        self._say(b"what is this\r\n")
        return True

    def _say(self, data: bytes) -> None:
        """Say it and wait until the tty has it."""
        expected = self._line.carried_bytes + len(data)
        self._terminal.say(data)
        deadline_s = time.monotonic() + _PATIENCE_S
        while self._line.carried_bytes < expected:
            assert time.monotonic() < deadline_s
            time.sleep(0.002)


class FingerSubject(_OnPty):
    """A module at which enrolled people touch one after the other."""

    holds = 40

    def __init__(self, name: Path, family: str, machine: Ef01Simulator | Gt511Simulator) -> None:
        self._sensor = machine
        self._touches = 0
        super().__init__(machine, "fingermodule", name, family=family, answer_timeout_s=2.0)

    def add(self, count: int) -> None:
        self._sensor.queue(range(self._touches, self._touches + count))
        self._touches += count

    def spoil(self) -> bool:
        return False  # what is no enrolled finger leaves nothing behind


def _opened(
    made: Callable[[Path], AnvizSubject | LineSubject | FingerSubject],
) -> Callable[[Path], AbstractContextManager[Subject]]:
    @contextmanager
    def opened(folder: Path) -> Iterator[Subject]:
        with closing(made(folder / "tty")) as subject:
            yield subject

    return opened


_PAGES = frozenset(range(1000))
SUBJECTS: dict[str, Callable[[Path], AbstractContextManager[Subject]]] = {
    "anviz": _opened(lambda _: AnvizSubject()),
    "serialline": _opened(LineSubject),
    "fingermodule-ef01": _opened(lambda name: FingerSubject(name, "ef01", Ef01Simulator(_PAGES))),
    "fingermodule-gt511": _opened(
        lambda name: FingerSubject(name, "gt511", Gt511Simulator(_PAGES))
    ),
}
