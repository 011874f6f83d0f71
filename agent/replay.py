"""Records sent once more because headquarters asks: one batch at a time, beside today's."""

from __future__ import annotations

from dataclasses import dataclass

from agent.lanes import Counts
from agent.outbox_view import OutboxView
from agent.parcel import packed
from sync import topics
from sync.envelope import MAX_BATCH_RECORDS, MAX_DECODED_BYTES
from sync.topics import Lane


@dataclass(slots=True)
class Replay:
    """A range on its way: `first` moves forward until it has passed `last`.

    Attributes:
        pending: records handed out that the broker has not acknowledged.
        sent: records it has.
    """

    command_id: str
    lane: Lane
    first: int
    last: int
    pending: int = 0
    sent: int = 0

    @property
    def is_over(self) -> bool:
        """Tell whether everything was sent."""
        return self.first > self.last

    def next_batch(
        self, view: OutboxView, org: str, box_id: str, epoch: str
    ) -> tuple[str, bytes] | None:
        """Return the next batch, the same until `confirmed`; None: the rest has left the box."""
        limit = min(MAX_BATCH_RECORDS, self.last - self.first + 1)
        bodies = view.claim(self.lane, self.first, limit, MAX_DECODED_BYTES // 4)
        if not bodies:
            return None
        payload, self.pending = packed(box_id, epoch, self.lane, self.first, bodies)
        return topics.up(org, box_id, self.lane), payload

    def confirmed(self) -> None:
        """Note that the broker has taken the last batch: go on to the next."""
        self.first += self.pending
        self.sent += self.pending
        self.pending = 0


def refusal_of(lane: Lane, first: int, last: int, counts: Counts) -> str:
    """Return why a range cannot be sent again; empty: it can."""
    state = counts.lanes[lane]
    if not 1 <= first <= last:
        return f"{first}..{last} is no range"
    if last > state.head:
        return f"lane {lane} ends at {state.head}"
    if first <= state.floor:
        return f"records up to {state.floor} of lane {lane} have left the box"
    return ""
