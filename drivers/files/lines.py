"""Bytes of a growing text file to lines of text, whatever the pieces they arrive in; pure.

Holds at most one unfinished line. The encoding is settled by the first line that is not
plain ASCII, never by where a piece happened to end.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

AUTO: Final = "auto"
"""Byte order mark, else UTF-8, else GB18030."""
MAX_LINE_BYTES: Final = 1024 * 1024
KEPT_OF_A_HUGE_LINE: Final = 4096
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSES: Final = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no text.

    Attributes:
        code: ``encoding``, ``nul`` or ``line_too_long``.
        raw: its bytes; of a huge line only the beginning.
    """

    code: str
    raw: bytes


Line = str | BadLine
"""A line without its newline; a carriage return before it stays."""


class TextLines:
    """Cut a stream of bytes into lines.

    Args:
        encoding: a codec's name or `AUTO`. A byte order mark in the file wins over both.

    Attributes:
        consumed: bytes that belong to lines already given.
    """

    def __init__(self, encoding: str) -> None:
        self.consumed = 0
        self._encoding = encoding
        self._rest = b""
        self._dropped = 0  # bytes of a huge line that are no longer held
        self._kept = b""
        self._is_started = False
        self._is_open = False  # the last line was given without its newline

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of a line that has begun and not ended."""
        return self._dropped + len(self._rest)

    def raw(self, line: Line) -> bytes:
        """Return the bytes a line was read from."""
        return line.raw if isinstance(line, BadLine) else line.encode(self._codec(), "replace")

    def give_back(self, lines: list[str]) -> None:
        """Take back the last lines of a `feed`: they will be told again."""
        again = "".join(f"{line}\n" for line in lines).encode(self._codec())
        self._rest = again + self._rest
        self.consumed -= len(again)

    def forget_waiting(self) -> None:
        """Let go of the unfinished line; the next bytes come from `consumed` again."""
        self._rest = b""
        self._dropped = 0

    def feed(self, data: bytes, *, final: bool = False) -> list[Line]:
        """Return the lines that `data` completes; with `final` also a last one without newline."""
        self._rest += data
        if not self._is_past_opening(final=final):
            return []
        newline = self._newline()
        end = self._last_newline(newline)
        chunk, self._rest = self._rest[:end], self._rest[end:]
        lines: list[Line] = []
        if chunk:
            lines = self._decode(chunk, newline)
            if self._dropped:
                lines[0] = BadLine("line_too_long", self._kept)
            self._account(len(chunk))
        if final and self.waiting_bytes:
            lines.append(
                BadLine("line_too_long", self._kept)
                if self._dropped
                else self._decode_line(self._rest)
            )
            self._account(len(self._rest))
            self._rest, self._is_open = b"", True
        elif len(self._rest) > MAX_LINE_BYTES:
            self._drop(newline)
        return lines

    def _account(self, given_bytes: int) -> None:
        self.consumed += self._dropped + given_bytes
        self._dropped = 0

    def _is_past_opening(self, *, final: bool) -> bool:
        """Pass over a byte order mark or the late newline of a line taken without it.

        False while the mark may still be arriving.
        """
        if not self._is_started:
            if len(self._rest) < (1 if final else 3):
                return False
            self._is_started = True
            for bom, encoding in _BOMS:
                if self._rest.startswith(bom):
                    self._encoding = encoding
                    self._pass_over(bom)
        if self._is_open:
            crlf, newline = "\r\n".encode(self._codec()), self._newline()
            if len(self._rest) < len(crlf) and crlf.startswith(self._rest) and not final:
                return False
            self._is_open = not self._rest
            self._pass_over(crlf if self._rest.startswith(crlf) else newline)
        return True

    def _pass_over(self, mark: bytes) -> None:
        if self._rest.startswith(mark):
            self._rest = self._rest[len(mark) :]
            self.consumed += len(mark)

    def _codec(self) -> str:
        return "utf-8" if self._encoding == AUTO else self._encoding

    def _newline(self) -> bytes:
        return "\n".encode(self._codec())

    def _last_newline(self, newline: bytes) -> int:
        """Return the position behind the last newline, 0 when there is none."""
        at = self._rest.rfind(newline)
        while at > 0 and at % len(newline):  # its two bytes stand in two characters
            at = self._rest.rfind(newline, 0, at + len(newline) - 1)
        return at + len(newline) if at >= 0 else 0

    def _drop(self, newline: bytes) -> None:
        """Hold of a huge line no more than its beginning, and half a character of its end."""
        if not self._dropped:
            self._kept = self._rest[:KEPT_OF_A_HUGE_LINE]
        tail = len(self._rest) % len(newline)
        self._dropped += len(self._rest) - tail
        self._rest = self._rest[len(self._rest) - tail :]

    def _decode(self, chunk: bytes, newline: bytes) -> list[Line]:
        may_be_huge = len(chunk) > MAX_LINE_BYTES
        if not may_be_huge and (self._encoding != AUTO or chunk.isascii()):
            try:
                text = chunk.decode(self._codec())
            except UnicodeDecodeError:
                text = "\0"  # one bad line must not hide its neighbours
            if "\0" not in text:
                return [*text.split("\n")[:-1]]
        return [self._decode_line(raw) for raw in _split(chunk, newline)]

    def _decode_line(self, raw: bytes) -> Line:
        if len(raw) > MAX_LINE_BYTES:
            return BadLine("line_too_long", raw[:KEPT_OF_A_HUGE_LINE])
        if self._encoding == AUTO and not raw.isascii():
            self._encoding = next((guess for guess in _GUESSES if _decodes(raw, guess)), AUTO)
        try:
            text = raw.decode(self._codec())
        except UnicodeDecodeError:
            return BadLine("encoding", raw)
        return BadLine("nul", raw) if "\0" in text else text


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _split(chunk: bytes, newline: bytes) -> list[bytes]:
    if len(newline) == 1:
        return chunk.split(newline)[:-1]
    lines: list[bytes] = []
    start = at = 0
    while (at := chunk.find(newline, at)) >= 0:
        if at % len(newline):
            at += 1
            continue
        lines.append(chunk[start:at])
        start = at = at + len(newline)
    return lines
