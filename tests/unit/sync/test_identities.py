"""Law 4: what is in the natural key makes a record, what the box adds does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.identity import record_id
from sync.records import Punch, Sale

PUNCH = Punch(
    device_serial="A1",
    user_id="7",
    device_time="2026-11-23T08:59:59",
    state_code=0,
    verify_code=1,
    occurrence=0,
    workcode="",
    store_id="s001",
    driver="zkteco",
    received_at_utc="2026-11-23T09:00:02.120Z",
    boot_id="b",
    boottime_ms=5,
    clock_offset_ms=None,
)
SALE = Sale(
    store_id="s001",
    register_id="1",
    receipt_id="r",
    line_no=1,
    line_kind="sale",
    sold_at="2026-11-23T08:59:59",
    seller_code="",
    item_code="",
    quantity_milli=1000,
    amount_fen=100,
    original_receipt_id="",
    source_name="a.csv",
    driver="posfile",
    received_at_utc="2026-11-23T09:00:02.120Z",
    boot_id="b",
    boottime_ms=5,
)


@pytest.mark.parametrize(
    "change",
    [
        {"device_serial": "A2"},
        {"user_id": "07"},
        {"device_time": "2026-11-23T09:00:00"},
        {"state_code": 1},
        {"verify_code": 2},
        {"occurrence": 1},
    ],
)
def test_another_touch_is_another_record(change: dict[str, Any]) -> None:
    assert record_id(replace(PUNCH, **change)) != record_id(PUNCH)


@pytest.mark.parametrize(
    "change",
    [
        {"workcode": "3"},
        {"store_id": "s002"},
        {"driver": "attlogfile"},
        {"received_at_utc": "2027-01-01T00:00:00.000Z"},
        {"boot_id": "c", "boottime_ms": 9},
        {"clock_offset_ms": 400},
    ],
)
def test_another_way_of_reading_it_is_the_same_record(change: dict[str, Any]) -> None:
    assert record_id(replace(PUNCH, **change)) == record_id(PUNCH)


def test_a_till_line_is_its_place_on_its_receipt() -> None:
    assert record_id(replace(SALE, source_name="b.csv", seller_code="x")) == record_id(SALE)
    assert record_id(replace(SALE, line_no=2)) != record_id(SALE)
    assert record_id(replace(SALE, register_id="2")) != record_id(SALE)


def test_fields_do_not_run_into_each_other() -> None:
    one = replace(SALE, register_id="1", receipt_id="23")
    other = replace(SALE, register_id="12", receipt_id="3")
    assert record_id(one) != record_id(other)


def test_punches_of_a_minute_are_neighbours() -> None:
    assert record_id(PUNCH)[:12] == "202611230859"
    assert len(record_id(PUNCH)) == len(record_id(SALE)) == 32
