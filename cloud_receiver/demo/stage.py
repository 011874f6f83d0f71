"""Processes of the demonstration: started in order, watched, stopped in reverse."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import IO, Final, Self

from sync.errors import DakaError

STOP_WITHIN_S: Final = 15.0
START_WITHIN_S: Final = 40.0


def free_port(wanted: int = 0) -> int:
    """Return `wanted` when it is free on loopback, else a port that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DakaError("no free port on 127.0.0.1")


def answers(port: int) -> bool:
    """Tell whether something listens on loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stage:
    """Runs processes until the block ends, whatever way it ends.

    Each writes to `<folder>/log/<name>.log`. They get a process group of their own, so that
    Ctrl-C reaches only the demonstration, which then stops them in order.
    """

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "log"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._running: list[tuple[str, subprocess.Popen[bytes], IO[bytes]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, process, log in reversed(self._running):
            _stop(process)
            log.close()
        self._running.clear()

    def start(self, name: str, command: list[str]) -> None:
        """Start `command`; its output goes to the log of `name`."""
        log = (self._logs / f"{name}.log").open("ab")
        process = subprocess.Popen(  # noqa: S603  commands are our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self._running.append((name, process, log))

    def check(self) -> None:
        """See that everything still runs.

        Raises:
            DakaError: a process ended by itself; says which and where its log is.
        """
        for name, process, _ in self._running:
            code = process.poll()
            if code is not None:
                log = self._logs / f"{name}.log"
                raise DakaError(f"{name} ended by itself with code {code}; see {log}")

    def wait_until(self, what: str, ready: Callable[[], bool]) -> None:
        """Wait for `ready` while every process lives.

        Raises:
            DakaError: it took longer than `START_WITHIN_S`, or a process ended.
        """
        deadline_s = monotonic() + START_WITHIN_S
        while not ready():
            self.check()
            if monotonic() > deadline_s:
                raise DakaError(
                    f"{what} did not start within {START_WITHIN_S:.0f} s; see {self._logs}"
                )
            sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
