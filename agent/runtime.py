"""The running agent: which threads there are, who supervises them, how they stop.

One thread a device, one for the outbox, one for the uplink. Each runs supervised: a device
or uplink loop that dies of a defect is started again, later and later, and health says
so; without the outbox nothing can go on, so its end is the process's end. This module
holds the only broad `except` of the process.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent import tuning
from agent.alarms import DAMAGED, alarms_of, damage_text
from agent.control import Hands, RefusedCommandError
from agent.device_loop import DeviceLoop, Reread
from agent.health import Health, LinkReport
from agent.ingest import Arrival, Origin, capture_of
from agent.lock import DataLock
from agent.recovery import Opened, open_outbox
from agent.renewal import LOOK_EVERY_S, PATIENCE_S, Renewal
from agent.settings import Settings
from agent.storage import StorageError, StorageFullError
from agent.tuning import Tuning
from agent.uplink import Uplink
from agent.writer import Writer
from drivers.contract import Reading, Rejected
from sync.errors import DakaError
from sync.heartbeat import DeviceHealth
from sync.memory import collect_rarely
from sync.ownership import PRIVATE
from sync.service_manager import DEVICE_PATIENCE_S, LOOP_PATIENCE_S, Watchdog, notify

FIRST_RESTART_S: Final = 1.0
LONGEST_RESTART_S: Final = 60.0
WATCH_EVERY_S: Final = 1.0
DEVICE_STOP_S: Final = 5.0
UPLINK_STOP_S: Final = 10.0
WRITER_STOP_S: Final = 30.0
_log = logging.getLogger("daka.runtime")


def run(settings: Settings, version: str) -> None:
    """Run the agent until SIGTERM or SIGINT; call from the main thread.

    Raises:
        DakaError: it cannot start, or the outbox failed while it ran.
    """
    collect_rarely()
    try:
        settings.box.data_dir.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    except OSError as error:
        raise DakaError(f"{settings.box.data_dir} cannot be made: {error.strerror}") from error
    with DataLock(settings.box.data_dir):
        _make_tables(settings.box.outbox)
        opened = open_outbox(settings.box.outbox, settings.limits, settings.clock.now_utc())
        if opened.set_aside is not None:
            _log.error(
                "outbox_damaged damage=%r kept_as=%s: all devices are read again",
                opened.damage,
                opened.set_aside,
            )
            _tell_damage(settings, opened)
        Runtime(settings, version, opened).run()


def _make_tables(outbox: Path) -> None:
    """Have a new outbox's tables made by a process of their own: what makes them weighs 5 MB.

    Where that fails, for want of room or whatever, opening the outbox does it and says why not.
    """
    if not outbox.exists():
        command = [sys.executable, "-P", "-m", "agent.schema", str(outbox)]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)  # noqa: S603 - our own


def _tell_damage(settings: Settings, opened: Opened) -> None:
    """Let headquarters know by a record, which is delivered whatever happens to health."""
    assert opened.set_aside is not None
    told = Rejected(opened.set_aside.name, DAMAGED, damage_text(opened), opened.damage.encode())
    reading = Reading(source_id=settings.box.box_id, cursor={}, rejected=(told,))
    origin = Origin("outbox", "agent", settings.box.store_id)
    capture = capture_of(reading, origin, Arrival.now(settings.clock), None)
    try:
        opened.outbox.put(replace(capture, cursor=None))
    except StorageFullError as error:
        _log.warning("damage_untold error=%s", error)


def _diagnose(settings: Settings, version: str) -> Mapping[str, Any]:
    from agent.diagnosis import diagnosis_of, within  # rarely needed, and a box is small

    return within(diagnosis_of(settings, version))


@dataclass(frozen=True, slots=True)
class _Loop:
    """A supervised thread's work.

    Attributes:
        crashed: is told of a defect before the loop starts again; None: it may not die.
    """

    name: str
    work: Callable[[], None]
    crashed: Callable[[BaseException], None] | None


class Runtime:
    """See the module."""

    def __init__(self, settings: Settings, version: str, opened: Opened) -> None:
        outbox = self._outbox = opened.outbox
        self._damage = damage_text(opened)
        self._clock = settings.clock
        self._stop = threading.Event()
        self._fatal: BaseException | None = None
        self._service = os.environ.get("NOTIFY_SOCKET")
        watchdog = self._watchdog = Watchdog(settings.clock)
        self._writer = Writer(outbox, settings.clock, watchdog.feeder("outbox", LOOP_PATIENCE_S))
        tuned = Tuning(settings, outbox.kept(tuning.META_KEY))
        outbox.room.retain(tuned.settings()["retention_days"])
        self._health = Health(
            settings, version, lambda: self._writer.counts, self._reports, self._alarms
        )
        self._uplink = Uplink(
            settings,
            version,
            self._writer,
            self._health.beat,
            tuned,
            Hands(self._reread, partial(_diagnose, settings, version)),
            on_progress=watchdog.feeder("uplink", LOOP_PATIENCE_S),
        )
        self._writer.on_commit = self._uplink.notify
        self._renewal = self._make_renewal(settings)
        self._devices = [
            DeviceLoop(
                device,
                settings,
                tuned,
                self._writer,
                on_change=self._uplink.beat_soon,
                on_progress=watchdog.feeder(f"device {device.name}", DEVICE_PATIENCE_S),
            )
            for device in settings.devices
        ]

    def run(self) -> None:
        """Start everything, wait for a signal or the outbox's end, stop in order.

        Raises:
            DakaError: the outbox failed.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        writer = self._start(_Loop("outbox", self._writer.run, None))
        uplink = self._start(_Loop("uplink", self._uplink.run, self._uplink.crashed))
        devices = [
            self._start(
                _Loop(f"device {loop.report.name}", partial(loop.run, self._stop), loop.crashed)
            )
            for loop in self._devices
        ]
        if self._renewal is not None:
            work = partial(self._renewal.run, self._stop)
            self._start(_Loop("renewal", work, lambda _error: None))
        notify(self._service, "READY=1")
        _log.info("started devices=%d epoch=%s", len(devices), self._outbox.counts.epoch)
        while not self._stop.wait(WATCH_EVERY_S):
            self._watchdog.report(self._service)
        notify(self._service, "STOPPING=1")
        self._shut_down(writer, uplink, devices)

    def _make_renewal(self, settings: Settings) -> Renewal | None:
        identity, authority = settings.mqtt.cert_file, settings.mqtt.ca_file
        if not settings.identity.web or identity is None or authority is None:
            return None
        fed = self._watchdog.feeder("renewal", LOOK_EVERY_S + 2 * PATIENCE_S)
        return Renewal(settings.identity.web, identity, authority, fed)

    def _reports(self) -> tuple[DeviceHealth, ...]:
        return tuple(loop.report for loop in self._devices)

    def _reread(
        self, name: str, since: date | None, done: Callable[[str | DakaError], None]
    ) -> None:
        named = {loop.report.name: loop for loop in self._devices}
        if name not in named:
            known = ", ".join(named) or "none"
            raise RefusedCommandError(f"no device {name!r} on this box; there is {known}")
        named[name].ask_reread(Reread(since, done))

    def _alarms(self, link: LinkReport) -> dict[str, str]:
        now = self._clock.now_utc()
        return alarms_of(self._damage, link, now, is_full=self._outbox.is_full)

    def _start(self, loop: _Loop) -> threading.Thread:
        thread = threading.Thread(target=self._supervise, args=(loop,), name=loop.name, daemon=True)
        thread.start()
        return thread

    def _supervise(self, loop: _Loop) -> None:
        pause_s = FIRST_RESTART_S
        while not self._stop.is_set():
            began_s = self._clock.monotonic_s()
            try:
                loop.work()
            except Exception as error:  # noqa: BLE001 - the one place where a defect ends
                if isinstance(error, StorageError) or loop.crashed is None:
                    self._fail(loop, error)
                    return
                _log.exception("crashed loop=%s", loop.name)
                loop.crashed(error)
            else:
                return
            if self._clock.monotonic_s() > began_s + LONGEST_RESTART_S:
                pause_s = FIRST_RESTART_S
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_RESTART_S)

    def _fail(self, loop: _Loop, error: Exception) -> None:
        if self._stop.is_set():
            return  # a device that was still reading when the outbox was closed
        _log.error("failed loop=%s error=%r", loop.name, error)
        self._fatal = error
        self._stop.set()

    def _shut_down(
        self, writer: threading.Thread, uplink: threading.Thread, devices: list[threading.Thread]
    ) -> None:
        """Stop reading, say goodbye, store what is under way, and only then close cleanly."""
        for loop in self._devices:
            loop.close()
        for thread in devices:
            thread.join(DEVICE_STOP_S)
        self._uplink.stop()
        uplink.join(UPLINK_STOP_S)
        self._writer.stop()
        writer.join(WRITER_STOP_S)
        if self._fatal is not None:
            raise DakaError(f"the agent stops: {self._fatal}") from self._fatal
        if writer.is_alive():
            raise DakaError("the agent stops without its outbox: the disk does not answer")
        self._health.close()
        self._outbox.close()
        _log.info("stopped")
