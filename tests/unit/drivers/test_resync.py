"""Frames are found behind noise, lies and cuts, and memory stays bounded."""

from __future__ import annotations

from drivers.resync import NOT_A_FRAME, Resync


def decoder() -> Resync[bytes]:
    """A toy protocol: A0 A1, length of the payload, payload, sum of the payload."""

    def measure(head: bytes) -> int | None:
        if len(head) < 3:
            return None
        return NOT_A_FRAME if head[2] > 100 else 3 + head[2] + 1

    def decode(raw: bytes) -> bytes | None:
        return raw[3:-1] if sum(raw[3:-1]) & 0xFF == raw[-1] else None

    return Resync(b"\xa0\xa1", measure, decode)


def frame(payload: bytes) -> bytes:
    return b"\xa0\xa1" + bytes((len(payload),)) + payload + bytes((sum(payload) & 0xFF,))


def test_a_frame_byte_by_byte_is_found() -> None:
    toy = decoder()
    found = [payload for byte in frame(b"hello") for payload in toy.feed(bytes((byte,)))]
    assert found == [b"hello"]
    assert toy.waiting_bytes == 0


def test_noise_before_and_between_frames_costs_nothing_but_itself() -> None:
    toy = decoder()
    assert toy.feed(b"junk\xa0" + frame(b"a") + b"\xa0\xff" + frame(b"b")) == [b"a", b"b"]
    assert toy.noise_bytes == 7


def test_a_mark_inside_a_frame_is_data() -> None:
    toy = decoder()
    assert toy.feed(frame(b"x" + frame(b"y")) + frame(b"z")) == [b"x" + frame(b"y"), b"z"]


def test_a_wrong_checksum_loses_one_frame_and_is_counted() -> None:
    toy = decoder()
    spoiled = bytearray(frame(b"bad"))
    spoiled[-1] ^= 1
    assert toy.feed(bytes(spoiled) + frame(b"good")) == [b"good"]
    assert toy.damaged_frames == 1


def test_a_length_that_cannot_be_does_not_wait_for_it() -> None:
    toy = decoder()
    assert toy.feed(b"\xa0\xa1\xff" + frame(b"after")) == [b"after"]


def test_giving_up_finds_the_frame_a_lie_had_swallowed() -> None:
    toy = decoder()
    assert toy.feed(b"\xa0\xa1\x50" + frame(b"swallowed")) == []
    assert toy.give_up() == [b"swallowed"]
    assert toy.give_up() == []


def test_endless_noise_is_not_kept() -> None:
    toy = decoder()
    for _ in range(200):
        toy.feed(b"\xa0" * 1000)
        toy.feed(b"\xa0\xa1\x60")
        assert toy.waiting_bytes <= 3 + 100 + 1
