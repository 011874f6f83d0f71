"""The ZKTeco driver: connection, log reader and cursors behind the driver contract."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.contract import Capabilities, Cursor, PunchRow, Reading, Rejected
from drivers.errors import DriverError, LinkDownError
from drivers.portions import HISTORY_AFTER, portions
from drivers.zkteco.attlog import (
    LogCursor,
    UnknownLayoutError,
    counts_agree,
    remembered_stride,
    unfinished_cursor,
)
from drivers.zkteco.connection import Connection
from drivers.zkteco.reader import LogReader
from drivers.zkteco.session import Sizes
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import Clock

_log = logging.getLogger(__name__)


class ZktecoDriver:
    """One terminal. Never clears it, never disables it, always says goodbye.

    Args:
        zone: the store's time zone (IANA), in which the terminal shows local time.
    """

    def __init__(self, settings: ZktecoSettings, clock: Clock, zone: str) -> None:
        self.capabilities = Capabilities(live=settings.live, repair=True)
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._closing = threading.Event()
        self._connection: Connection | None = None
        self._reader = LogReader(self._connected, self._reconnected)
        self._known_excess: int | None = None

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what the log holds beyond `cursor`; see `drivers.contract.Driver`."""
        is_done = False
        try:
            held = self._connection
            if held is not None and held.is_clock_stale:
                held.check_clock()
            yield from self._read(self._connected(), cursor)
            is_done = True
        finally:
            # an abandoned transfer would be mixed up with the next one
            if not (is_done and self._settings.live):
                self._hang_up()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a touch to be announced; see `drivers.contract.Driver`."""
        connection = self._connection
        if connection is None or not connection.is_live:
            self._closing.wait(timeout_s)
            return False
        end_s = self._clock.monotonic_s() + timeout_s
        try:
            while (left_s := end_s - self._clock.monotonic_s()) > 0:
                quiet_s = self._settings.check_link_s - connection.silent_s
                if quiet_s <= 0:
                    connection.check_clock()
                elif connection.run(connection.session.listen(), min(left_s, quiet_s)):
                    touch = connection.session.last_touch
                    _log.debug("live_touch serial=%s touch=%s", connection.serial, touch)
                    return True
        except DriverError:
            self._hang_up()
            if not self._closing.is_set():
                raise
        return False

    def close(self) -> None:
        """End every wait and release the terminal, for good."""
        self._closing.set()
        self._hang_up()

    def _connected(self) -> Connection:
        if self._closing.is_set():
            raise LinkDownError("closed", "this driver was closed", "Nothing to do.")
        if self._connection is None:
            connection = Connection(self._settings, self._clock, self._zone, self._closing)
            connection.start()
            self._connection = connection
        return self._connection

    def _reconnected(self) -> Connection:
        self._hang_up()
        return self._connected()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _read(self, connection: Connection, cursor: Cursor | None) -> Iterator[Reading]:
        connection.session.touch_heard = False
        stride = remembered_stride(cursor, connection.serial)
        known = LogCursor.from_cursor(cursor)
        if known is not None and known.serial != connection.serial:
            known = cursor = None  # another terminal stands at this address now
        before = connection.run(connection.session.sizes())
        if known is not None and cursor is not None and known.is_unchanged(before):
            yield self._reading(cursor, device_records=before.records, complete=True)
            return
        if cursor is None:
            self._reader.tail_reads = True  # a repair gives parts of the log another chance
        elif known is not None and not known.tail_reads:
            self._reader.tail_reads = False
        if not (yield from self._pass(known, cursor, stride, before)):
            yield from self._pass(None, None, stride, self._sizes())

    def _pass(
        self, known: LogCursor | None, cursor: Cursor | None, stride: int | None, before: Sizes
    ) -> Generator[Reading, None, bool]:
        """Yield one pass over the log; return whether it fits the terminal's counts.

        The last reading is held back until the count after the pass is known: only then
        may it be called complete.
        """
        reader = self._reader
        held: Reading | None = None
        anew = unfinished_cursor(self._connected().serial, stride)
        try:
            for rows, rejected in reader.batches(known, stride, self._local_day(ahead_days=1)):
                place = anew if reader.is_whole or cursor is None else cursor
                for reading in self._readings(place, rows, rejected):
                    if held is not None:
                        yield held
                    held = reading
        except UnknownLayoutError as error:
            log = Rejected("attendance log", error.code, str(error), error.block)
            yield self._reading(cursor or anew, rejected=(log,))
            raise
        after, records = self._sizes(), reader.passed.records
        agrees = counts_agree(before, records, after)
        held = held or self._reading(anew)
        yield replace(
            held,
            cursor=reader.passed.cursor(
                self._connected().serial,
                records if records == after.records else None,
                tail_reads=reader.tail_reads,
            ),
            complete=agrees and reader.passed.is_readable,
            device_records=after.records,
            facts=self._facts(None if agrees else (records, after)),
        )
        return agrees or self._is_known_excess(records, after)

    def _is_known_excess(self, records: int, after: Sizes) -> bool:
        """Tell whether a full read has already shown that the terminal counts otherwise."""
        excess = records - (after.records or 0)
        is_known = excess == self._known_excess
        if self._reader.is_whole:
            self._known_excess = excess
        return is_known

    def _readings(
        self, place: Cursor, rows: list[PunchRow], rejected: list[Rejected]
    ) -> Iterator[Reading]:
        """Yield a batch in readings of bearable size, what is history apart from news."""
        history_before = (self._local_now() - HISTORY_AFTER).isoformat(timespec="seconds")
        if not self._reader.is_whole:
            history_before = ""
        old = [row for row in rows if row.device_time < history_before]
        new = [row for row in rows if row.device_time >= history_before] if old else rows
        for part, is_history in ((old, True), (new, False)):
            for punches in portions(part):
                yield self._reading(place, punches=punches, history=is_history)
        for some in portions(rejected):
            yield self._reading(place, rejected=some)

    def _reading(
        self,
        cursor: Cursor,
        *,
        punches: tuple[PunchRow, ...] = (),
        rejected: tuple[Rejected, ...] = (),
        history: bool = False,
        complete: bool = False,
        device_records: int | None = None,
    ) -> Reading:
        connection = self._connected()
        return Reading(
            source_id=connection.serial,
            cursor=cursor,
            punches=punches,
            rejected=rejected,
            history=history,
            complete=complete,
            clock_offset_ms=connection.clock_offset_ms,
            device_records=device_records,
            facts=self._facts(),
        )

    def _facts(self, miscount: tuple[int, Sizes] | None = None) -> dict[str, str]:
        facts = dict(self._connected().facts)
        layout = self._reader.passed.layout
        if layout is not None:
            facts["layout"] = f"{layout.stride} bytes"
        if miscount is not None:
            records, sizes = miscount
            facts["miscount"] = f"counts {sizes.records} records, its log holds {records}"
        return facts

    def _sizes(self) -> Sizes:
        connection = self._connected()
        sizes = connection.run(connection.session.sizes())
        if sizes.capacity:
            connection.facts["capacity"] = str(sizes.capacity)
        return sizes

    def _local_now(self) -> datetime:
        return self._clock.now_utc().astimezone(self._zone).replace(tzinfo=None)

    def _local_day(self, *, ahead_days: int) -> date:
        return (self._local_now() + timedelta(days=ahead_days)).date()
