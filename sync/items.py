"""The records of a batch, taken apart as text: checked and identified, built only on demand.

Most records stand in canonical form (compact, fields in order, nothing escaped). One
regular expression a kind, made of the fields' own patterns, checks such a record and
yields its natural key in one pass, and takes a batch of one kind in one call; whatever
it does not match is decoded and judged field by field by `records.from_wire`, which has
the last word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Final, NamedTuple, NoReturn

from sync.errors import WireError
from sync.identity import NATURAL_KEYS, identities_of, record_id
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
    """How a kind is read: a pattern of three groups and more: whole, natural key, store.

    Attributes:
        key_of, store_of: pick from the groups of a match.
    """

    kind: str
    pattern: re.Pattern[str]
    key_of: Callable[[tuple[str, ...]], tuple[str, ...]]
    store_of: Callable[[tuple[str, ...]], str]


class _Halves(NamedTuple):
    """How texts that end alike are read; `key_of` picks the natural key from a head's groups."""

    head: re.Pattern[str]
    tail: re.Pattern[str]
    key_of: Callable[[tuple[str, ...]], tuple[str, ...]]


def _parts(kind: str, captured: Collection[str]) -> dict[str, str]:
    """Return the pattern of each field as it stands in a canonical text, by its name."""
    parts = {}
    for name, field in FIELDS[kind].items():
        value = f"(?P<{name}>{field.pattern})" if name in captured else field.pattern
        parts[name] = f'"{name}":{field.quote}{value}{field.quote}'
    return parts


def _canonical(kind: str) -> _Canonical:
    parts = _parts(kind, {*NATURAL_KEYS[kind], "store_id"})
    text = ",".join([f'"kind":"{kind}"', *parts.values()])
    pattern = re.compile(r"(\{" + text + r"\})", re.ASCII)
    places = {name: group - 1 for name, group in pattern.groupindex.items()}
    key_of = itemgetter(*(places[name] for name in NATURAL_KEYS[kind]))
    return _Canonical(kind, pattern, key_of, itemgetter(places["store_id"]))


_CANONICAL: Final = {kind: _canonical(kind) for kind in FIELDS}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def read_items(text: str, at: int, count: int) -> tuple[tuple[Item | Refused, ...], int]:
    """Read `count` records, commas between them, the first of which begins at `at`.

    Returns the records and where the last one ends.

    Raises:
        WireError: `json` or `field`, when they do not stand there.
    """
    if count > 1:
        for canonical in _CANONICAL.values():
            if canonical.pattern.match(text, at):
                alike = _read_alike(canonical, text, at, count)
                if alike is not None:
                    return alike
    items: list[Item | Refused] = []
    for number in range(count):
        if number:
            if not text.startswith(",", at):
                raise WireError("field", f"records: {number} where {count} are expected")
            at += 1
        for canonical in _CANONICAL.values():
            found = canonical.pattern.match(text, at)
            if found:
                items += _items(canonical, [found.groups()])
                at = found.end()
                break
        else:
            item, at = _read_carefully(text, at)
            items.append(item)
    return tuple(items), at


def _read_alike(
    canonical: _Canonical, text: str, at: int, count: int
) -> tuple[tuple[Item, ...], int] | None:
    """Read records that are all of one kind and canonical; None: they are not."""
    found: list[tuple[str, ...]] = canonical.pattern.findall(text, at)
    stretch = ",".join([groups[0] for groups in found])
    if len(found) != count or not text.startswith(stretch, at):  # something else is between
        return None
    return tuple(_items(canonical, found)), at + len(stretch)


def _items(canonical: _Canonical, found: list[tuple[str, ...]]) -> list[Item]:
    kind, _, key_of, store_of = canonical
    identities = identities_of(kind, map(key_of, found))
    bodies = [groups[0] for groups in found]
    return list(map(Item._make, zip(identities, repeat(kind), map(store_of, found), bodies)))


def identify(kind: str, bodies: Sequence[str]) -> Sequence[Item | None]:
    """Return an item for each JSON text in canonical form; None: `read_item` must judge it."""
    canonical = _CANONICAL[kind]
    found = canonical.pattern.findall("\n".join(bodies))  # no record holds a line break
    if [groups[0] for groups in found] == bodies:
        return _items(canonical, found)
    singly = [
        match.groups() if match else None for match in map(canonical.pattern.fullmatch, bodies)
    ]
    items = iter(_items(canonical, [groups for groups in singly if groups]))
    return [next(items) if groups else None for groups in singly]


@lru_cache(maxsize=16)
def _halves(kind: str, shared: int) -> _Halves:
    names = list(FIELDS[kind])
    own = names[: len(names) - shared]
    key = NATURAL_KEYS[kind]
    assert set(key) <= set(own), "what records share does not tell them apart"
    parts = _parts(kind, key)
    lead = ",".join([f'"kind":"{kind}"', *(parts[name] for name in own)])
    head = re.compile(r"(\{" + lead + ",)", re.ASCII)
    tail = re.compile(",".join(parts[name] for name in names[len(own) :]) + r"\}", re.ASCII)
    places = {name: group - 1 for name, group in head.groupindex.items()}
    return _Halves(head, tail, itemgetter(*(places[name] for name in key)))


def identities_of_alike(
    kind: str, heads: Sequence[str], tail: str, shared: int
) -> list[str] | None:
    """Return the identities of records whose canonical texts end alike; None: not all hold.

    What they share, usually half of each text, is looked at once.

    Args:
        heads: the texts up to the comma before the first shared field.
        tail: the rest of every text.
        shared: how many fields the tail has.
    """
    halves = _halves(kind, shared)
    if not halves.tail.fullmatch(tail):
        return None
    found = halves.head.findall("\n".join(heads))  # no record holds a line break
    if [groups[0] for groups in found] != heads:
        return None
    return identities_of(kind, map(halves.key_of, found))


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
