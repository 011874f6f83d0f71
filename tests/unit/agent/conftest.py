"""An outbox in a temporary folder, readings to fill it, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.capture import Capture
from agent.ingest import Arrival, Origin, capture_of
from agent.outbox import Outbox
from agent.recovery import open_outbox
from agent.room import Limits
from drivers.contract import PunchRow, Reading, Rejected

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ORIGIN = Origin("front door", "scripted", "s001")
ROOMY = Limits(min_free_bytes=0)


def punches(first: int, last: int) -> tuple[PunchRow, ...]:
    """Return punches number `first` to `last`, always the same ones."""
    start = datetime(2026, 11, 1)
    return tuple(
        PunchRow(f"{i % 90:03d}", (start + timedelta(seconds=40 * i)).isoformat(), 0, 1, 0)
        for i in range(first, last + 1)
    )


@pytest.fixture
def capture() -> Callable[..., Capture]:
    """`capture(first, last)`: what a reading of those punches becomes."""

    def make(
        first: int,
        last: int,
        *,
        rejected: tuple[Rejected, ...] = (),
        history: bool = False,
        at: datetime = NOW,
        complete_utc: str | None = None,
        device: str = "front door",
    ) -> Capture:
        reading = Reading(
            source_id="SCRIPT-1",
            cursor={"done": last},
            punches=punches(first, last),
            rejected=rejected,
            history=history,
        )
        origin = Origin(device, ORIGIN.driver, ORIGIN.store_id)
        return capture_of(reading, origin, Arrival(at, "boot", 1000), complete_utc)

    return make


@pytest.fixture
def now() -> datetime:
    """When everything was captured, unless a test says otherwise."""
    return NOW


@pytest.fixture
def outbox_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.db"


@pytest.fixture
def outbox(outbox_path: Path) -> Iterator[Outbox]:
    """An empty outbox with all the room it wants."""
    opened = open_outbox(outbox_path, ROOMY, NOW).outbox
    yield opened
    opened._db.close()
