"""Cut frames out of a byte stream whose frames open with a known mark; pure.

Lines carry noise, debug text and other machines' talk. `Resync` looks for the mark, asks
the protocol how long the frame claims to be, and when the claim or the checksum is wrong
steps over the mark and looks again, so a lie costs one byte and never a frame behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

FrameT = TypeVar("FrameT")

NOT_A_FRAME: Final = 0
"""What a `measure` function says of a head that cannot be one."""
HEAD_BYTES: Final = 16
"""What `measure` is shown at most; every protocol here tells its length within it."""


class Resync(Generic[FrameT]):
    """Collect bytes, give frames; how the bytes were split never matters.

    Holds at most one unfinished frame, so memory is bounded by the longest length
    `measure` accepts.

    Args:
        mark: the bytes every frame opens with.
        measure: head of a frame -> its whole length, `NOT_A_FRAME`, or None for "need more".
        decode: exactly that many bytes -> the frame, or None when its checksum is wrong.
    """

    def __init__(
        self,
        mark: bytes,
        measure: Callable[[bytes], int | None],
        decode: Callable[[bytes], FrameT | None],
    ) -> None:
        assert mark, "a mark has at least one byte"
        self._mark = mark
        self._measure = measure
        self._decode = decode
        self._buffer = b""
        self.noise_bytes = 0
        self.damaged_frames = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes of a frame that has begun and not ended."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[FrameT]:
        """Add what the line gave and return the frames it completed, in order."""
        self._buffer += data
        frames: list[FrameT] = []
        at = 0
        while True:
            start = self._find_mark(at)
            self.noise_bytes += start - at
            at = start
            head = self._buffer[at : at + HEAD_BYTES]
            length = self._measure(head) if head else None
            if length is None:
                break
            if length == NOT_A_FRAME:
                at = self._step_over(at)
                continue
            if len(self._buffer) - at < length:
                break
            frame = self._decode(self._buffer[at : at + length])
            if frame is None:
                self.damaged_frames += 1
                at = self._step_over(at)
                continue
            frames.append(frame)
            at += length
        self._buffer = self._buffer[at:]
        return frames

    def give_up(self) -> list[FrameT]:
        """Stop waiting for the end of the frame that has begun; return what stood behind it.

        For the moment when the line fell silent: a mark inside noise may have claimed a
        length that swallowed a real frame.
        """
        frames: list[FrameT] = []
        while self._buffer and not frames:
            self.damaged_frames += 1
            self.noise_bytes += 1
            rest, self._buffer = self._buffer[1:], b""
            frames = self.feed(rest)
        return frames

    def clear(self) -> None:
        """Forget unfinished bytes: a new connection begins."""
        self._buffer = b""

    def _find_mark(self, at: int) -> int:
        """Return where the next mark, or the beginning of one at the end, stands."""
        found = self._buffer.find(self._mark, at)
        if found >= 0:
            return found
        end = len(self._buffer)
        for kept in range(min(len(self._mark) - 1, end - at), 0, -1):
            if self._mark.startswith(self._buffer[end - kept :]):
                return end - kept
        return end

    def _step_over(self, at: int) -> int:
        self.noise_bytes += 1
        return at + 1
