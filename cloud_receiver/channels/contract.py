"""What every channel towards people promises; one test suite holds all of them to it."""

from __future__ import annotations

from typing import Protocol

from cloud_receiver.domain.notices import Notice
from sync.errors import DakaError


class RetryLaterError(DakaError):
    """The channel could not take the notice now; the notice waits.

    Attributes:
        channel_wide: the channel itself is down or misconfigured, so other notices would
            fare the same; else only this notice is put off.
        retry_after_s: how long the other side asked us to wait; None: our own schedule.
    """

    def __init__(
        self, detail: str, *, channel_wide: bool = False, retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail)
        self.channel_wide = channel_wide
        self.retry_after_s = retry_after_s


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

    def send(self, notice: Notice) -> None:
        """Hand over one notice; returning means the other side has it.

        Raises:
            RetryLaterError: not now.
            PermanentError: never.
        """

    def close(self) -> None:
        """Let go of connections; nothing is sent afterwards."""
