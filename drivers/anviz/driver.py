"""Read an Anviz terminal and let it forget its "new" marks only after we stored the records.

The terminal keeps a pointer to its first new record until 4Eh moves it. It is moved when
`read` is called with the cursor of the reading that carried the records: that cursor was
stored in the same transaction. The cursor also holds a digest of those records, and they
are fetched and compared first, so that a crash between 4Eh and the next cursor, another
program that moved the pointer, or a replaced terminal can never skip a record: whenever
the terminal's account does not fit ours, everything is read again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from drivers.anviz.account import LogPass, digest_of, still_marked
from drivers.anviz.frames import Command
from drivers.anviz.layouts import (
    RECORD_EPOCHS,
    Counters,
    device_time_data,
    epoch_doubt,
    parse_counters,
    parse_device_time,
    parse_serial,
)
from drivers.anviz.session import Session
from drivers.anviz.settings import AnvizSettings
from drivers.contract import Capabilities, Cursor, PunchRow, Reading
from drivers.errors import BusyError, DriverError, MalformedError, RefusedError
from drivers.transports import SilentError, Transport, open_transport
from sync.clock import Clock

ROWS_PER_READING: Final = 500
OLD_NEWS: Final = timedelta(days=2)
"""Rows older than this must not delay today's."""
CLOCK_STEP: Final = timedelta(seconds=5)
"""Below this the clock is left alone even when `set_clock` is on: it tells whole seconds."""


@dataclass(slots=True)
class _Visit:
    """What is known of the terminal during one `read`."""

    session: Session
    serial: str
    counters: Counters
    device_now: datetime | None
    clock_offset_ms: int | None
    facts: dict[str, str] = field(default_factory=dict)


class AnvizDriver:
    """One terminal; see `drivers.contract.Driver`."""

    capabilities = Capabilities(live=True, repair=True)

    def __init__(self, settings: AnvizSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._epoch = RECORD_EPOCHS[settings.record_epoch]
        self._transport: Transport | None = None
        self._session: Session | None = None
        self._serial = ""
        self._closing = threading.Event()

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield new records, or the whole log for None or when the accounts differ."""
        self._closing.clear()
        try:
            visit = self._visit()
            stored = still_marked(cursor or {}, visit.serial, visit.counters)
            if cursor is None or stored is None:
                yield from self._read_all(visit)
            else:
                yield from self._read_new(cursor, stored, visit)
        except DriverError:
            self._hang_up()
            raise

    def wait(self, timeout_s: float) -> bool:
        """Wait for a realtime record, a hint that `read` will find it."""
        session = self._session
        if session is None:
            self._closing.wait(timeout_s)
            return False
        deadline_s = self._clock.monotonic_s() + timeout_s
        try:
            while not session.hints:
                session.listen(deadline_s)
        except SilentError:
            return False
        except DriverError:
            self._hang_up()
            if self._closing.is_set():
                return False
            raise
        session.hints.clear()
        return True

    def close(self) -> None:
        """Hang up; wakes `wait`."""
        self._closing.set()
        self._hang_up()

    def _hang_up(self) -> None:
        transport, self._transport, self._session = self._transport, None, None
        if transport is not None:
            transport.close()

    def _connect(self) -> Session:
        if self._session is None:
            settings = self._settings
            self._transport = open_transport(settings.link, self._clock.monotonic_s)
            self._session = Session(
                self._transport,
                self._clock.monotonic_s,
                settings.device_id,
                settings.answer_timeout_s,
                is_shared_line=settings.link.scheme != "tcp",
            )
            self._session.ask_alone(Command.COUNTERS)
            self._serial = self._ask_serial(self._session)
        return self._session

    def _visit(self) -> _Visit:
        session = self._connect()
        counters = parse_counters(session.ask(Command.COUNTERS).data)
        if counters is None or counters.new_records > counters.all_records:
            raise MalformedError(
                "counters",
                "The terminal's record counters make no sense",
                "It is asked again. If it goes on, note model and firmware and report them.",
            )
        visit = _Visit(session, self._serial, counters, None, None)
        visit.facts["transport"] = self._settings.link.place
        visit.facts["record_epoch"] = self._settings.record_epoch
        self._compare_clocks(visit)
        return visit

    def _ask_serial(self, session: Session) -> str:
        try:
            told = parse_serial(session.ask(Command.SERIAL).data)
        except BusyError:  # old firmware does not know the question
            told = ""
        serial = told or self._settings.serial
        if not serial:
            raise RefusedError(
                "no_serial",
                "The terminal does not tell its serial number",
                'Write the number on its label into its settings: serial = "..."',
            )
        return serial

    def _compare_clocks(self, visit: _Visit) -> None:
        try:
            told = parse_device_time(visit.session.ask(Command.GET_TIME).data)
        except BusyError:
            told = None
        visit.device_now = told
        if told is None:
            visit.facts["clock"] = "the terminal tells no valid time"
            return
        now_local = self._now_local()
        offset = told - now_local
        visit.clock_offset_ms = offset // timedelta(milliseconds=1)
        if self._settings.set_clock and abs(offset) >= CLOCK_STEP:
            visit.session.ask(Command.SET_TIME, device_time_data(now_local))
            visit.facts["clock"] = f"was off by {offset.total_seconds():.0f} s and was set"

    def _read_new(self, cursor: Cursor, stored: int, visit: _Visit) -> Iterator[Reading]:
        """Let the terminal forget what the cursor proves stored, and yield what is beyond.

        What the cursor calls stored is fetched once more and must be the same bytes.

        Args:
            stored: how many of the marked records are.
        """
        session = visit.session
        told_again = [record for part in session.download(stored, only_new=True) for record in part]
        if stored and digest_of(told_again) != cursor["digest"]:
            yield from self._read_all(visit)
            return
        kept = told_again
        if stored and session.clear_new(stored):
            kept = []
        amount = visit.counters.new_records - stored + len(kept)
        log_pass = LogPass(
            visit.serial,
            self._epoch,
            visit.counters,
            amount=amount,
            marked_from=0,
            is_resumable=True,
            touches=cursor["touches"],
        )
        if stored and amount:  # let the agent note what was cleared before anything else
            yield self._reading(visit, log_pass, [])
        yield from self._readings(visit, log_pass, amount, len(kept))

    def _read_all(self, visit: _Visit) -> Iterator[Reading]:
        counters = visit.counters
        log_pass = LogPass(
            visit.serial,
            self._epoch,
            counters,
            amount=counters.all_records,
            marked_from=counters.all_records - counters.new_records,
            is_resumable=False,
            touches=None,
        )
        yield from self._readings(visit, log_pass, counters.all_records, None)

    def _readings(
        self, visit: _Visit, log_pass: LogPass, amount: int, kept: int | None
    ) -> Iterator[Reading]:
        """Yield the rows of a download of `amount` records.

        Args:
            kept: how many of the new records are stored already; None: the whole log.
        """
        rows: list[PunchRow] = []
        to_skip = kept or 0
        for records in visit.session.download(amount, only_new=kept is not None):
            visit.session.hints.difference_update(records)
            log_pass.skip(records[:to_skip])
            rows += log_pass.take(records[to_skip:])
            to_skip = max(0, to_skip - len(records))
            if len(rows) >= ROWS_PER_READING and not log_pass.is_done:
                yield self._reading(visit, log_pass, rows)
                rows = []
        yield self._reading(visit, log_pass, rows)

    def _reading(self, visit: _Visit, log_pass: LogPass, rows: list[PunchRow]) -> Reading:
        now = visit.device_now or self._now_local()
        newest_text = max((row.device_time for row in rows), default="")
        facts = dict(visit.facts)
        if newest_text:
            doubt = epoch_doubt(datetime.fromisoformat(newest_text), now)
            facts |= {"record_epoch": doubt} if doubt else {}
        return Reading(
            source_id=visit.serial,
            cursor=log_pass.cursor(),
            punches=tuple(rows),
            history=bool(rows) and newest_text < (now - OLD_NEWS).isoformat(),
            complete=log_pass.is_done,
            clock_offset_ms=visit.clock_offset_ms,
            device_records=visit.counters.all_records,
            facts=facts,
        )

    def _now_local(self) -> datetime:
        return self._clock.now_utc().astimezone(self._zone).replace(tzinfo=None)
