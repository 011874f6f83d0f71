"""How the box does: the heartbeat, and the status file that `daka-agent status` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from agent import storage
from agent.lanes import Counts
from agent.outbox_view import OutboxView
from agent.settings import BoxSettings, Settings
from sync.clock import utc_text
from sync.heartbeat import DeviceHealth, Heartbeat, LaneHealth, encode_heartbeat

MAX_CAPACITY_DAYS: Final = 3650
NOBODY_THERE: Final = "No matching subscribers"
"""What a broker says of a message that no receiver of headquarters waits for (MQTT 5, 3.4.2.1)."""
NO_ALARMS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LinkReport:
    """How the connection to headquarters does.

    Attributes:
        trouble: why it is down or what the broker refuses; empty when all is well.
        has_rival: another client of our name took the connection lately.
    """

    is_up: bool = False
    trouble: str = ""
    last_receipt_utc: str | None = None
    has_rival: bool = False

    def heard(self, *, is_hq_there: bool) -> LinkReport:
        """Return the report after a receiver of headquarters came or left."""
        if is_hq_there:
            return replace(self, trouble="" if self.trouble == NOBODY_THERE else self.trouble)
        return replace(self, trouble=NOBODY_THERE)


def heartbeat_of(
    settings: Settings,
    version: str,
    counts: Counts,
    view: OutboxView,
    devices: tuple[DeviceHealth, ...],
    alarms: Mapping[str, str] = NO_ALARMS,
) -> Heartbeat:
    """Return what the box says about itself now."""
    box = settings.box
    now = settings.clock.now_utc()
    now_utc_ms = int(now.timestamp() * 1000)
    free = storage.free_bytes(box.data_dir)
    file_bytes = box.outbox.stat().st_size
    oldest_ms = view.oldest_waiting_utc_ms(counts)
    hq_epochs = [lane.hq_epoch for lane in counts.lanes.values() if lane.hq_epoch]
    return Heartbeat(
        box_id=box.box_id,
        store_id=box.store_id,
        version=version,
        at_utc=utc_text(now),
        epoch=counts.epoch,
        hq_epoch=hq_epochs[0] if hq_epochs else None,
        lanes={
            lane: LaneHealth(
                head=state.head,
                through=state.mark.through,
                waiting=state.waiting,
                floor=state.floor,
            )
            for lane, state in counts.lanes.items()
        },
        oldest_waiting_utc=None if oldest_ms is None else _text_of(oldest_ms),
        captured=counts.captured,
        settled=counts.settled,
        waiting=counts.waiting,
        quarantined=counts.quarantined,
        db_bytes=file_bytes,
        free_bytes=free,
        capacity_days=capacity_days(
            min(free - settings.limits.min_free_bytes, settings.limits.max_db_bytes - file_bytes),
            view.daily_bytes(counts, now_utc_ms),
        ),
        devices=devices,
        boot_id=settings.clock.boot_id,
        boottime_ms=settings.clock.boottime_ms(),
        alarms=alarms,
    )


def capacity_days(room_bytes: int, daily_bytes: float | None) -> int | None:
    """Return how long `room_bytes` last; None when the daily need is not known yet."""
    if daily_bytes is None:
        return None
    return max(0, min(MAX_CAPACITY_DAYS, int(room_bytes / daily_bytes)))


def _text_of(utc_ms: int) -> str:
    return utc_text(datetime.fromtimestamp(utc_ms / 1000, UTC))


class Health:
    """Makes heartbeats and leaves each in the status file; used by the uplink's thread.

    Args:
        counts: returns the outbox's latest picture.
        devices: returns the latest report of each device.
        alarms: returns what is to be said of the box itself, given the state of the link.
    """

    def __init__(
        self,
        settings: Settings,
        version: str,
        counts: Callable[[], Counts],
        devices: Callable[[], tuple[DeviceHealth, ...]],
        alarms: Callable[[LinkReport], Mapping[str, str]],
    ) -> None:
        self._settings = settings
        self._version = version
        self._counts = counts
        self._devices = devices
        self._alarms = alarms
        self._view = OutboxView(settings.box.outbox)

    def beat(self, link: LinkReport) -> bytes:
        """Return a heartbeat's bytes."""
        payload = encode_heartbeat(
            heartbeat_of(
                self._settings,
                self._version,
                self._counts(),
                self._view,
                self._devices(),
                self._alarms(link),
            )
        )
        write_status(self._settings.box, payload, link)
        return payload

    def close(self) -> None:
        """Let go of the outbox."""
        self._view.close()


@dataclass(frozen=True, slots=True)
class Status:
    """What the status file holds."""

    heartbeat: dict[str, Any]
    link: LinkReport


def write_status(box: BoxSettings, heartbeat: bytes, link: LinkReport) -> None:
    """Replace the status file; a disk without room for it costs nothing but the status."""
    document = f'{{"heartbeat":{heartbeat.decode()},"link":{json.dumps(asdict(link))}}}'
    fresh = box.status_file.with_suffix(".new")
    try:
        box.run_dir.mkdir(parents=True, exist_ok=True)
        fresh.write_text(document, encoding="utf-8")
        fresh.replace(box.status_file)
    except OSError:
        fresh.unlink(missing_ok=True)


def read_status(path: Path) -> Status | None:
    """Return what a running agent left last; None when there is nothing to be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Status(document["heartbeat"], LinkReport(**document["link"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
