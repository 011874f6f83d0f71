"""Whoever talks on the wrong cable is named."""

from __future__ import annotations

import random

import pytest

from drivers.strangers import describe_stranger


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        (b"$GPGGA,123519,4807.038,N*47\r\n", "GPS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"HTTP/1.1 400 Bad Request\r\n", "web server"),
        (bytes.fromhex("ef01ffffffff07000300000a"), "EF01"),
        (bytes.fromhex("55aa01000000000030003001"), "GT-511"),
        (bytes.fromhex("a500000001bc000012"), "Anviz"),
        (b"", "nothing"),
        (b"hello there\r\n", "hello there"),
    ],
)
def test_known_voices_are_named(sample: bytes, name: str) -> None:
    assert name in describe_stranger(sample)


def test_a_wrong_baud_rate_is_recognised_by_formless_bytes() -> None:
    assert "baud" in describe_stranger(random.Random(3).randbytes(200))
