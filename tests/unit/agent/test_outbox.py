"""The laws of the outbox, one by one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlite_utils import Database

from agent import schema, storage
from agent.capture import Capture
from agent.ingest import Arrival, Origin
from agent.outbox import CHUNK_RECORDS, DAY_MS, Outbox
from agent.outbox_view import OutboxView
from agent.recovery import open_outbox
from agent.room import Limits
from agent.storage import StorageError, StorageFullError
from drivers.contract import Rejected
from sync.receipt import Mark, Rejection
from sync.topics import Lane

Make = Callable[..., Capture]
BAD = Rejected("line 17", "date", "the date is impossible", b"\xff2026-02-30")


def reopened(path: Path, now: datetime, limits: Limits | None = None) -> Outbox:
    return open_outbox(path, limits or Limits(min_free_bytes=0), now).outbox


def bodies(path: Path, lane: Lane) -> list[str]:
    view = OutboxView(path)
    try:
        return view.claim(lane, 1, 10_000, 10**9)
    finally:
        view.close()


def users(path: Path, lane: Lane = Lane.PUNCH) -> list[str]:
    return [json.loads(body)["user_id"] for body in bodies(path, lane)]


def test_records_are_numbered_densely_in_their_lane(
    outbox: Outbox, outbox_path: Path, capture: Make
) -> None:
    outbox.put(capture(1, 3))
    outbox.put(capture(4, 5, history=True))
    outbox.put(capture(6, 6))
    assert outbox.counts.heads == {Lane.PUNCH: 4, Lane.SALE: 0, Lane.BULK: 2}
    assert users(outbox_path) == ["001", "002", "003", "006"]
    assert users(outbox_path, Lane.BULK) == ["004", "005"]


def test_a_reread_adds_nothing(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 50, rejected=(BAD,)))
    before = outbox.counts
    again = outbox.put(capture(1, 50, rejected=(BAD,), history=True))
    assert (again.rows, again.pieces) == (0, 0)
    assert outbox.counts == before


def test_a_reading_that_overlaps_adds_only_what_is_new(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10))
    assert outbox.put(capture(6, 14)).rows == 4
    assert outbox.counts.heads[Lane.PUNCH] == 14


def test_records_and_cursor_commit_together_or_not_at_all(
    outbox: Outbox, outbox_path: Path, capture: Make, now: datetime
) -> None:
    outbox.put(capture(1, 10))
    before = outbox.counts
    broken = capture(11, 20)
    object.__setattr__(broken, "cursor", {"not": object()})  # fails after the rows went in
    with pytest.raises(TypeError):
        outbox.put(broken)
    assert outbox.counts == before
    outbox._db.close()
    again = reopened(outbox_path, now)
    state = again.source("front door", "scripted")
    assert state is not None
    assert state.cursor == {"done": 10}
    assert again.counts == before
    again.close()


def test_what_cannot_be_read_is_kept_whole_and_told(
    outbox: Outbox, outbox_path: Path, capture: Make
) -> None:
    outbox.put(capture(1, 2, rejected=(BAD,)))
    assert (outbox.counts.captured, outbox.counts.quarantined) == (4, 1)
    (trouble,) = bodies(outbox_path, Lane.BULK)
    assert json.loads(trouble)["position"] == "line 17"
    view = OutboxView(outbox_path)
    (piece,) = view.quarantined()
    view.close()
    assert (piece.raw, piece.code, piece.device) == (BAD.raw, "date", "front door")


def test_completeness_remembers_the_heads_of_its_own_reading(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10, complete_utc="2026-11-23T08:00:00.000Z"))
    stored = outbox.put(capture(11, 20))
    assert stored.state.complete_utc == "2026-11-23T08:00:00.000Z"
    assert stored.state.complete_heads[Lane.PUNCH] == 10
    assert stored.heads[Lane.PUNCH] == 20


def test_another_source_under_the_same_name_is_not_complete(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10, complete_utc="2026-11-23T08:00:00.000Z"))
    replaced = capture(11, 20)
    object.__setattr__(replaced, "source_id", "ANOTHER-TERMINAL")
    assert outbox.put(replaced).state.complete_utc is None


def test_only_what_headquarters_holds_is_settled(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10))
    outbox.settle(Lane.PUNCH, Mark(4, ((7, 8),)), [Rejection(8, "field")], "hq")
    counts = outbox.counts
    assert (counts.settled, counts.waiting, counts.captured) == (6, 4, 10)


def test_a_mark_may_go_back_for_a_restored_headquarters(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10))
    outbox.settle(Lane.PUNCH, Mark(10), [], "hq")
    outbox.settle(Lane.PUNCH, Mark(2), [], "restored")
    assert outbox.counts.waiting == 8


def test_everything_survives_a_restart(
    outbox: Outbox, outbox_path: Path, capture: Make, now: datetime
) -> None:
    outbox.put(capture(1, 10, rejected=(BAD,)))
    outbox.settle(Lane.PUNCH, Mark(4, ((7, 8),)), [], "hq")
    before = outbox.counts
    outbox.close()
    again = reopened(outbox_path, now)
    assert again.counts == before
    again.close()


def test_a_new_epoch_sends_again_all_that_is_still_here(outbox: Outbox, capture: Make) -> None:
    outbox.put(capture(1, 10))
    outbox.settle(Lane.PUNCH, Mark(10), [], "hq")
    before = outbox.counts.epoch
    assert outbox.renew_epoch() == outbox.counts.epoch != before
    assert outbox.kept(storage.FORSAKEN) == before
    assert outbox.counts.waiting == 10


def test_settled_records_leave_when_their_time_is_over_and_are_not_forgotten(
    outbox: Outbox, outbox_path: Path, capture: Make, now: datetime
) -> None:
    total = 2 * CHUNK_RECORDS + 7
    outbox.put(capture(1, total))
    outbox.settle(Lane.PUNCH, Mark(total - 1), [], "hq")
    now_ms = int(now.timestamp() * 1000)
    assert not outbox.tidy(now_ms + 29 * DAY_MS)
    assert outbox.counts.lanes[Lane.PUNCH].floor == 0
    while outbox.tidy(now_ms + 31 * DAY_MS):
        pass
    assert outbox.counts.lanes[Lane.PUNCH].floor == total - 1
    assert (outbox.counts.captured, outbox.counts.waiting) == (total, 1)
    view = OutboxView(outbox_path)
    assert view.claim(Lane.PUNCH, 1, 10, 10**6) == []
    assert len(view.claim(Lane.PUNCH, total, 10, 10**6)) == 1
    view.close()
    assert outbox.put(capture(1, total)).rows == 0


def test_what_waits_never_leaves(outbox: Outbox, capture: Make, now: datetime) -> None:
    outbox.put(capture(1, 10))
    now_ms = int(now.timestamp() * 1000)
    while outbox.tidy(now_ms + 1000 * DAY_MS):
        pass
    assert outbox.counts.waiting == 10


def test_old_identities_are_forgotten_in_the_end(
    outbox: Outbox, capture: Make, now: datetime
) -> None:
    outbox.put(capture(1, 10))
    outbox.settle(Lane.PUNCH, Mark(10), [], "hq")
    later = now + timedelta(days=402)
    while outbox.tidy(int(later.timestamp() * 1000)):
        pass
    assert outbox.put(capture(1, 10, at=later)).rows == 10


def test_a_file_at_its_bound_lets_settled_records_go_and_keeps_the_rest(
    outbox_path: Path, capture: Make, now: datetime
) -> None:
    limits = Limits(max_db_bytes=8 * 1024 * 1024, min_free_bytes=0)
    outbox = reopened(outbox_path, now, limits)
    stored = 0
    with suppress(StorageFullError):
        for stored in count(0, 2000):
            outbox.put(capture(stored + 1, stored + 2000))
    assert stored >= 8_000
    with pytest.raises(StorageFullError, match="of 8 MB"):
        outbox.put(capture(stored + 1, stored + 2000))
    assert outbox.counts.waiting == stored
    outbox.settle(Lane.PUNCH, Mark(stored - 100), [], "hq")
    outbox.put(capture(stored + 1, stored + 2000))
    assert outbox.counts.waiting == 2100
    assert outbox.room.file_bytes() <= limits.max_db_bytes
    outbox.close()


def test_a_clean_stop_needs_no_check_and_an_unclean_one_gets_it(
    outbox: Outbox, outbox_path: Path, capture: Make, now: datetime
) -> None:
    outbox.put(capture(1, 10))
    gone = storage.place(Lane.PUNCH, 5)
    outbox._db.execute(f"DELETE FROM record WHERE place = {gone}")  # no SQLite check sees it
    outbox._db.close()
    opened = open_outbox(outbox_path, Limits(min_free_bytes=0), now)
    assert opened.set_aside is not None
    assert "lane punch" in opened.damage
    assert opened.outbox.counts.captured == 0
    opened.outbox.close()
    clean = open_outbox(outbox_path, Limits(min_free_bytes=0), now)
    assert clean.set_aside is None
    clean.outbox.close()


def test_a_file_that_is_no_database_is_set_aside(outbox_path: Path, now: datetime) -> None:
    outbox_path.parent.mkdir()
    outbox_path.write_bytes(b"this is not a database, it is a note of the installer" * 100)
    opened = open_outbox(outbox_path, Limits(min_free_bytes=0), now)
    assert opened.set_aside is not None
    assert opened.set_aside.read_bytes().startswith(b"this is not")
    opened.outbox.close()


def test_at_most_two_damaged_files_are_kept(outbox_path: Path, now: datetime) -> None:
    outbox_path.parent.mkdir()
    for hour in range(4):
        outbox_path.write_bytes(b"broken" * 1000)
        open_outbox(
            outbox_path, Limits(min_free_bytes=0), now + timedelta(hours=hour)
        ).outbox.close()
    assert len(list(outbox_path.parent.glob("outbox.db.corrupt.*"))) == 2


def test_the_file_of_a_newer_agent_is_left_alone(outbox_path: Path, now: datetime) -> None:
    reopened(outbox_path, now).close()
    raw = sqlite3.connect(outbox_path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StorageError, match="update the agent"):
        reopened(outbox_path, now)


def test_the_records_of_an_older_file_move_to_their_places(
    outbox_path: Path, now: datetime
) -> None:
    outbox_path.parent.mkdir()
    old = Database(sqlite3.connect(outbox_path), recursive_triggers=False)
    schema.MIGRATIONS.apply(old, stop_before="m002_record_places")
    old.execute("INSERT INTO record VALUES ('sale', 1, 5, 'a'), ('sale', 2, 5, 'b')")
    old.execute("INSERT INTO record VALUES ('bulk', 1, 5, 'c')")
    old.execute("UPDATE lane SET head = 2 WHERE lane = 'sale'")
    old.execute("UPDATE lane SET head = 1 WHERE lane = 'bulk'")
    old.execute("UPDATE meta SET value = '3' WHERE key = 'captured'")
    old.execute("PRAGMA user_version = 1")
    old.conn.commit()
    old.close()
    opened = open_outbox(outbox_path, Limits(min_free_bytes=0), now)
    assert opened.set_aside is None
    assert opened.outbox.counts.captured == 3
    opened.outbox.close()
    assert [bodies(outbox_path, lane) for lane in Lane] == [[], ["a", "b"], ["c"]]


def test_the_settings_that_keep_the_promises(outbox: Outbox) -> None:
    pragmas = {
        name: outbox._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("auto_vacuum", "journal_mode", "synchronous", "wal_autocheckpoint")
    }
    assert pragmas == {
        "auto_vacuum": 2,
        "journal_mode": "wal",
        "synchronous": 2,
        "wal_autocheckpoint": 200,
    }


def test_a_claim_ends_at_its_bounds(outbox: Outbox, outbox_path: Path, capture: Make) -> None:
    outbox.put(capture(1, 10))
    view = OutboxView(outbox_path)
    assert len(view.claim(Lane.PUNCH, 3, 5, 10**6)) == 5
    one = len(view.claim(Lane.PUNCH, 1, 1, 1)[0])
    assert len(view.claim(Lane.PUNCH, 1, 10, 2 * one)) == 2
    assert view.claim(Lane.PUNCH, 11, 10, 10**6) == []
    view.close()


def test_a_record_headquarters_cannot_read_goes_into_quarantine_and_a_trouble_in_its_place(
    outbox: Outbox, outbox_path: Path, capture: Make, now: datetime
) -> None:
    outbox.put(capture(1, 3))
    before, whole = outbox.counts, bodies(outbox_path, Lane.PUNCH)[1]
    origin, arrival = Origin("box-1", "agent", "s001"), Arrival(now, "boot", 5)
    outbox.replace(Lane.PUNCH, 2, "json", origin, arrival)
    sent = [json.loads(body)["kind"] for body in bodies(outbox_path, Lane.PUNCH)]
    assert sent == ["punch", "trouble", "punch"]
    assert outbox.counts.heads == before.heads
    assert outbox.counts.quarantined == before.quarantined + 1
    view = OutboxView(outbox_path)
    (piece,) = list(view.quarantined())
    view.close()
    assert piece.raw.decode() == whole
    outbox.replace(Lane.PUNCH, 9, "json", origin, arrival)  # it has left meanwhile
    assert outbox.counts.quarantined == before.quarantined + 1
