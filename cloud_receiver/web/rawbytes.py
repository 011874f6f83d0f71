"""Bytes nobody could read, shown so that somebody can: as text and as a hex listing; pure."""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import Final

from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.texts import Language, Texts, Words

MAX_SHOWN: Final = 1024
_WIDTH: Final = 16
TEXTS: Final[Texts] = {
    "bytes": ("{n} 字节", "{n} bytes"),
    "cut": ("只显示前 {n} 字节", "the first {n} bytes are shown"),
    "as_text": ("按文本", "As text"),
    "as_hex": ("按十六进制", "As hex"),
}


def draw_bytes(raw: bytes, whole_bytes: int, language: Language) -> Markup:
    """Return both views of the beginning of `raw`.

    Args:
        whole_bytes: how many there were in all; `raw` may have been cut before.
    """
    words = Words(TEXTS, language)
    shown = raw[:MAX_SHOWN]
    size = words("bytes", n=whole_bytes)
    if whole_bytes > len(shown):
        size += " · " + words("cut", n=len(shown))
    return el(
        "div",
        el("p", size, class_="muted small"),
        el("p", words("as_text"), class_="muted small"),
        el("pre", readable_text(shown), tabindex="0"),
        el("p", words("as_hex"), class_="muted small"),
        el("pre", hex_listing(shown), class_="hex", tabindex="0"),
    )


def readable_text(raw: bytes) -> str:
    r"""Return bytes as text with everything unprintable spelled out.

    Chinese tills write UTF-8 or GB18030; what is neither, or holds control bytes, is shown as
    UTF-8 as far as it goes.

    >>> readable_text("迟到\x00".encode() + b"\xff\n")
    '迟到\\x00\\xff\n'
    >>> readable_text("洗发水,1".encode("gb18030"))
    '洗发水,1'
    """
    text = _plain(raw, "utf-8") or _plain(raw, "gb18030")
    text = text or raw.decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _plain(raw: bytes, encoding: str) -> str:
    """Return bytes that are plain text in an encoding, perhaps cut within a sign; else nothing."""
    try:
        text = getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return ""
    return text if all(c.isprintable() or c in "\t\r\n" for c in text) else ""


def hex_listing(raw: bytes) -> str:
    """Return the classic listing: offset, sixteen bytes, their ASCII.

    >>> hex_listing(b"AB" + bytes(1))
    '0000  41 42 00                                         AB.'
    """
    lines = []
    for start in range(0, len(raw), _WIDTH):
        part = raw[start : start + _WIDTH]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<{3 * _WIDTH - 1}}  {plain}")
    return "\n".join(lines)
