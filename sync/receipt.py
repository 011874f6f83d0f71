"""Headquarters' receipt: which sequence numbers of one lane are safe in its journal.

Sent after the database commit, never before (law 3). A receipt is idempotent: it states
what is, so losing, doubling or reordering receipts does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sync.envelope import MAX_SEQ, decode_json, encode_body, text_field, whole
from sync.errors import WireError
from sync.topics import Lane

VERSION: Final = 1
MAX_RANGES: Final = 1000


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that headquarters keeps among its dead letters instead of its journal."""

    seq: int
    code: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What has been stored of one lane: all up to `through`, and ranges beyond it.

    Invariant: ranges are sorted, disjoint, not touching, and start above `through + 1`.
    """

    through: int = 0
    beyond: tuple[tuple[int, int], ...] = ()

    def add(self, first: int, last: int) -> Mark:
        """Return the mark after the closed range first..last was stored too."""
        assert 1 <= first <= last, f"range {first}..{last}"
        if not self.beyond and first <= self.through + 1:  # the usual case: the next batch
            return self if last <= self.through else Mark(last)
        return merge(self.through, [*self.beyond, (first, last)])

    def meets(self, first: int, last: int) -> bool:
        """Tell whether any of first..last is stored."""
        return first <= self.through or any(
            low <= last and first <= high for low, high in self.beyond
        )

    def holds(self, seq: int) -> bool:
        """Tell whether `seq` is stored."""
        return seq <= self.through or any(low <= seq <= high for low, high in self.beyond)


def merge(through: int, ranges: Iterable[tuple[int, int]]) -> Mark:
    """Return the mark that covers 1..through and all closed ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if low <= through + 1:
            through = max(through, high)
        elif merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return Mark(through, tuple(merged))


def common(one: Mark, other: Mark) -> Mark:
    """Return the mark of what both hold.

    >>> common(Mark(5, ((8, 9),)), Mark(3, ((5, 8),)))
    Mark(through=3, beyond=((5, 5), (8, 8)))
    """
    ranges = [
        (max(low, lower), min(high, higher))
        for low, high in ((1, one.through), *one.beyond)
        for lower, higher in ((1, other.through), *other.beyond)
        if max(low, lower) <= min(high, higher)
    ]
    return merge(0, ranges)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What headquarters says about one lane of one outbox epoch.

    `mark` says what the journal holds of the lane, whoever sent it; `taken` what this receipt
    settles. They differ when two boxes go by one name, or an outbox was brought back from a
    copy: then numbers are given twice, and only the sender knows which record it gave them.

    Attributes:
        hq_epoch: identity of headquarters' database; when it changes the box refills it.
        life: the sender, as in its batches; others ignore the receipt. Empty: all are meant.
        taken: the closed ranges that were filed as this life sent them; None: it is not
            said, by a headquarters older than this distinction, and all of `mark` counts.
        is_contested: numbers of this epoch were given to different records: take a new epoch.
    """

    epoch: str
    lane: Lane
    mark: Mark
    rejected: tuple[Rejection, ...]
    hq_epoch: str
    life: str = ""
    taken: tuple[tuple[int, int], ...] | None = None
    is_contested: bool = False

    @property
    def settled(self) -> tuple[tuple[int, int], ...]:
        """Return the ranges that are settled by it."""
        if self.taken is not None:
            return self.taken
        return (*(((1, self.mark.through),) if self.mark.through else ()), *self.mark.beyond)


def encode_receipt(receipt: Receipt) -> bytes:
    """Return the JSON bytes of a receipt."""
    message = {
        "v": VERSION,
        "epoch": receipt.epoch,
        "lane": receipt.lane,
        "through": receipt.mark.through,
        "beyond": [list(pair) for pair in receipt.mark.beyond[:MAX_RANGES]],
        "rejected": [{"seq": item.seq, "code": item.code} for item in receipt.rejected],
        "hq_epoch": receipt.hq_epoch,
    }
    if receipt.taken is not None:
        message["taken"] = [list(pair) for pair in receipt.taken[:MAX_RANGES]]
    if receipt.life:
        message["life"] = receipt.life
    if receipt.is_contested:
        message["contested"] = True
    return encode_body(message).encode()


def decode_receipt(payload: bytes) -> Receipt:
    """Decode a receipt.

    Raises:
        WireError: it does not hold; the box ignores it and resends in time.
    """
    message = decode_json(payload)
    if message.get("v") != VERSION:
        raise WireError("version", f"receipt version {message.get('v')!r}")
    lane = text_field(message, "lane")
    if lane not in set(Lane):
        raise WireError("field", f"lane: {lane!r}")
    through = whole(message, "through", 0, MAX_SEQ)
    mark = merge(through, _ranges(message, "beyond"))
    return Receipt(
        epoch=text_field(message, "epoch"),
        lane=Lane(lane),
        mark=mark,
        rejected=tuple(_rejections(message.get("rejected"))),
        hq_epoch=text_field(message, "hq_epoch"),
        life=text_field(message, "life") if "life" in message else "",
        taken=tuple(_ranges(message, "taken")) if "taken" in message else None,
        is_contested=message.get("contested") is True,
    )


def _ranges(message: dict[str, Any], name: str) -> Iterable[tuple[int, int]]:
    value = message.get(name)
    if not isinstance(value, list) or len(value) > MAX_RANGES:
        raise WireError("field", f"{name}: a list of ranges is expected")
    for pair in value:
        if not (
            isinstance(pair, list) and len(pair) == 2 and all(type(seq) is int for seq in pair)
        ):
            raise WireError("field", f"{name}: {str(pair)[:80]!r} is no range")
        low, high = pair
        if not 1 <= low <= high <= MAX_SEQ:
            raise WireError("field", f"{name}: {low}..{high} is no range")
        yield low, high


def _rejections(value: Any) -> Iterable[Rejection]:
    if not isinstance(value, list):
        raise WireError("field", "rejected: a list is expected")
    for item in value:
        if not isinstance(item, dict):
            raise WireError("field", "rejected: objects are expected")
        yield Rejection(whole(item, "seq", 1, MAX_SEQ), text_field(item, "code"))
