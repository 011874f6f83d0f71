"""What a misfortune left at headquarters, and what it cost the sender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """One row of the table for one system.

    Attributes:
        records: how many the sender had taken, or its source had offered.
        disordered: records that came after one that was handed over later.
        recovery_s: from the end of the misfortune to the last new record at headquarters.
        cpu_s: of the sender's processes in the whole scenario.
        rss_mb: the sender's largest resident memory.
        wire_bytes: both ways, as TCP carried them; None: not on one wire.
        written_bytes: what the sender had the kernel write to a disk (nothing for a tmpfs).
        said: what the sender told of it while it lasted, or in its log; empty: nothing.
        note: what a reader must know of this run.
    """

    records: int
    lost: int
    doubled: int
    disordered: int
    recovery_s: float
    cpu_s: float
    rss_mb: float
    wire_bytes: int | None
    written_bytes: int
    said: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Which records came, in the order they came."""

    lost: int
    doubled: int
    disordered: int


def judged(records: int, came: Sequence[int]) -> Arrivals:
    """Compare the numbers that came with those handed over: 0 to `records` - 1.

    >>> judged(4, [0, 2, 1, 1])
    Arrivals(lost=1, doubled=1, disordered=1)
    """
    seen: set[int] = set()
    highest, disordered = -1, 0
    for number in came:
        if number in seen:
            continue
        seen.add(number)
        disordered += number < highest
        highest = max(highest, number)
    return Arrivals(
        lost=records - len(seen & set(range(records))),
        doubled=len(came) - len(seen),
        disordered=disordered,
    )
