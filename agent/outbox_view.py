"""A reader's view of the outbox: what to send next and how things stand. Never writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent import storage
from agent.lanes import Counts
from agent.outbox import DAY_MS, read_counts
from sync.topics import Lane


@dataclass(frozen=True, slots=True)
class QuarantinedPiece:
    """A piece of a source that could not be read, as `export-quarantine` writes it out."""

    piece_no: int
    device: str
    source_id: str
    position: str
    code: str
    detail: str
    raw: bytes
    raw_bytes: int
    captured_utc_ms: int


class OutboxView:
    """Reads beside the writer; each call sees one committed state."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection = storage.connect_read_only(path)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def counts(self) -> Counts:
        """Return what the outbox holds."""
        self._db.execute("BEGIN")
        try:
            return read_counts(self._db)
        finally:
            self._db.execute("COMMIT")

    def claim(self, lane: Lane, first: int, limit: int, max_chars: int) -> list[str]:
        """Return the bodies of records `first`, `first + 1` ... without a gap.

        At most `limit` of them and, beyond the first one, `max_chars` in sum; empty when
        record `first` is not in the outbox.
        """
        bodies: list[str] = []
        chars = 0
        place = storage.place(lane, first)
        rows = self._db.execute(
            "SELECT place, body FROM record WHERE place BETWEEN ? AND ? ORDER BY place",
            (place, place + limit - 1),
        ).fetchall()
        for at, body in rows:
            chars += len(body)
            if at != place + len(bodies) or (bodies and chars > max_chars):
                break
            bodies.append(body)
        return bodies

    def oldest_waiting_utc_ms(self, counts: Counts) -> int | None:
        """Return when the oldest record not settled was captured."""
        found = [
            self._captured_utc_ms(lane, state.mark.through + 1)
            for lane, state in counts.lanes.items()
            if state.waiting
        ]
        return min((ms for ms in found if ms is not None), default=None)

    def daily_bytes(self, counts: Counts, now_utc_ms: int) -> float | None:
        """Estimate what punches and sales add to the file in a day; None: too early to tell."""
        records_a_day = 0.0
        for lane in (Lane.PUNCH, Lane.SALE):
            state = counts.lanes[lane]
            since_ms = self._captured_utc_ms(lane, state.floor + 1)
            if since_ms is not None and now_utc_ms - since_ms >= DAY_MS:
                records_a_day += (state.head - state.floor) * DAY_MS / (now_utc_ms - since_ms)
        held = sum(state.head - state.floor for state in counts.lanes.values())
        if not records_a_day or not held:
            return None
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        return records_a_day * float(pages) * storage.PAGE_BYTES / held

    def quarantined(self) -> Iterator[QuarantinedPiece]:
        """Yield what is in quarantine, oldest first."""
        for row in self._db.execute(
            "SELECT piece_no, device, source_id, position, code, detail, raw, raw_bytes,"
            " captured_utc_ms FROM quarantine ORDER BY piece_no"
        ):
            yield QuarantinedPiece(*row)

    def _captured_utc_ms(self, lane: Lane, seq: int) -> int | None:
        row = self._db.execute(
            "SELECT captured_utc_ms FROM record WHERE place = ?", (storage.place(lane, seq),)
        ).fetchone()
        return None if row is None else int(row[0])
