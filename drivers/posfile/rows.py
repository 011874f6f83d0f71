"""Cells of one line to one sale row, under a declared map; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar

from drivers.contract import SaleRow
from drivers.posfile.cells import amount_reader, quantity_reader, time_reader
from drivers.posfile.dialects import (
    Column,
    Constant,
    FileFormat,
    FirstOf,
    Origin,
    PosMap,
    Sign,
)
from sync.errors import DakaError
from sync.records import SaleKind, is_clean_text

REMEMBERED_RECEIPTS: Final = 20_000
"""A receipt without line numbers is continued when no more than so many others came between."""
_ISO_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_MAX_LINE_NO: Final = 10**6

ValueT = TypeVar("ValueT")

_REMEMBERED_TEXTS: Final = 10_000

Cells = Sequence[str]


class HeaderError(DakaError):
    """The columns of a file are not those the map names; another file or another till version.

    Attributes:
        missing: columns the map needs.
        found: columns the file has.
    """

    def __init__(self, missing: Sequence[str], found: Sequence[str]) -> None:
        shown = ", ".join(repr(name[:40]) for name in found[:30])
        super().__init__(f"column {', '.join(map(repr, missing))} is missing; found: {shown}")
        self.missing = tuple(missing)
        self.found = tuple(found)


class CellError(Exception):
    """One line does not hold: `code` is stable, `field` names the cell, `problem` says why."""

    def __init__(self, code: str, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.code = code
        self.field = field
        self.problem = problem


class ReceiptLines:
    """Number the lines of receipts in the order of the file, as a pure fold over it.

    The whole file and any splitting of it give the same numbers, so a line keeps its
    identity however often and in whatever pieces the file is read. Two generations bound
    the memory to twice `REMEMBERED_RECEIPTS`.
    """

    def __init__(self) -> None:
        self._young: dict[tuple[str, str], int] = {}
        self._old: dict[tuple[str, str], int] = {}

    def next_no(self, register_id: str, receipt_id: str) -> int:
        """Return the number of the next line of a receipt, from 1."""
        key = (register_id, receipt_id)
        number = (self._young.get(key) or self._old.get(key, 0)) + 1
        if number > _MAX_LINE_NO:
            raise CellError("line_no", "receipt_id", f"more than {_MAX_LINE_NO} lines on a receipt")
        self._young[key] = number
        if len(self._young) > REMEMBERED_RECEIPTS:
            self._old, self._young = self._young, {}
        return number


def _position(names: Sequence[str], header: Cells) -> list[int]:
    missing = [name for name in names if name not in header]
    if missing:
        raise HeaderError(missing, header)
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


class _Field(dict[Any, ValueT]):
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
        self._read = read
        self._code = code
        self._name = name

    def __missing__(self, taken: str | tuple[str, ...]) -> ValueT:
        try:
            value = self._read(_text(self._origin, taken))
        except ValueError as error:
            raise CellError(self._code, self._name, str(error)[:300]) from error
        if len(self) >= _REMEMBERED_TEXTS:
            self.clear()
        self[taken] = value
        return value


def _clean(text: str) -> str:
    if text and not is_clean_text(text):
        raise ValueError(f"{text[:60]!r} is too long or holds control characters")
    return text


def _named(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return _clean(text)


def _line_no(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= _MAX_LINE_NO):
        raise ValueError(f"{text[:60]!r} is no line number")
    return int(text[:9])


class RowReader:
    """Read the lines of one file.

    Args:
        dialect: with the branch filled in.
        source_name: the file, for people.

    Attributes:
        header: the column names, empty until `take_header`.
    """

    def __init__(self, dialect: PosMap, source_name: str) -> None:
        self.header: tuple[str, ...] = ()
        self._dialect = dialect
        self._source_name = source_name
        self._receipts = ReceiptLines()
        self._only_values = frozenset(dialect.only_values)
        self._has_kinds = "kind" in dialect.origin
        self._negative_kind = dialect.negative.value
        self._is_numbered = dialect.is_numbered
        self._skip = dialect.skip
        by_kind = dialect.sign is Sign.BY_KIND
        self._turned = {SaleKind.REFUND.value, SaleKind.VOID.value} if by_kind else set()

    def take_header(self, cells: Cells) -> None:
        """Learn which column stands where.

        Raises:
            HeaderError: a column the map needs is missing.
        """
        dialect = self._dialect
        header = tuple(cell.strip().lstrip("\ufeff") for cell in cells)

        def field(name: str, read: Callable[[str], ValueT], code: str) -> _Field[ValueT]:
            origin = dialect.origin.get(name)
            return _Field(origin, header, read, code, _shown(name, origin))

        only = Column((dialect.only_column,)) if dialect.only_column else None
        self._only = _Field(only, header, str, "text", dialect.only_column)
        self._register = field("register_id", _named, "empty")
        self._receipt = field("receipt_id", _named, "empty")
        self._line_no = field("line_no", _line_no, "line_no")
        self._sold_at = field(
            "sold_at", time_reader((*dialect.time_formats, *_ISO_FORMATS)), "time"
        )
        self._kind = field("kind", self._kind_of, "kind")
        self._seller = field("seller_code", _clean, "text")
        self._item = field("item_code", _clean, "text")
        self._quantity = field("quantity", quantity_reader(dialect.decimal_mark), "quantity")
        self._amount = field("amount", amount_reader(dialect.decimal_mark), "amount")
        self._original = field("original_receipt_id", _clean, "text")
        self.header = header

    def read(self, cells: Cells) -> SaleRow | None:
        """Return the sale of one line; None when the map passes over it.

        A line that does not hold still takes its number on the receipt, so that repairing
        it later does not renumber its neighbours.

        Raises:
            CellError: naming the field, the value and what is expected.
        """
        if (len(cells) != len(self.header) or not cells[0]) and not self._fits(cells):
            return None
        if self._skip and cells[0].strip().startswith(self._skip):
            return None
        if self._only_values and self._only[self._only.take(cells)] not in self._only_values:
            return None
        register_id = self._register[self._register.take(cells)]
        receipt_id = self._receipt[self._receipt.take(cells)]
        if self._is_numbered:
            line_no = self._line_no[self._line_no.take(cells)]
        else:
            line_no = self._receipts.next_no(register_id, receipt_id)
        amount_fen = self._amount[self._amount.take(cells)]
        quantity_milli = self._quantity[self._quantity.take(cells)]
        kind = "sale"
        if self._has_kinds:
            kind = self._kind[self._kind.take(cells)]
        elif amount_fen < 0:
            kind = self._negative_kind
        if kind in self._turned:
            amount_fen, quantity_milli = -abs(amount_fen), -abs(quantity_milli)
        return SaleRow(
            register_id=register_id,
            receipt_id=receipt_id,
            line_no=line_no,
            line_kind=kind,
            sold_at=self._sold_at[self._sold_at.take(cells)],
            seller_code=self._seller[self._seller.take(cells)],
            item_code=self._item[self._item.take(cells)],
            quantity_milli=quantity_milli,
            amount_fen=amount_fen,
            original_receipt_id=self._original[self._original.take(cells)],
            source_name=self._source_name,
        )

    def _fits(self, cells: Cells) -> bool:
        """Accept blank extra cells (True) and pass over blank or skipped lines (False).

        Raises:
            CellError: cells are missing, or there are more than columns.
        """
        if not any(cell.strip() for cell in cells):
            return False
        if self._skip and cells[0].strip().startswith(self._skip):
            return False
        expected = len(self.header)
        if len(cells) < expected or any(cell.strip() for cell in cells[expected:]):
            raise CellError("columns", "the line", f"{len(cells)} columns instead of {expected}")
        return True

    def _kind_of(self, text: str) -> str:
        kind = self._dialect.kinds.get(text.lower())
        if kind is None:
            known = ", ".join(map(repr, self._dialect.kinds))
            raise ValueError(f"{text[:60]!r} is none of {known}")
        return kind.value


def _shown(field: str, origin: Origin | None) -> str:
    """Return how people find a field: its column where it has one."""
    match origin:
        case Column(names) | FirstOf(names):
            return f"column {'+'.join(names)} ({field})"
        case _:
            return field


def synthetic_header(dialect: PosMap) -> tuple[str, ...]:
    """Return the column names of a form that does not write them down."""
    if dialect.format is not FileFormat.JSONL:
        return tuple(str(number) for number in range(1, dialect.width + 1))
    names: dict[str, None] = {dialect.only_column: None} if dialect.only_column else {}
    for origin in dialect.origin.values():
        if isinstance(origin, Column | FirstOf):
            names.update(dict.fromkeys(origin.names))
    return tuple(names)
