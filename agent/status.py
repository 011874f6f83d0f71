"""How the box does, for a person at its keyboard; works while the agent runs and when not.

What waits is read from the outbox itself; how devices and connection do is what the agent
last said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from agent import storage
from agent.health import NOBODY_THERE, Status, capacity_days, read_status
from agent.lanes import Counts
from agent.lock import is_running
from agent.outbox_view import OutboxView
from agent.settings import MEGABYTE, Settings
from agent.words import Words
from sync.clock import parse_utc


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """Everything `status` shows.

    Attributes:
        last: what the agent said last, None if it never ran here.
        room_bytes: what records may still take.
    """

    is_running: bool
    now: datetime
    counts: Counts
    oldest_waiting: datetime | None
    room_bytes: int
    capacity_days: int | None
    last: Status | None

    @property
    def is_well(self) -> bool:
        """Tell whether the agent runs, is connected, and every device was read."""
        return (
            self.is_running
            and self.last is not None
            and self.last.link.is_up
            and not self.last.link.trouble
            and not self.last.heartbeat.get("alarms")
            and all(device["status"] == "ok" for device in self.last.heartbeat["devices"])
        )

    def to_json(self) -> dict[str, Any]:
        """Return the status for machines."""
        return {
            "well": self.is_well,
            "running": self.is_running,
            "epoch": self.counts.epoch,
            "captured": self.counts.captured,
            "settled": self.counts.settled,
            "waiting": self.counts.waiting,
            "quarantined": self.counts.quarantined,
            "waiting_by_lane": {lane: state.waiting for lane, state in self.counts.lanes.items()},
            "oldest_waiting_utc": None
            if self.oldest_waiting is None
            else self.oldest_waiting.isoformat(),
            "room_bytes": self.room_bytes,
            "capacity_days": self.capacity_days,
            "link": None if self.last is None else asdict(self.last.link),
            "heartbeat": None if self.last is None else self.last.heartbeat,
        }


def status_of(settings: Settings) -> BoxStatus:
    """Read how the box does.

    Raises:
        StorageError: there is no outbox yet.
    """
    now = settings.clock.now_utc()
    view = OutboxView(settings.box.outbox)
    try:
        counts = view.counts()
        oldest_ms = view.oldest_waiting_utc_ms(counts)
        daily_bytes = view.daily_bytes(counts, int(now.timestamp() * 1000))
    finally:
        view.close()
    room_bytes = max(
        0,
        min(
            storage.free_bytes(settings.box.data_dir) - settings.limits.min_free_bytes,
            settings.limits.max_db_bytes - settings.box.outbox.stat().st_size,
        ),
    )
    return BoxStatus(
        is_running=is_running(settings.box.data_dir),
        now=now,
        counts=counts,
        oldest_waiting=None if oldest_ms is None else datetime.fromtimestamp(oldest_ms / 1000, UTC),
        room_bytes=room_bytes,
        capacity_days=capacity_days(room_bytes, daily_bytes),
        last=read_status(settings.box.status_file),
    )


def lines_of(status: BoxStatus, settings: Settings, words: Words) -> Iterator[str]:
    """Yield the status in human terms, a sentence a line."""
    yield words.say("running" if status.is_running else "stopped")
    yield _waiting_line(status, words)
    yield words.say(
        "totals",
        captured=status.counts.captured,
        settled=status.counts.settled,
        quarantined=status.counts.quarantined,
    )
    if status.capacity_days is None:
        yield words.say("room_unknown", free_mb=status.room_bytes // MEGABYTE)
    else:
        yield words.say("room", days=status.capacity_days)
    if status.last is None:
        return
    if status.is_running:
        yield _link_line(status.last, settings, words)
    else:
        yield words.say("as_of", at=_local(status.last.heartbeat["at_utc"], settings))
    for code in status.last.heartbeat.get("alarms", ()):
        yield words.say(f"alarm_{code}")
    for device in status.last.heartbeat["devices"]:
        yield _device_line(device, settings, words)


def _waiting_line(status: BoxStatus, words: Words) -> str:
    if status.oldest_waiting is None:
        return words.say("nothing_waiting")
    lanes = ", ".join(
        words.say(f"lane_{lane}", count=state.waiting)
        for lane, state in status.counts.lanes.items()
        if state.waiting
    )
    age = words.duration(status.now - status.oldest_waiting)
    return words.say("waiting", count=status.counts.waiting, lanes=lanes, age=age)


def _link_line(last: Status, settings: Settings, words: Words) -> str:
    if not last.link.is_up:
        said = words.say("link_down", trouble=last.link.trouble or "...")
    elif last.link.trouble == NOBODY_THERE:
        said = words.say("link_nobody")
    elif last.link.trouble:
        said = words.say("link_trouble", trouble=last.link.trouble)
    else:
        said = words.say("link_up")
    if last.link.last_receipt_utc is None:
        return f"{said}; {words.say('no_receipt')}"
    return f"{said}; {words.say('last_receipt', at=_local(last.link.last_receipt_utc, settings))}"


def _device_line(device: dict[str, Any], settings: Settings, words: Words) -> str:
    read_at = device["last_read_utc"]
    parts = [
        words.say(f"device_{device['status']}", at=_local(read_at, settings) if read_at else "-")
    ]
    if device["clock_offset_ms"] is not None:
        parts.append(words.say("clock", offset=words.offset(device["clock_offset_ms"])))
    if device["device_records"] is not None:
        parts.append(words.say("records", count=device["device_records"]))
    if device["detail"]:
        parts.append(device["detail"])
    return f"{device['name']}: {', '.join(parts)}"


def _local(utc: str, settings: Settings) -> str:
    return f"{parse_utc(utc).astimezone(settings.box.zone):%m-%d %H:%M}"
