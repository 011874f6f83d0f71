"""The heartbeat and the presence messages survive the wire, and nothing broken does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync.errors import WireError
from sync.heartbeat import (
    DeviceHealth,
    DeviceStatus,
    Heartbeat,
    LaneHealth,
    decode_heartbeat,
    encode_heartbeat,
)
from sync.presence import (
    BoxState,
    ReceiverState,
    decode_box_state,
    decode_receiver_state,
    encode_box_state,
    encode_receiver_state,
)
from sync.topics import Lane

NOW = "2026-11-23T08:59:59.123Z"
DOOR = DeviceHealth(
    name="前门",
    driver="zkteco",
    source_id="CKUH2117",
    store_id="s001",
    status=DeviceStatus.DOWN,
    detail="does not answer (timeout). Check the cable.",
    last_read_utc=NOW,
    complete_utc=NOW,
    complete_lane_heads={Lane.PUNCH: 7, Lane.BULK: 100_000},
    clock_offset_ms=-252_000,
    device_records=100_007,
    facts={"firmware": "Ver 6.60"},
)
BEAT = Heartbeat(
    box_id="box-001",
    store_id="s001",
    version="0.1.0",
    at_utc=NOW,
    epoch="e1",
    hq_epoch="h1",
    lanes={Lane.PUNCH: LaneHealth(head=7, through=5, waiting=2, floor=0)},
    oldest_waiting_utc=NOW,
    captured=8,
    settled=5,
    waiting=2,
    quarantined=1,
    db_bytes=4096,
    free_bytes=10**10,
    capacity_days=41,
    devices=(DOOR,),
)


def test_a_heartbeat_survives_the_wire() -> None:
    assert decode_heartbeat(encode_heartbeat(BEAT)) == BEAT


def test_what_is_not_known_yet_stays_unknown() -> None:
    door = replace(
        DOOR,
        source_id=None,
        status=DeviceStatus.NEW,
        last_read_utc=None,
        complete_utc=None,
        complete_lane_heads={},
        clock_offset_ms=None,
        device_records=None,
    )
    beat = replace(
        BEAT, hq_epoch=None, oldest_waiting_utc=None, capacity_days=None, devices=(door,)
    )
    assert decode_heartbeat(encode_heartbeat(beat)) == beat


def test_counters_that_break_law_one_are_refused() -> None:
    message = json.loads(encode_heartbeat(BEAT)) | {"settled": 6}
    with pytest.raises(WireError, match="captured 8 is not settled 6"):
        decode_heartbeat(json.dumps(message).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("v", 2),
        ("box", ""),
        ("at_utc", "yesterday"),
        ("lanes", []),
        ("lanes", {"punch": 3}),
        ("lanes", {"punch": {"head": -1}}),
        ("captured", True),
        ("capacity_days", 1.5),
        ("devices", {}),
        ("devices", ["door"]),
        ("devices", [{"status": "fine"}]),
    ],
)
def test_a_broken_field_is_refused(field: str, value: object) -> None:
    message = json.loads(encode_heartbeat(BEAT)) | {field: value}
    with pytest.raises(WireError):
        decode_heartbeat(json.dumps(message).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "fine"), ("detail", 3), ("facts", []), ("complete_lane_heads", {"punch": "7"})],
)
def test_a_broken_device_is_refused(field: str, value: object) -> None:
    message = json.loads(encode_heartbeat(BEAT))
    message["devices"][0][field] = value
    with pytest.raises(WireError):
        decode_heartbeat(json.dumps(message).encode())


def test_presence_survives_the_wire() -> None:
    birth = BoxState(
        box_id="box-001",
        online=True,
        nonce="n1",
        version="0.1.0",
        epoch="e1",
        heads={Lane.PUNCH: 7},
        config_hash="abc",
        at_utc=NOW,
    )
    assert decode_box_state(encode_box_state(birth)) == birth
    receiver = ReceiverState(online=False, hq_epoch="h1", at_utc=NOW)
    assert decode_receiver_state(encode_receiver_state(receiver)) == receiver


def test_a_broken_presence_is_refused() -> None:
    for payload in (b"", b"{}", b'{"v":1,"online":1,"hq_epoch":"h","at_utc":"x"}'):
        with pytest.raises(WireError):
            decode_receiver_state(payload)
        with pytest.raises(WireError):
            decode_box_state(payload)
