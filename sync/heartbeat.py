"""The heartbeat of a box: what it holds, what it waits for and how each device does.

Published to `topics.health`. Headquarters believes a device's `complete_utc` (law 9) once
its marks of that epoch reach the device's `complete_lane_heads`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from sync.envelope import MAX_SEQ, decode_json, encode_body, instant_field, text_field, whole
from sync.errors import WireError
from sync.topics import Lane

VERSION: Final = 1
MAX_DEVICES: Final = 200
MAX_DETAIL: Final = 1000
MAX_FACTS: Final = 50
MAX_ALARMS: Final = 20
_MAX_COUNT: Final = 2**53
_Value = TypeVar("_Value")


class DeviceStatus(StrEnum):
    """How the last attempt to read a device ended; the values of `drivers.errors` and two more."""

    OK = "ok"
    DOWN = "down"
    BUSY = "busy"
    MALFORMED = "malformed"
    REFUSED = "refused"
    NEW = "new"  # never read since the agent started


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHealth:
    """Where a lane of the outbox stands.

    Attributes:
        head: the highest number given, 0 in an empty lane.
        through: all up to here are settled.
        waiting: how many are not settled.
        floor: rows up to here have left the box after their time and cannot be sent again.
    """

    head: int
    through: int
    waiting: int
    floor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How one device of the box does.

    Attributes:
        name: the device's name in the box settings.
        source_id: the identity of the source, None until it was read once.
        detail: what is wrong and what to do, for a person; empty when all is well.
        last_read_utc: when a read last succeeded, also one that found nothing new.
        complete_utc: when the last complete pass over the source began; None: never yet.
        complete_lane_heads: the lanes' heads after the rows of that pass were stored.
        clock_offset_ms: device minus box clock; None: not measured.
        device_records: how many records the device says it holds; None: it does not say.
        facts: model, firmware and what else is worth showing.
    """

    name: str
    driver: str
    source_id: str | None
    store_id: str
    status: DeviceStatus
    detail: str
    last_read_utc: str | None
    complete_utc: str | None
    complete_lane_heads: Mapping[Lane, int]
    clock_offset_ms: int | None
    device_records: int | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a box says about itself.

    Attributes:
        epoch: identity of the outbox file `lanes` belong to.
        hq_epoch: the headquarters database the marks are from; None before the first receipt.
        oldest_waiting_utc: capture time of the oldest record not settled; None: none waits.
        captured: equals ``settled + waiting + quarantined`` (law 1); the decoder insists.
        boot_id, boottime_ms: which boot of the box this is and how long it has lasted: by it
            headquarters dates records that were taken before the box knew the time.
        alarms: what a person should know of the box itself, a sentence by a stable code;
            codes are documented in docs/troubleshooting.md.
        capacity_days: how long the disk lasts at the present rate; None: not known yet.
    """

    box_id: str
    store_id: str
    version: str
    at_utc: str
    epoch: str
    hq_epoch: str | None
    lanes: Mapping[Lane, LaneHealth]
    oldest_waiting_utc: str | None
    captured: int
    settled: int
    waiting: int
    quarantined: int
    db_bytes: int
    free_bytes: int
    capacity_days: int | None
    devices: tuple[DeviceHealth, ...]
    boot_id: str = "unknown-boot"
    boottime_ms: int = 0
    alarms: Mapping[str, str] = field(default_factory=dict)


def encode_heartbeat(beat: Heartbeat) -> bytes:
    """Return the JSON bytes of a heartbeat."""
    assert beat.captured == beat.settled + beat.waiting + beat.quarantined, "law 1"
    message = {
        "v": VERSION,
        "box": beat.box_id,
        "store": beat.store_id,
        "version": beat.version,
        "at_utc": beat.at_utc,
        "epoch": beat.epoch,
        "hq_epoch": beat.hq_epoch,
        "lanes": {
            lane: {
                "head": item.head,
                "through": item.through,
                "waiting": item.waiting,
                "floor": item.floor,
            }
            for lane, item in beat.lanes.items()
        },
        "oldest_waiting_utc": beat.oldest_waiting_utc,
        "captured": beat.captured,
        "settled": beat.settled,
        "waiting": beat.waiting,
        "quarantined": beat.quarantined,
        "db_bytes": beat.db_bytes,
        "free_bytes": beat.free_bytes,
        "capacity_days": beat.capacity_days,
        "boot_id": beat.boot_id,
        "boottime_ms": beat.boottime_ms,
        "alarms": {code: text[:MAX_DETAIL] for code, text in beat.alarms.items()},
        "devices": [_device_to_wire(device) for device in beat.devices],
    }
    return encode_body(message).encode()


def _device_to_wire(device: DeviceHealth) -> dict[str, Any]:
    return {
        "name": device.name,
        "driver": device.driver,
        "source_id": device.source_id,
        "store_id": device.store_id,
        "status": device.status,
        "detail": device.detail[:MAX_DETAIL],
        "last_read_utc": device.last_read_utc,
        "complete_utc": device.complete_utc,
        "complete_lane_heads": dict(device.complete_lane_heads),
        "clock_offset_ms": device.clock_offset_ms,
        "device_records": device.device_records,
        "facts": dict(device.facts),
    }


def decode_heartbeat(payload: bytes) -> Heartbeat:
    """Decode a heartbeat.

    Raises:
        WireError: it does not hold, or its counters break law 1.
    """
    message = decode_json(payload)
    if message.get("v") != VERSION:
        raise WireError("version", f"heartbeat version {message.get('v')!r}")
    devices = message.get("devices")
    if not isinstance(devices, list) or len(devices) > MAX_DEVICES:
        raise WireError("field", f"devices: a list of at most {MAX_DEVICES} is expected")
    beat = Heartbeat(
        box_id=text_field(message, "box"),
        store_id=text_field(message, "store"),
        version=text_field(message, "version"),
        at_utc=instant_field(message, "at_utc"),
        epoch=text_field(message, "epoch"),
        hq_epoch=_if_given(message, "hq_epoch", text_field),
        lanes={lane: _lane_from_wire(item) for lane, item in _by_lane(message, "lanes").items()},
        oldest_waiting_utc=_if_given(message, "oldest_waiting_utc", instant_field),
        captured=_count(message, "captured"),
        settled=_count(message, "settled"),
        waiting=_count(message, "waiting"),
        quarantined=_count(message, "quarantined"),
        db_bytes=_count(message, "db_bytes"),
        free_bytes=_count(message, "free_bytes"),
        capacity_days=_if_given(message, "capacity_days", _count),
        devices=tuple(_device_from_wire(item) for item in devices),
        boot_id=_if_given(message, "boot_id", text_field) or "unknown-boot",
        boottime_ms=_if_given(message, "boottime_ms", _count) or 0,
        alarms=_alarms(message.get("alarms") or {}),
    )
    if beat.captured != beat.settled + beat.waiting + beat.quarantined:
        raise WireError(
            "law1",
            f"captured {beat.captured} is not settled {beat.settled} + waiting {beat.waiting}"
            f" + quarantined {beat.quarantined}",
        )
    return beat


def _lane_from_wire(item: Any) -> LaneHealth:
    if not isinstance(item, dict):
        raise WireError("field", "lanes: objects are expected")
    return LaneHealth(
        head=whole(item, "head", 0, MAX_SEQ),
        through=whole(item, "through", 0, MAX_SEQ),
        waiting=_count(item, "waiting"),
        floor=whole(item, "floor", 0, MAX_SEQ),
    )


def _device_from_wire(item: Any) -> DeviceHealth:
    if not isinstance(item, dict):
        raise WireError("field", "devices: objects are expected")
    status = text_field(item, "status")
    if status not in set(DeviceStatus):
        raise WireError("field", f"status: {status!r} is none of {', '.join(DeviceStatus)}")
    detail = item.get("detail")
    if type(detail) is not str or len(detail) > MAX_DETAIL:
        raise WireError("field", f"detail: a text of at most {MAX_DETAIL} is expected")
    return DeviceHealth(
        name=text_field(item, "name"),
        driver=text_field(item, "driver"),
        source_id=_if_given(item, "source_id", text_field),
        store_id=text_field(item, "store_id"),
        status=DeviceStatus(status),
        detail=detail,
        last_read_utc=_if_given(item, "last_read_utc", instant_field),
        complete_utc=_if_given(item, "complete_utc", instant_field),
        complete_lane_heads={
            lane: whole(item["complete_lane_heads"], lane, 0, MAX_SEQ)
            for lane in _by_lane(item, "complete_lane_heads")
        },
        clock_offset_ms=_if_given(item, "clock_offset_ms", _offset),
        device_records=_if_given(item, "device_records", _count),
        facts=_facts(item.get("facts")),
    )


def _if_given(
    message: dict[str, Any], name: str, read: Callable[[dict[str, Any], str], _Value]
) -> _Value | None:
    return None if message.get(name) is None else read(message, name)


def _count(message: dict[str, Any], name: str) -> int:
    return whole(message, name, 0, _MAX_COUNT)


def _offset(message: dict[str, Any], name: str) -> int:
    return whole(message, name, -_MAX_COUNT, _MAX_COUNT)


def _by_lane(message: dict[str, Any], name: str) -> dict[Lane, Any]:
    """Return an object keyed by lane; lanes this side does not know are left out."""
    value = message.get(name)
    if not isinstance(value, dict):
        raise WireError("field", f"{name}: an object is expected")
    return {lane: value[lane] for lane in Lane if lane in value}


def _alarms(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_ALARMS:
        raise WireError("field", f"alarms: an object of at most {MAX_ALARMS} texts is expected")
    return {str(code)[:200]: str(text)[:MAX_DETAIL] for code, text in value.items()}


def _facts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_FACTS:
        raise WireError("field", f"facts: an object of at most {MAX_FACTS} texts is expected")
    return {str(key)[:200]: str(text)[:200] for key, text in value.items()}
