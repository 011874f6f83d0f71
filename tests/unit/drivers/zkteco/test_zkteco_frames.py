"""Frames: what is enforced before anything is believed."""

import pytest

from drivers.errors import MalformedError, RefusedError
from drivers.zkteco.frames import (
    Command,
    DatagramDecoder,
    Frame,
    StreamDecoder,
    checksum,
    decode,
    encode,
    encode_tcp,
)

GREETING = Frame(Command.ACK_OK, 0x4501, 0)


def test_a_checksum_of_0_and_one_of_ffff_mean_the_same() -> None:
    whole = Frame(0xFFFF, 0, 0)  # its only word folds to FFFF, so its checksum is 0
    payload = encode(whole)
    assert payload[2:4] == b"\0\0"
    assert decode(payload[:2] + b"\xff\xff" + payload[4:]) == whole


def test_an_empty_sum_has_the_checksum_of_all_ones() -> None:
    assert checksum(bytes(8)) == 0xFFFF


def test_an_odd_last_byte_counts_as_a_word() -> None:
    assert checksum(b"\x01\x00\x02") == 0xFFFF - 3
    assert decode(encode(Frame(2000, 1, 2, b"\x09"))).data == b"\x09"


@pytest.mark.parametrize("flip", range(8 * 12))
def test_every_single_wrong_bit_is_noticed(flip: int) -> None:
    payload = bytearray(encode(Frame(1501, 0, 9, b"abcd")))
    payload[flip // 8] ^= 1 << flip % 8
    with pytest.raises(MalformedError, match="checksum"):
        decode(bytes(payload))


def test_a_broken_stream_stays_broken_and_keeps_nothing() -> None:
    decoder = StreamDecoder()
    decoder.feed(encode_tcp(GREETING) + b"junk" + encode_tcp(GREETING))
    assert decoder.next_frame() == GREETING
    for _ in range(2):
        with pytest.raises(MalformedError, match="start no frame"):
            decoder.next_frame()
        decoder.feed(encode_tcp(GREETING))


def test_bytes_that_never_were_a_frame_name_the_stranger() -> None:
    decoder = StreamDecoder()
    decoder.feed(b"HTTP/1.1 200 OK\r\n")
    with pytest.raises(RefusedError, match="a web server"):
        decoder.next_frame()


def test_a_damaged_datagram_is_one_that_never_came() -> None:
    decoder = DatagramDecoder()
    for datagram in (b"", b"short", encode(GREETING)[:-1], b"x" * 40, encode(GREETING)):
        decoder.feed(datagram)
    assert decoder.next_frame() == GREETING
    assert decoder.next_frame() is None
