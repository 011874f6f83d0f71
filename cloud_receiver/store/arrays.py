"""Columns of rows as PostgreSQL takes arrays in binary, each made at one go.

psycopg asks for every single value how it is written, which for thousands of short rows is more
work than judging them. The form is that of PostgreSQL's `array_recv`: dimensions, whether there
are nulls, the elements' type, count and first index, then each element behind its length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct, pack
from typing import Any, Final, NamedTuple, cast

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD: Final = Struct(">iiIii")
_LENGTH: Final = Struct(">i").pack
_NULL: Final = _LENGTH(-1)
_BOOLEANS: Final = (_LENGTH(1) + b"\0", _LENGTH(1) + b"\1")


class Column:
    """The values of a column, ready to be sent."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


class _Texts(Column):
    __slots__ = ()


class _Bigs(Column):
    __slots__ = ()


class _Integers(Column):
    __slots__ = ()


class _Booleans(Column):
    __slots__ = ()


class _Ready(Dumper):
    """Hands over what stands ready."""

    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        """Return the bytes."""
        return obj.content


def column_of(type_name: str, values: Sequence[Any]) -> Column | list[Any]:
    """Return the values of a column of a type, as SQL names it; a list where there is no quick way."""
    kind = _KINDS.get(type_name)
    if kind is None or not values:
        return list(values)
    head = _HEAD.pack(1, int(None in values), kind.element_oid, len(values), 1)
    return kind.column(b"".join([head, *kind.encode(values)]))


def take_columns(context: AdaptContext) -> None:
    """Let a connection of psycopg send columns."""
    for kind in _KINDS.values():
        dumper = type(f"{kind.column.__name__}Dumper", (_Ready,), {"oid": kind.array_oid})
        context.adapters.register_dumper(kind.column, dumper)


def _texts(values: Sequence[str | None]) -> list[bytes]:
    if None in values:
        return [_NULL if value is None else _text(value) for value in values]
    whole = cast("Sequence[str]", values)  # no null among them
    pieces = list(map(str.encode, whole))
    both: list[bytes] = [b""] * (2 * len(pieces))
    both[::2] = map(_LENGTH, map(len, pieces))
    both[1::2] = pieces
    return both


def _text(value: str) -> bytes:
    piece = value.encode()
    return _LENGTH(len(piece)) + piece


def _numbers(code: str, size: int) -> Callable[[Sequence[int | None]], list[bytes]]:
    def encode(values: Sequence[int | None]) -> list[bytes]:
        if None in values:
            return [_NULL if value is None else pack(f">i{code}", size, value) for value in values]
        both: list[Any] = [size] * (2 * len(values))
        both[1::2] = values
        return [pack(f">{f'i{code}' * len(values)}", *both)]

    return encode


def _booleans(values: Sequence[bool | None]) -> list[bytes]:
    return [_NULL if value is None else _BOOLEANS[bool(value)] for value in values]


class _Kind(NamedTuple):
    """A type of columns: its class, PostgreSQL's numbers of both types, how values are written."""

    column: type[Column]
    element_oid: int
    array_oid: int
    encode: Callable[[Sequence[Any]], list[bytes]]


_KINDS: Final = {
    "TEXT": _Kind(_Texts, 25, 1009, _texts),
    "BIGINT": _Kind(_Bigs, 20, 1016, _numbers("q", 8)),
    "INTEGER": _Kind(_Integers, 23, 1007, _numbers("i", 4)),
    "BOOLEAN": _Kind(_Booleans, 16, 1000, _booleans),
}
