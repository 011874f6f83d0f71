"""One touch, one punch: a resting finger answers many times; pure."""

from __future__ import annotations

from typing import Final

STUCK_S: Final = 60.0
"""A finger that rests longer is a fault: dirt, sun, or something leaning on the sensor."""


class Touch:
    """Tell touches from repetitions.

    A page counts again only after the sensor was free and `debounce_s` went by since it
    last counted; another page counts at once.
    """

    def __init__(self, debounce_s: float) -> None:
        self._debounce_s = debounce_s
        self._resting_page: int | None = None
        self._counted_at_s: dict[int, float] = {}
        self._covered_since_s: float | None = None

    def free(self) -> None:
        """Say that no finger is on the sensor."""
        self._resting_page = None
        self._covered_since_s = None

    def unknown(self, now_s: float) -> bool:
        """Say that a finger is there that is not enrolled; tell whether it has just come."""
        has_just_come = self._covered_since_s is None
        self._cover(now_s)
        return has_just_come

    def counts(self, page: int, now_s: float) -> bool:
        """Tell whether this hit is a new touch."""
        self._cover(now_s)
        is_resting = page == self._resting_page
        self._resting_page = page
        recent = self._counted_at_s.get(page)
        if is_resting or (recent is not None and now_s - recent < self._debounce_s):
            return False
        self._counted_at_s[page] = now_s
        return True

    def is_stuck(self, now_s: float) -> bool:
        """Tell whether the sensor has been covered for too long."""
        return self._covered_since_s is not None and now_s - self._covered_since_s > STUCK_S

    def _cover(self, now_s: float) -> None:
        if self._covered_since_s is None:
            self._covered_since_s = now_s
