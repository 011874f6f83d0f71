"""How much room the outbox has, by its own bound and by the disk's."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent import storage
from agent.storage import Ballast, StorageFullError

_VACUUM_PAGES: Final = 1000


MIN_ROOM_BYTES: Final = 2 * 1024 * 1024
"""Below this nothing new is taken in: a large reading and its write-ahead log must fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the outbox may take and how long it remembers.

    Attributes:
        retention_days: settled records stay this long, to refill a restored headquarters.
        identity_days: identities stay this long, so that a re-read adds nothing.
        max_db_bytes: the file's largest size.
        min_free_bytes: room that is always left to others on the disk.
    """

    retention_days: int = 30
    identity_days: int = 400
    max_db_bytes: int = 2048 * 1024 * 1024
    min_free_bytes: int = 64 * 1024 * 1024

    @property
    def wanted_room_bytes(self) -> int:
        """Return the room below which settled records leave before their time."""
        return max(self.max_db_bytes // 32, 2 * MIN_ROOM_BYTES)


class Room:
    """Measures and makes room; belongs to the one connection that writes."""

    def __init__(self, path: Path, connection: sqlite3.Connection, limits: Limits) -> None:
        self.limits = limits
        self.ballast = Ballast(path.with_name("ballast"))
        self._folder = path.parent
        self._db = connection
        self._db.execute(f"PRAGMA max_page_count = {limits.max_db_bytes // storage.PAGE_BYTES:d}")

    def retain(self, days: int) -> None:
        """Keep settled records for so many days from now on."""
        self.limits = replace(self.limits, retention_days=days)

    def left_bytes(self) -> int:
        """Return how much more may be written; negative when others took our share."""
        empty_bytes = self._pragma("freelist_count") * storage.PAGE_BYTES
        in_file = self.limits.max_db_bytes - self.file_bytes()
        on_disk = storage.free_bytes(self._folder) - self.limits.min_free_bytes
        return min(in_file, on_disk) + empty_bytes

    def is_gone(self) -> bool:
        """Tell whether nothing new may be taken in."""
        return self.left_bytes() < MIN_ROOM_BYTES

    def is_scarce(self) -> bool:
        """Tell whether settled records should leave before their time."""
        ballast_bytes = 0 if self.ballast.aboard else storage.BALLAST_BYTES
        return self.left_bytes() < self.limits.wanted_room_bytes + ballast_bytes

    def file_bytes(self) -> int:
        """Return the size of the outbox on the disk."""
        return self._pragma("page_count") * storage.PAGE_BYTES

    def vacuum(self) -> None:
        """Give empty pages back to the disk."""
        # executescript: through execute() Python would free a single page
        self._db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES:d})")

    def is_hollow(self) -> bool:
        """Tell whether a quarter of the file is empty pages; fewer are simply used again."""
        return self._pragma("freelist_count") * 4 > self._pragma("page_count")

    def full_error(self) -> StorageFullError:
        """Return the error that says how full what is."""
        return StorageFullError(
            f"no room for new records: {storage.free_bytes(self._folder) >> 20} MB free on the"
            f" disk of {self._folder}, the outbox has {self.file_bytes() >> 20} of"
            f" {self.limits.max_db_bytes >> 20} MB; reading stops, the devices keep their"
            " records; free space on this disk"
        )

    def _pragma(self, name: str) -> int:
        (value,) = self._db.execute(f"PRAGMA {name}").fetchone()
        return int(value)
