"""Where a field of a sale stands in a line and what its texts mean; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar

from drivers.posfile.dialects import Column, Constant, FirstOf, Origin
from sync.errors import DakaError
from sync.records import MAX_TEXT, is_clean_text

REMEMBERED_TEXTS: Final = 10_000
_MAX_LINE_NO: Final = 10**6

Cells = Sequence[str]
ValueT = TypeVar("ValueT")


class HeaderError(DakaError):
    """The columns of a file are not those the map names; another file or another till version."""


class CellError(Exception):
    """One line does not hold: `code` is stable, `field` names the cell, `problem` says why."""

    def __init__(self, code: str, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.code = code
        self.field = field
        self.problem = problem


def _position(names: Sequence[str], header: Cells) -> list[int]:
    missing = [name for name in names if name not in header]
    if missing:
        found = ", ".join(repr(name[:40]) for name in header[:30])
        raise HeaderError(f"column {', '.join(map(repr, missing))} is missing; found: {found}")
    return [header.index(name) for name in names]


def _taker(origin: Origin | None, header: Cells) -> Callable[[Cells], Any]:
    """Return what picks a field's cells out of a line: one text, or several in a tuple."""
    match origin:
        case Column(names):
            return itemgetter(*_position(names, header))
        case FirstOf(names):
            return itemgetter(
                *_position([name for name in names if name in header] or names, header)
            )
        case _:
            return lambda _cells: ""


def _text(origin: Origin | None, taken: str | tuple[str, ...]) -> str:
    """Return the text of a field from the cells its taker picked."""
    match origin:
        case Constant(value):
            return value
        case Column(_, joint):
            return taken.strip() if isinstance(taken, str) else joint.join(map(str.strip, taken))
        case FirstOf():
            cells = (taken,) if isinstance(taken, str) else taken
            return next((text for cell in cells if (text := cell.strip())), "")
        case _:
            assert origin is None, f"{origin} was not filled in by PosMap.at_branch"
            return ""


class Field(dict[Any, ValueT]):
    """What the texts of a field mean; a text met lately costs one look-up.

    Tills repeat themselves: the same prices and people all day, the same second for every
    line of a receipt.
    """

    def __init__(
        self,
        origin: Origin | None,
        header: Cells,
        read: Callable[[str], ValueT],
        code: str,
        name: str,
    ) -> None:
        super().__init__()
        self.take = _taker(origin, header)
        self._origin = origin
        self._is_single = isinstance(origin, Column) and len(origin.names) == 1
        self._read = read
        self._code = code
        self._name = name

    def __missing__(self, taken: Any) -> ValueT:
        try:
            value = self._read(taken.strip() if self._is_single else _text(self._origin, taken))
        except ValueError as error:
            raise CellError(self._code, self._name, str(error)[:300]) from error
        if len(self) >= REMEMBERED_TEXTS:
            self.clear()
        self[taken] = value
        return value

    def column(self, lines: Iterable[Cells]) -> list[ValueT]:
        """Return the field's value on each line.

        Raises:
            CellError: on one of them it has none.
        """
        return list(map(self.__getitem__, map(self.take, lines)))


class Names(Field[str]):
    """A field whose meaning is its text, such as a receipt's number.

    Each receipt has another, so remembering them is of little use: a column is judged at once.
    """

    def column(self, lines: Iterable[Cells]) -> list[str]:
        """Return the field's text on each line.

        Raises:
            CellError: on one of them it may not stand in a record.
        """
        if not self._is_single:
            return super().column(lines)
        texts = [cell.strip() for cell in map(self.take, lines)]
        are_plain = "".join(texts).isprintable() and max(map(len, texts), default=0) <= MAX_TEXT
        if are_plain and (all(texts) or self._read is clean_text):
            return texts
        return super().column(lines)  # which says which of them, and why


def clean_text(text: str) -> str:
    """Return a text that may be empty and otherwise may stand in a record."""
    if text and not is_clean_text(text):
        raise ValueError(f"{text[:60]!r} is too long or holds control characters")
    return text


def named_text(text: str) -> str:
    """Return a text that names something and so is not empty."""
    if is_clean_text(text):
        return text
    raise ValueError(
        f"{text[:60]!r} is too long or holds control characters" if text else "is empty"
    )


def line_number(text: str) -> int:
    """Return the number a till gave to a line of a receipt."""
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= _MAX_LINE_NO):
        raise ValueError(f"{text[:60]!r} is no line number")
    return int(text[:9])


def shown_field(field: str, origin: Origin | None) -> str:
    """Return how people find a field: its column where it has one."""
    match origin:
        case Column(names) | FirstOf(names):
            return f"column {'+'.join(names)} ({field})"
        case _:
            return field
