"""Published bytes of real terminals decode to what is known of them, or are refused for why."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import MalformedError
from drivers.occurrences import Occurrences
from drivers.simulators.zk_terminal import Person, encode_user
from drivers.zkteco.frames import (
    Command,
    Frame,
    StreamDecoder,
    checksum,
    decode,
    encode,
    encode_tcp,
    scramble_key,
)
from drivers.zkteco.layouts import LAYOUTS, RecordDecoder, choose_layout, decode_text, decode_time
from drivers.zkteco.live import decode_event
from drivers.zkteco.session import Session

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "vectors"
LATEST = date(2027, 1, 1)


def _vectors(name: str) -> dict[str, dict[str, Any]]:
    entries = json.loads((VECTORS / f"zk4370_{name}.json").read_text("utf-8"))
    return {f"{index}-{entry['name']}": entry for index, entry in enumerate(entries)}


FRAMES = _vectors("frames") | _vectors("bulk")
ATTLOG = _vectors("attlog")
LIVE = _vectors("live")
USERS = _vectors("users")


def _named(vectors: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return next(vector for vector in vectors.values() if vector["name"] == name)


def _bytes(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["bytes_hex"])


def _frames(data: bytes) -> list[Frame]:
    decoder = StreamDecoder()
    decoder.feed(data)
    frames = []
    while (frame := decoder.next_frame()) is not None:
        frames.append(frame)
    return frames


def _answered(exchange: Any, *answers: Frame) -> Any:
    """Drive an exchange with given answers, whatever it asks."""
    waiting = list(answers)
    step = next(exchange)
    try:
        while True:
            step = exchange.send(None if step is not None else waiting.pop(0))
    except StopIteration as end:
        return end.value


WHOLE_FRAMES = {name: v for name, v in FRAMES.items() if "declared_len" in v["meaning"]}


@pytest.mark.parametrize("vector", WHOLE_FRAMES.values(), ids=WHOLE_FRAMES)
def test_a_recorded_frame_decodes_and_encodes_to_itself(vector: dict[str, Any]) -> None:
    raw, meaning = _bytes(vector), vector["meaning"]
    if vector["transport"] == "tcp":
        (frame,) = _frames(raw)
        assert encode_tcp(frame) == raw
    else:
        frame = decode(raw)
        assert encode(frame) == raw
    assert (frame.command, frame.session, frame.reply) == (
        meaning["command"],
        meaning["session"],
        meaning["reply"],
    )
    payload = encode(frame)
    assert checksum(payload[:2] + b"\0\0" + payload[4:]) == int(meaning["checksum"], 16)


def test_the_recorded_key_is_scrambled_alike() -> None:
    (frame,) = _frames(_bytes(_named(FRAMES, "auth_key45")))
    assert frame.data == scramble_key(45, frame.session)
    assert scramble_key(12, 0x45CF).hex() == "614d323c"


def test_recorded_counts_are_read() -> None:
    counts = _bytes(_named(FRAMES, "free_sizes_data_92B_F18"))
    sizes = _answered(Session(0, is_datagram=False).sizes(), Frame(Command.ACK_OK, 1, 0, counts))
    assert (sizes.records, sizes.capacity) == (58, 100_000)


def test_counts_of_a_terminal_in_access_mode_are_read_as_they_are() -> None:
    text = _named(FRAMES, "free_sizes_fields_H5L_access_mode")["text"]
    words = [int(word) for word in text.partition(": ")[2].split(",")]
    counts = b"".join(word.to_bytes(4, "little") for word in words)
    sizes = _answered(Session(0, is_datagram=False).sizes(), Frame(Command.ACK_OK, 1, 0, counts))
    assert (sizes.records, sizes.capacity) == (0, 200_000)


def test_the_log_is_asked_for_as_recorded_and_its_size_is_read() -> None:
    exchange = Session(0, is_datagram=False).prepare_log()
    request = next(exchange)
    assert request is not None
    assert request.data == _bytes(_named(FRAMES, "prepare_buffer_attlog_data"))
    (answer,) = _frames(_bytes(_named(FRAMES, "prepare_buffer_ack_size")))
    fitting = Frame(answer.command, answer.session, request.reply, answer.data)
    exchange.send(None)
    with pytest.raises(StopIteration) as end:
        exchange.send(fitting)
    assert end.value.value.size == 5044


def test_a_recorded_transfer_is_put_together_to_the_byte_however_it_was_cut() -> None:
    vector = _named(FRAMES, "bulk_synthetic_users_5044")
    raw = _bytes(vector)
    decoder, frames, at = StreamDecoder(), [], 0
    for size in vector["segments"]:
        decoder.feed(raw[at : at + size])
        at += size
        while (frame := decoder.next_frame()) is not None:
            frames.append(frame)
    assert [frame.command for frame in frames] == [
        Command.PREPARE_DATA,
        *[Command.DATA] * 6,
        Command.ACK_OK,
    ]
    session = Session(0, is_datagram=False)
    renumbered = [Frame(f.command, f.session, 0, f.data) for f in frames]
    data = _answered(session.read_chunk(0, 5044), *renumbered)
    assert len(data) == 5044
    assert int.from_bytes(data[:4], "little") == 5040 == 70 * 72


def test_valid_frames_with_meaningless_records_make_sense_in_no_layout() -> None:
    (frame,) = _frames(_bytes(_named(FRAMES, "direct_attlog_garbage_payload")))
    assert int.from_bytes(frame.data[:4], "little") == 120 == len(frame.data) - 4
    assert choose_layout(frame.data[4:], 120, LATEST) is None


RECORDS = {name: v for name, v in ATTLOG.items() if v.get("record_size") in (8, 40)}


@pytest.mark.parametrize("vector", RECORDS.values(), ids=RECORDS)
def test_a_recorded_punch_decodes_to_what_its_owner_saw(vector: dict[str, Any]) -> None:
    raw, meaning = _bytes(vector), vector["meaning"]
    layout = choose_layout(raw, len(raw), LATEST)
    assert layout is not None
    assert layout.stride == vector["record_size"]
    (row,), rejected = RecordDecoder(layout, 0, Occurrences()).decode(raw)
    assert not rejected
    assert row.device_time == meaning["time"].replace(" ", "T")
    assert row.user_id == str(meaning.get("user_id", meaning.get("pin")))
    assert row.verify_code == meaning.get("verify", row.verify_code)
    assert row.state_code == meaning.get("status", row.state_code)


def test_records_of_16_bytes_go_on_across_packets() -> None:
    vector = _named(ATTLOG, "attlog16_udp_mid_packet")
    records = _bytes(vector)[8 + 4 :]  # the end of a record of the packet before stands first
    layout = choose_layout(records, len(records), LATEST)
    assert layout is LAYOUTS[16]
    rows, rejected = RecordDecoder(layout, 0, Occurrences()).decode(records)
    expected = vector["meaning"]["records"]
    assert not rejected
    assert [(row.user_id, row.device_time.replace("T", " ")) for row in rows] == [
        (str(record["user_id"]), record["time"]) for record in expected
    ]
    twice = [row.occurrence for row in rows if row.device_time == "2018-06-06T07:54:58"]
    assert twice == [0, 1], "a double touch in one second stays two"


def test_records_of_49_bytes_are_told_from_those_of_40() -> None:
    vector = _named(ATTLOG, "attlog49_two_records_derived")
    raw = _bytes(vector)
    layout = choose_layout(raw, len(raw), LATEST)
    assert layout is LAYOUTS[49]
    rows, _ = RecordDecoder(layout, 0, Occurrences()).decode(raw)
    for row, record in zip(rows, vector["meaning"]["records"], strict=True):
        assert row.user_id == record["user_id"]
        assert row.device_time == record["time"].replace(" ", "T")
        assert row.verify_code == record["verify"]


def test_a_time_from_damaged_memory_is_none_and_a_good_one_is_read() -> None:
    for name, expected in (
        ("time_negative_int32_1971", None),
        ("time_example_f19", "2018-06-25T17:50:35"),
        ("time_oplog_example", "2018-06-25T16:09:38"),
    ):
        word = int.from_bytes(_bytes(_named(ATTLOG, name)), "little")
        assert decode_time(word) == expected


TOUCHES = {name: v for name, v in LIVE.items() if v["meaning"]["event"] == 1}


@pytest.mark.parametrize("vector", TOUCHES.values(), ids=TOUCHES)
def test_a_recorded_live_event_decodes_or_its_frame_is_refused(vector: dict[str, Any]) -> None:
    raw, meaning = _bytes(vector), vector["meaning"]
    if meaning["checksum_ok"]:
        (frame,) = _frames(raw)
        assert (frame.command, frame.session) == (Command.REGISTER_EVENTS, 1)
        assert frame.reply == meaning["reply"]
        data = frame.data
    else:
        assert _frames(raw) == [], "a frame that claims 1016 bytes is not complete at 40"
        with pytest.raises(MalformedError, match="checksum"):
            _frames(raw[:4] + (40).to_bytes(4, "little") + raw[8:])
        data = raw[16:]
    touch = decode_event(data)
    assert touch is not None
    assert (touch.user_id, touch.device_time) == (
        meaning["user_id"],
        meaning["time"].replace(" ", "T"),
    )
    assert (touch.verify_code, touch.state_code) == (meaning["verify"], meaning["status"])


def test_an_event_that_is_no_touch_is_acknowledged_and_no_hint() -> None:
    (frame,) = _frames(_bytes(_named(LIVE, "live_event_fpftr")))
    session = Session(0, is_datagram=False)
    listening = session.listen()
    assert next(listening) is None
    acknowledgement = listening.send(frame)
    assert acknowledgement is not None
    assert acknowledgement.command == Command.ACK_OK
    assert not session.touch_heard


def test_the_recorded_users_are_those_the_simulator_would_store() -> None:
    vector = _named(USERS, "users_inline_DATA_7")
    (frame,) = _frames(_bytes(vector))
    assert frame.command == Command.DATA
    assert int.from_bytes(frame.data[:4], "little") == 7 * 72
    first = vector["meaning"]
    for index, (uid, user_id) in enumerate(zip(first["uids"], first["user_ids"], strict=True)):
        stored = frame.data[4 + index * 72 :][:72]
        assert stored == encode_user(Person(uid, user_id, privilege=14 if uid == 1 else 0))


def test_a_name_typed_in_gbk_is_read() -> None:
    assert decode_text(_bytes(_named(USERS, "user_name_gbk"))) == "张三"
