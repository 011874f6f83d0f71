"""What goes out as one message: records packed as the receivers that are online can read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sync.envelope import MAX_PAYLOAD_BYTES, SHEAF_FROM_RECORDS, encode_batch, encode_sheaf
from sync.presence import ReceiverState
from sync.topics import Lane


class Parcel(NamedTuple):
    """A batch, and how many records it holds: the first so many of those given."""

    payload: bytes
    records: int


class Packing:
    """Packs the batches of one box; which receivers are online decides their form.

    Args:
        sheaf_from: fewer records that are alike make no sheaf.
    """

    def __init__(self, box_id: str, sheaf_from: int = SHEAF_FROM_RECORDS) -> None:
        self._box_id = box_id
        self._sheaf_from = sheaf_from
        self._reads_sheaves: dict[str, bool] = {}

    def heard(self, receiver_id: str, state: ReceiverState) -> None:
        """Note what a receiver says it can read."""
        self._reads_sheaves.pop(receiver_id, None)
        if state.online:
            self._reads_sheaves[receiver_id] = state.reads_sheaves

    def forget(self) -> None:
        """Forget the receivers, as when the connection is lost."""
        self._reads_sheaves.clear()

    def pack(
        self, epoch: str, lane: Lane, first: int, bodies: Sequence[str], life: str = ""
    ) -> Parcel:
        """Return a batch of records of a lane, as many from the first on as fit into one."""
        readers = self._reads_sheaves.values()
        if readers and all(readers):
            sheaf = encode_sheaf(self._box_id, epoch, lane, first, bodies, life, self._sheaf_from)
            if sheaf is not None and len(sheaf[0]) <= MAX_PAYLOAD_BYTES:
                return Parcel(*sheaf)
        return packed(self._box_id, epoch, lane, first, bodies, life)


def packed(
    box_id: str, epoch: str, lane: Lane, first: int, bodies: Sequence[str], life: str = ""
) -> Parcel:
    """Return a batch every receiver can read; fewer records where all would be too large."""
    while True:
        payload = encode_batch(box_id, epoch, lane, first, bodies, life)
        if len(payload) <= MAX_PAYLOAD_BYTES:
            return Parcel(payload, len(bodies))
        bodies = bodies[: len(bodies) // 2]
