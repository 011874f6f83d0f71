"""A disk that is full stops the reading, loses nothing, and is come back from."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from agent.ingest import Arrival, Origin, capture_of
from agent.outbox import Outbox
from agent.recovery import open_outbox
from agent.room import Limits
from agent.storage import StorageFullError
from drivers.contract import PunchRow, Reading
from sync.receipt import Mark
from sync.topics import Lane

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LIMITS = Limits(min_free_bytes=0, max_db_bytes=64 * 1024 * 1024)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB in memory; mounting it takes root, or sudo as the Makefile does."""
    folder = tmp_path / "disk"
    folder.mkdir()
    root = [] if os.getuid() == 0 else ["sudo", "-n"]
    subprocess.check_call([*root, "mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)])
    yield folder
    subprocess.check_call(
        [*root, "umount", "--lazy", str(folder)]
    )  # a failed test may leave it open


def fill(folder: Path) -> Path:
    """Let somebody else take all the room there is."""
    hog = folder / "somebody-elses.log"
    with hog.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            pass
    assert shutil.disk_usage(folder).free < 4096
    return hog


def put(outbox: Outbox, first: int, number: int) -> None:
    rows = tuple(
        PunchRow(f"{i}", "2026-11-23T08:00:00", 0, 1, 0) for i in range(first, first + number)
    )
    reading = Reading(source_id="T", cursor={"done": first + number}, punches=rows)
    outbox.put(capture_of(reading, Origin("d", "k", "s"), Arrival(NOW, "b", 1), None))


def punch_until_full(outbox: Outbox, first: int = 0) -> int:
    """Return the number of the first punch that was not stored."""
    start = first
    with suppress(StorageFullError):
        for start in count(first, 500):
            put(outbox, start, 500)
    with pytest.raises(StorageFullError, match="free space"):
        put(outbox, start, 500)
    return start


def test_reading_stops_and_goes_on_when_others_make_room(small_disk: Path) -> None:
    outbox = open_outbox(small_disk / "outbox.db", LIMITS, NOW).outbox
    put(outbox, 0, 500)
    hog = fill(small_disk)
    stored = punch_until_full(outbox, 500)
    assert outbox.counts.captured == stored
    hog.unlink()
    put(outbox, stored, 500)
    assert outbox.counts.captured == stored + 500
    assert outbox.room.ballast.aboard
    outbox.close()


def test_settled_records_make_room_for_new_ones(small_disk: Path) -> None:
    outbox = open_outbox(small_disk / "outbox.db", LIMITS, NOW).outbox
    stored = punch_until_full(outbox)
    assert stored > 5000
    outbox.settle(Lane.PUNCH, Mark(stored), [], "hq")
    put(outbox, stored, 500)
    assert outbox.counts.waiting == 500
    assert outbox.counts.captured == stored + 500
    outbox.close()


def test_a_full_disk_survives_a_power_cut(small_disk: Path) -> None:
    outbox = open_outbox(small_disk / "outbox.db", LIMITS, NOW).outbox
    stored = punch_until_full(outbox)
    before = outbox.counts
    fill(small_disk)
    outbox._db.close()  # no farewell
    opened = open_outbox(small_disk / "outbox.db", LIMITS, NOW)
    assert opened.set_aside is None
    assert opened.outbox.counts == before
    assert before.captured == stored
    (small_disk / "somebody-elses.log").unlink()
    put(opened.outbox, stored, 10)
    opened.outbox.close()
