"""How many batches may be on the way: wide while receipts come soon, narrow while they come late; pure.

Where they come soon neither side should wait for the other (ADR 0028). Where they come late, what is on the way
stands in a queue: on a thin line before a punch of this box, at a broker in a flood before those of all boxes
(ADR 0029).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW: Final = 16
WIDE_WINDOW: Final = 48
NARROW_WINDOW: Final = 4
WIDE_WITHIN_S: Final = 0.5
"""Each receipt that comes this soon lets one batch more be on the way; a slower one ends what is beyond `WINDOW`."""
NARROW_AFTER_S: Final = 2.0
"""Each receipt that takes this long lets one batch less be on the way."""


@dataclass(slots=True)
class Window:
    """The window of one connection.

    Attributes:
        places: so many batches may be on the way now.
        most: so many ever on this connection.
    """

    places: int = 0
    most: int = 0

    def open(self, most: int) -> None:
        """Begin a connection."""
        self.most = max(1, min(WIDE_WINDOW, most))
        self.places = min(WINDOW, self.most)

    def note(self, took_s: float) -> None:
        """Note how long a receipt took."""
        if took_s < WIDE_WITHIN_S:
            self.places = min(self.places + 1, self.most)
        elif took_s < NARROW_AFTER_S:
            self.places = min(self.places, WINDOW)
        else:
            self.places = max(min(self.places, WINDOW) - 1, min(NARROW_WINDOW, self.most))

    def note_silence(self) -> None:
        """Note that a receipt did not come in time."""
        self.places = min(self.places, NARROW_WINDOW)
