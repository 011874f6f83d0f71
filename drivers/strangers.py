"""Name who talks on a line by what it says, for the person at the wrong cable; pure."""

from __future__ import annotations

import re
from typing import Final

SAMPLE_BYTES: Final = 512
"""How much of a stranger's talk is worth looking at."""

_VOICES: Final = (
    (re.compile(rb"\$G[A-Z]{4},"), "a GPS receiver (NMEA sentences)"),
    (re.compile(rb"SSH-\d"), "an SSH server"),
    (re.compile(rb"HTTP/\d|<html", re.IGNORECASE), "a web server"),
    (re.compile(rb"^[\x15\x16]\x03[\x00-\x04]"), "a TLS server"),
    (re.compile(rb"^\xaa[\x00\x01].{4,}\x55$", re.DOTALL), "a ZKTeco C3 or inBIO door panel"),
    (re.compile(rb"\xef\x01.{4}[\x01\x02\x07\x08]", re.DOTALL), "a fingerprint module (EF01)"),
    (re.compile(rb"\x55\xaa\x01\x00"), "a fingerprint module (GT-511)"),
    (re.compile(rb"\xa5\x00.{3}[\x80-\xff]\x00", re.DOTALL), "an Anviz terminal (TC_B)"),
    (re.compile(rb"\x50\x50\x82\x7d"), "a ZKTeco terminal (port 4370)"),
)
_TEXT: Final = frozenset((9, 10, 13, *range(32, 127)))
_TEXT_SHARE_OF_GARBAGE: Final = 0.6  # random bytes are text 38 times in 100


def describe_stranger(sample: bytes) -> str:
    """Say in half a sentence what speaks like this.

    >>> describe_stranger(b"$GPGGA,123519,4807.038,N*47")
    'a GPS receiver (NMEA sentences)'
    >>> describe_stranger(b"")
    'nothing at all'
    """
    sample = sample[:SAMPLE_BYTES]
    if not sample:
        return "nothing at all"
    for voice, name in _VOICES:
        if voice.search(sample):
            return name
    text_share = sum(byte in _TEXT for byte in sample) / len(sample)
    if text_share < _TEXT_SHARE_OF_GARBAGE:
        return "bytes without form, as at a wrong baud rate or parity"
    shown = sample[:60].decode("ascii", "backslashreplace")
    return f"something else that writes {shown!r}"
