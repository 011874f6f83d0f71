"""What the driver contract suite asks of a device under test."""

from typing import Protocol

from drivers.contract import Driver


class Subject(Protocol):
    """A device, real or simulated, that the suite may use, spoil and cut off.

    Attributes:
        holds: how many things may happen at it before they are read.
    """

    holds: int

    def driver(self) -> Driver:
        """Return a fresh driver of the device, as after a restart of the agent."""

    def add(self, count: int) -> None:
        """Let `count` things happen at the device, each unlike any other."""

    def spoil(self) -> bool:
        """Put one piece into the device that nobody can read; False: it cannot hold one."""

    def cut(self) -> None:
        """Make the device unreachable."""

    def mend(self) -> None:
        """Make it reachable again, with all it held."""
