"""Notices on the terminal of headquarters, for demonstrations and first installations."""

from __future__ import annotations

from typing import TextIO

from cloud_receiver.channels.contract import RetryLaterError
from cloud_receiver.domain.notices import Notice


class ConsoleNotifier:
    """Writes one line a notice, in both languages."""

    channel = "console"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, notice: Notice) -> None:
        """Write the notice and flush it.

        Raises:
            RetryLaterError: the stream does not take it.
        """
        line = f"notice {notice.notice_id} to {notice.target.kind} {notice.target.id}: "
        try:
            text = f"{notice.text_zh} | {notice.text_en}".replace("\n", " / ")
            self._stream.write(f"{line}{text}\n")
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            raise RetryLaterError(
                f"the console takes nothing: {error}", channel_wide=True
            ) from error

    def close(self) -> None:
        """Leave the stream to its owner."""
