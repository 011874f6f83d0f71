"""Wire version 1, frozen: bytes that boxes in the field send must mean the same for ever.

A failure here is not repaired by changing the files: it needs a new wire version.
"""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from sync.envelope import decode_batch, encode_body
from sync.identity import record_id
from sync.items import Item
from sync.receipt import decode_receipt, encode_receipt
from sync.records import from_wire, to_wire

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "wire"


def _cases(name: str) -> list[Any]:
    cases: list[Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert cases
    return cases


@pytest.mark.parametrize("case", _cases("records_v1.json"), ids=lambda case: case["record_id"][:8])
def test_a_record_keeps_its_identity_and_its_form(case: dict[str, Any]) -> None:
    record = from_wire(case["wire"])
    assert record_id(record) == case["record_id"]
    assert encode_body(to_wire(record)) == encode_body(case["wire"])


@pytest.mark.parametrize("case", _cases("batches_v1.json"), ids=lambda case: case["lane"])
def test_a_batch_keeps_its_meaning(case: dict[str, Any]) -> None:
    batch = decode_batch(b64decode(case["payload_b64"]))
    assert (batch.box_id, batch.epoch, batch.lane, batch.first) == (
        case["box"],
        case["epoch"],
        case["lane"],
        case["first"],
    )
    assert [item.record_id for item in batch.items if isinstance(item, Item)] == case["record_ids"]


@pytest.mark.parametrize("case", _cases("sheaves_v1.json"), ids=lambda case: case["lane"])
def test_a_sheaf_keeps_its_meaning(case: dict[str, Any]) -> None:
    batch = decode_batch(b64decode(case["payload_b64"]))
    assert (batch.box_id, batch.epoch, batch.lane, batch.first, batch.life) == (
        case["box"],
        case["epoch"],
        case["lane"],
        case["first"],
        case["life"],
    )
    assert [item.record_id for item in batch.items if isinstance(item, Item)] == case["record_ids"]
    assert [item.body for item in batch.items] == [encode_body(wire) for wire in case["records"]]


@pytest.mark.parametrize("case", _cases("receipts_v1.json"), ids=lambda case: case["lane"])
def test_a_receipt_keeps_its_meaning(case: dict[str, Any]) -> None:
    receipt = decode_receipt(case["payload"].encode())
    assert (receipt.epoch, receipt.lane, receipt.mark.through, receipt.hq_epoch) == (
        case["epoch"],
        case["lane"],
        case["through"],
        case["hq_epoch"],
    )
    assert [list(pair) for pair in receipt.mark.beyond] == case["beyond"]
    assert [[item.seq, item.code] for item in receipt.rejected] == case["rejected"]
    assert encode_receipt(receipt).decode() == case["payload"]
