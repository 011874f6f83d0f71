"""The outbox: what the box has captured, until headquarters has it and for a while after.

The one writer. Every public method is one transaction, or none when it raises. Readers
use `agent.outbox_view`. The laws it keeps: records and cursor commit together (2), only
headquarters' word settles (3), the same record is stored once (4), and the counters add
up after every commit (1).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from agent import storage
from agent.capture import Capture, Piece, Row, SourceState, Stored, key_prefix
from agent.ingest import Arrival, Origin, replacement_of
from agent.lanes import Counts, LaneState
from agent.room import Limits, Room
from agent.storage import StorageError, StorageFullError
from sync.envelope import encode_body
from sync.receipt import Mark, Rejection, merge
from sync.topics import Lane

MAX_PIECE_BYTES: Final = 1024 * 1024
DAY_MS: Final = 24 * 3600 * 1000
CHUNK_RECORDS: Final = 500
_KEYS_A_QUERY: Final = 2000
_ROWS_A_STATEMENT: Final = 100


class Outbox:
    """See the module. Opened by `agent.recovery.open_outbox`; one thread at a time may use it.

    Attributes:
        counts: the picture after the last commit; any thread may read it.
        room: what is left on the disk.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, limits: Limits) -> None:
        self._path = path
        self._db = connection
        self._full = False
        self.room = Room(path, connection, limits)
        self.counts = read_counts(connection)
        with self._transaction():
            self._set_meta("clean", "0")
        self.room.ballast.restore()

    @property
    def is_full(self) -> bool:
        """Tell whether nothing was taken in for want of room, until room was found again."""
        return self._full

    # ---- taking in ------------------------------------------------------------------------

    def put(self, capture: Capture) -> Stored:
        """Store what a reading brought and where its source now stands, in one transaction.

        Rows whose key is known, stored before or twice in the capture, add nothing.

        Raises:
            StorageFullError: nothing was stored; the driver must not be asked for more.
        """
        self._make_room()
        with self._transaction():
            new = self._new_rows(capture.rows, capture.captured_utc_ms)
            lanes = self._insert(new, capture.captured_utc_ms)
            pieces = self._insert_pieces(capture, new) if capture.pieces else 0
            state = self._move_source(capture, lanes)
            before = self.counts
            captured = before.captured + len(new) + pieces
            counts = Counts(before.epoch, lanes, captured, before.quarantined + pieces)
            self._set_meta("captured", str(counts.captured))
            self._set_meta("quarantined", str(counts.quarantined))
        self.counts = counts
        return Stored(counts.heads, len(new), pieces, state)

    def replace(self, lane: Lane, seq: int, code: str, origin: Origin, arrival: Arrival) -> None:
        """Put a record that headquarters cannot read into quarantine and a trouble in its place."""
        at = storage.place(lane, seq)
        found = self._db.execute("SELECT body FROM record WHERE place = ?", (at,)).fetchone()
        if found is None:  # it has been settled and has left meanwhile
            return
        number = f"{lane} {seq} of {self.counts.epoch}"
        kept = replacement_of(found[0], number, code, origin, arrival)
        (row,) = kept.rows
        with self._transaction():
            self._db.execute("UPDATE record SET body = ? WHERE place = ?", (row.body, at))
            self._insert_pieces(kept, kept.rows)
            before = self.counts
            counts = Counts(before.epoch, before.lanes, before.captured + 1, before.quarantined + 1)
            self._set_meta("captured", str(counts.captured))
            self._set_meta("quarantined", str(counts.quarantined))
        self.counts = counts

    def source(self, device: str, driver: str) -> SourceState | None:
        """Return where a source stands; None: never read, or another driver read it."""
        found = self._db.execute(
            "SELECT source_id, cursor, complete_utc, complete_heads FROM source"
            " WHERE device = ? AND driver = ?",
            (device, driver),
        ).fetchone()
        if found is None:
            return None
        heads = {Lane(lane): head for lane, head in json.loads(found[3]).items()}
        return SourceState(found[0], json.loads(found[1]), found[2], heads)

    def _new_rows(self, rows: Sequence[Row], captured_utc_ms: int) -> list[Row]:
        """Note the identities of rows and return those that were not known.

        Usually all are new, and then writing them down is the whole question.
        """
        by_key = {row.key: row for row in rows}
        day = captured_utc_ms // DAY_MS
        self._db.execute("SAVEPOINT identities")
        if self._note(by_key, day) < len(by_key):
            self._db.execute("ROLLBACK TO identities")
            for key in self._known(list(by_key)):
                del by_key[key]
            self._note(by_key, day)
        self._db.execute("RELEASE identities")
        return list(by_key.values())

    def _note(self, keys: Iterable[bytes], day: int) -> int:
        rows = [(key, day) for key in keys]
        return _insert(self._db, "INSERT OR IGNORE INTO identity", 2, rows)

    def _known(self, keys: Sequence[bytes]) -> Iterator[bytes]:
        for start in range(0, len(keys), _KEYS_A_QUERY):
            part = keys[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            known = self._db.execute(f"SELECT key FROM identity WHERE key IN ({marks})", part)  # noqa: S608 - only question marks
            yield from (key for (key,) in known.fetchall())

    def _insert(self, rows: Iterable[Row], captured_utc_ms: int) -> dict[Lane, LaneState]:
        heads = self.counts.heads
        records: list[tuple[int, int, str]] = []
        for lane, rows_of_lane in groupby(rows, attrgetter("lane")):
            bodies = [row.body for row in rows_of_lane]
            placed = enumerate(bodies, storage.place(lane, heads[lane] + 1))
            records += [(at, captured_utc_ms, body) for at, body in placed]
            heads[lane] += len(bodies)
        _insert(self._db, "INSERT INTO record", 3, records)
        lanes = dict(self.counts.lanes)
        for lane, state in lanes.items():
            if state.head != heads[lane]:
                lanes[lane] = replace(state, head=heads[lane])
                self._db.execute("UPDATE lane SET head = ? WHERE lane = ?", (heads[lane], lane))
        return lanes

    def _insert_pieces(self, capture: Capture, new: Iterable[Row]) -> int:
        """Quarantine the pieces whose trouble record is new; later equal ones are known."""
        new_keys = {row.key for row in new}
        pieces: dict[bytes, Piece] = {
            piece.key: piece for piece in capture.pieces if piece.key in new_keys
        }
        self._db.executemany(
            "INSERT INTO quarantine (device, source_id, position, code, detail, raw, raw_bytes,"
            " raw_sha256, captured_utc_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    capture.device,
                    capture.source_id,
                    piece.position,
                    piece.code,
                    piece.detail,
                    piece.raw[:MAX_PIECE_BYTES],
                    len(piece.raw),
                    piece.raw_sha256,
                    capture.captured_utc_ms,
                )
                for piece in pieces.values()
            ],
        )
        return len(pieces)

    def _move_source(self, capture: Capture, lanes: dict[Lane, LaneState]) -> SourceState | None:
        before = self.source(capture.device, capture.driver)
        if capture.cursor is None:
            return before
        complete_utc: str | None = None
        complete_heads: Mapping[Lane, int] = {}
        if capture.complete_utc is not None:
            complete_utc = capture.complete_utc
            complete_heads = {lane: state.head for lane, state in lanes.items()}
        elif before is not None and before.source_id == capture.source_id:
            complete_utc, complete_heads = before.complete_utc, before.complete_heads
        state = SourceState(capture.source_id, capture.cursor, complete_utc, complete_heads)
        self._db.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?, ?)",
            (
                capture.device,
                capture.driver,
                state.source_id,
                encode_body(dict(state.cursor)),
                state.complete_utc,
                json.dumps(dict(state.complete_heads)),
            ),
        )
        return state

    # ---- settling -------------------------------------------------------------------------

    def settle(
        self, lane: Lane, mark: Mark, rejected: Sequence[Rejection], hq_epoch: str
    ) -> LaneState:
        """Note what headquarters holds of a lane; the mark replaces the old one.

        It may be lower than before: headquarters was restored and asks to be refilled.
        """
        state = self.counts.lanes[lane].marked(mark, hq_epoch)
        counts = replace(self.counts, lanes={**self.counts.lanes, lane: state})
        with self._transaction():
            self._db.execute(
                "UPDATE lane SET through = ?, beyond = ?, hq_epoch = ? WHERE lane = ?",
                (state.mark.through, json.dumps(state.mark.beyond), hq_epoch, lane),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO rejection VALUES (?, ?, ?)",
                [(lane, item.seq, item.code) for item in rejected],
            )
        self.counts = counts
        return state

    def renew_epoch(self) -> str:
        """Give the outbox a new identity and forget what headquarters holds of the old one.

        For a file that was copied or brought back from a backup: headquarters holds numbers
        this file never gave. All records still here are sent again under the new epoch;
        their identities keep them from being counted twice.
        """
        epoch = storage.new_epoch()
        lanes = {
            lane: replace(state, mark=Mark(state.floor), hq_epoch=None)
            for lane, state in self.counts.lanes.items()
        }
        with self._transaction():
            self._set_meta(storage.FORSAKEN, self.counts.epoch)
            self._set_meta("epoch", epoch)
            self._db.execute("UPDATE lane SET through = floor, beyond = '[]', hq_epoch = NULL")
            self._db.execute("DELETE FROM rejection")
        self.counts = replace(self.counts, epoch=epoch, lanes=lanes)
        return epoch

    # ---- what outlives the process and is no record ----------------------------------------

    def keep(self, key: str, value: str) -> None:
        """Keep a text; the agent's own, not a record."""
        with self._transaction():
            self._set_meta(key, value)

    def kept(self, key: str) -> str | None:
        """Return what was kept under `key`."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    # ---- keeping within bounds ------------------------------------------------------------

    def tidy(self, now_utc_ms: int) -> bool:
        """Let go of one chunk that has outstayed its time or its room; True: call again."""
        if self._full:
            return False
        older_than_ms = now_utc_ms - self.room.limits.retention_days * DAY_MS
        if self._purge_chunk(None if self.room.is_scarce() else older_than_ms):
            if self.room.is_hollow():
                self.room.vacuum()
            return True
        return self._forget_chunk(now_utc_ms)

    def checkpoint(self) -> None:
        """Move everything from the write-ahead log into the file; for idle moments."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _purge_chunk(self, older_than_ms: int | None) -> int:
        """Delete up to a chunk of settled records, oldest first; None: of any age."""
        for lane, state in self.counts.lanes.items():
            last = min(state.mark.through, state.floor + CHUNK_RECORDS)
            if older_than_ms is not None:
                (young,) = self._db.execute(
                    "SELECT min(place) FROM record WHERE place BETWEEN ? AND ?"
                    " AND captured_utc_ms >= ?",
                    (storage.place(lane, 0), storage.place(lane, last), older_than_ms),
                ).fetchone()
                last = last if young is None else storage.seq_at(young) - 1
            if last <= state.floor:
                continue
            with self._transaction():
                self._db.execute(
                    "DELETE FROM record WHERE place BETWEEN ? AND ?",
                    (storage.place(lane, 0), storage.place(lane, last)),
                )
                self._db.execute("DELETE FROM rejection WHERE lane = ? AND seq <= ?", (lane, last))
                self._db.execute("UPDATE lane SET floor = ? WHERE lane = ?", (last, lane))
            lanes = {**self.counts.lanes, lane: replace(state, floor=last)}
            self.counts = replace(self.counts, lanes=lanes)
            return last - state.floor
        return 0

    def _forget_chunk(self, now_utc_ms: int) -> bool:
        """Forget identities of old events that were captured long ago too."""
        cutoff_ms = now_utc_ms - self.room.limits.identity_days * DAY_MS
        cutoff = datetime.fromtimestamp(cutoff_ms / 1000, UTC)
        before_key = key_prefix(f"{cutoff:%Y-%m-%dT%H:%M:%S}")
        with self._transaction():
            gone = self._db.execute(
                "DELETE FROM identity WHERE key IN (SELECT key FROM identity"
                " WHERE key < ? AND captured_day < ? LIMIT ?)",
                (before_key, cutoff_ms // DAY_MS, CHUNK_RECORDS),
            ).rowcount
        return gone > 0

    def _make_room(self) -> None:
        if (self._full or self.room.is_gone()) and not self._relieve():
            raise self.room.full_error()

    def _relieve(self) -> bool:
        """Throw the ballast overboard, drop settled records, take ballast again if possible."""
        self.room.ballast.release()
        try:
            self.checkpoint()
            while self.room.is_scarce() and self._purge_chunk(None):
                self.room.vacuum()
                self.checkpoint()
        except StorageFullError:
            pass
        except sqlite3.Error as error:
            if not storage.is_full(error):
                raise
        self._full = not self.room.ballast.restore() or self.room.is_gone()
        return not self._full

    # ---- the connection -------------------------------------------------------------------

    def close(self) -> None:
        """Stop cleanly: the next start need not check the file."""
        with self._transaction():
            self._set_meta("clean", "1")
        self.checkpoint()
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error) and storage.is_full(error):
                self._full = True
                raise self.room.full_error() from error
            if isinstance(error, sqlite3.Error) and storage.is_broken(error):
                raise StorageError(
                    f"{self._path} is damaged ({error}); restart the agent: it sets the file"
                    " aside and reads all devices again"
                ) from error
            raise

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _insert(
    connection: sqlite3.Connection, insert: str, columns: int, rows: Sequence[tuple[Any, ...]]
) -> int:
    """Insert many rows and return how many went in; a statement a row costs a half more."""
    inserted = 0
    row = f"({', '.join('?' * columns)})"
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        some = rows[start : start + _ROWS_A_STATEMENT]
        values = ", ".join([row] * len(some))
        parameters = tuple(chain.from_iterable(some))
        inserted += connection.execute(f"{insert} VALUES {values}", parameters).rowcount
    return inserted


def read_counts(connection: sqlite3.Connection) -> Counts:
    """Return what an outbox holds, from its counters and marks alone."""
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    lanes = {
        Lane(lane): LaneState(
            head, floor, merge(through, [(low, high) for low, high in json.loads(beyond)]), hq_epoch
        )
        for lane, head, floor, through, beyond, hq_epoch in connection.execute(
            "SELECT lane, head, floor, through, beyond, hq_epoch FROM lane"
        )
    }
    return Counts(meta["epoch"], lanes, int(meta["captured"]), int(meta["quarantined"]))
