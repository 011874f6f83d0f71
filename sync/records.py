"""What travels: punches, sale lines, troubles and gaps, each frozen, flat and checked at the border.

Field names are the wire's names. Text fields carry no control characters, which keeps
the natural keys of `sync.identity` unambiguous. Device and till times are local wall
time exactly as the source gave it; what the box knew about time stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final

from sync.errors import WireError
from sync.fields import Choice, Field, Instant, Text, Whole
from sync.money import MAX_FEN

MAX_TEXT: Final = 200
MAX_RAW_B64: Final = 6000
STATE_UNKNOWN: Final = 255
"""In/out key switched off at the terminal: direction unknown (ZKTeco PUSH SDK, status codes)."""

Wire = dict[str, Any]
CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""How everything on the wire is written: no blanks, letters as they are."""


class SaleKind(StrEnum):
    """What a till line does to the day's sales."""

    SALE = "sale"
    REFUND = "refund"  # amount is negative and names the receipt it refunds where known
    VOID = "void"  # cancels a line of the same receipt; amount negative
    CORRECTION = "correction"  # signed difference booked by the till afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Punch:
    """One touch of a terminal.

    Attributes:
        device_serial: the terminal's own serial number.
        user_id: the id on the terminal, verbatim, leading zeros kept.
        device_time: the terminal's local wall time, ``YYYY-MM-DDTHH:MM:SS``.
        state_code: raw in/out key, `STATE_UNKNOWN` when off.
        verify_code: raw verification method; its meaning depends on the firmware.
        occurrence: 0 for the first of equal touches in that second, then 1, 2 ...
        workcode: as entered; not part of the identity, some forms do not carry it.
        driver: kind of driver that read it.
        received_at_utc: box wall clock when it was read, `sync.clock.utc_text` form.
        boot_id, boottime_ms: re-date the record if the box clock was wrong.
        clock_offset_ms: terminal minus box clock at that read; None when not measured.
    """

    KIND: ClassVar[str] = "punch"

    device_serial: str
    user_id: str
    device_time: str
    state_code: int
    verify_code: int
    occurrence: int
    workcode: str
    store_id: str
    driver: str
    received_at_utc: str
    boot_id: str
    boottime_ms: int
    clock_offset_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One line of a till receipt, signed.

    Attributes:
        line_no: position on the receipt, 1-based.
        line_kind: a `SaleKind` value.
        sold_at: till local wall time, ``YYYY-MM-DDTHH:MM:SS``.
        seller_code: cashier or salesperson code of the till; may be empty.
        quantity_milli: thousandths of a unit, signed.
        amount_fen: what counts as sales, signed, in fen.
        original_receipt_id: the receipt a refund, void or correction refers to, or empty.
        source_name: file or feed it was read from, for people.
    """

    KIND: ClassVar[str] = "sale"

    store_id: str
    register_id: str
    receipt_id: str
    line_no: int
    line_kind: str
    sold_at: str
    seller_code: str
    item_code: str
    quantity_milli: int
    amount_fen: int
    original_receipt_id: str
    source_name: str
    driver: str
    received_at_utc: str
    boot_id: str
    boottime_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something a driver could not read, kept raw on the box and shown at headquarters.

    Attributes:
        source: device serial or file name.
        position: where in the source: a line number, a byte offset, a frame name.
        code: stable key of the reason.
        detail: what is wrong and what to do, for a person.
        raw_b64: the bytes, base64, cut at 4 KiB; the box keeps the whole.
        raw_sha256: hash of the whole, hex.
        raw_bytes: length of the whole.
    """

    KIND: ClassVar[str] = "trouble"

    source: str
    position: str
    code: str
    detail: str
    raw_b64: str
    raw_sha256: str
    raw_bytes: int
    store_id: str
    driver: str
    received_at_utc: str
    boot_id: str
    boottime_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which touches of a source without memory may be lost for good.

    Silence within it proves nothing: headquarters calls no absence final there (law 9).

    Attributes:
        source: the terminal's identity, as `Punch.device_serial`.
        from_utc, to_utc: from when to when nobody listened, `sync.clock.utc_text` form.
    """

    KIND: ClassVar[str] = "gap"

    source: str
    from_utc: str
    to_utc: str
    store_id: str
    driver: str
    received_at_utc: str
    boot_id: str
    boottime_ms: int


Record = Punch | Sale | Trouble | Gap
KINDS: Final[dict[str, type[Punch] | type[Sale] | type[Trouble] | type[Gap]]] = {
    cls.KIND: cls for cls in (Punch, Sale, Trouble, Gap)
}

_NAME: Final = Text(MAX_TEXT, empty=False)
_NOTE: Final = Text(MAX_TEXT)
_LOCAL_TIME: Final = Instant("")
_UTC_TIME: Final = Instant(r"\.\d{3}Z")
_AMOUNT: Final = Whole(-MAX_FEN, MAX_FEN)
_TYPES: Final[dict[str, Field]] = {
    "device_serial": _NAME,
    "user_id": _NAME,
    "device_time": _LOCAL_TIME,
    "state_code": Whole(0, 255),
    "verify_code": Whole(0, 255),
    "occurrence": Whole(0, 10**6),
    "workcode": _NOTE,
    "store_id": _NAME,
    "driver": _NAME,
    "received_at_utc": _UTC_TIME,
    "boot_id": _NAME,
    "boottime_ms": Whole(0, 2**53),
    "clock_offset_ms": Whole(-(2**53), 2**53, nullable=True),
    "register_id": _NAME,
    "receipt_id": _NAME,
    "line_no": Whole(0, 10**6),
    "line_kind": Choice(SaleKind),
    "sold_at": _LOCAL_TIME,
    "seller_code": _NOTE,
    "item_code": _NOTE,
    "quantity_milli": _AMOUNT,
    "amount_fen": _AMOUNT,
    "original_receipt_id": _NOTE,
    "source_name": _NOTE,
    "source": _NAME,
    "position": _NOTE,
    "code": _NAME,
    "detail": Text(1000),
    "raw_b64": Text(MAX_RAW_B64),
    "raw_sha256": Text(64, empty=False),
    "raw_bytes": Whole(0, 2**40),
    "from_utc": _UTC_TIME,
    "to_utc": _UTC_TIME,
}
FIELDS: Final[dict[str, dict[str, Field]]] = {
    kind: {field.name: _TYPES[field.name] for field in fields(cls)} for kind, cls in KINDS.items()
}
"""For each kind its fields in the order they travel."""


def to_wire(record: Record) -> Wire:
    """Return the flat JSON object of a record, `kind` first; the inverse of `from_wire`."""
    wire: Wire = {"kind": record.KIND}
    for name, field in FIELDS[record.KIND].items():
        value = getattr(record, name)
        assert field.holds(value), f"{record.KIND}.{name} would break the wire: {value!r}"
        wire[name] = value
    return wire


def from_wire(wire: Mapping[str, Any]) -> Record:
    """Build a record from a decoded JSON object.

    Unknown fields are ignored, so that a newer box may talk to an older headquarters.

    Raises:
        WireError: `kind` when unknown, `field` when one is missing or out of range.
    """
    kind = wire.get("kind") if isinstance(wire, Mapping) else None
    known = FIELDS.get(kind) if isinstance(kind, str) else None
    if kind is None or known is None:
        raise WireError("kind", f"unknown record kind {kind!r}; known: {', '.join(KINDS)}")
    values: dict[str, Any] = {}
    for name, field in known.items():
        value = wire.get(name)
        if not field.holds(value):
            raise WireError(
                "field", f"{kind}.{name}: {str(value)[:80]!r} is missing or out of range"
            )
        values[name] = value
    return KINDS[kind](**values)


def is_clean_text(value: str) -> bool:
    """Tell whether `value` may stand in a record's name field (no control characters)."""
    return _NAME.holds(value)
