"""Zeros where a store wrote last, as a card leaves them that lost its power while writing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TORN_BYTES: Final = 16 * 1024
_HEAD: Final = 32
_FRAME_HEAD: Final = 24
_SALT: Final = slice(16, 24)
_FRAME_SALT: Final = slice(8, 16)


def tear(store: Path) -> str:
    """Zero the last 16 KB of what stands in the store's write-ahead log, or in its file if it has none.

    A write-ahead log of SQLite (sqlite.org/fileformat2, section 4) may be longer than what is
    valid in it: what is torn is the end of the frames of its newest round.

    Returns:
        What was done.
    """
    files = [*store.rglob("*.db-wal"), *store.rglob("*.db")]
    newest = next(file for file in files if file.stat().st_size)
    content = newest.read_bytes()
    end = _valid_end(content) if newest.name.endswith("-wal") else len(content)
    start = max(end - TORN_BYTES, end // 2)
    with newest.open("r+b") as file:
        file.seek(start)
        file.write(bytes(end - start))
    return f"{end - start} of {end} bytes of {newest.name} zeroed"


def _valid_end(log: bytes) -> int:
    page_bytes = int.from_bytes(log[8:12], "big")
    at = _HEAD
    while log[at : at + _FRAME_HEAD][_FRAME_SALT] == log[_SALT]:
        at += _FRAME_HEAD + page_bytes
    return at
