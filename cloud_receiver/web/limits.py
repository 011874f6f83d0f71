"""How often somebody may ask: a bucket of tokens for each, that refills with time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

MAX_ASKERS: Final = 10_000
"""Beyond this many at once the fullest buckets are forgotten: they limited nobody."""


class RateLimit:
    """Allows `count` requests in `within_s` seconds to each asker; safe between threads.

    >>> now_s = 0.0
    >>> limit = RateLimit(2, 60, lambda: now_s)
    >>> [limit.allows("a"), limit.allows("a"), limit.allows("a"), limit.allows("b")]
    [True, True, False, True]
    """

    def __init__(self, count: int, within_s: float, now_s: Callable[[], float]) -> None:
        self._count = float(count)
        self._a_second = count / within_s
        self._now_s = now_s
        self._buckets: dict[str, tuple[float, float]] = {}  # asker: (tokens, at_s)
        self._lock = threading.Lock()

    def allows(self, asker: str) -> bool:
        """Take a token of `asker`; return whether there was one."""
        with self._lock:
            now_s = self._now_s()
            tokens, at_s = self._buckets.get(asker, (self._count, now_s))
            tokens = min(self._count, tokens + (now_s - at_s) * self._a_second)
            is_allowed = tokens >= 1
            self._buckets[asker] = (tokens - is_allowed, now_s)
            if len(self._buckets) > MAX_ASKERS:
                self._forget()
            return is_allowed

    def give_back(self, asker: str) -> None:
        """Put a token back that turned out not to be due."""
        with self._lock:
            if asker in self._buckets:
                tokens, at_s = self._buckets[asker]
                self._buckets[asker] = (min(self._count, tokens + 1), at_s)

    def _forget(self) -> None:
        keep = sorted(self._buckets, key=lambda asker: self._buckets[asker][0])[: MAX_ASKERS // 2]
        self._buckets = {asker: self._buckets[asker] for asker in keep}
