"""What a scenario asks of each of the three: the same words for all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bench.meter import Meter
from cloud_receiver.demo.broker import broker_command


def peer_broker(port: int, folder: Path) -> list[str]:
    """Return the command of headquarters' broker of the peers: its queue for the receiver has no end."""
    command = broker_command(port, folder)[1]
    settings = Path(command[-1])
    told = settings.read_text()
    assert "max_queued_messages 100000\n" in told, told
    settings.write_text(told.replace("max_queued_messages 100000\n", "max_queued_messages 0\n"))
    return command


class System(Protocol):
    """A sender in a store, its line, and headquarters: a broker and a receiver that commits.

    Attributes:
        name: as the table calls it.
        line: between the sender and the broker.
        store: the folder in which the sender keeps what waits.
        keeps_log: what it says stands in a log; else it is asked while the misfortune lasts.
    """

    name: str
    line: Meter
    store: Path
    keeps_log: bool

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the sender."""

    def kill(self) -> None:
        """Kill the sender as a power cut does."""

    def pid(self) -> int | None:
        """Return the sender's process; None: it does not run."""

    def raise_hq(self) -> None:
        """Start what is down at headquarters; the receiver listens before the line is open."""

    def kill_receiver(self) -> None:
        """End the receiver; the broker lives on."""

    def kill_broker(self) -> None:
        """Kill the broker, which forgets everything, and the receiver with it where it must."""

    def feed(self, records: int) -> None:
        """Hand over the next records and wait until the sender has taken what it can."""

    def poison(self) -> None:
        """Hand over one record that is no text."""

    def arrived(self) -> int:
        """Return how many rows headquarters has committed."""

    def arrivals(self) -> list[int]:
        """Return the numbers of the records at headquarters, in the order they came."""

    def said(self) -> str:
        """Return what the sender tells of its trouble; empty: nothing."""
