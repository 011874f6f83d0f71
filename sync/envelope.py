"""A batch of records on the wire: a header byte, a checksum, then its content.

The content is JSON, deflated from 20 records on, or a sheaf, always deflated: one line of JSON
that says what all records share, then a line for each (`sync.sheaf`).

The checksum is the CRC-32 of the header byte and all that follows itself, four bytes, high
byte first: whatever a broker's memory or a line does to a batch, it is refused, never misread.
`records` are dense: record i has sequence number `first + i` in its lane. They stand
last and without blanks around them, so that a reader can take the batch apart without
building it. The decoder bounds every size before it allocates; a record that does not
hold becomes a value in its place, so that one bad record never hides its neighbours.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sync.clock import parse_utc
from sync.errors import WireError
from sync.fields import Text
from sync.items import Item, Refused, read_items
from sync.records import CANONICAL, Record, Wire
from sync.sheaf import OWN, Sheaf, bind, open_sheaf
from sync.topics import Lane

VERSION: Final = 1
MAX_BATCH_RECORDS: Final = 500
MAX_PAYLOAD_BYTES: Final = 64 * 1024
MAX_DECODED_BYTES: Final = 1024 * 1024
COMPRESS_FROM_RECORDS: Final = 20
MAX_SEQ: Final = 2**62
PLAIN: Final = b"J"
DEFLATED: Final = b"Z"
SHEAF: Final = b"S"
SHEAF_FROM_RECORDS: Final = 100
"""A box sends fewer records that are alike as JSON, with those behind them."""
CHECKSUM_BYTES: Final = 4
_ZLIB_LEVEL: Final = 6
_MAX_DEPTH: Final = 4
_RECORDS: Final = ',"records":['  # cannot occur inside a JSON text: its quotes would be escaped
_SHORT: Final = Text(200, empty=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded batch.

    Attributes:
        epoch: identity of the outbox file the numbers belong to.
        first: sequence number of the first record, >= 1.
        content: a sheaf, or one entry a sequence number.
        payload: the deflated bytes of a sheaf, as they came; else empty.
        life: names the process that sent it, so that a receipt finds its way back to it
            alone; empty: it did not say.
    """

    box_id: str
    epoch: str
    lane: Lane
    first: int
    content: Sheaf | tuple[Item | Refused, ...]
    life: str = ""
    payload: bytes = b""

    @property
    def items(self) -> tuple[Item | Refused, ...]:
        """Return one entry a sequence number."""
        return self.content.items() if isinstance(self.content, Sheaf) else self.content

    @property
    def last(self) -> int:
        """Return the sequence number of the last record."""
        return self.first + len(self.content) - 1

    @property
    def numbered(self) -> Iterator[tuple[int, Item]]:
        """Yield the items that hold, each with its sequence number."""
        for seq, item in enumerate(self.items, self.first):
            if isinstance(item, Item):
                yield seq, item

    @property
    def records(self) -> tuple[Record | WireError, ...]:
        """Build the records; a `WireError` stands where one did not hold."""
        return tuple(item.record() if isinstance(item, Item) else item.error for item in self.items)


def encode_body(wire: Any) -> str:
    """Return the canonical JSON text of a record, a message or a value in one."""
    return CANONICAL.encode(wire)


def encode_batch(
    box_id: str, epoch: str, lane: Lane, first: int, bodies: Sequence[str], life: str = ""
) -> bytes:
    """Frame already encoded records; `bodies` come from `encode_body`, `life` as in `Batch`.

    Returns bytes of at most `MAX_DECODED_BYTES` before compression; the caller keeps
    batches within `MAX_BATCH_RECORDS` and splits one whose payload is too large.
    """
    text = f"{_head(box_id, epoch, lane, first, len(bodies), life)[:-1]}{_RECORDS}"
    content = f"{text}{','.join(bodies)}]}}".encode()
    if len(bodies) < COMPRESS_FROM_RECORDS:
        return frame(PLAIN, content)
    return frame(DEFLATED, zlib.compress(content, _ZLIB_LEVEL))


def encode_sheaf(
    box_id: str,
    epoch: str,
    lane: Lane,
    first: int,
    bodies: Sequence[str],
    life: str = "",
    at_least: int = SHEAF_FROM_RECORDS,
) -> tuple[bytes, int] | None:
    """Frame as many of the first records as are alike; arguments as of `encode_batch`.

    Returns the bytes and how many records they hold; None: fewer than `at_least` are alike.
    """
    bound = bind(bodies, at_least)
    if bound is None:
        return None
    count = len(bound.lines)
    told = {"kind": bound.kind, "shared": bound.shared, "own": OWN[bound.kind]}
    head = f"{_head(box_id, epoch, lane, first, count, life)[:-1]},{encode_body(told)[1:]}"
    content = "\n".join((head, *bound.lines)).encode()
    return frame(SHEAF, zlib.compress(content, _ZLIB_LEVEL)), count


def _head(box_id: str, epoch: str, lane: Lane, first: int, count: int, life: str) -> str:
    assert 1 <= count <= MAX_BATCH_RECORDS, f"{count} records in a batch"
    assert 1 <= first <= MAX_SEQ, f"first {first}"
    return encode_body(
        {
            "v": VERSION,
            "box": box_id,
            "epoch": epoch,
            "lane": lane,
            "first": first,
            "n": count,
            **({"life": life} if life else {}),
        }
    )


def frame(header: bytes, content: bytes) -> bytes:
    """Return the bytes that go on the wire: header, checksum, content."""
    return header + _checksum(header, content) + content


def _checksum(header: bytes, content: bytes) -> bytes:
    return zlib.crc32(content, zlib.crc32(header)).to_bytes(CHECKSUM_BYTES)


def _inflate(payload: bytes) -> bytes:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(
            "oversize", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed"
        )
    header, content = payload[:1], payload[1 + CHECKSUM_BYTES :]
    if header not in (PLAIN, DEFLATED, SHEAF):
        raise WireError("header", f"unknown header byte {header!r}")
    if payload[1 : 1 + CHECKSUM_BYTES] != _checksum(header, content):
        raise WireError("checksum", "the bytes are not those that were sent")
    return content if header == PLAIN else _inflated(content)


def _inflated(content: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(content, MAX_DECODED_BYTES + 1)
    except zlib.error as error:
        raise WireError("deflate", str(error)) from error
    if len(text) > MAX_DECODED_BYTES:
        raise WireError("oversize", f"more than {MAX_DECODED_BYTES} bytes after inflating")
    if not inflater.eof:
        raise WireError("deflate", "compressed text ends early")
    return text


def _check_depth(text: str) -> None:
    """Refuse nesting before the JSON reader recurses into it; brackets in text count too."""
    if text.count("[") + text.count("{") <= _MAX_DEPTH + 2 * MAX_BATCH_RECORDS:
        return
    depth = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise WireError("depth", f"nested deeper than {_MAX_DEPTH}")
        elif char in "]}":
            depth -= 1


def _text_of(payload: bytes) -> str:
    if len(payload) > MAX_DECODED_BYTES:
        raise WireError(
            "oversize", f"{len(payload)} bytes, at most {MAX_DECODED_BYTES} are allowed"
        )
    text = _decoded(payload)
    _check_depth(text)
    return text


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise WireError("json", str(error)[:200]) from error


def _object(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("json", str(error)[:200]) from error
    if not isinstance(message, dict):
        raise WireError("json", f"an object is expected, not {type(message).__name__}")
    return message


def decode_json(payload: bytes) -> dict[str, Any]:
    """Decode a small JSON message: receipt, state, health.

    Raises:
        WireError: `json`, `depth` or `oversize`.
    """
    return _object(_text_of(payload))


def whole(message: dict[str, Any], name: str, low: int, high: int) -> int:
    """Return an integer field of a decoded message.

    Raises:
        WireError: `field` when it is missing, no integer, or out of range.
    """
    value = message.get(name)
    if type(value) is not int or not low <= value <= high:
        raise WireError("field", f"{name}: {str(value)[:80]!r} is not within {low}..{high}")
    return value


def text_field(message: dict[str, Any], name: str) -> str:
    """Return a text field of a decoded message: 1-200 characters, none of them control.

    Raises:
        WireError: `field`.
    """
    value = message.get(name)
    if not _SHORT.holds(value):
        raise WireError("field", f"{name}: {str(value)[:80]!r} is not a short text")
    return str(value)


def instant_field(message: dict[str, Any], name: str) -> str:
    """Return a UTC instant of a decoded message, as it stands there.

    Raises:
        WireError: `field`.
    """
    text = text_field(message, name)
    try:
        parse_utc(text)
    except ValueError as error:
        raise WireError("field", f"{name}: {text!r} is no UTC instant") from error
    return text


def decode_batch(payload: bytes) -> Batch:
    """Decode a batch.

    Raises:
        WireError: the frame itself is broken; a broken record inside is a value instead.
    """
    inflated = _inflate(payload)
    if payload[:1] == SHEAF:
        return _decode_sheaf(_decoded(inflated), payload[1 + CHECKSUM_BYTES :])
    text = _text_of(inflated)
    end_of_head = text.find(_RECORDS)
    if end_of_head < 0:
        raise WireError("json", f"no list {_RECORDS[1:-2]} without blanks around it")
    head = _object(text[:end_of_head] + "}")
    count = _count(head)
    items, end = read_items(text, end_of_head + len(_RECORDS), count)
    if text[end:] != "]}":
        raise WireError("field", f"records: the batch does not end after {count} of them")
    return _batch(head, items)


class Unfolded(NamedTuple):
    """What a sheaf says; `first` is the number of the first line's record."""

    first: int
    kind: str
    shared: Wire
    lines: list[str]


def unfold(payload: bytes) -> Unfolded:
    """Open a sheaf that was decoded before and found good; `payload` as in `Batch`."""
    head, _, lines = _decoded(_inflated(payload)).partition("\n")
    told = _object(head)
    return Unfolded(told["first"], told["kind"], told["shared"], lines.split("\n"))


def _decode_sheaf(text: str, payload: bytes) -> Batch:
    lead, _, lines = text.partition("\n")
    _check_depth(lead)
    head = _object(lead)
    count, kind = _count(head), text_field(head, "kind")
    shared, own = head.get("shared"), head.get("own")
    if not isinstance(shared, dict):
        raise WireError("field", "shared: an object is expected")
    if not isinstance(own, list) or not all(isinstance(name, str) for name in own):
        raise WireError("field", "own: names are expected")
    content = open_sheaf(kind, shared, own, lines, count)
    return _batch(head, content, payload if isinstance(content, Sheaf) else b"")


def _count(head: dict[str, Any]) -> int:
    if head.get("v") != VERSION:
        raise WireError("version", f"batch version {head.get('v')!r}, this side speaks {VERSION}")
    return whole(head, "n", 1, MAX_BATCH_RECORDS)


def _batch(
    head: dict[str, Any], content: Sheaf | tuple[Item | Refused, ...], payload: bytes = b""
) -> Batch:
    lane = text_field(head, "lane")
    if lane not in set(Lane):
        raise WireError("field", f"lane: {lane!r} is none of {', '.join(Lane)}")
    return Batch(
        box_id=text_field(head, "box"),
        epoch=text_field(head, "epoch"),
        lane=Lane(lane),
        first=whole(head, "first", 1, MAX_SEQ),
        content=content,
        life=text_field(head, "life") if "life" in head else "",
        payload=payload,
    )
