"""Cut a byte stream into frames as a profile says, with bounded memory; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_FRAME_BYTES: Final = 1024
"""No attendance line is longer; a profile may only lower it."""
DEFAULT_FRAME_BYTES: Final = 256


class FramingKind(StrEnum):
    """How a device marks where a frame ends."""

    DELIMITER = "delimiter"  # any of `end_bytes` ends a frame; empty frames do not count
    STX_ETX = "stx_etx"  # `start_byte` ... one of `end_bytes`, then `tail_bytes` more
    FIXED = "fixed"  # `length` bytes, from `start_byte` when there is one
    GAP = "gap"  # silence of `gap_ms` ends a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """The framing of a profile.

    Attributes:
        length: bytes of a fixed frame, the start byte included.
        tail_bytes: check bytes that follow the end byte of `STX_ETX`.
        max_bytes: longest frame; what goes on longer is kept up to here and reported.
        gap_ms: silence after which a begun frame is over.
    """

    kind: FramingKind
    start_byte: int | None = None
    end_bytes: bytes = b"\r\n"
    length: int = 0
    tail_bytes: int = 0
    max_bytes: int = DEFAULT_FRAME_BYTES
    gap_ms: int = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A frame, or what stands where one should be.

    Attributes:
        raw: the bytes as they came, marks included; an overlong frame is cut.
        body: what stands between the marks.
        tail: what follows the end mark and belongs to the frame.
        trouble: ``""``, ``unterminated``, ``overlong`` or ``noise`` (bytes outside frames).
    """

    raw: bytes
    body: bytes = b""
    tail: bytes = b""
    trouble: str = ""


class LineDecoder:
    """Give the pieces of a stream; how the bytes were split never matters."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._raw = bytearray()
        self._body_end: int | None = None  # set while the tail of a frame is collected
        self._is_skipping = False
        self._pieces: list[Piece] = []
        self._step = {
            FramingKind.DELIMITER: self._step_delimiter,
            FramingKind.STX_ETX: self._step_stx_etx,
            FramingKind.FIXED: self._step_fixed,
            FramingKind.GAP: self._step_gap,
        }[framing.kind]
        self.dropped_bytes = 0

    @property
    def has_begun(self) -> bool:
        """Tell whether a frame has begun and not ended, so that silence would end it."""
        return bool(self._raw) or self._is_skipping

    def feed(self, data: bytes) -> list[Piece]:
        """Add what the line gave and return the pieces it completed, in order."""
        for byte in data:
            self._step(byte)
        return self._take()

    def gap(self) -> list[Piece]:
        """Say that the line was silent for `gap_ms`; return the piece that ended by it."""
        if self._raw:
            if self._framing.kind is FramingKind.GAP:
                self._finish(bytes(self._raw))
            else:
                self._spoil("noise" if self._is_outside() else "unterminated")
        self._is_skipping = False
        return self._take()

    def clear(self) -> None:
        """Forget unfinished bytes: a new connection begins."""
        self._raw.clear()
        self._body_end = None
        self._is_skipping = False

    def _take(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _finish(self, body: bytes, tail: bytes = b"") -> None:
        self._pieces.append(Piece(bytes(self._raw), body, tail))
        self._raw.clear()
        self._body_end = None

    def _spoil(self, trouble: str) -> None:
        self._pieces.append(Piece(bytes(self._raw), trouble=trouble))
        self._raw.clear()
        self._body_end = None

    def _collect(self, byte: int) -> None:
        """Keep a byte of an unfinished frame, or drop it when the frame is too long."""
        if self._is_skipping:
            self.dropped_bytes += 1
            return
        if len(self._raw) >= self._framing.max_bytes:
            self._spoil("noise" if self._is_outside() else "overlong")
            self._is_skipping = True
            self.dropped_bytes += 1
            return
        self._raw.append(byte)

    def _is_outside(self) -> bool:
        """Tell whether the bytes held stand before any start byte."""
        start = self._framing.start_byte
        return start is not None and bool(self._raw) and self._raw[0] != start

    def _step_delimiter(self, byte: int) -> None:
        if byte not in self._framing.end_bytes:
            self._collect(byte)
            return
        self._is_skipping = False
        if self._raw:
            body = bytes(self._raw)
            self._raw.append(byte)
            self._finish(body)

    def _begin(self, byte: int) -> None:
        if self._raw:
            self._spoil("noise" if self._is_outside() else "unterminated")
        self._is_skipping = False
        self._raw.append(byte)

    def _step_stx_etx(self, byte: int) -> None:
        is_inside = bool(self._raw) and not self._is_outside() and not self._is_skipping
        if self._body_end is not None:
            self._raw.append(byte)
        elif byte == self._framing.start_byte:
            self._begin(byte)
            return
        elif is_inside and byte in self._framing.end_bytes:
            self._body_end = len(self._raw)
            self._raw.append(byte)
        else:
            self._collect(byte)
            return
        if len(self._raw) == self._body_end + 1 + self._framing.tail_bytes:
            self._finish(
                bytes(self._raw[1 : self._body_end]), bytes(self._raw[self._body_end + 1 :])
            )

    def _step_fixed(self, byte: int) -> None:
        start = self._framing.start_byte
        if start is not None and byte == start and (not self._raw or self._is_outside()):
            self._begin(byte)
        else:
            self._collect(byte)
        if len(self._raw) == self._framing.length and not self._is_outside():
            self._finish(bytes(self._raw[0 if start is None else 1 :]))

    def _step_gap(self, byte: int) -> None:
        self._collect(byte)
