"""Where the lanes of an outbox stand, and the box's sum over them; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sync.receipt import Mark, merge
from sync.topics import Lane


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane of one outbox.

    Attributes:
        head: the highest number given.
        floor: records up to here have left the box, settled; they cannot be sent again.
        mark: what headquarters holds as far as the box knows; never below `floor`.
        hq_epoch: the headquarters database `mark` is from; None before the first receipt.
    """

    head: int = 0
    floor: int = 0
    mark: Mark = field(default_factory=Mark)
    hq_epoch: str | None = None

    @property
    def settled(self) -> int:
        """Return how many records of the lane are settled."""
        return self.mark.through + sum(last - first + 1 for first, last in self.mark.beyond)

    @property
    def waiting(self) -> int:
        """Return how many records of the lane are not settled."""
        return self.head - self.settled

    def marked(self, mark: Mark, hq_epoch: str) -> LaneState:
        """Return the lane after headquarters said what it holds; `floor` counts as held."""
        assert highest(mark) <= self.head, f"mark {mark} beyond head {self.head}"
        return replace(
            self, mark=merge(max(mark.through, self.floor), mark.beyond), hq_epoch=hq_epoch
        )


def highest(mark: Mark) -> int:
    """Return the highest number a mark covers."""
    return mark.beyond[-1][1] if mark.beyond else mark.through


@dataclass(frozen=True, slots=True)
class Counts:
    """What an outbox holds; one immutable picture, replaced after each commit.

    Attributes:
        captured: everything ever taken in, counted on its own, not summed from the rest.
    """

    epoch: str
    lanes: Mapping[Lane, LaneState]
    captured: int
    quarantined: int

    def __post_init__(self) -> None:
        assert self.captured == self.settled + self.waiting + self.quarantined, (
            f"law 1: captured {self.captured} is not settled {self.settled}"
            f" + waiting {self.waiting} + quarantined {self.quarantined}"
        )

    @property
    def settled(self) -> int:
        """Return how many records headquarters holds."""
        return sum(lane.settled for lane in self.lanes.values())

    @property
    def waiting(self) -> int:
        """Return how many records are still to be receipted."""
        return sum(lane.waiting for lane in self.lanes.values())

    @property
    def heads(self) -> dict[Lane, int]:
        """Return the head of each lane."""
        return {lane: state.head for lane, state in self.lanes.items()}
