"""A box sends sheaves only to receivers that all read them."""

from __future__ import annotations

import pytest

from agent.parcel import Packing, packed
from sync.envelope import MAX_PAYLOAD_BYTES, SHEAF, encode_body
from sync.presence import ReceiverState
from sync.topics import Lane

BODIES = [
    encode_body(
        {
            "kind": "punch",
            "device_serial": "A1",
            "user_id": f"{number}",
            "device_time": "2026-11-23T08:59:59",
            "state_code": 255,
            "verify_code": 1,
            "occurrence": 0,
            "workcode": "",
            "store_id": "s001",
            "driver": "zkteco",
            "received_at_utc": "2026-11-23T09:00:02.120Z",
            "boot_id": "b",
            "boottime_ms": 5,
            "clock_offset_ms": None,
        }
    )
    for number in range(4)
]


def _state(*, reads_sheaves: bool, online: bool = True) -> ReceiverState:
    return ReceiverState(
        online=online, hq_epoch="h", at_utc="2026-11-23T09:00:02.120Z", reads_sheaves=reads_sheaves
    )


@pytest.mark.parametrize(
    ("heard", "is_sheaf"),
    [
        ([], False),
        ([("hq-1", True, True)], True),
        ([("hq-1", True, True), ("hq-2", True, False)], False),
        ([("hq-1", True, True), ("hq-2", True, False), ("hq-2", False, False)], True),
        ([("hq-1", True, True), ("hq-1", True, False)], False),
        ([("hq-1", True, True), ("hq-1", False, True)], False),
    ],
)
def test_the_form_suits_every_receiver(heard: list[tuple[str, bool, bool]], is_sheaf: bool) -> None:
    packing = Packing("box-1", sheaf_from=2)
    for receiver_id, online, reads in heard:
        packing.heard(receiver_id, _state(reads_sheaves=reads, online=online))
    parcel = packing.pack("e1", Lane.PUNCH, 1, BODIES)
    assert parcel.records == len(BODIES)
    assert (parcel.payload[:1] == SHEAF) is is_sheaf


def test_after_a_lost_connection_nobody_is_known() -> None:
    packing = Packing("box-1", sheaf_from=2)
    packing.heard("hq-1", _state(reads_sheaves=True))
    packing.forget()
    assert packing.pack("e1", Lane.PUNCH, 1, BODIES).payload[:1] != SHEAF


def test_records_that_do_not_fit_wait_for_the_next_message() -> None:
    large = ["x" * (MAX_PAYLOAD_BYTES // 3)] * 4
    parcel = packed("box-1", "e1", Lane.PUNCH, 1, large)
    assert parcel.records == 2
    assert len(parcel.payload) <= MAX_PAYLOAD_BYTES
