"""What travels: punches, sale lines and troubles, each frozen, flat and checked at the border.

Field names are the wire's names. Text fields carry no control characters, which keeps
the natural keys of `sync.identity` unambiguous. Device and till times are local wall
time exactly as the source gave it; what the box knew about time stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final

from sync.errors import WireError
from sync.money import MAX_FEN

MAX_TEXT: Final = 200
MAX_RAW_B64: Final = 6000
STATE_UNKNOWN: Final = 255
"""In/out key switched off at the terminal: direction unknown (terminals.md 2.4)."""

Wire = dict[str, Any]


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


Record = Punch | Sale | Trouble
KINDS: Final[dict[str, type[Punch] | type[Sale] | type[Trouble]]] = {
    cls.KIND: cls for cls in (Punch, Sale, Trouble)
}

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LOCAL_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}"
)
_UTC_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z"
)


def _text(longest: int, *, empty: bool = True) -> Callable[[Any], bool]:
    shortest = 0 if empty else 1

    def holds(value: Any) -> bool:
        # printable text, the usual case, has neither control characters nor surrogates
        return (
            type(value) is str
            and shortest <= len(value) <= longest
            and (value.isprintable() or not _FORBIDDEN.search(value))
        )

    return holds


def _whole(low: int, high: int, *, nullable: bool = False) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        return (type(value) is int and low <= value <= high) or (nullable and value is None)

    return holds


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


_NAME = _text(MAX_TEXT, empty=False)
_CHECKS: Final[dict[str, Callable[[Any], bool]]] = {
    "device_serial": _NAME,
    "user_id": _NAME,
    "device_time": _matches(_LOCAL_TIME),
    "state_code": _whole(0, 255),
    "verify_code": _whole(0, 255),
    "occurrence": _whole(0, 10**6),
    "workcode": _text(MAX_TEXT),
    "store_id": _NAME,
    "driver": _NAME,
    "received_at_utc": _matches(_UTC_TIME),
    "boot_id": _NAME,
    "boottime_ms": _whole(0, 2**53),
    "clock_offset_ms": _whole(-(2**53), 2**53, nullable=True),
    "register_id": _NAME,
    "receipt_id": _NAME,
    "line_no": _whole(0, 10**6),
    "line_kind": lambda value: type(value) is str and value in set(SaleKind),
    "sold_at": _matches(_LOCAL_TIME),
    "seller_code": _text(MAX_TEXT),
    "item_code": _text(MAX_TEXT),
    "quantity_milli": _whole(-MAX_FEN, MAX_FEN),
    "amount_fen": _whole(-MAX_FEN, MAX_FEN),
    "original_receipt_id": _text(MAX_TEXT),
    "source_name": _text(MAX_TEXT),
    "source": _NAME,
    "position": _text(MAX_TEXT),
    "code": _NAME,
    "detail": _text(1000),
    "raw_b64": _text(MAX_RAW_B64),
    "raw_sha256": _text(64, empty=False),
    "raw_bytes": _whole(0, 2**40),
}
_FIELDS: Final[dict[str, tuple[tuple[str, Callable[[Any], bool]], ...]]] = {
    kind: tuple((field.name, _CHECKS[field.name]) for field in fields(cls))
    for kind, cls in KINDS.items()
}


def to_wire(record: Record) -> Wire:
    """Return the flat JSON object of a record, `kind` first; the inverse of `from_wire`."""
    wire: Wire = {"kind": record.KIND}
    for name, holds in _FIELDS[record.KIND]:
        value = getattr(record, name)
        assert holds(value), f"{record.KIND}.{name} would break the wire: {value!r}"
        wire[name] = value
    return wire


def from_wire(wire: Mapping[str, Any]) -> Record:
    """Build a record from a decoded JSON object.

    Unknown fields are ignored, so that a newer box may talk to an older headquarters.

    Raises:
        WireError: `kind` when unknown, `field` when one is missing or out of range.
    """
    kind = wire.get("kind") if isinstance(wire, Mapping) else None
    checks = _FIELDS.get(kind) if isinstance(kind, str) else None
    if kind is None or checks is None:
        raise WireError("kind", f"unknown record kind {kind!r}; known: {', '.join(KINDS)}")
    values: dict[str, Any] = {}
    for name, holds in checks:
        value = wire.get(name)
        if not holds(value):
            raise WireError(
                "field", f"{kind}.{name}: {str(value)[:80]!r} is missing or out of range"
            )
        values[name] = value
    return KINDS[kind](**values)


def is_clean_text(value: str) -> bool:
    """Tell whether `value` may stand in a record's name field (no control characters)."""
    return _NAME(value)
