"""How a stream was split never matters, and no mutation crashes, hangs or invents a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.anviz.frames import MAX_DATA_BYTES, Frame, FrameDecoder, encode
from drivers.anviz.layouts import RECORD_BYTES, RECORD_EPOCHS, parse_punch, split_packet
from drivers.fingermodule.frames import (
    MAX_CONTENT_BYTES,
    Packet,
    PacketDecoder,
    PacketKind,
    Word,
    WordDecoder,
    encode_packet,
    encode_word,
)
from drivers.occurrences import Occurrences
from drivers.serialline.frames import Framing, FramingKind, LineDecoder
from drivers.serialline.layouts import DateLine, PunchLine, Story, recognise
from drivers.serialline.settings import SerialLineSettings, profile_names
from sync.records import is_clean_text


class Decoder(Protocol):
    def feed(self, data: bytes) -> Sequence[Any]: ...


FRAMINGS = (
    Framing(kind=FramingKind.DELIMITER, max_bytes=12),
    Framing(kind=FramingKind.STX_ETX, start_byte=2, end_bytes=b"\x03", max_bytes=12),
    Framing(kind=FramingKind.STX_ETX, start_byte=2, end_bytes=b"\x03", tail_bytes=2, max_bytes=12),
    Framing(kind=FramingKind.FIXED, length=5),
    Framing(kind=FramingKind.FIXED, start_byte=2, length=5),
    Framing(kind=FramingKind.GAP, max_bytes=12),
)
DECODERS: list[Callable[[], Decoder]] = [
    FrameDecoder,
    PacketDecoder,
    WordDecoder,
    *(lambda framing=framing: LineDecoder(framing) for framing in FRAMINGS),  # type: ignore[misc]
]
U32 = st.integers(0, 0xFFFFFFFF)

anviz_frames = st.builds(
    Frame,
    U32,
    st.integers(0, 0x7E),
    st.binary(max_size=60),
    st.one_of(st.none(), st.integers(0, 255)),
)
packets = st.builds(
    Packet,
    U32,
    st.sampled_from(sorted(PacketKind)),
    st.binary(min_size=1, max_size=40),
)
words = st.builds(Word, st.integers(0, 0xFFFF), U32, st.integers(0, 0xFFFF))
pieces = st.one_of(
    anviz_frames.map(encode),
    packets.map(encode_packet),
    words.map(encode_word),
    st.binary(max_size=20),
    st.sampled_from([b"\xef\x01", b"\x55\xaa", b"\xa5", b"\x02", b"\x03", b"\r\n", b"12,34\r"]),
)
streams = st.lists(pieces, max_size=12).map(b"".join)
cuts = st.lists(st.integers(0, 600), max_size=20)


def split(stream: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(stream)) for cut in at), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("made", DECODERS)
@given(stream=streams, at=cuts)
def test_any_split_of_any_stream_gives_the_same_frames(
    made: Callable[[], Decoder], stream: bytes, at: list[int]
) -> None:
    whole = list(made().feed(stream))
    in_parts = made()
    assert [frame for part in split(stream, at) for frame in in_parts.feed(part)] == whole
    by_bytes = made()
    assert [frame for byte in stream for frame in by_bytes.feed(bytes((byte,)))] == whole


@given(frames=st.lists(anviz_frames, max_size=5))
def test_anviz_frames_survive_the_round_trip(frames: list[Frame]) -> None:
    assert FrameDecoder().feed(b"".join(map(encode, frames))) == frames


@given(sent=st.lists(packets, max_size=5))
def test_ef01_packets_survive_the_round_trip(sent: list[Packet]) -> None:
    assert PacketDecoder().feed(b"".join(map(encode_packet, sent))) == sent


@given(sent=st.lists(words, max_size=5))
def test_gt511_words_survive_the_round_trip(sent: list[Word]) -> None:
    assert WordDecoder().feed(b"".join(map(encode_word, sent))) == sent


@given(stream=streams, flips=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 7))))
def test_a_damaged_stream_never_invents_a_frame(
    stream: bytes, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(stream or b"\0")
    for at, bit in flips:
        damaged[at % len(damaged)] ^= 1 << bit
    data = bytes(damaged)
    anviz, module, gt511 = FrameDecoder(), PacketDecoder(), WordDecoder()
    assert all(encode(frame) in data for frame in anviz.feed(data) + anviz.give_up())
    assert all(encode_packet(packet) in data for packet in module.feed(data) + module.give_up())
    assert all(encode_word(word) in data for word in gt511.feed(data) + gt511.give_up())


@given(frame=anviz_frames, at=st.integers(0, 600), bit=st.integers(0, 7))
def test_a_flipped_bit_is_never_overlooked(frame: Frame, at: int, bit: int) -> None:
    raw = bytearray(encode(frame))
    raw[at % len(raw)] ^= 1 << bit
    assert frame not in FrameDecoder().feed(bytes(raw))


@given(stream=st.binary(max_size=3000))
def test_no_noise_is_kept_beyond_one_frame(stream: bytes) -> None:
    anviz, module = FrameDecoder(), PacketDecoder()
    anviz.feed(stream)
    module.feed(stream)
    assert anviz.waiting_bytes <= MAX_DATA_BYTES + 11
    assert module.waiting_bytes <= MAX_CONTENT_BYTES + 11
    anviz.give_up()
    module.give_up()


@given(data=st.binary(max_size=400))
def test_a_download_packet_is_whole_records_or_refused(data: bytes) -> None:
    records = split_packet(data)
    if records is None:
        assert not data or len(data) != 1 + data[0] * RECORD_BYTES
        return
    count = Occurrences()
    rows = [parse_punch(record, RECORD_EPOCHS["2000-01-02"], count) for record in records]
    assert len(rows) == data[0]
    assert all(is_clean_text(row.user_id) for row in rows)


PROFILES = {
    name: SerialLineSettings.from_table(
        {"url": "serial:///dev/ttyUSB0", "serial": "T-1", "profile": name}, "test"
    )
    for name in profile_names()
}
almost_lines = st.one_of(
    st.binary(max_size=60),
    st.from_regex(r"[0-9A-F]{1,14},?[0-9/:; -]{0,24}[\r\n]{1,2}", fullmatch=True).map(str.encode),
    st.sampled_from([b"080122,1,1234,01,40\r\n", b"T#,20261113\r\n", b"\x024A00003039F9\x03"]),
)


@pytest.mark.parametrize("profile", sorted(PROFILES))
@given(stream=st.lists(almost_lines, max_size=8).map(b"".join))
def test_whatever_a_line_says_each_frame_is_a_clean_punch_or_a_reason(
    profile: str, stream: bytes
) -> None:
    made = PROFILES[profile]
    decoder, story = LineDecoder(made.framing), Story(made.fields)
    arrived = datetime(2026, 11, 23, 8, 0) + timedelta(seconds=len(stream))
    for piece in decoder.feed(stream) + decoder.gap():
        assert len(piece.raw) <= made.framing.max_bytes + 1 + made.framing.tail_bytes
        line = recognise(piece, made.framing, made.check, made.fields)
        if not isinstance(line, PunchLine | DateLine):
            continue
        row = story.tell(line, arrived)
        user_id = getattr(row, "user_id", None)
        if user_id is not None:
            assert is_clean_text(user_id)
            datetime.fromisoformat(row.device_time)  # type: ignore[union-attr]
