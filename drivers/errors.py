"""What can go wrong with a device, classed by what to do about it."""

from __future__ import annotations

from sync.errors import DakaError


class DriverError(DakaError):
    """A device could not be read.

    Attributes:
        code: stable machine key (``refused``, ``timeout``, ``unauthorised`` ...), documented
            in docs/troubleshooting.md.
        remedy: what a person can do, in one sentence.
        raw: the bytes that could not be read, to be kept and shown; empty when there are none.
    """

    def __init__(self, code: str, message: str, remedy: str, raw: bytes = b"") -> None:
        super().__init__(f"{message} ({code}). {remedy}")
        self.code = code
        self.remedy = remedy
        self.raw = raw


class LinkDownError(DriverError):
    """The device does not answer; try again soon, nothing is wrong with the data."""


class BusyError(DriverError):
    """The device serves somebody else or asks for a pause; try again later."""


class MalformedError(DriverError):
    """The device answers what its protocol forbids; try again from a fresh connection."""


class RefusedError(DriverError):
    """The device will not talk to us until a person changes something."""
