"""Files people have sent and not decided about yet; in memory, and not for long."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Final

MAX_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it came; `name` is the last part of what the browser called it."""

    name: str
    content: bytes
    login: str


class Shelf:
    """Files people have sent and not confirmed yet; the oldest make room."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}

    def put(self, file: Kept) -> str:
        """Keep a file and return the ticket it is asked for by."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[ticket] = file
            for oldest in list(self._kept)[:-MAX_KEPT]:
                del self._kept[oldest]
        return ticket

    def get(self, ticket: str, login: str) -> Kept | None:
        """Return a file of somebody's own, None when it is no longer here."""
        with self._lock:
            found = self._kept.get(ticket)
        return found if found and found.login == login else None
