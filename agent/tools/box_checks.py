"""The chain within the store: disk, clock, outbox, and every device."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent import storage
from agent.health import read_status
from agent.lock import is_running
from agent.outbox_view import OutboxView
from agent.settings import MEGABYTE, DeviceSettings, Settings
from agent.storage import StorageError
from agent.tools.findings import Checked, failed, passed, skipped
from drivers.contract import Reading
from drivers.errors import DriverError
from sync.clock import is_set, parse_utc
from sync.ownership import PRIVATE

CLOCK_WARN_MS: Final = 60_000
NEARLY_FULL_PERCENT: Final = 90
LISTEN_S: Final = 1.0


def check_disk(settings: Settings) -> Checked:
    """See that the outbox's disk has room and takes a file."""
    folder = settings.box.data_dir
    told: dict[str, Any] = {"folder": folder}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
        free = storage.free_bytes(folder)
    except OSError as error:
        return failed("disk", "disk_refuses", "disk_remedy", why=error.strerror, **told)
    told |= {"free_mb": free // MEGABYTE, "keep_mb": settings.limits.min_free_bytes // MEGABYTE}
    if free < settings.limits.min_free_bytes:
        return failed("disk", "disk_full", "room_remedy", **told)
    return passed("disk", "disk_holds", **told)


def check_clock(settings: Settings) -> Checked:
    """See that the box knows the time, and whether somebody keeps it right."""
    now = settings.clock.now_utc()
    told = {"now": f"{now.astimezone(settings.box.zone):%Y-%m-%d %H:%M:%S}"}
    if not is_set(now):
        return failed("clock", "clock_unset", "clock_remedy", **told)
    kept = _time_service()
    if kept is None:
        return skipped("clock", "clock_unkept_unknown", **told)
    if not kept:
        return failed("clock", "clock_unkept", "clock_remedy", **told)
    return passed("clock", "clock_kept", **told)


def _time_service() -> bool | None:
    """Tell whether the system's time service says the clock is right; None: nobody to ask."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    asked = [program, "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603 - a fixed question
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())


def check_outbox(settings: Settings) -> Iterator[Checked]:
    """See that the outbox is sound, that its sum holds, and how old the oldest record is."""
    path = settings.box.outbox
    if not path.exists():
        yield skipped("outbox", "outbox_new", path=path)
        return
    try:
        connection = storage.connect_read_only(path)
        with closing(connection):
            damage = storage.find_damage(connection)
        counts = OutboxView(path).counts()
    except (StorageError, sqlite3.Error) as error:
        yield failed("outbox", "outbox_damaged", "outbox_remedy", path=path, why=error)
        return
    except AssertionError as error:
        yield failed("outbox", "outbox_damaged", "outbox_remedy", path=path, why=error)
        return
    if damage is not None:
        yield failed("outbox", "outbox_damaged", "outbox_remedy", path=path, why=damage)
        return
    yield passed("outbox", "outbox_sound", waiting=counts.waiting, captured=counts.captured)
    aside = sorted(path.parent.glob(f"{path.name}.corrupt.*[0-9]Z"))
    if aside:
        yield failed("set_aside", "outbox_aside", "aside_remedy", files=", ".join(map(str, aside)))


def check_devices(settings: Settings) -> Iterator[Checked]:
    """See each device: by what the running agent says of it, else by reading it once."""
    if not settings.devices:
        yield failed("device", "no_devices", "no_devices_remedy")
        return
    running = is_running(settings.box.data_dir)
    last = read_status(settings.box.status_file) if running else None
    told = {one["name"]: one for one in last.heartbeat["devices"]} if last else {}
    for device in settings.devices:
        if running:
            yield _told_by_agent(device.name, told.get(device.name))
        else:
            yield look_at(device)


def _told_by_agent(name: str, told: dict[str, Any] | None) -> Checked:
    if told is None or told["status"] == "new":
        return skipped("device", "device_untold", name=name)
    if told["status"] != "ok":
        return failed("device", "device_fails", "device_remedy", name=name, why=told["detail"])
    facts = told.get("facts", {})
    read_s = (datetime.now(UTC) - parse_utc(told["last_read_utc"])) / timedelta(seconds=1)
    return _device(
        name, told["source_id"], told["clock_offset_ms"], told["device_records"], facts, read_s
    )


def look_at(device: DeviceSettings) -> Checked:
    """Read the first part of a device, without an agent in the way."""
    driver = device.make_driver()
    try:
        if not driver.capabilities.repair:
            driver.wait(LISTEN_S)
        reading: Reading | None = next(iter(driver.read(None)), None)
    except DriverError as error:
        return failed("device", "device_fails", "device_remedy", name=device.name, why=error)
    finally:
        driver.close()
    if reading is None:
        return skipped("device", "device_untold", name=device.name)
    offset_ms, records = reading.clock_offset_ms, reading.device_records
    return _device(device.name, reading.source_id, offset_ms, records, reading.facts, 0.0)


def _device(
    name: str,
    source_id: str | None,
    offset_ms: int | None,
    records: int | None,
    facts: Any,
    read_s: float,
) -> Checked:
    capacity = str(facts.get("capacity", ""))
    values = {
        "name": name,
        "source": source_id or "-",
        "offset_s": "-" if offset_ms is None else f"{offset_ms / 1000:+.0f}",
        "records": "-" if records is None else records,
        "capacity": capacity or "-",
        "read_s": f"{max(0.0, read_s):.0f}",
    }
    room = int(capacity) if capacity.isdecimal() else 0
    if room and (records or 0) * 100 >= room * NEARLY_FULL_PERCENT:
        return failed("device", "device_nearly_full", "device_full_remedy", **values)
    if offset_ms is not None and abs(offset_ms) >= CLOCK_WARN_MS:
        return failed("device", "device_clock", "device_clock_remedy", **values)
    return passed("device", "device_holds", **values)
