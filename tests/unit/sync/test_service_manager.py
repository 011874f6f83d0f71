"""What the service manager hears, and when the watchdog goes hungry."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from sync.service_manager import Watchdog, notify


@dataclass
class HandClock:
    """A clock moved by hand."""

    now_s: float = 0.0

    def monotonic_s(self) -> float:
        return self.now_s


def test_the_service_manager_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(5)
        notify(address, "READY=1")
        assert manager.recv(100) == b"READY=1"


def test_without_a_service_manager_nothing_happens(tmp_path: Path) -> None:
    notify(None, "READY=1")
    notify("", "READY=1")
    notify(str(tmp_path / "nobody"), "READY=1")


def test_one_loop_that_stands_still_is_enough() -> None:
    clock = HandClock()
    watchdog = Watchdog(clock)  # type: ignore[arg-type]
    feed_outbox = watchdog.feeder("outbox", 10)
    feed_device = watchdog.feeder("device", 100)
    clock.now_s = 11
    feed_device()
    assert watchdog.stuck() == ["outbox"]
    feed_outbox()
    assert watchdog.stuck() == []
