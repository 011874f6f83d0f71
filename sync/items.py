"""The records of a batch, taken apart as text: checked and identified, built only on demand.

Most records stand in canonical form (compact, fields in order, nothing escaped). One
regular expression a kind, made of the fields' own patterns, checks such a record and
yields its natural key in one pass; whatever it does not match is decoded and judged
field by field by `records.from_wire`, which has the last word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from sync.errors import WireError
from sync.identity import NATURAL_KEYS, identity_of, record_id
from sync.records import FIELDS, Record, from_wire


class Item(NamedTuple):
    """A record that holds, as headquarters journals it.

    Attributes:
        body: its JSON text, as it came.
    """

    record_id: str
    kind: str
    store_id: str
    body: str

    def record(self) -> Record:
        """Return the record itself."""
        return from_wire(json.loads(self.body))


class Refused(NamedTuple):
    """A record that does not hold, why, and its JSON text as it came."""

    error: WireError
    body: str


class _Canonical(NamedTuple):
    kind: str
    match: Callable[[str, int], re.Match[str] | None]
    key_groups: tuple[int, ...]
    store_group: int


def _canonical(kind: str) -> _Canonical:
    captured = {*NATURAL_KEYS[kind], "store_id"}
    parts = [f'"kind":"{kind}"']
    for name, field in FIELDS[kind].items():
        group = f"(?P<{name}>{field.pattern})" if name in captured else field.pattern
        parts.append(f'"{name}":{field.quote}{group}{field.quote}')
    pattern = re.compile(r"\{" + ",".join(parts) + r"\}", re.ASCII)
    groups = pattern.groupindex
    key_groups = tuple(groups[name] for name in NATURAL_KEYS[kind])
    return _Canonical(kind, pattern.match, key_groups, groups["store_id"])


_CANONICAL: Final = tuple(_canonical(kind) for kind in FIELDS)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def read_items(text: str, at: int, count: int) -> tuple[tuple[Item | Refused, ...], int]:
    """Read `count` records, commas between them, the first of which begins at `at`.

    Returns the records and where the last one ends.

    Raises:
        WireError: `json` or `field`, when they do not stand there.
    """
    items: list[Item | Refused] = []
    for number in range(count):
        if number:
            if not text.startswith(",", at):
                raise WireError("field", f"records: {number} where {count} are expected")
            at += 1
        for kind, match, key_groups, store_group in _CANONICAL:
            found = match(text, at)
            if found:
                identity = identity_of(kind, found.group(*key_groups))
                items.append(Item(identity, kind, found[store_group], found[0]))
                at = found.end()
                break
        else:
            item, at = _read_carefully(text, at)
            items.append(item)
    return tuple(items), at


def read_item(text: str, at: int) -> tuple[Item | Refused, int]:
    """Read the record that begins at `at`; return it and where it ends.

    Raises:
        WireError: `json`, when no JSON value begins there.
    """
    (item,), end = read_items(text, at, 1)
    return item, end


def _read_carefully(text: str, at: int) -> tuple[Item | Refused, int]:
    try:
        wire, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise WireError("json", str(error)[:200]) from error
    body = text[at:end]
    try:
        record = from_wire(wire)
    except WireError as error:
        return Refused(error, body), end
    return Item(record_id(record), record.KIND, record.store_id, body), end
