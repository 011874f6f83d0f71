"""From what a driver read to what the outbox stores; pure.

Law 10: a row that would break the wire contract does not stop its neighbours. It becomes
a piece in quarantine and a trouble that headquarters shows, as does what the driver
itself could not read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import repeat
from operator import itemgetter
from typing import Final, TypeVar

from agent.capture import NO_TIME, Capture, Piece, Row, keys_of
from drivers.contract import PunchRow, Reading, Rejected, SaleRow
from sync.clock import Clock, utc_text
from sync.envelope import encode_body
from sync.items import Item, Refused, identify, identities_of_alike, read_item
from sync.records import FIELDS, MAX_TEXT, Sale, Wire, is_clean_text
from sync.topics import Lane

MAX_SHOWN_BYTES: Final = 4096
"""Of each piece headquarters is shown this much; the box keeps the whole."""
_MAX_DETAIL: Final = 1000
_SOLD_AT: Final = SaleRow._fields.index("sold_at")
_Given = TypeVar("_Given", PunchRow, SaleRow)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which device a reading is from: its name on this box, kind of driver, store."""

    device: str
    driver: str
    store_id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a reading reached the box, by every clock the box has."""

    received_at: datetime
    boot_id: str
    boottime_ms: int

    @classmethod
    def now(cls, clock: Clock) -> Arrival:
        """Return this moment."""
        return cls(clock.now_utc(), clock.boot_id, clock.boottime_ms())

    @property
    def utc_ms(self) -> int:
        """Return the wall time in UTC milliseconds."""
        return int(self.received_at.timestamp() * 1000)


def capture_of(
    reading: Reading, origin: Origin, arrival: Arrival, complete_utc: str | None
) -> Capture:
    """Return what must be stored for a reading, in one transaction.

    Args:
        complete_utc: when the pass began, for the reading that completes it.
    """
    provenance: Wire = {
        "store_id": origin.store_id,
        "driver": origin.driver,
        "received_at_utc": utc_text(arrival.received_at),
        "boot_id": arrival.boot_id,
        "boottime_ms": arrival.boottime_ms,
    }
    punches = partial(_punch_wire, reading=reading, provenance=provenance)
    sales = partial(_sale_wire, provenance=provenance)
    rows: list[Row] = []
    unfit: list[Rejected] = []
    _sort(reading.punches, punches, Lane.BULK if reading.history else Lane.PUNCH, rows, unfit)
    _sort(reading.sales, sales, Lane.BULK if reading.history else Lane.SALE, rows, unfit)
    _add_gaps(reading, provenance, rows, unfit)
    pieces: list[Piece] = []
    for rejected in (*reading.rejected, *unfit):
        row, piece = _trouble(rejected, reading.terminal, provenance)
        rows.append(row)
        pieces.append(piece)
    return Capture(
        device=origin.device,
        driver=origin.driver,
        source_id=reading.source_id,
        cursor=reading.cursor,
        captured_utc_ms=arrival.utc_ms,
        rows=tuple(rows),
        pieces=tuple(pieces),
        complete_utc=complete_utc,
    )


def replacement_of(body: str, number: str, code: str, origin: Origin, arrival: Arrival) -> Capture:
    """Return the trouble that travels in the place of a record headquarters cannot read.

    Args:
        number: the record's epoch, lane and number, for a person.
    """
    provenance: Wire = {
        "store_id": origin.store_id,
        "driver": origin.driver,
        "received_at_utc": utc_text(arrival.received_at),
        "boot_id": arrival.boot_id,
        "boottime_ms": arrival.boottime_ms,
    }
    told = f"headquarters cannot read this record ({code}); it stays in quarantine on the box"
    raw = body.encode("utf-8", "surrogatepass")
    row, piece = _trouble(Rejected(number, "unreadable", told, raw), origin.device, provenance)
    return Capture(
        device=origin.device,
        driver=origin.driver,
        source_id=origin.device,
        cursor=None,
        captured_utc_ms=arrival.utc_ms,
        rows=(row,),
        pieces=(piece,),
    )


def _sort(
    given: Sequence[_Given],
    wire_of: Callable[[_Given], Wire],
    lane: Lane,
    rows: list[Row],
    unfit: list[Rejected],
) -> None:
    """Add what may travel to `rows` and what may not to `unfit`.

    A record is judged by the text that will travel, as headquarters will. The usual one is
    its row set into a text that all of the reading share; what that does not suit, be it a
    quotation mark, is encoded with care.
    """
    if not given:
        return
    kind, head, tail, shared = _template(given[0], wire_of)
    heads = [head % row for row in given]
    times = list(map(itemgetter(_SOLD_AT), given)) if kind == Sale.KIND else None
    record_ids = identities_of_alike(kind, heads, tail, shared)
    if record_ids is not None:
        bodies = [head + tail for head in heads]
        rows += map(Row._make, zip(repeat(lane), keys_of(record_ids, times), bodies))
        return
    fit, items = _judged(given, identify(kind, [head + tail for head in heads]), wire_of, unfit)
    times = list(map(itemgetter(_SOLD_AT), fit)) if kind == Sale.KIND else None
    keys = keys_of([item.record_id for item in items], times)
    rows += map(Row._make, zip(repeat(lane), keys, [item.body for item in items]))


def _judged(
    given: Sequence[_Given],
    items: Sequence[Item | None],
    wire_of: Callable[[_Given], Wire],
    unfit: list[Rejected],
) -> tuple[list[_Given], list[Item]]:
    """Judge the rows that had no usual text; return what may travel, the rest is `unfit`."""
    fit: list[_Given] = []
    judged: list[Item] = []
    for row, item in zip(given, items, strict=True):
        found = item or _checked(wire_of(row))
        if isinstance(found, Item):
            fit.append(row)
            judged.append(found)
        else:
            unfit.append(_unfit(wire_of(row), found))
    return fit, judged


def _add_gaps(reading: Reading, provenance: Wire, rows: list[Row], unfit: list[Rejected]) -> None:
    """Add the gaps in their lane, ahead of the claim of completeness that they limit."""
    for gap in reading.gaps:
        told = {"source": reading.terminal, "from_utc": gap.from_utc, "to_utc": gap.to_utc}
        wire: Wire = {"kind": "gap", **told, **provenance}
        item = _checked(wire)
        if isinstance(item, Item):
            (key,) = keys_of([item.record_id], [gap.from_utc[:19]])
            rows.append(Row(Lane.PUNCH, key, item.body))
        else:
            unfit.append(_unfit(wire, item))


def _template(row: _Given, wire_of: Callable[[_Given], Wire]) -> tuple[str, str, str, int]:
    """Return the kind of a record, its text with a place for each field of its row, and its end.

    The end holds what all records of the reading share behind those fields; the number says
    how many fields that is.
    """
    wire = wire_of(row)
    kind = str(wire.pop("kind"))
    parts = []
    for name, value in wire.items():
        quote = FIELDS[kind][name].quote
        in_row = name in row._fields
        parts.append(f'"{name}":' + (f"{quote}%s{quote}" if in_row else encode_body(value)))
    own = tuple(name for name in wire if name in row._fields)
    assert own == row._fields, f"a {kind} travels in another order than its row: {own}"
    last: int = list(wire).index(own[-1]) + 1
    places: list[str] = [
        part if name in own else part.replace("%", "%%")
        for name, part in zip(wire, parts, strict=True)
    ]
    lead = ",".join([f'"kind":"{kind}"', *places[:last]])
    return kind, f"{{{lead},", ",".join(parts[last:]) + "}", len(parts) - last


def _punch_wire(row: PunchRow, reading: Reading, provenance: Wire) -> Wire:
    return {
        "kind": "punch",
        "device_serial": reading.terminal,
        "user_id": row.user_id,
        "device_time": row.device_time,
        "state_code": row.state_code,
        "verify_code": row.verify_code,
        "occurrence": row.occurrence,
        "workcode": row.workcode,
        **provenance,
        "clock_offset_ms": reading.clock_offset_ms,
    }


def _sale_wire(row: SaleRow, provenance: Wire) -> Wire:
    # the order of `sync.records.Sale`: in canonical form it is checked in one search
    return {"kind": "sale", "store_id": provenance["store_id"], **row._asdict(), **provenance}


def _checked(wire: Wire) -> Item | Refused:
    """Judge a record by the text that will travel, as headquarters will."""
    return read_item(encode_body(wire), 0)[0]


def _unfit(wire: Wire, refused: Refused) -> Rejected:
    when = wire.get("device_time") or wire.get("sold_at")
    return Rejected(
        position=f"{wire['kind']} at {when}",
        code="unfit",
        detail=f"the row cannot travel: {refused.error.detail}",
        raw=refused.body.encode("utf-8", "surrogatepass"),
    )


def _trouble(rejected: Rejected, source_id: str, provenance: Wire) -> tuple[Row, Piece]:
    digest = sha256(rejected.raw).hexdigest()
    wire: Wire = {
        "kind": "trouble",
        "source": _clean(source_id, MAX_TEXT) or "unnamed",
        "position": _clean(rejected.position, MAX_TEXT),
        "code": _clean(rejected.code, MAX_TEXT) or "unnamed",
        "detail": _clean(rejected.detail, _MAX_DETAIL),
        "raw_b64": b64encode(rejected.raw[:MAX_SHOWN_BYTES]).decode(),
        "raw_sha256": digest,
        "raw_bytes": len(rejected.raw),
        **provenance,
    }
    item = _checked(wire)
    assert isinstance(item, Item), f"a trouble must always be able to travel: {item}"
    (key,) = keys_of([item.record_id], [NO_TIME])
    piece = Piece(key, wire["position"], wire["code"], wire["detail"], rejected.raw, digest)
    return Row(Lane.BULK, key, item.body), piece


def _clean(text: str, longest: int) -> str:
    """Return `text` fit for a record: what may not travel is shown as U+FFFD."""
    if len(text) <= longest and is_clean_text(text):
        return text
    return "".join(char if is_clean_text(char) else "\ufffd" for char in text[:longest])
