"""Notice what changes in a folder, and which of its files rest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.errors import DriverError, LinkDownError, RefusedError
from drivers.files.bookmarks import FileState
from drivers.files.folder import list_exports, shown_name
from sync.clock import Clock

MAX_FILES: Final = 5000
_LOOK_EVERY_S: Final = 0.2
_REST_PER_LOOK: Final = 20  # a slow share is looked at less often


class FolderWatch:
    """Look at a folder until something in it changes.

    Args:
        settle_s: real seconds a file must rest before it counts as finished.
    """

    def __init__(
        self, folder: Path, patterns: Sequence[str], settle_s: float, clock: Clock
    ) -> None:
        self.folder = folder
        self._patterns = patterns
        self._settle_s = settle_s
        self._clock = clock
        self._rested: dict[str, tuple[FileState, float]] = {}
        self._seen: frozenset[FileState] = frozenset()
        self._closed = threading.Event()

    def look(self) -> list[FileState]:
        """Return the exports there are, least recently changed first, and remember them.

        Raises:
            LinkDownError, RefusedError: as `list_exports`.
        """
        self._closed.clear()
        states = list_exports(self.folder, self._patterns)
        self._seen = frozenset(states)
        now_s = self._clock.monotonic_s()  # never jumps, as file dates do
        before, self._rested = self._rested, {}
        for state in states:
            known = before.get(state.name)
            self._rested[state.name] = known if known and known[0] == state else (state, now_s)
        return states

    def has_settled(self, state: FileState) -> bool:
        """Tell whether a listed file has rested long enough."""
        _, since_s = self._rested[state.name]
        return self._clock.monotonic_s() - since_s >= self._settle_s

    def wait(self, timeout_s: float) -> bool:
        """Look until a file changed since the last `look`; False when the time is up."""
        deadline_s = self._clock.monotonic_s() + timeout_s
        while not self._closed.is_set():
            began_s = self._clock.monotonic_s()
            glance = self._glance()
            if glance != self._seen:
                self._seen = glance
                return True
            now_s = self._clock.monotonic_s()
            if now_s >= deadline_s:
                return False
            pause_s = max(_LOOK_EVERY_S, (now_s - began_s) * _REST_PER_LOOK)
            self._closed.wait(min(pause_s, deadline_s - now_s))
        return False

    def close(self) -> None:
        """Wake a `wait`; nothing is held open."""
        self._closed.set()

    def _glance(self) -> frozenset[FileState]:
        try:
            return frozenset(list_exports(self.folder, self._patterns))
        except DriverError:
            return frozenset()  # the next `look` says what is wrong


def too_many(count: int) -> RefusedError:
    """Return the trouble with a folder of more than `MAX_FILES` exports."""
    return RefusedError(
        "too_many_files",
        f"the folder holds {count} exports; the {MAX_FILES} changed last were read",
        "Move old exports elsewhere.",
    )


def file_trouble(name: str, error: OSError) -> DriverError:
    """Return the trouble with one file, classed by what to do."""
    file = shown_name(name)
    if isinstance(error, PermissionError):
        return RefusedError(
            "file_denied", f"{file} may not be read", "Give the agent's user read access to it."
        )
    return LinkDownError("file_unreadable", f"{file}: {error}", "It is tried again.")
