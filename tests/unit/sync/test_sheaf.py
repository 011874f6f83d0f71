"""Laws of sheaves: they say what JSON says, and what is odd in them is judged, not lost."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.envelope import (
    SHEAF,
    decode_batch,
    encode_batch,
    encode_body,
    encode_sheaf,
    frame,
    unfold,
)
from sync.errors import WireError
from sync.identity import record_id
from sync.items import Item, Refused
from sync.records import FIELDS, Punch, Record, Sale, to_wire
from sync.sheaf import BETWEEN, OWN, Sheaf, bind, bodies_of
from sync.topics import Lane
from tests.unit.sync.test_batches import PUNCH, punches, sales

PUNCHES = [replace(PUNCH, user_id=f"{number:03}") for number in range(5)]


def _bodies(records: list[Any]) -> list[str]:
    return [encode_body(to_wire(record)) for record in records]


def _alike(records: list[Any]) -> list[Record]:
    """Give all records what the first one shares with a reading."""
    kind = records[0].KIND
    shared = {name: getattr(records[0], name) for name in FIELDS[kind] if name not in OWN[kind]}
    return [replace(record, **shared) for record in records]


def _sheaf(records: list[Any]) -> bytes:
    made = encode_sheaf("box-1", "e1", Lane.PUNCH, 7, _bodies(records), "life", 2)
    assert made is not None
    assert made[1] == len(records)
    return made[0]


def _said(head: dict[str, Any], *lines: str) -> bytes:
    told = {"v": 1, "box": "box-1", "epoch": "e1", "lane": "punch", "first": 1, "n": len(lines)}
    return frame(SHEAF, zlib.compress("\n".join([json.dumps({**told, **head}), *lines]).encode()))


def _head(**change: Any) -> dict[str, Any]:
    wire = to_wire(PUNCH)
    own = list(OWN["punch"])
    shared = {name: wire[name] for name in wire if name not in (*own, "kind")}
    return {"kind": "punch", "shared": shared, "own": own, **change}


def _line(*values: str) -> str:
    return BETWEEN.join(values)


GOOD = _line("007", "2026-11-23T08:59:59", "255", "1", "0", "")


@given(st.lists(punches, min_size=2, max_size=5) | st.lists(sales, min_size=2, max_size=5))
def test_a_sheaf_says_what_json_says(records: list[Any]) -> None:
    alike = _alike(records)
    bodies = _bodies(alike)
    made = encode_sheaf("box-1", "e1", Lane.BULK, 7, bodies, "life", 2)
    if made is None:  # something is escaped: then it travels as JSON
        assert any("\\" in body for body in bodies)
        return
    batch, plain = (
        decode_batch(payload)
        for payload in (made[0], encode_batch("box-1", "e1", Lane.BULK, 7, bodies, "life"))
    )
    assert (batch.items, batch.first, batch.last, batch.life, batch.lane) == (
        plain.items, plain.first, plain.last, plain.life, plain.lane
    )  # fmt: skip
    assert [item.body for item in batch.items] == bodies
    if isinstance(batch.content, Sheaf):
        kept = unfold(batch.payload)
        assert bodies_of(kept.kind, kept.shared, kept.lines) == bodies


@given(st.lists(punches | sales, min_size=1, max_size=4))
def test_lines_hold_whatever_a_field_may_hold(records: list[Any]) -> None:
    for record in records:
        wire, kind = to_wire(record), record.KIND
        line = _line(*(str(wire[name]) for name in OWN[kind]))
        shared = {name: wire[name] for name in FIELDS[kind] if name not in OWN[kind]}
        batch = decode_batch(_said({"kind": kind, "shared": shared, "own": OWN[kind]}, line))
        assert batch.records == (record,)
        assert [item.record_id for item in batch.items if isinstance(item, Item)] == [
            record_id(record)
        ]


def test_the_first_of_one_reading_go_without_the_next() -> None:
    later = [replace(punch, boottime_ms=6) for punch in PUNCHES]
    bound = bind(_bodies(PUNCHES + later), 2)
    assert bound is not None
    assert len(bound.lines) == len(PUNCHES)
    assert bind(_bodies(PUNCHES + later), 6) is None


@pytest.mark.parametrize("change", [{"user_id": 'a"b'}, {"workcode": "a\\b"}])
def test_what_is_escaped_travels_as_json(change: dict[str, str]) -> None:
    assert bind(_bodies([PUNCH, replace(PUNCH, **change)]), 2) is None


def test_troubles_are_no_sheaf() -> None:
    assert bind(['{"kind":"trouble"}'] * 3, 2) is None


def test_a_good_sheaf_is_known_by_its_lines() -> None:
    batch = decode_batch(_sheaf(PUNCHES))
    assert isinstance(batch.content, Sheaf)
    assert list(batch.content.record_ids) == [record_id(punch) for punch in PUNCHES]
    assert batch.content.store_id == PUNCH.store_id


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (_line("", "2026-11-23T08:59:59", "255", "1", "0", ""), "field"),
        (_line("7", "2026-02-30T08:59:59", "255", "1", "0", ""), "field"),
        (_line("7", "2026-11-23T08:59:59", "256", "1", "0", ""), "field"),
        (_line("7", "2026-11-23T08:59:59", "0255", "1", "0", ""), "field"),
        (_line("7", "2026-11-23T08:59:59", "255", "1", "0"), "field"),
        (GOOD + BETWEEN, "field"),
        ("", "field"),
    ],
)
def test_a_line_that_does_not_hold_hides_no_other(line: str, code: str) -> None:
    first, bad, last = decode_batch(_said(_head(), GOOD, line, GOOD)).items
    assert isinstance(first, Item)
    assert first == last
    assert isinstance(bad, Refused)
    assert bad.error.code == code


def test_a_leap_day_is_looked_at_closely_and_holds() -> None:
    leap = replace(PUNCH, device_time="2024-02-29T08:00:00")
    assert decode_batch(_sheaf([PUNCH, leap])).records == (PUNCH, leap)


def test_shared_fields_are_judged_too() -> None:
    shared = {**_head()["shared"], "boottime_ms": -1}
    (bad,) = decode_batch(_said(_head(shared=shared), GOOD)).items
    assert isinstance(bad, Refused)


def test_fields_of_a_later_version_are_ignored() -> None:
    shared = {**_head()["shared"], "mood": "good"}
    own = [*OWN["punch"], "haste"]
    batch = decode_batch(_said(_head(shared=shared, own=own), _line(GOOD, "3")))
    assert batch.records == (PUNCH,)
    assert not isinstance(batch.content, Sheaf), "it would lose what it does not know"


def test_half_a_character_is_kept_escaped() -> None:
    shared = {**_head()["shared"], "boot_id": "\ud800"}
    (bad,) = decode_batch(_said(_head(shared=shared), GOOD)).items
    assert isinstance(bad, Refused)
    assert "\\ud800" in bad.body


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (_said(_head(n=3), GOOD, GOOD), "field"),
        (_said(_head(n=501), GOOD), "field"),
        (_said(_head(v=2), GOOD), "version"),
        (_said(_head(kind=7), GOOD), "field"),
        (_said(_head(shared=[]), GOOD), "field"),
        (_said(_head(own="user_id"), GOOD), "field"),
        (frame(SHEAF, b"no deflate"), "deflate"),
        (frame(SHEAF, zlib.compress(b"{}")), "version"),
        (frame(SHEAF, zlib.compress(b"\xff")), "json"),
        (frame(SHEAF, zlib.compress(b"[" * 3000)), "depth"),
        (_sheaf(PUNCHES)[:-1], "checksum"),
    ],
)
def test_a_broken_sheaf_is_refused(payload: bytes, code: str) -> None:
    with pytest.raises(WireError) as refused:
        decode_batch(payload)
    assert refused.value.code == code


def test_a_line_is_what_a_driver_gives() -> None:
    from drivers.contract import PunchRow, SaleRow

    assert {Punch.KIND: PunchRow._fields, Sale.KIND: SaleRow._fields} == OWN
