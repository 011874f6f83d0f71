"""Cells of one line to one sale row, under a declared map; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from typing import Final

from drivers.contract import SaleRow
from drivers.posfile.cells import amount_reader, quantity_reader, time_reader
from drivers.posfile.dialects import Column, FileFormat, FirstOf, PosMap, Sign
from drivers.posfile.fields import (
    CellError,
    Cells,
    Field,
    Names,
    ValueT,
    clean_text,
    line_number,
    named_text,
    shown_field,
)
from sync.records import SaleKind

REMEMBERED_RECEIPTS: Final = 20_000
"""A receipt without line numbers is continued when no more than so many others came between."""
_SALE: Final = SaleKind.SALE.value
_ISO_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


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
        return self.next_numbers([(register_id, receipt_id)])[0]

    def next_numbers(self, receipts: Iterable[tuple[str, str]]) -> list[int]:
        """Return the numbers of lines that follow one another, each named by its receipt."""
        young, old = self._young, self._old
        numbers = []
        for receipt in receipts:
            number = (young.get(receipt) or old.get(receipt, 0)) + 1
            young[receipt] = number
            numbers.append(number)
            if len(young) > REMEMBERED_RECEIPTS:
                young, old = {}, young
        self._young, self._old = young, old
        return numbers


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

        def field(name: str, read: Callable[[str], ValueT], code: str) -> Field[ValueT]:
            origin = dialect.origin.get(name)
            return Field(origin, header, read, code, shown_field(name, origin))

        def names(name: str, read: Callable[[str], str], code: str) -> Names:
            origin = dialect.origin.get(name)
            return Names(origin, header, read, code, shown_field(name, origin))

        only = Column((dialect.only_column,)) if dialect.only_column else None
        self._only = Field(only, header, str, "text", dialect.only_column)
        self._register = names("register_id", named_text, "empty")
        self._receipt = names("receipt_id", named_text, "empty")
        self._line_no = field("line_no", line_number, "line_no")
        self._sold_at = field(
            "sold_at", time_reader((*dialect.time_formats, *_ISO_FORMATS)), "time"
        )
        self._kind = field("kind", self._kind_of, "kind")
        self._seller = names("seller_code", clean_text, "text")
        self._item = names("item_code", clean_text, "text")
        self._quantity = field("quantity", quantity_reader(dialect.decimal_mark), "quantity")
        self._amount = field("amount", amount_reader(dialect.decimal_mark), "amount")
        self._original = names("original_receipt_id", clean_text, "text")
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
        kind = _SALE
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

    def read_ordinary(self, lines: Sequence[Cells]) -> list[SaleRow] | None:
        """Return what `read` would of each line, column by column and so several times as fast.

        None when any line is out of the ordinary: nothing has happened then.
        """
        if self._skip or set(map(len, lines)) != {len(self.header)}:
            return None
        try:
            if self._only_values:
                own = map(self._only_values.__contains__, self._only.column(lines))
                lines = list(compress(lines, own))
            registers, receipts = self._register.column(lines), self._receipt.column(lines)
            numbers = self._line_no.column(lines) if self._is_numbered else None
            amounts, quantities = self._amount.column(lines), self._quantity.column(lines)
            kinds = self._kinds(lines, amounts)
            times, sellers = self._sold_at.column(lines), self._seller.column(lines)
            items, originals = self._item.column(lines), self._original.column(lines)
        except CellError:
            return None
        if not self._turned.isdisjoint(kinds):
            signed = [-1 if kind in self._turned else 0 for kind in kinds]
            amounts = [
                -abs(fen) if sign else fen for fen, sign in zip(amounts, signed, strict=True)
            ]
            quantities = [
                -abs(q) if sign else q for q, sign in zip(quantities, signed, strict=True)
            ]
        if numbers is None:
            numbers = self._receipts.next_numbers(zip(registers, receipts, strict=True))
        columns = (registers, receipts, numbers, kinds, times, sellers, items, quantities, amounts)
        rows = zip(*columns, originals, repeat(self._source_name), strict=False)
        return list(map(SaleRow._make, rows))

    def _kinds(self, lines: Sequence[Cells], amounts: list[int]) -> list[str]:
        if self._has_kinds:
            return self._kind.column(lines)
        return [self._negative_kind if fen < 0 else _SALE for fen in amounts]

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


def synthetic_header(dialect: PosMap) -> tuple[str, ...]:
    """Return the column names of a form that does not write them down."""
    if dialect.format is not FileFormat.JSONL:
        return tuple(str(number) for number in range(1, dialect.width + 1))
    names: dict[str, None] = {dialect.only_column: None} if dialect.only_column else {}
    for origin in dialect.origin.values():
        if isinstance(origin, Column | FirstOf):
            names.update(dict.fromkeys(origin.names))
    return tuple(names)
