"""A sheaf: records of one reading, a line each; what they share is said once.

Records that a box read at one go differ in the fields of their rows and share the rest: the
terminal, the store, when and by whom they were read. In a sheaf a record is the line of its
own fields, the natural key first, `BETWEEN` them; fields hold no control characters, so
nothing is escaped and nothing is quoted. A line costs a seventh of the record's JSON to
deflate, to check and to keep. `bind` makes one of JSON texts, `open_sheaf` checks one,
`bodies_of` gives the JSON texts back, to the letter.

What is not as usual is no error here: `bind` answers None and the records travel as JSON,
`open_sheaf` judges line by line as `sync.items` judges JSON texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any, Final, NamedTuple

from sync.errors import WireError
from sync.fields import Whole
from sync.identity import NATURAL_KEYS, identities_of_lines
from sync.items import Item, Refused, read_item
from sync.records import CANONICAL, FIELDS, Punch, Sale, Wire

BETWEEN: Final = "\x1f"
OWN: Final[dict[str, tuple[str, ...]]] = {
    Punch.KIND: (
        "user_id",
        "device_time",
        "state_code",
        "verify_code",
        "occurrence",
        "workcode",
    ),
    Sale.KIND: (
        "register_id",
        "receipt_id",
        "line_no",
        "line_kind",
        "sold_at",
        "seller_code",
        "item_code",
        "quantity_milli",
        "amount_fen",
        "original_receipt_id",
        "source_name",
    ),
}
"""The fields of a line, by kind; the other fields of the kind are shared."""
_WHOLE: Final = re.compile(r"0|-?[1-9]\d{0,18}", re.ASCII)


class _Cut(NamedTuple):
    """How the JSON text of a kind is cut: what stands before, between and behind its own fields.

    Attributes:
        key_names: the fields of the natural key that are shared; the rest begins a line.
        key_fields: how many fields of a line belong to the natural key.
        lines: a pattern of any number of good lines, a line break after each.
        first, last: the JSON around the first own field's value and behind the last one's.
        between: the JSON between one own field's value and the next one's.
    """

    key_names: tuple[str, ...]
    key_fields: int
    lines: re.Pattern[str]
    first: str
    between: tuple[str, ...]
    last: str
    template: str


def _cut(kind: str) -> _Cut:
    fields, own = FIELDS[kind], OWN[kind]
    names = list(fields)
    start = names.index(own[0])
    assert tuple(names[start : start + len(own)]) == own, f"{kind}: a line's fields stand together"
    key = NATURAL_KEYS[kind]
    key_names = tuple(name for name in key if name not in own)
    key_fields = len(key) - len(key_names)
    assert key == key_names + own[:key_fields], f"{kind}: the natural key begins a line"
    quotes = [fields[name].quote for name in own]
    between = tuple(
        f'{quotes[place]},"{name}":{quotes[place + 1]}' for place, name in enumerate(own[1:])
    )
    line = BETWEEN.join(fields[name].bare_pattern for name in own)
    first = f'"{own[0]}":{quotes[0]}'
    last = f'{quotes[-1]},"{names[start + len(own)]}":'
    template = "%s".join(["", *between, ""])
    lines = re.compile(f"(?:{line}\n)*+", re.ASCII)
    return _Cut(key_names, key_fields, lines, first, between, last, template)


_CUTS: Final = {kind: _cut(kind) for kind in OWN}


class Bound(NamedTuple):
    """Records as they travel: a line each, and the fields they share, decoded."""

    kind: str
    shared: Wire
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Records that hold, all of one kind.

    Attributes:
        shared: the fields that are not in the lines.
        record_ids: their identities, one a line.
    """

    kind: str
    shared: Mapping[str, Any]
    lines: Sequence[str]
    record_ids: Sequence[str]

    @property
    def store_id(self) -> str:
        """Return the store all of them are from."""
        return str(self.shared["store_id"])

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.lines)

    def items(self) -> tuple[Item, ...]:
        """Return the records one by one."""
        bodies = bodies_of(self.kind, self.shared, self.lines)
        told = zip(self.record_ids, repeat(self.kind), repeat(self.store_id), bodies)
        return tuple(map(Item._make, told))


def bodies_of(kind: str, shared: Mapping[str, Any], lines: Sequence[str]) -> list[str]:
    """Return the canonical JSON texts of good lines; the inverse of `bind`."""
    own, names, cut = OWN[kind], list(FIELDS[kind]), _CUTS[kind]
    start = names.index(own[0])
    before = {"kind": kind, **{name: shared[name] for name in names[:start]}}
    behind = {name: shared[name] for name in names[start + len(own) :]}
    lead = f"{CANONICAL.encode(before)[:-1]},{cut.first}".replace("%", "%%")
    tail = f"{cut.last[: cut.last.index(',') + 1]}{CANONICAL.encode(behind)[1:]}".replace("%", "%%")
    template = lead + cut.template + tail
    text = "\n".join(lines)
    if '"' in text or "\\" in text:
        return [
            template % tuple(CANONICAL.encode(value)[1:-1] for value in line.split(BETWEEN))
            for line in lines
        ]
    return [template % tuple(line.split(BETWEEN)) for line in lines]


def bind(bodies: Sequence[str], at_least: int) -> Bound | None:
    """Make a sheaf of the first of some records, as many as share all but their own fields.

    Args:
        bodies: canonical JSON texts.
        at_least: fewer are not worth it.

    Returns:
        None: they are not alike, or something in them is escaped.
    """
    text = bodies[0]
    kind = next((kind for kind in OWN if text.startswith(f'{{"kind":"{kind}",')), None)
    if kind is None or len(bodies) < at_least:
        return None
    cut = _CUTS[kind]
    start, end = text.find(cut.first) + len(cut.first), text.rfind(cut.last)
    if not len(cut.first) <= start <= end:
        return None
    lead, tail = text[:start], text[end:]
    length = len(tail)
    inner = [
        body[start:-length] for body in bodies if body.startswith(lead) and body.endswith(tail)
    ]
    if len(inner) < len(bodies):
        inner = []
        for body in bodies:
            if not (body.startswith(lead) and body.endswith(tail)):
                break
            inner.append(body[start:-length])
    joined = "\n".join(inner)
    if len(inner) < at_least or "\\" in joined:
        return None
    for between in cut.between:
        joined = joined.replace(between, BETWEEN)
    if joined.count(BETWEEN) != len(inner) * len(cut.between):
        return None
    shared = json.loads(text)
    for name in OWN[kind]:
        del shared[name]
    del shared["kind"]
    return Bound(kind, shared, joined.split("\n"))


def open_sheaf(
    kind: str, shared: Wire, own: Sequence[str], text: str, count: int
) -> Sheaf | tuple[Item | Refused, ...]:
    """Check `count` lines and return a sheaf, or one by one what holds and what does not.

    Raises:
        WireError: `field`, when there are not so many lines.
    """
    if text.count("\n") != count - 1:
        raise WireError("field", f"{text.count(chr(10)) + 1} lines where {count} are expected")
    lines = text.split("\n")
    cut = _CUTS.get(kind)
    if (
        cut is not None
        and tuple(own) == OWN[kind]
        and _holds(kind, shared)
        and cut.lines.fullmatch(text + "\n")
    ):
        key = [str(shared[name]) for name in cut.key_names]
        fields = len(own)
        record_ids = identities_of_lines(kind, key, text, fields, fields - cut.key_fields)
        return Sheaf(kind, shared, lines, record_ids)
    return tuple(_judged(kind, shared, own, line) for line in lines)


def _holds(kind: str, shared: Wire) -> bool:
    fields = FIELDS[kind]
    return len(shared) == len(fields) - len(OWN[kind]) and all(
        name in fields and fields[name].holds(value) for name, value in shared.items()
    )


def _judged(kind: str, shared: Wire, own: Sequence[str], line: str) -> Item | Refused:
    values = dict(zip(own, line.split(BETWEEN), strict=False))
    whole = _wholes(kind)
    told = {
        name: int(value) if name in whole and _WHOLE.fullmatch(value) else value
        for name, value in values.items()
    }
    wire = {"kind": kind, **shared, **told}
    known = FIELDS.get(kind, {})
    ordered = {name: wire[name] for name in ("kind", *known) if name in wire}
    item, _ = read_item(_text({**ordered, **wire}), 0)
    if line.count(BETWEEN) != len(own) - 1 and isinstance(item, Item):
        return Refused(WireError("field", f"{kind}: a line of {len(own)} fields"), item.body)
    return item


def _text(wire: Wire) -> str:
    """Return the JSON text of what may hold anything; half a character stays escaped."""
    text = CANONICAL.encode(wire)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(wire, separators=(",", ":"))
    return text


@lru_cache(maxsize=len(FIELDS))
def _wholes(kind: str) -> frozenset[str]:
    return frozenset(
        name for name, field in FIELDS.get(kind, {}).items() if isinstance(field, Whole)
    )
