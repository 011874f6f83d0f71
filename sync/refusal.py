"""Headquarters' word that a batch cannot be read at all, so that it does not come for ever.

A record that does not hold is rejected by number in the receipt; here the numbers themselves
cannot be read. The batch is named by the checksum of its bytes: a box that sent these very
bytes takes the batch apart to find the record; one that did not had its batch damaged on the
way, and sends it again as it would anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from sync.envelope import decode_json, encode_body, text_field, whole
from sync.errors import WireError

VERSION: Final = 1
ABOUT_CONTENT: Final = frozenset({"json", "field", "depth", "oversize", "deflate", "crash"})
"""Reasons that lie in the records; any other lies in the box or its settings."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A batch that is kept among the dead letters, and why."""

    checksum: int
    code: str


def checksum_of(payload: bytes) -> int:
    """Return what names these bytes."""
    return crc32(payload)


def encode_refusal(refusal: Refusal) -> bytes:
    """Return the JSON bytes of a refusal."""
    message = {"v": VERSION, "checksum": refusal.checksum, "code": refusal.code}
    return encode_body(message).encode()


def decode_refusal(payload: bytes) -> Refusal:
    """Decode a refusal.

    Raises:
        WireError: it does not hold; the box ignores it.
    """
    message = decode_json(payload)
    if message.get("v") != VERSION:
        raise WireError("version", f"refusal version {message.get('v')!r}")
    return Refusal(whole(message, "checksum", 0, 2**32 - 1), text_field(message, "code"))
