"""What the service manager is told: ready, alive, stopping (systemd's notify protocol)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sync.clock import Clock

LOOP_PATIENCE_S: Final = 120.0
DEVICE_PATIENCE_S: Final = 900.0
"""The longest a single exchange with a slow terminal may take before it counts as stuck."""


def notify(address: str | None, message: str) -> None:
    """Send one message to the service manager at ``NOTIFY_SOCKET``; without one, do nothing."""
    if not address:
        return
    path = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(message.encode(), path)


class Watchdog:
    """Knows whether every loop still gets on; one that stands still stops the feeding."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_s: dict[str, float] = {}
        self._patience_s: dict[str, float] = {}

    def feeder(self, name: str, patience_s: float) -> Callable[[], None]:
        """Return what the loop `name` must call at least every `patience_s` seconds."""
        self._patience_s[name] = patience_s

        def feed() -> None:
            self._last_s[name] = self._clock.monotonic_s()

        feed()
        return feed

    def stuck(self) -> list[str]:
        """Return the loops that stand still."""
        now_s = self._clock.monotonic_s()
        return [
            name
            for name, patience_s in self._patience_s.items()
            if now_s > self._last_s[name] + patience_s
        ]
