"""Module frames mean what captures say; noise, lies and damage are told apart from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.fingermodule.codes import Confirmation
from drivers.fingermodule.frames import (
    Packet,
    PacketDecoder,
    PacketKind,
    Word,
    WordDecoder,
    encode_packet,
    encode_word,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[5] / "shared/vectors/serial_fingerprint.json").read_text()
)
EF01 = [one for one in VECTORS if "pid" in one["meaning"]]
GT511 = [one for one in VECTORS if one["name"].startswith("gt_")]
OK = Packet(0xFFFFFFFF, PacketKind.ACK, b"\0")


def named(name: str) -> bytes:
    (vector,) = [one for one in VECTORS if one["name"] == name]
    return bytes.fromhex(vector["bytes_hex"])


def test_no_vector_is_left_out() -> None:
    hostile = {"incomplete_commands_seen_in_public_code"}
    assert {one["name"] for one in EF01 + GT511} | hostile == {one["name"] for one in VECTORS}


@pytest.mark.parametrize("vector", EF01, ids=lambda vector: vector["name"])
def test_every_captured_packet_decodes_to_its_meaning(vector: dict[str, Any]) -> None:
    raw, meaning = bytes.fromhex(vector["bytes_hex"]), vector["meaning"]
    decoder = PacketDecoder()
    (packet,) = decoder.feed(raw)
    assert f"{packet.address:08x}" == meaning["address"]
    assert packet.kind == meaning["pid"]
    assert packet.content.hex() == meaning["content"]
    junk = bytes.fromhex(meaning["prefix_junk"])
    assert decoder.noise_bytes == len(junk)
    assert encode_packet(packet) == raw[len(junk) :]


@pytest.mark.parametrize("vector", GT511, ids=lambda vector: vector["name"])
def test_every_captured_word_decodes_to_its_meaning(vector: dict[str, Any]) -> None:
    raw, meaning = bytes.fromhex(vector["bytes_hex"]), vector["meaning"]
    (word,) = WordDecoder().feed(raw)
    expected = Word(meaning["device_id"], meaning["param"], int(meaning["cmd"], 16))
    assert word == expected
    assert encode_word(word) == raw


def test_a_hit_tells_page_and_score() -> None:
    (packet,) = PacketDecoder().feed(named("search_hit_17"))
    assert packet.content[0] == Confirmation.OK
    assert int.from_bytes(packet.content[1:3], "big") == 17
    assert int.from_bytes(packet.content[3:5], "big") == 111


def test_an_incomplete_command_is_no_frame_and_is_given_up() -> None:
    decoder = PacketDecoder()
    assert decoder.feed(named("incomplete_commands_seen_in_public_code")) == []
    assert decoder.give_up() == []
    assert decoder.feed(named("ack_ok")) == [OK]


def test_item_30_the_mark_inside_data_is_data() -> None:
    inside = Packet(0xFFFFFFFF, PacketKind.ACK, b"\0\xef\x01\xff\xff")
    assert PacketDecoder().feed(encode_packet(inside) + named("ack_ok")) == [inside, OK]


@pytest.mark.parametrize("length", [b"\0\0", b"\0\1", b"\0\2", b"\xff\xff"])
def test_item_30_impossible_lengths_are_stepped_over_at_once(length: bytes) -> None:
    lie = named("ack_ok")[:7] + length
    assert PacketDecoder().feed(lie + named("ack_ok")) == [OK]


def test_item_30_a_checksum_off_by_one_is_refused_and_counted() -> None:
    for delta in (1, 0xFF):
        spoiled = named("ack_ok")[:-1] + bytes(((named("ack_ok")[-1] + delta) & 0xFF,))
        decoder = PacketDecoder()
        assert decoder.feed(spoiled) == []
        assert decoder.damaged_frames == 1


def test_item_30_noise_before_the_mark_costs_only_itself() -> None:
    assert PacketDecoder().feed(b"\x55\xef\xef\x00" + named("ack_ok")) == [OK]
