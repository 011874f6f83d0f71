"""TC_B frames mean what the captures say, and damage is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.anviz.frames import MAX_DATA_BYTES, Command, Frame, FrameDecoder, crc16, encode

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[5] / "shared/vectors/anviz_tcb.json").read_text()
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_every_captured_frame_decodes_to_its_meaning_or_is_refused(vector: dict[str, Any]) -> None:
    raw, meaning = bytes.fromhex(vector["bytes_hex"]), vector["meaning"]
    decoder = FrameDecoder()
    frames = decoder.feed(raw)
    if vector["name"].endswith("bad_crc"):
        assert frames == []
        assert decoder.damaged_frames == 1
        return
    (frame,) = frames
    assert frame.device_id == meaning["device"]
    assert frame.command == int(meaning["cmd"], 16) & 0x7F
    assert frame.return_code == meaning.get("ret")
    assert frame.data.hex() == meaning["data"]
    assert len(frame.data) == meaning["length"]
    assert encode(frame) == raw


def test_the_checksum_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0x6F91


def test_our_own_echo_is_told_from_an_answer() -> None:
    question = Frame(1, Command.COUNTERS, b"")
    answer = Frame(1, Command.COUNTERS, b"\0" * 18, 0)
    echo, real = FrameDecoder().feed(encode(question) + encode(answer))
    assert (echo.is_answer, real.is_answer) == (False, True)


def test_the_pong_is_a_question_in_form() -> None:
    (pong,) = FrameDecoder().feed(encode(Frame(1, Command.PONG, b"")))
    assert pong == Frame(1, Command.PONG, b"")


def test_a_length_beyond_the_manual_never_makes_us_wait() -> None:
    decoder = FrameDecoder()
    lie = bytes.fromhex("a500000001bc00ffff")
    assert decoder.feed(lie) == []
    assert decoder.waiting_bytes == 0
    assert MAX_DATA_BYTES < 0xFFFF
