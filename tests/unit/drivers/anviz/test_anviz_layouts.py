"""TC_B answers mean what the manual and the terminals say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from drivers.anviz.layouts import (
    RECORD_EPOCHS,
    epoch_doubt,
    parse_counters,
    parse_device_time,
    parse_punch,
    parse_serial,
    split_packet,
)
from drivers.occurrences import Occurrences
from drivers.simulators.anviz import record

TOUCH = datetime(2026, 11, 23, 8, 59, 58)
REAL_EPOCH = RECORD_EPOCHS["2000-01-02"]


def test_a_record_becomes_a_punch_and_the_door_bit_is_no_state() -> None:
    raw = record(1042, TOUCH, state=0x80 | 1, verify=2, workcode=77)
    row = parse_punch(raw, REAL_EPOCH, Occurrences())
    assert (row.user_id, row.device_time) == ("1042", "2026-11-23T08:59:58")
    assert (row.state_code, row.verify_code, row.workcode) == (1, 2, "77")


def test_the_manuals_epoch_moves_every_punch_by_one_day() -> None:
    raw = record(1, TOUCH)
    as_the_manual_says = parse_punch(raw, RECORD_EPOCHS["2000-01-01"], Occurrences())
    assert as_the_manual_says.device_time == "2026-11-22T08:59:58"


def test_a_record_a_day_ahead_of_the_terminals_clock_raises_the_epoch_doubt() -> None:
    now = TOUCH + timedelta(minutes=5)
    assert "record_epoch" in epoch_doubt(TOUCH + timedelta(days=1), now)
    assert epoch_doubt(TOUCH, now) == ""
    assert epoch_doubt(TOUCH + timedelta(days=40), now) == ""  # the clock was set back


def test_every_stored_second_has_a_time() -> None:
    for seconds in (0, 0xFFFFFFFF):
        raw = b"\0\0\0\0\1" + seconds.to_bytes(4, "big") + bytes(5)
        assert parse_punch(raw, REAL_EPOCH, Occurrences()).device_time[:2] in ("20", "21")


def test_equal_touches_of_one_second_stay_two() -> None:
    count = Occurrences()
    rows = [parse_punch(record(7, TOUCH), REAL_EPOCH, count) for _ in range(2)]
    assert [row.occurrence for row in rows] == [0, 1]


@pytest.mark.parametrize("lie", [b"", b"\x02" + record(1, TOUCH), b"\x00" + record(1, TOUCH)])
def test_item_33_a_count_byte_that_does_not_fit_its_records_is_refused(lie: bytes) -> None:
    assert split_packet(lie) is None


def test_a_packet_splits_into_its_records() -> None:
    records = (record(1, TOUCH), record(2, TOUCH))
    assert split_packet(b"\x02" + b"".join(records)) == records
    assert split_packet(b"\x00") == ()


def test_counters_serial_and_clock_refuse_what_they_cannot_be() -> None:
    assert parse_counters(bytes(17)) is None
    assert parse_device_time(bytes((26, 2, 31, 8, 0, 0))) is None
    assert parse_device_time(bytes(5)) is None
    assert parse_device_time(bytes((26, 11, 23, 8, 0, 0))) == datetime(2026, 11, 23, 8, 0)
    assert parse_serial(b"0230100018420001") == "0230100018420001"
    assert parse_serial(b"A320\0\0\0junk") == "A320"
    assert [parse_serial(none) for none in (b"\0" * 16, b"0" * 16, b"\xff" * 16)] == ["", "", ""]
