"""What a conversation with a module of either family has in common.

A module numbers neither questions nor answers. So whatever is still on the line is thrown
away before each question, and an answer must have the form of the question's answer: a
late hit must never be taken for the next person's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol, TypeVar

from drivers.errors import LinkDownError, MalformedError
from drivers.fingermodule.frames import Packet, Word
from drivers.resync import Resync
from drivers.strangers import SAMPLE_BYTES
from drivers.transports import MonotonicS, SilentError, Transport

ATTEMPTS: Final = 2
READ_BYTES: Final = 512
DRAIN_S: Final = 0.003

FrameT = TypeVar("FrameT", Packet, Word)


class Sight(Enum):
    """What a look at the sensor gave, other than a hit."""

    NO_FINGER = auto()
    UNKNOWN_FINGER = auto()
    UNREADABLE = auto()  # a finger, but no usable image: it is looked at again


@dataclass(frozen=True, slots=True)
class Hit:
    """An enrolled finger; `score` is the module's own measure of likeness."""

    page: int
    score: int


class Module(Protocol):
    """A module of either family over an open transport."""

    @property
    def heard(self) -> bytes:
        """What the line carried since the last question, for the diagnosis."""

    def greet(self, timeout_s: float) -> bool:
        """Ask once for a sign of life; False when none came. Works at any speed."""

    def hello(self) -> dict[str, str]:
        """Make the module ready; return what it tells about itself.

        Raises:
            DriverError: it does not answer, or does not let us in.
        """

    def look(self) -> Hit | Sight:
        """Look at the sensor once.

        Raises:
            DriverError: it does not answer, or not by its protocol.
        """


class Line:
    """Ask a question and wait for the answer that fits it."""

    def __init__(self, transport: Transport, monotonic_s: MonotonicS) -> None:
        self._transport = transport
        self._monotonic_s = monotonic_s
        self.heard = b""

    def ask(
        self,
        request: bytes,
        decoder: Resync[FrameT],
        fits: Callable[[FrameT], bool],
        timeout_s: float,
    ) -> FrameT | None:
        """Return the first frame that fits; None when none came in time."""
        self._drain()
        decoder.clear()
        self.heard = b""
        deadline_s = self._monotonic_s() + timeout_s
        self._transport.write(request, deadline_s)
        while True:
            try:
                data = self._transport.read(READ_BYTES, deadline_s)
            except SilentError:
                return next(filter(fits, decoder.give_up()), None)
            self.heard = (self.heard + data)[:SAMPLE_BYTES]
            answer = next(filter(fits, decoder.feed(data)), None)
            if answer is not None:
                return answer

    def _drain(self) -> None:
        end_s = self._monotonic_s() + DRAIN_S
        try:
            while self._monotonic_s() < end_s:
                self._transport.read(READ_BYTES, end_s)
        except SilentError:
            return


def silent(question: str, heard: bytes) -> LinkDownError | MalformedError:
    """Return the error for a question that got no answer."""
    if not heard:
        return LinkDownError(
            "timeout", f"The module does not answer {question}", "Check its power and cable."
        )
    return MalformedError(
        "garbled",
        f"No whole answer to {question} came",
        "Check cable and baud rate, and that the cable is short.",
    )
