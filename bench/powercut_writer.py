"""The traced half of `bench.powercut`: the box's own outbox, put to work, saying what is stored.

    python -m bench.powercut_writer FOLDER BATCHES [SYNCHRONOUS]

After each commit it writes ``stored N`` to standard output: the first N punches are safe
by the outbox's own word.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.capture import Capture
from agent.ingest import Arrival, Origin, capture_of
from agent.recovery import open_outbox
from agent.room import Limits
from drivers.contract import PunchRow, Reading
from sync.receipt import Mark
from sync.topics import Lane

NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LIMITS: Final = Limits(min_free_bytes=0)
BATCH_PUNCHES: Final = 25
SETTLE_EVERY: Final = 5
PURGE_EVERY: Final = 20


def batch(number: int) -> Capture:
    """Return punches ``number * BATCH_PUNCHES`` ...; the cursor says how many were read."""
    first = number * BATCH_PUNCHES
    punches = tuple(
        PunchRow(f"{first + i}", "2026-11-23T08:00:00", 0, 1, 0) for i in range(BATCH_PUNCHES)
    )
    cursor = {"done": first + BATCH_PUNCHES}
    reading = Reading(source_id="T", cursor=cursor, punches=punches, complete=True)
    origin = Origin("door", "scripted", "s001")
    return capture_of(reading, origin, Arrival(NOW, "boot", 1), "2026-11-23T08:00:00.000Z")


def main(folder: Path, batches: int, synchronous: str) -> None:
    """Take in, settle and purge; never closes: the power is cut."""
    outbox = open_outbox(folder / "outbox.db", LIMITS, NOW).outbox
    outbox._db.execute(f"PRAGMA synchronous = {synchronous}")
    for number in range(batches):
        outbox.put(batch(number))
        stored = (number + 1) * BATCH_PUNCHES
        os.write(1, f"stored {stored}\n".encode())
        if number % SETTLE_EVERY == SETTLE_EVERY - 1:
            outbox.settle(Lane.PUNCH, Mark(stored - BATCH_PUNCHES), [], "hq")
        if number % PURGE_EVERY == PURGE_EVERY - 1:
            outbox._purge_chunk(None)
            outbox.checkpoint()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "FULL")
