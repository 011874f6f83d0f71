"""One device, one thread: read, hand over, wait for the commit, only then read on (law 2)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random
from typing import Final

from agent.capture import SourceState
from agent.ingest import Arrival, Origin, capture_of
from agent.schedule import Timetable
from agent.settings import DeviceSettings, Settings
from agent.storage import StorageFullError
from agent.tuning import Tuning
from agent.writer import Writer
from drivers.contract import Driver, Reading, Rejected
from drivers.errors import BusyError, DriverError, LinkDownError, RefusedError
from sync.clock import utc_text
from sync.errors import DakaError
from sync.heartbeat import MAX_DETAIL, DeviceHealth, DeviceStatus

LISTEN_S: Final = 5.0
PERSIST_COMPLETE_S: Final = 600.0
"""A pass that found nothing is written down this often: every write wears the SD card."""
_log = logging.getLogger("daka.device")


@dataclass(frozen=True, slots=True)
class Reread:
    """A read from the start that somebody asked for.

    Attributes:
        since: rows of earlier days are passed over; None: none are.
        done: is told in a sentence how it went, or the error.
    """

    since: date | None
    done: Callable[[str | DakaError], None]

    def part_of(self, reading: Reading) -> Reading:
        """Return the reading without rows of days before `since`."""
        if self.since is None:
            return reading
        first = self.since.isoformat()
        punches = tuple(row for row in reading.punches if row.device_time[:10] >= first)
        sales = tuple(row for row in reading.sales if row.sold_at[:10] >= first)
        return replace(reading, punches=punches, sales=sales)


class DeviceLoop:
    """See the module.

    Args:
        on_change: called when the status changes; from the device's thread.
        on_progress: called at each turn of the loop, for the watchdog.

    Attributes:
        report: how the device does; replaced as a whole, any thread may read it.
    """

    def __init__(
        self,
        device: DeviceSettings,
        settings: Settings,
        tuned: Tuning,
        writer: Writer,
        on_change: Callable[[], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._device = device
        self._clock = settings.clock
        self._zone = settings.box.zone
        self._full_hour = settings.box.full_read_hour
        self._tuning = tuned
        self._reread: Reread | None = None
        self._new_rows = 0
        self._writer = writer
        self._on_change = on_change
        self._on_progress = on_progress
        self._random = Random(device.name)  # noqa: S311 - spreads retries, hides nothing
        self._origin = Origin(device.name, device.driver, device.store_id)
        self._timetable = Timetable(poll_s=device.poll_s)
        self._persisted_s = float("-inf")
        self._driver: Driver = device.make_driver()
        self.report = DeviceHealth(
            name=device.name,
            driver=device.driver,
            source_id=None,
            store_id=device.store_id,
            status=DeviceStatus.NEW,
            detail="",
            last_read_utc=None,
            complete_utc=None,
            complete_lane_heads={},
            clock_offset_ms=None,
            device_records=None,
            facts={},
        )

    def run(self, stop: threading.Event) -> None:
        """Read the device whenever it is due, until `stop`."""
        device = self._device
        self._source = self._writer.call(lambda outbox: outbox.source(device.name, device.driver))
        if self._source is not None:
            self._show_source(self._source)
        try:
            while not stop.is_set():
                self._on_progress()
                wait_s = self._timetable.wait_s(self._clock.monotonic_s())
                if wait_s > 0 and self._reread is None:
                    self._idle(min(wait_s, LISTEN_S), stop)
                else:
                    self._attempt(self._read)
        finally:
            self._driver.close()

    def close(self) -> None:
        """Wake the loop up if it waits for the device; from any thread."""
        self._driver.close()

    def ask_reread(self, reread: Reread) -> None:
        """Have the device read from its start, soon; from any thread."""
        self._reread = reread

    def crashed(self, error: BaseException) -> None:
        """Note that the loop died of a defect and will be started again."""
        self._fail(DeviceStatus.MALFORMED, f"the driver crashed: {error!r}; it is started again")

    def _idle(self, wait_s: float, stop: threading.Event) -> None:
        listening = self._driver.capabilities.live and self.report.status is DeviceStatus.OK
        if listening:
            self._attempt(lambda: self._listen(wait_s))
        else:
            stop.wait(wait_s)

    def _listen(self, wait_s: float) -> None:
        if self._driver.wait(wait_s):
            self._timetable = self._timetable.hinted(self._clock.monotonic_s())

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StorageFullError as error:
            self._fail(DeviceStatus.BUSY, str(error))
        except LinkDownError as error:
            self._fail(DeviceStatus.DOWN, str(error))
        except BusyError as error:
            self._fail(DeviceStatus.BUSY, str(error))
        except RefusedError as error:
            self._fail(DeviceStatus.REFUSED, str(error))
        except DriverError as error:
            self._keep(error)
            self._fail(DeviceStatus.MALFORMED, str(error))

    def _keep(self, error: DriverError) -> None:
        """Put the bytes that broke the device's protocol into quarantine (law 10)."""
        if not error.raw:
            return
        source_id = self._device.name if self._source is None else self._source.source_id
        reading = Reading(
            source_id=source_id,
            cursor={},
            rejected=(Rejected("frame", error.code, str(error), error.raw),),
        )
        capture = capture_of(reading, self._origin, Arrival.now(self._clock), None)
        self._writer.call(lambda outbox: outbox.put(replace(capture, cursor=None)))

    def _read(self) -> None:
        began_s, began = self._clock.monotonic_s(), self._clock.now_utc()
        began_local = began.astimezone(self._zone)
        cursor = None if self._source is None else self._source.cursor
        full_hour = int(self._tuning.whole("full_read_hour", self._full_hour))
        full_due = self._timetable.is_full_due(began_local, full_hour)
        reread, self._reread, self._new_rows = self._reread, None, 0
        if (full_due or reread is not None) and self._driver.capabilities.repair:
            cursor = None
        try:
            for reading in self._driver.read(cursor):
                self._store(reading if reread is None else reread.part_of(reading), began)
                self._on_progress()
        except DakaError as error:
            if reread is not None:
                reread.done(error)
            raise
        if reread is not None:
            reread.done(f"{self._device.name} was read again: {self._new_rows} records were new")
        elif cursor is None or full_due or self._timetable.full_on is None:
            self._timetable = self._timetable.full_done(began_local, full_hour)
        poll_s = self._tuning.whole("poll_s", self._device.poll_s)
        self._timetable = replace(self._timetable, poll_s=poll_s)
        self._timetable = self._timetable.succeeded(began_s, self._clock.monotonic_s())
        self._show(
            replace(
                self.report,
                status=DeviceStatus.OK,
                detail="",
                last_read_utc=utc_text(self._clock.now_utc()),
            )
        )

    def _store(self, reading: Reading, began: datetime) -> None:
        complete_utc = utc_text(began) if reading.complete else None
        now_s = self._clock.monotonic_s()
        if (
            not (reading.punches or reading.sales or reading.rejected)
            and self._source is not None
            and (self._source.source_id, self._source.cursor) == (reading.source_id, reading.cursor)
            and now_s < self._persisted_s + PERSIST_COMPLETE_S
        ):
            if complete_utc is not None:
                heads = self._writer.counts.heads
                self._source = replace(
                    self._source, complete_utc=complete_utc, complete_heads=heads
                )
        else:
            capture = capture_of(reading, self._origin, Arrival.now(self._clock), complete_utc)
            stored = self._writer.call(lambda outbox: outbox.put(capture))
            assert stored.state is not None, "a capture with a cursor moves its source"
            self._source, self._persisted_s = stored.state, now_s
            self._new_rows += stored.rows
            if stored.pieces:
                _log.warning("quarantined device=%r pieces=%d", self._device.name, stored.pieces)
        self.report = replace(
            self.report,
            clock_offset_ms=reading.clock_offset_ms,
            device_records=reading.device_records,
            facts=reading.facts,
        )
        self._show_source(self._source)

    def _show_source(self, source: SourceState) -> None:
        self._show(
            replace(
                self.report,
                source_id=source.source_id,
                complete_utc=source.complete_utc,
                complete_lane_heads=source.complete_heads,
            )
        )

    def _fail(self, status: DeviceStatus, detail: str) -> None:
        now_s = self._clock.monotonic_s()
        self._timetable = self._timetable.failed(status, now_s, self._random.random())
        self._show(replace(self.report, status=status, detail=detail[:MAX_DETAIL]))

    def _show(self, report: DeviceHealth) -> None:
        before, self.report = self.report, report
        if (before.status, before.source_id) == (report.status, report.source_id):
            return
        _log.info(
            "device_%s name=%r source=%s detail=%r",
            report.status,
            report.name,
            report.source_id,
            report.detail,
        )
        self._on_change()
