"""When a heartbeat is due: in its turn, or soon after somebody asks for one."""

from __future__ import annotations

from typing import Final

APART_S: Final = 1.0
"""What is asked for comes no sooner after the last one: a failing line asks at every try."""


class Beats:
    """The heartbeats of a run; times are of the monotonic clock, the first is due at once."""

    def __init__(self) -> None:
        self._due_s = 0.0
        self._last_s = 0.0
        self._is_asked = False

    def ask(self) -> None:
        """Have one come without waiting for its turn; from any thread."""
        self._is_asked = True

    def ask_at_once(self, now_s: float) -> None:
        """Have one come now, however short ago the last was."""
        self._due_s = now_s

    def take(self, now_s: float, every_s: float) -> bool:
        """Tell whether one is due; then it counts as made, and the next is due in its turn."""
        asked_s = self._last_s + APART_S if self._is_asked else self._due_s
        if now_s < min(asked_s, self._due_s):
            return False
        self._is_asked = False
        self._last_s = now_s
        self._due_s = now_s + every_s
        return True
