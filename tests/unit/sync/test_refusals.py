"""Headquarters' word that a batch cannot be read."""

from __future__ import annotations

import pytest

from sync.errors import WireError
from sync.refusal import Refusal, checksum_of, decode_refusal, encode_refusal


def test_a_refusal_travels() -> None:
    refusal = Refusal(checksum_of(b"Jno batch"), "json")
    assert decode_refusal(encode_refusal(refusal)) == refusal


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b'{"v":2,"checksum":1,"code":"json"}', b'{"v":1,"checksum":-1,"code":"json"}',
     b'{"v":1,"checksum":4294967296,"code":"json"}', b'{"v":1,"checksum":1}'],
)  # fmt: skip
def test_what_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        decode_refusal(payload)
