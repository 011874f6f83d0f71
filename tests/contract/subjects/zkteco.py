"""A ZKTeco terminal for the driver contract suite, over TCP and over UDP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from drivers.contract import Driver
from drivers.registry import open_driver
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, encode_record, people_named
from sync.clock import SystemClock

_ZONE = "Asia/Shanghai"
_CLOCK = SystemClock.of_this_boot()
_FEBRUARY_30 = ((26 * 12 + 1) * 31 + 29) * 86_400


class ZktecoSubject:
    """A simulated terminal that can be switched off and on at the same address."""

    holds = 100_000

    def __init__(self, scheme: str) -> None:
        zone = ZoneInfo(_ZONE)
        self._scheme = scheme
        self._terminal = Terminal(
            now_utc=_CLOCK.now_utc,
            local_of=lambda utc: utc.astimezone(zone).replace(tzinfo=None),
            people=people_named(["1001", "1002"]),
        )
        self._touches = 0
        self._simulator = ZkSimulator(self._terminal)
        self._simulator.start()

    def driver(self) -> Driver:
        table = {
            "name": "front door",
            "driver": "zkteco",
            "url": f"{self._scheme}://127.0.0.1:{self._simulator.port}",
            "answer_timeout_s": 0.5,
        }
        return open_driver("zkteco", table, "test", _CLOCK, _ZONE)

    def add(self, count: int) -> None:
        start = self._terminal.now_local() - timedelta(days=1)
        for _ in range(count):
            self._touches += 1
            self._terminal.punch("1001", at=start + timedelta(seconds=self._touches))

    def spoil(self) -> bool:
        record = encode_record(40, 0, "1001", _FEBRUARY_30, 0, 1)
        with self._terminal.lock:
            self._terminal.log += record
        return True

    def cut(self) -> None:
        self._simulator.stop()

    def mend(self) -> None:
        self._simulator = ZkSimulator(self._terminal, port=self._simulator.port)
        self._simulator.start()


@contextmanager
def _terminal(scheme: str) -> Iterator[ZktecoSubject]:
    subject = ZktecoSubject(scheme)
    try:
        yield subject
    finally:
        subject.cut()


SUBJECTS = {"zkteco-tcp": lambda _: _terminal("tcp"), "zkteco-udp": lambda _: _terminal("udp")}
