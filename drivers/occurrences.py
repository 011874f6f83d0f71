"""Number equal touches of one second, so that a double touch stays two records; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

MAX_TOUCHES_PER_SECOND: Final = 1000
"""Different touches remembered within one second; no line is fast enough for more."""


class Occurrences:
    """Count equal touches while their second lasts: 0, 1, 2 ...

    A source told again from the start of any second gives the same numbers, and the state
    fits into a cursor, so the count goes on across readings and restarts.
    """

    def __init__(self, state: Sequence[Any] | None = None) -> None:
        self._second = ""
        self._seen: dict[tuple[str, int, int], int] = {}
        if state:
            self._second = state[0]
            self._seen = {(user, st, verify): n for user, st, verify, n in state[1]}

    def number(self, device_time: str, user_id: str, state_code: int, verify_code: int) -> int:
        """Return the occurrence of this touch and remember it."""
        if device_time != self._second:
            self._second = device_time
            self._seen = {}
        touch = (user_id, state_code, verify_code)
        occurrence = self._seen.get(touch, 0)
        if touch in self._seen or len(self._seen) < MAX_TOUCHES_PER_SECOND:
            self._seen[touch] = occurrence + 1
        return occurrence

    def state(self) -> list[Any]:
        """Return the state as JSON values; the inverse of the constructor."""
        return [self._second, [[*touch, count] for touch, count in self._seen.items()]]
