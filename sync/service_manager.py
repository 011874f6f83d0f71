"""systemd, for both sides: what it is told while we run, and the steps that install a service.

The one module of `sync` that acts: what is told is systemd's notify protocol, sd_notify(3).
"""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sync.clock import Clock
from sync.errors import DakaError
from sync.places import config_dir
from sync.service_unit import RunCommand, Service, Step, WriteFile, install_steps
from sync.settings_table import read_toml, secret_files

REPORT_EVERY_S: Final = 1.0
LOOP_PATIENCE_S: Final = 120.0
DEVICE_PATIENCE_S: Final = 900.0
"""The longest a single exchange with a slow terminal may take before it counts as stuck."""
_log = logging.getLogger("daka.service")


def notify(address: str | None, message: str) -> None:
    """Send one message to the service manager at ``NOTIFY_SOCKET``; without one, do nothing."""
    if not address:
        return
    path = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(message.encode(), path)


class Pulse(threading.Event):
    """A stop event that feeds the watchdog whenever its loop looks at it.

    A loop that gets on looks often; one that hangs does not, and is noticed.
    """

    def __init__(self, feed: Callable[[], None]) -> None:
        super().__init__()
        self._feed = feed

    def is_set(self) -> bool:
        """Tell whether to stop."""
        self._feed()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be told to stop."""
        self._feed()
        is_told = super().wait(timeout)
        self._feed()
        return is_told


class Watchdog:
    """Knows whether every loop still gets on; one that stands still stops the feeding."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_s: dict[str, float] = {}
        self._patience_s: dict[str, float] = {}
        self._reported_s = float("-inf")

    def feeder(self, name: str, patience_s: float) -> Callable[[], None]:
        """Return what the loop `name` must call at least every `patience_s` seconds."""
        self._patience_s[name] = patience_s

        def feed() -> None:
            self._last_s[name] = self._clock.monotonic_s()

        feed()
        return feed

    def report(self, address: str | None) -> None:
        """Feed the service manager at most once a second, while every loop gets on."""
        now_s = self._clock.monotonic_s()
        if now_s < self._reported_s + REPORT_EVERY_S:
            return
        self._reported_s = now_s
        if stuck := self.stuck():
            _log.error("stuck loops=%s", ", ".join(stuck))
        else:
            notify(address, "WATCHDOG=1")

    def stuck(self) -> list[str]:
        """Return the loops that stand still."""
        now_s = self._clock.monotonic_s()
        return [
            name
            for name, patience_s in self._patience_s.items()
            if now_s > self._last_s[name] + patience_s
        ]


# ---- installing -----------------------------------------------------------------------------


def steps_for(name: str, config: Path, data_dir: Path, user: str) -> list[Step]:
    """Return the steps that install the service this program belongs to.

    Args:
        name: ``daka-agent`` or ``daka-hq``.
    """
    shipped = config_dir() / "systemd"
    named = (config.absolute(), *secret_files(read_toml(config)))
    service = Service(
        name=name,
        command=str(Path(sys.argv[0]).absolute()),
        config=str(config.absolute()),
        data_dir=str(data_dir),
        docs=str(config_dir().parent / "docs"),
        user=user,
        files=tuple(str(one) for one in named if one.exists() and not one.is_relative_to(data_dir)),
    )
    template = (shipped / f"{name}.service").read_text(encoding="utf-8")
    return install_steps(template, (shipped / "journald@daka.conf").read_text(), service)


def perform(steps: Iterable[Step]) -> None:
    """Do steps one after the other.

    Raises:
        DakaError: one of them failed, or this is not root or no machine with systemd.
    """
    if os.geteuid() != 0:
        raise DakaError("installing a service needs root: use sudo")
    if shutil.which("systemctl") is None:
        raise DakaError("this machine has no systemd; run the program by other means")
    for step in steps:
        match step:
            case WriteFile(path, text):
                Path(path).write_text(text, encoding="utf-8")
            case RunCommand(arguments, unless_user):
                if not unless_user or not _is_user(unless_user):
                    _run(arguments)


def perform_or_show(steps: Sequence[Step], *, dry_run: bool, show: Callable[[str], object]) -> bool:
    """Do steps, or only show them; tell whether they were done."""
    if dry_run:
        for line in step_lines(steps):
            show(line)
        return False
    perform(steps)
    return True


def _run(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        told = (done.stderr or done.stdout).strip()
        raise DakaError(f"{' '.join(arguments)} failed: {told}")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def step_lines(steps: Iterable[Step]) -> Iterable[str]:
    """Return steps as lines a person reads before saying yes."""
    for step in steps:
        match step:
            case WriteFile(path, text):
                yield f"write {path}"
                yield from (f"    {line}" for line in text.splitlines())
            case RunCommand(arguments, unless_user):
                yield " ".join(arguments) + (
                    f"   # unless user {unless_user} is there" if unless_user else ""
                )
