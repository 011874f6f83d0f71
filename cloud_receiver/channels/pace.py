"""How often something may be done: so many times in any stretch of time."""

from __future__ import annotations

from collections import deque

from sync.clock import Clock


class Pace:
    """Counts what was done; one thread uses it.

    Args:
        count: how often in any `window_s` seconds.
    """

    def __init__(self, count: int, window_s: float, clock: Clock) -> None:
        assert count > 0 < window_s
        self._count = count
        self._window_s = window_s
        self._clock = clock
        self._done_s: deque[float] = deque()
        self._resting_until_s = float("-inf")

    def take(self) -> float:
        """Return 0.0 and count it when it may be done now; else the seconds to wait."""
        now_s = self._clock.monotonic_s()
        if now_s < self._resting_until_s:
            return self._resting_until_s - now_s
        while self._done_s and self._done_s[0] <= now_s - self._window_s:
            self._done_s.popleft()
        if len(self._done_s) >= self._count:
            return self._done_s[0] + self._window_s - now_s
        self._done_s.append(now_s)
        return 0.0

    def rest(self, wait_s: float) -> None:
        """Do nothing for a while, as the other side asked."""
        self._resting_until_s = self._clock.monotonic_s() + wait_s
