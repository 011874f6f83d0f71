"""A terminal that pushes, for the driver contract suite.

It is heard only by a driver that listens, so `add` first lets the last driver listen; its
post then waits for the receipt in a thread. Cut off means that another program has the port.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from drivers.contract import Driver
from drivers.simulators.zkpush import PushSimulator
from drivers.zkpush.driver import ZkPushDriver
from drivers.zkpush.settings import ZkPushSettings
from sync.clock import SystemClock

_START = datetime(2026, 11, 23, 9)
_PATIENCE_S = 10.0


class _JumpingClock(SystemClock):
    """The machine's clock, whose timers can be sent ahead."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return time.monotonic() + type(self).ahead_s


class ZkPushSubject:
    """One terminal and one port."""

    holds = 100_000

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._terminal = PushSimulator("A1", self._port)
        self._driver: ZkPushDriver | None = None
        self._blocker: socket.socket | None = None
        self._posts: list[threading.Thread] = []
        self._touches = 0
        self._kept = ""

    def driver(self) -> Driver:
        table = {"listen": f"127.0.0.1:{self._port}", "serials": ["A1"], "reread_days": 0}
        settings = ZkPushSettings.from_table(table, "test")
        self._driver = ZkPushDriver(settings, _JumpingClock.of_this_boot(), "Asia/Shanghai")
        return self._driver

    def add(self, count: int) -> None:
        first = self._touches
        self._touches += count
        times = (_START + timedelta(seconds=i) for i in range(first, self._touches))
        self._post("".join(f"1001\t{when:%Y-%m-%d %H:%M:%S}\t0\t1\t0\n" for when in times))

    def spoil(self) -> bool:
        self._post("nobody can read this\n")
        return True

    def cut(self) -> None:
        if self._driver is not None:
            self._driver.close()
        self._blocker = socket.create_server(("127.0.0.1", self._port))

    def mend(self) -> None:
        assert self._blocker is not None
        self._blocker.close()

    def close(self) -> None:
        if self._driver is not None:
            self._driver.close()
        for post in self._posts:
            post.join(_PATIENCE_S)

    def _post(self, text: str) -> None:
        self._kept += text
        if self._driver is None:
            return  # nobody to tell it to: the terminal keeps it
        text, self._kept = self._kept, ""
        self._driver.listen()
        self._terminal.poll()
        _JumpingClock.ahead_s += 20  # it has been heard for a while
        held = self._driver.posts
        post = threading.Thread(target=self._terminal.post, args=("ATTLOG", text.encode()))
        post.start()
        self._posts.append(post)
        end_s = time.monotonic() + _PATIENCE_S
        while self._driver.posts == held:
            assert time.monotonic() < end_s, "the post did not arrive"
            self._driver.wait(0.01)


@contextmanager
def _pushing(_: Path) -> Iterator[ZkPushSubject]:
    subject = ZkPushSubject()
    try:
        yield subject
    finally:
        subject.close()


SUBJECTS = {"zkpush": _pushing}
