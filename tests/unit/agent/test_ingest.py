"""What a driver read becomes records, and nothing it read can stop the rest."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from agent.capture import Capture
from agent.ingest import MAX_SHOWN_BYTES, Arrival, Origin, capture_of
from drivers.contract import Gap, PunchRow, Reading, Rejected, SaleRow
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import Punch, Sale, Trouble, from_wire, to_wire
from sync.topics import Lane

ORIGIN = Origin("front door", "zkteco", "s001")
ARRIVAL = Arrival(datetime(2026, 11, 23, 8, 0, 0, 123000, tzinfo=UTC), "boot-1", 98_765)
TOUCH = PunchRow("007", "2026-11-23T08:59:59", 0, 1, 0)
LINE = SaleRow(
    register_id="A",
    receipt_id="750-67",
    line_no=1,
    line_kind="sale",
    sold_at="2026-11-23T13:08:00",
    seller_code="",
    item_code="Health",
    quantity_milli=7000,
    amount_fen=54897,
    original_receipt_id="",
    source_name="day.csv",
)


def captured(**parts: object) -> Capture:
    reading = Reading(source_id="CKUH1", cursor={"n": 1}, **parts)  # type: ignore[arg-type]
    return capture_of(reading, ORIGIN, ARRIVAL, None)


def test_a_punch_carries_where_it_is_from_and_every_clock() -> None:
    (row,) = captured(punches=(TOUCH,), clock_offset_ms=-252_000).rows
    record = from_wire(json.loads(row.body))
    assert record == Punch(
        device_serial="CKUH1",
        user_id="007",
        device_time="2026-11-23T08:59:59",
        state_code=0,
        verify_code=1,
        occurrence=0,
        workcode="",
        store_id="s001",
        driver="zkteco",
        received_at_utc="2026-11-23T08:00:00.123Z",
        boot_id="boot-1",
        boottime_ms=98_765,
        clock_offset_ms=-252_000,
    )
    assert row.lane is Lane.PUNCH


def test_one_source_may_bring_the_punches_of_several_terminals() -> None:
    touch, trouble = (
        from_wire(json.loads(row.body))
        for row in captured(
            punches=(TOUCH,),
            rejected=(Rejected("line 1", "columns", "?", b"x"),),
            device_serial="B2",
        ).rows
    )
    assert isinstance(touch, Punch)
    assert isinstance(trouble, Trouble)
    assert (touch.device_serial, trouble.source) == ("B2", "B2")
    assert captured(device_serial="B2").source_id == "CKUH1"


def test_a_sale_goes_into_its_lane() -> None:
    (row,) = captured(sales=(LINE,)).rows
    record = from_wire(json.loads(row.body))
    assert isinstance(record, Sale)
    assert (row.lane, record.amount_fen, record.store_id) == (Lane.SALE, 54897, "s001")


def test_history_goes_into_the_bulk() -> None:
    rows = captured(punches=(TOUCH,), sales=(LINE,), history=True).rows
    assert {row.lane for row in rows} == {Lane.BULK}


def test_the_same_record_has_the_same_key_whenever_it_is_read() -> None:
    later = Arrival(datetime(2027, 1, 1, tzinfo=UTC), "boot-2", 1)
    reading = Reading(source_id="CKUH1", cursor={}, punches=(TOUCH,), sales=(LINE,))
    again = capture_of(reading, ORIGIN, later, None)
    assert [row.key for row in again.rows] == [
        row.key for row in captured(punches=(TOUCH,), sales=(LINE,)).rows
    ]


def test_keys_sort_as_time_does() -> None:
    rows = captured(
        punches=tuple(
            PunchRow(f"{minute:03d}", f"2026-11-23T08:{minute:02d}:00", 0, 1, 0)
            for minute in range(60)
        )
    ).rows
    assert [row.key for row in rows] == sorted(row.key for row in rows)


def test_what_cannot_be_read_is_kept_whole_and_shown_in_part() -> None:
    raw = bytes(range(256)) * 40
    capture = captured(rejected=(Rejected("record 3", "date", "impossible", raw),))
    (piece,) = capture.pieces
    (row,) = capture.rows
    trouble = from_wire(json.loads(row.body))
    assert isinstance(trouble, Trouble)
    assert piece.raw == raw
    assert b64decode(trouble.raw_b64) == raw[:MAX_SHOWN_BYTES]
    assert (trouble.raw_bytes, trouble.raw_sha256) == (len(raw), sha256(raw).hexdigest())
    assert (row.lane, row.key) == (Lane.BULK, piece.key)


def test_a_row_that_cannot_travel_does_not_stop_its_neighbours() -> None:
    bad = (
        PunchRow("", "2026-11-23T09:00:00", 0, 1, 0),
        PunchRow("8", "2026-02-30T09:00:00", 0, 1, 0),
        PunchRow("9\x1f", "2026-11-23T09:00:00", 0, 1, 0),
        PunchRow("\ud800", "2026-11-23T09:00:00", 0, 1, 0),
        PunchRow("1" * 300, "2026-11-23T09:00:00", 0, 1, 0),
        PunchRow("1", "2026-11-23T09:00:00", 999, 1, 0),
    )
    capture = captured(punches=(*bad, TOUCH))
    assert [row.lane for row in capture.rows] == [Lane.PUNCH] + [Lane.BULK] * len(bad)
    assert {piece.code for piece in capture.pieces} == {"unfit"}
    assert all("cannot travel" in piece.detail for piece in capture.pieces)


def test_whatever_a_driver_says_about_a_trouble_can_travel() -> None:
    wild = Rejected("\x00" * 500, "", "\ud800\n" * 900, b"")
    (row,) = captured(rejected=(wild,)).rows
    assert isinstance(from_wire(json.loads(row.body)), Trouble)


AWKWARD = (
    'A","receipt_id":"B',
    'quote " and \\ backslash',
    "100 % %s %d %(name)s",
    "é 中文 😀",
    "",
    "x" * 201,
    "line\nbreak",
    "half \ud83d pair",
)


@pytest.mark.parametrize("item_code", AWKWARD)
@pytest.mark.parametrize("neighbours", [0, 3])
def test_whatever_a_text_holds_it_arrives_as_it_was_or_is_shown(
    item_code: str, neighbours: int
) -> None:
    lines = [LINE._replace(line_no=number + 2) for number in range(neighbours)]
    capture = captured(sales=(LINE._replace(item_code=item_code), *lines))
    sales = [json.loads(row.body) for row in capture.rows if row.lane is Lane.SALE]
    kept = {sale["line_no"]: sale["item_code"] for sale in sales}
    holds = len(item_code) <= 200 and not {"\n", "\ud83d"} & set(item_code)
    expected = {number + 2: LINE.item_code for number in range(neighbours)}
    assert kept == (expected | {1: item_code} if holds else expected)
    assert len(capture.pieces) == (0 if holds else 1)


def test_the_key_of_a_sale_begins_with_its_time() -> None:
    (row,) = captured(sales=(LINE,)).rows
    record = from_wire(json.loads(row.body))
    assert row.key.hex() == "20261123130800" + record_id(record)
    assert row.body == encode_body(to_wire(record))


def test_a_gap_travels_as_a_record_of_its_own_and_is_the_same_however_often_it_is_told() -> None:
    gap = Gap("2026-11-23T01:00:00.000Z", "2026-11-23T02:30:00.000Z")
    (row,) = captured(gaps=(gap,)).rows
    wire = json.loads(row.body)
    assert (row.lane, wire["kind"], wire["source"]) == (Lane.PUNCH, "gap", "CKUH1")
    assert (wire["from_utc"], wire["to_utc"]) == (gap.from_utc, gap.to_utc)
    again = captured(gaps=(gap,), punches=(TOUCH,), complete=True)
    assert row.key in {one.key for one in again.rows}
