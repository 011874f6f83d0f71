"""Laws of records and batches: what goes on the wire comes off it, whatever else arrives."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.envelope import (
    COMPRESS_FROM_RECORDS,
    DEFLATED,
    MAX_BATCH_RECORDS,
    MAX_DECODED_BYTES,
    MAX_PAYLOAD_BYTES,
    PLAIN,
    decode_batch,
    encode_batch,
    encode_body,
    frame,
)
from sync.errors import WireError
from sync.identity import record_id
from sync.items import Item, Refused, read_items
from sync.records import Punch, Record, Sale, SaleKind, Trouble, from_wire, to_wire
from sync.topics import Lane

names = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters=[chr(n) for n in [*range(32), 127]]
    ),
    min_size=1,
    max_size=30,
)
notes = st.one_of(st.just(""), names)
local_times = st.datetimes(min_value=datetime(1000, 1, 1)).map(
    lambda at: at.strftime("%Y-%m-%dT%H:%M:%S")
)
stamps = st.fixed_dictionaries(
    {
        "store_id": names,
        "driver": names,
        "received_at_utc": local_times.map(lambda text: text + ".120Z"),
        "boot_id": names,
        "boottime_ms": st.integers(0, 2**53),
    }
)
amounts = st.integers(-(10**13), 10**13)
codes = st.integers(0, 255)
punches = st.builds(
    lambda stamp, **own: Punch(**stamp, **own),
    stamps,
    device_serial=names,
    user_id=names,
    device_time=local_times,
    state_code=codes,
    verify_code=codes,
    occurrence=st.integers(0, 10**6),
    workcode=notes,
    clock_offset_ms=st.none() | st.integers(-(2**53), 2**53),
)
sales = st.builds(
    lambda stamp, **own: Sale(**stamp, **own),
    stamps,
    register_id=names,
    receipt_id=names,
    line_no=st.integers(0, 10**6),
    line_kind=st.sampled_from(SaleKind).map(str),
    sold_at=local_times,
    seller_code=notes,
    item_code=notes,
    quantity_milli=amounts,
    amount_fen=amounts,
    original_receipt_id=notes,
    source_name=notes,
)
troubles = st.builds(
    lambda stamp, **own: Trouble(**stamp, **own),
    stamps,
    source=names,
    position=notes,
    code=names,
    detail=notes,
    raw_b64=notes,
    raw_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    raw_bytes=st.integers(0, 2**40),
)
records = st.one_of(punches, sales, troubles)

PUNCH = Punch(
    device_serial="A1",
    user_id="007",
    device_time="2026-11-23T08:59:59",
    state_code=255,
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


def _batch(*bodies: str) -> bytes:
    return encode_batch("box-1", "e1", Lane.PUNCH, 1, bodies)


@given(records)
def test_a_record_survives_the_wire(record: Record) -> None:
    wire = json.loads(encode_body(to_wire(record)))
    assert from_wire(wire) == record


@given(st.lists(records, min_size=1, max_size=COMPRESS_FROM_RECORDS + 2), st.integers(1, 2**62))
def test_a_batch_survives_the_wire(batch: list[Record], first: int) -> None:
    bodies = [encode_body(to_wire(record)) for record in batch]
    decoded = decode_batch(encode_batch("box-1", "e1", Lane.BULK, first, bodies))
    assert decoded.records == tuple(batch)
    assert decoded.last == first + len(batch) - 1
    assert (decoded.box_id, decoded.epoch, decoded.lane) == ("box-1", "e1", Lane.BULK)
    assert [item.body for item in decoded.items] == bodies


@given(records)
def test_the_quick_reader_identifies_as_the_careful_one(record: Record) -> None:
    (item,), _ = read_items(encode_body(to_wire(record)), 0, 1)
    assert isinstance(item, Item)
    assert item[:3] == (record_id(record), record.KIND, record.store_id)
    assert item.record() == record


_odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),  # neither is JSON
    st.text(max_size=300),
    st.sampled_from(["2026-02-29T08:00:00", "2028-02-29T08:00:00", "2026-11-23T24:00:00"]),
    st.sampled_from(["２０２６-11-23T08:00:00", "2026-11-23T08:00:00.120Z", "a\ud800b", "a\x00"]),
    st.lists(st.integers(), max_size=2),
)


@given(records, st.data())
def test_the_quick_reader_takes_nothing_the_careful_one_refuses(
    record: Record, data: st.DataObject
) -> None:
    wire = to_wire(record)
    wire[data.draw(st.sampled_from(sorted(wire)))] = data.draw(_odd_values)
    text = json.dumps(wire, ensure_ascii=data.draw(st.booleans()), separators=(",", ":"))
    (item,), end = read_items(text, 0, 1)
    assert end == len(text)
    if isinstance(item, Item):
        assert item.record_id == record_id(from_wire(json.loads(text)))
    else:
        with pytest.raises(WireError, match=item.error.code):
            from_wire(json.loads(text))


def test_fields_of_a_newer_box_are_kept_and_ignored() -> None:
    body = encode_body(to_wire(PUNCH) | {"mood": "good"})
    (item,) = decode_batch(_batch(body)).items
    assert isinstance(item, Item)
    assert item.record() == PUNCH
    assert item.body == body


def test_a_bad_record_does_not_hide_its_neighbours() -> None:
    good, other = (encode_body(to_wire(replace(PUNCH, occurrence=n))) for n in range(2))
    first, bad, last = decode_batch(_batch(good, '{"kind":"cake"}', other)).items
    assert isinstance(first, Item)
    assert isinstance(last, Item)
    assert isinstance(bad, Refused)
    assert (bad.error.code, bad.body) == ("kind", '{"kind":"cake"}')


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("device_time", "2026-02-30T08:00:00"),
        ("device_time", "２０２６-11-23T08:00:00"),
        ("device_time", "2026-11-23T08:00:60"),
        ("user_id", ""),
        ("user_id", "a\x1fb"),
        ("user_id", "a\ud800"),
        ("user_id", "a" * 201),
        ("user_id", 7),
        ("state_code", 256),
        ("state_code", True),
        ("state_code", 1.0),
        ("state_code", 10**400),
        ("clock_offset_ms", 2**53 + 1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(change: str, value: Any) -> None:
    with pytest.raises(WireError, match=f"punch.{change}"):
        from_wire(to_wire(PUNCH) | {change: value})


def _framed(text: str) -> bytes:
    return frame(PLAIN, text.encode())


HEAD = '{"v":1,"box":"b","epoch":"e","lane":"punch","first":1,"n":1'


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "header"),
        (b"?{}", "header"),
        (PLAIN, "checksum"),
        (PLAIN + b"no checksum", "checksum"),
        (frame(PLAIN, b""), "json"),
        (frame(PLAIN, b"\xff\xfe"), "json"),
        (frame(DEFLATED, b"no zlib"), "deflate"),
        (frame(DEFLATED, zlib.compress(b"{}" * 100)[:-4]), "deflate"),
        (frame(DEFLATED, zlib.compress(b" " * (MAX_DECODED_BYTES + 1))), "oversize"),
        (frame(PLAIN, b" " * MAX_PAYLOAD_BYTES), "oversize"),
        (_framed(HEAD + ',"records":' + "[" * 60000), "depth"),
        (_framed(HEAD + ',"records":[' + '{"a":' * 1999 + "1" + "}" * 1999 + "]}"), "depth"),
        (_framed("[1]"), "json"),
        (_framed(HEAD + ',"records" : [{}]}'), "json"),
        (_framed(HEAD + ',"records":[NaN]}'), "json"),
        (_framed(HEAD + ',"records":[-Infinity]}'), "json"),
        (_framed(HEAD + ',"records":[' + "9" * 5000 + "]}"), "json"),
        (_framed(HEAD + ',"records":[]}'), "json"),
        (_framed(HEAD + ',"records":[{},{}]}'), "field"),
        (_framed(HEAD + ',"records":[{}]} {}'), "field"),
        (_framed(HEAD.replace('"v":1', '"v":2') + ',"records":[{}]}'), "version"),
        (_framed(HEAD.replace('"v":1,', "") + ',"records":[{}]}'), "version"),
        (_framed(HEAD.replace("punch", "cake") + ',"records":[{}]}'), "field"),
        (_framed(HEAD.replace('"first":1', '"first":0') + ',"records":[{}]}'), "field"),
        (_framed(HEAD.replace('"first":1', '"first":true') + ',"records":[{}]}'), "field"),
        (
            _framed(HEAD.replace('"n":1', f'"n":{MAX_BATCH_RECORDS + 1}') + ',"records":[{}]}'),
            "field",
        ),
        (_framed(HEAD.replace('"e"', '"a\\u0000b"') + ',"records":[{}]}'), "field"),
        (_framed(HEAD.replace('"e"', '"a\\ud800b"') + ',"records":[{}]}'), "field"),
    ],
)
def test_a_hostile_batch_is_refused_with_a_code(payload: bytes, code: str) -> None:
    with pytest.raises(WireError) as refused:
        decode_batch(payload)
    assert refused.value.code == code
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("count", [1, COMPRESS_FROM_RECORDS])
def test_no_bit_of_a_batch_can_turn_over_unnoticed(count: int) -> None:
    """Most of all not one inside a name or an amount, where the JSON would still be JSON."""
    bodies = [encode_body(to_wire(replace(PUNCH, occurrence=n))) for n in range(count)]
    payload = _batch(*bodies)
    for bit in range(8 * len(payload)):
        spoilt = bytearray(payload)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError, match="checksum" if bit >= 8 else "checksum|header"):
            decode_batch(bytes(spoilt))


@pytest.mark.parametrize("value", ["1", '"text"', "[[]]", "null", '{"kind":["punch"]}', "1e400"])
def test_anything_in_a_records_place_is_a_refused_record(value: str) -> None:
    (item,) = decode_batch(_framed(HEAD + f',"records":[{value}]}}')).items
    assert isinstance(item, Refused)
    assert item.body == value


def test_a_full_batch_of_long_records_is_split_by_its_sender_not_truncated() -> None:
    assert MAX_BATCH_RECORDS * 350 < MAX_DECODED_BYTES
    bodies = [encode_body(to_wire(replace(PUNCH, occurrence=n))) for n in range(MAX_BATCH_RECORDS)]
    payload = _batch(*bodies)
    assert len(payload) < MAX_PAYLOAD_BYTES
    assert decode_batch(payload).last == MAX_BATCH_RECORDS
