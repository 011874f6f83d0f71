"""What every channel towards people promises; one test suite holds all of them to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from cloud_receiver.domain.notices import Notice, Target
from sync.errors import DakaError


class RetryLaterError(DakaError):
    """The channel could not take the notice now; the notice waits.

    Attributes:
        channel_wide: the channel itself is down or misconfigured, so other notices would
            fare the same; else only this notice is put off.
        retry_after_s: how long the other side asked us to wait; None: our own schedule.
        keeps: it will be possible again, if only next month: the notice is not given up.
    """

    def __init__(
        self,
        detail: str,
        *,
        channel_wide: bool = False,
        retry_after_s: int | None = None,
        keeps: bool = False,
    ) -> None:
        super().__init__(detail)
        self.channel_wide = channel_wide
        self.retry_after_s = retry_after_s
        self.keeps = keeps


class PauseError(RetryLaterError):
    """Our own pace says not yet; nothing was sent, and it counts as no attempt."""

    def __init__(self, detail: str, wait_s: float, *, channel_wide: bool = False) -> None:
        super().__init__(detail, channel_wide=channel_wide, keeps=True)
        self.wait_s = wait_s


class PermanentError(DakaError):
    """The other side understood and refuses this notice; sending it again is useless."""


class Notifier(Protocol):
    """Hands notices to people or machines.

    Delivery is at least once: the same notice may be sent again after a crash or a lost
    answer, and carries the same `notice_id`, by which the receiver drops the second.
    """

    @property
    def channel(self) -> str:
        """Name the channel as the queue stores it."""

    def send(self, notice: Notice) -> str | None:
        """Hand over one notice; returning means the other side has it.

        Returns:
            What to ask for its delivery with, where the other side tells (see `Tracker`).

        Raises:
            RetryLaterError: not now.
            PermanentError: never.
        """

    def close(self) -> None:
        """Let go of connections; nothing is sent afterwards."""


class Fate(StrEnum):
    """What became of a notice behind the other side's door."""

    READ = "read"
    ARRIVED = "arrived"
    REFUSED = "refused"  # past a limit or forbidden: the person has not got it


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the other side says of a delivery; `detail` is for people."""

    fate: Fate
    detail: str = ""


@runtime_checkable
class Tracker(Protocol):
    """A channel that can be asked whether what it took has arrived."""

    def delivery(self, reference: str) -> Delivery | None:
        """Return what became of it, None when that is not known yet.

        Raises:
            RetryLaterError: it cannot be asked now.
        """


@runtime_checkable
class Rooms(Protocol):
    """A channel in which several addressees may read the same messages."""

    def room(self, target: Target) -> str | None:
        """Name where an addressee's messages are read; None: nowhere that others may share."""
