"""How long a receipt may take before a batch is sent again; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FIRST_TIMEOUT_S: Final = 5.0
_MIN_TIMEOUT_S: Final = 1.0
_MAX_TIMEOUT_S: Final = 60.0


@dataclass(slots=True)
class RoundTrip:
    """The time from sending to receipt, smoothed as TCP does (RFC 6298)."""

    smooth_s: float = 0.0
    spread_s: float = 0.0

    def add(self, sample_s: float) -> None:
        """Note how long one took."""
        if not self.smooth_s:
            self.smooth_s, self.spread_s = sample_s, sample_s / 2
            return
        self.spread_s += (abs(self.smooth_s - sample_s) - self.spread_s) / 4
        self.smooth_s += (sample_s - self.smooth_s) / 8

    def timeout_s(self, silences: int) -> float:
        """Return how long to wait, twice as long after each silence in a row."""
        once_s = self.smooth_s + 4 * self.spread_s if self.smooth_s else _FIRST_TIMEOUT_S
        return min(max(once_s, _MIN_TIMEOUT_S) * 2.0 ** min(silences, 10), _MAX_TIMEOUT_S)
