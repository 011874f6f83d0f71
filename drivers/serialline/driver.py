"""Listen to a device that tells each touch once and keeps nothing.

Frames are taken from the line by `wait` and by `read` alike and held until the cursor of
the reading that carried them comes back. Rows are made only in `read`, from the state in
the cursor, so the same cursor gives the same rows. Cursor: ``run`` and ``arrival``
acknowledge; ``story`` is the state across lines; ``heard_to`` is the last moment the line
was known to be open.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from drivers.arrivals import Arrivals, Arrived, Listening, heard_to_text, told_of
from drivers.contract import Capabilities, Cursor, Gap, PunchRow, Reading, Rejected
from drivers.errors import DriverError, RefusedError
from drivers.serialline.frames import LineDecoder, Piece
from drivers.serialline.layouts import DateLine, PunchLine, Story, Strange, recognise
from drivers.serialline.settings import SerialLineSettings
from drivers.strangers import SAMPLE_BYTES, describe_stranger
from drivers.transports import SilentError, Transport, open_transport
from sync.clock import Clock, utc_text

READ_BYTES: Final = 4096
QUIET_S: Final = 0.03
"""A line that says nothing for this long has nothing waiting; USB adapters hold back 16 ms."""
MAX_DRAIN_S: Final = 2.0
ROWS_PER_READING: Final = 1000
MAX_STRANGE_RUN: Final = 20
"""Unreadable frames in a row that are kept raw; beyond, somebody else is on the line."""
STRANGER_GONE_S: Final = 300.0
"""A stranger silent for this long has left."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame, what it is, and when its last byte came."""

    piece: Piece
    line: PunchLine | DateLine | Strange
    arrived_at_utc: datetime


@dataclass(slots=True)
class _Batch:
    """The rows of one reading."""

    punches: list[PunchRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    ordinal: int = 0
    heard_to: datetime | None = None

    @property
    def is_full(self) -> bool:
        return len(self.punches) + len(self.rejected) >= ROWS_PER_READING

    def add(self, arrived: Arrived[Heard | Gap], row: PunchRow | Rejected | None) -> None:
        self.ordinal = arrived.ordinal
        if isinstance(arrived.item, Heard):
            self.heard_to = arrived.item.arrived_at_utc
        else:
            self.gaps.append(arrived.item)
        if isinstance(row, PunchRow):
            self.punches.append(row)
        elif row is not None:
            self.rejected.append(row)


class SerialLineDriver:
    """One device on a line; see `drivers.contract.Driver`."""

    capabilities = Capabilities(live=True, repair=False)

    def __init__(self, settings: SerialLineSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._transport: Transport | None = None
        self._decoder = LineDecoder(settings.framing)
        self._last_byte_s = 0.0
        self._arrivals: Arrivals[Heard | Gap] = Arrivals(secrets.token_hex(8))
        self._listening = Listening()
        self._acknowledged: Cursor | None = None
        self._strange_run = 0
        self._strange_sample = b""
        self._strange_at_s = 0.0
        self._closing = threading.Event()

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what was heard and is not acknowledged by `cursor`.

        A stranger on the line is an error after the rows, and the line stays open: closing
        it could throw away a touch.
        """
        self._closing.clear()
        self._arrivals.acknowledge(cursor)
        try:
            is_quiet = self._drain()
        except DriverError:
            self._hang_up()
            raise
        if cursor is not None and self._acknowledged is None:
            self._keep_gap(self._listening.resumed(cursor))
        self._acknowledged = cursor or self._acknowledged
        yield from self._readings(self._acknowledged, is_quiet=is_quiet)
        self._refuse_stranger()

    def wait(self, timeout_s: float) -> bool:
        """Listen; True as soon as something was heard that `read` will make a row of."""
        deadline_s = self._clock.monotonic_s() + timeout_s
        try:
            while not self._closing.is_set() and not self._arrivals.is_full:
                if self._listen(deadline_s):
                    return True
                if self._clock.monotonic_s() >= deadline_s:
                    return False
        except DriverError:
            self._hang_up()
            if not self._closing.is_set():
                raise
        return self._arrivals.is_full

    def close(self) -> None:
        """Leave the line; wakes `wait`."""
        self._closing.set()
        self._hang_up()

    def _hang_up(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _open_line(self) -> Transport:
        if self._transport is None:
            self._transport = open_transport(self._settings.link, self._clock.monotonic_s)
            self._decoder.clear()
            self._keep_gap(self._listening.opened(self._clock.now_utc()))
        return self._transport

    def _drain(self) -> bool:
        """Take what waits on the line; False when there is more than that."""
        end_s = self._clock.monotonic_s() + MAX_DRAIN_S
        while not self._arrivals.is_full and self._clock.monotonic_s() < end_s:
            before_s = self._last_byte_s
            self._listen(self._clock.monotonic_s() + QUIET_S)
            if self._last_byte_s == before_s:
                return True
            if self._strange_run > MAX_STRANGE_RUN:
                break  # a stranger never ends; a bit at a time is enough
        return False

    def _listen(self, deadline_s: float) -> bool:
        """Take one lot of bytes or one silence; tell whether a readable frame ended.

        Silence ends a begun frame only when the line was asked after `gap_ms`: bytes that
        waited in the system's buffer while nobody asked are no silence.
        """
        transport, now_s = self._open_line(), self._clock.monotonic_s()
        gap_at_s = self._last_byte_s + self._settings.framing.gap_ms / 1000
        until_s = min(deadline_s, gap_at_s) if self._decoder.has_begun else deadline_s
        try:
            data = transport.read(READ_BYTES, max(until_s, now_s + QUIET_S))
            self._last_byte_s = self._clock.monotonic_s()
            pieces = self._decoder.feed(data)
        except SilentError:
            is_over = self._clock.monotonic_s() >= gap_at_s
            pieces = self._decoder.gap() if is_over else []
        self._listening.heard(self._clock.now_utc())
        return self._keep(pieces)

    def _keep_gap(self, gap: Gap | None) -> None:
        if gap is not None:
            self._arrivals.add(gap)

    def _keep(self, pieces: list[Piece]) -> bool:
        """Hold what the pieces say; tell whether one of them could be read."""
        settings, now = self._settings, self._clock.now_utc()
        is_readable = False
        for piece in pieces:
            line = recognise(piece, settings.framing, settings.check, settings.fields)
            if line is None:
                continue
            if isinstance(line, Strange):
                self._strange_run += 1
                self._strange_at_s = self._clock.monotonic_s()
                self._strange_sample = (self._strange_sample + piece.raw)[-SAMPLE_BYTES:]
                if self._strange_run > MAX_STRANGE_RUN:
                    continue
            else:
                self._end_strange_run(now)
                is_readable = True
            self._arrivals.add(Heard(piece, line, now))
        return is_readable

    def _end_strange_run(self, now: datetime) -> None:
        unkept = self._strange_run - MAX_STRANGE_RUN
        if unkept > 0:
            told = Strange(
                "not_kept",
                f"{unkept} more unreadable frames followed and were not kept; they came from "
                f"{describe_stranger(self._strange_sample)}. Look who else uses the line.",
            )
            self._arrivals.add(Heard(Piece(self._strange_sample), told, now))
        self._strange_run = 0
        self._strange_sample = b""

    def _refuse_stranger(self) -> None:
        if self._clock.monotonic_s() - self._strange_at_s > STRANGER_GONE_S:
            self._end_strange_run(self._clock.now_utc())
        if self._strange_run < MAX_STRANGE_RUN:
            return
        raise RefusedError(
            "foreign_protocol",
            f"{self._settings.link.place}: {self._strange_run} frames in a row could not be read; "
            f"the line carries {describe_stranger(self._strange_sample)}",
            "Check that the right device is on this port, its baud rate and the profile.",
        )

    def _readings(self, cursor: Cursor | None, *, is_quiet: bool) -> Iterator[Reading]:
        story = Story(self._settings.fields, cursor.get("story") if cursor else None)
        batch = _Batch()
        held, now = self._arrivals.held(), self._clock.now_utc()
        for arrived in held:
            if batch.is_full:
                yield self._reading(
                    batch, story, utc_text(batch.heard_to or now), is_complete=False
                )
                batch = _Batch()
            batch.add(arrived, self._told(story, arrived))
        batch.ordinal = self._arrivals.last_ordinal
        heard_to = heard_to_text(cursor, now, is_quiet=not held)
        is_readable = self._strange_run < MAX_STRANGE_RUN
        yield self._reading(batch, story, heard_to, is_complete=is_quiet and is_readable)

    def _told(self, story: Story, arrived: Arrived[Heard | Gap]) -> PunchRow | Rejected | None:
        heard = arrived.item
        if isinstance(heard, Gap):
            return told_of(heard)
        if isinstance(heard.line, Strange):
            told: PunchRow | Strange | None = heard.line
        else:
            local = heard.arrived_at_utc.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
            told = story.tell(heard.line, local)
        if not isinstance(told, Strange):
            return told
        position = f"frame {arrived.ordinal} at {utc_text(heard.arrived_at_utc)}"
        return Rejected(position, told.code, told.detail, heard.piece.raw)

    def _reading(self, batch: _Batch, story: Story, heard_to: str, *, is_complete: bool) -> Reading:
        since = self._listening.since
        return Reading(
            source_id=self._settings.serial,
            cursor={
                **self._arrivals.position(batch.ordinal),
                "story": story.state(),
                "heard_to": heard_to,
            },
            punches=tuple(batch.punches),
            rejected=tuple(batch.rejected),
            gaps=tuple(batch.gaps),
            complete=is_complete,
            clock_offset_ms=None if self._settings.fields.time_format else 0,
            facts={
                "transport": self._settings.link.place,
                "profile": self._settings.profile or "own",
                "listening_since": utc_text(since) if since else "not yet",
            },
        )
