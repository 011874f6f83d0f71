"""An export's bytes to sale rows and rejected lines; pure, whatever pieces the bytes come in.

A `Parser` stands for one file from its first byte on. What it says about a line depends
only on the bytes before and in that line, never on how they were split or when they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.contract import Rejected, SaleRow
from drivers.posfile.dbf import DbfCutter
from drivers.posfile.dialects import FileFormat, PosMap
from drivers.posfile.fields import CellError, HeaderError
from drivers.posfile.pieces import Cutter, JsonCutter, Piece, Refusal, SeparatedCutter
from drivers.posfile.rows import RowReader, synthetic_header

_UNITS = {FileFormat.DBF: "record", FileFormat.XLSX: "row"}
_REMEDIES = {
    "encoding": "Declare the encoding of the export in the map.",
    "columns": "Check the line in the export, or the delimiter and columns in the map.",
    "kind": "Add the text to [kinds] in the map.",
    "time": "Add its form to values.time_formats in the map.",
    "amount": "Check the line, or values.decimal_mark in the map.",
    "quantity": "Check the line, or values.decimal_mark in the map.",
}
_REMEDY = "Check the line in the export; it is kept here as it came."


@dataclass(slots=True)
class Parsed:
    """What some bytes of an export said, each list in the order of the file."""

    sales: list[SaleRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def _cutter(dialect: PosMap) -> Cutter | None:
    match dialect.format:
        case FileFormat.CSV | FileFormat.TSV:
            return SeparatedCutter(dialect)
        case FileFormat.JSONL:
            return JsonCutter(dialect)
        case FileFormat.DBF:
            return DbfCutter(dialect)
        case FileFormat.XLSX:
            return None  # a workbook is no stream: its rows go to `take`


class Parser:
    """Read one file under one map.

    Args:
        dialect: with the branch filled in.
        source_name: the file's name, for people and for positions.
    """

    def __init__(self, dialect: PosMap, source_name: str) -> None:
        self._dialect = dialect
        self._source_name = source_name
        self._unit = _UNITS.get(dialect.format, "line")
        self._cutter = _cutter(dialect)
        self._rows = RowReader(dialect, source_name)
        if dialect.header_line == 0 or dialect.format is FileFormat.JSONL:
            self._rows.take_header(synthetic_header(dialect))

    @property
    def consumed(self) -> int:
        """Return how many bytes are behind it for good: where to read on."""
        return self._cutter.consumed if self._cutter else 0

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of an unfinished line at the end."""
        return self._cutter.waiting_bytes if self._cutter else 0

    def feed(self, data: bytes, *, final: bool = False) -> Parsed:
        """Read the next bytes; an unfinished last line waits, unless `final` says it ended.

        Raises:
            HeaderError: the file has not the columns the map names.
            DbfError: the file is no DBF table.
        """
        assert self._cutter, "a workbook is read with `take`"
        return self.take(self._cutter.feed(data, final=final))

    def forget_waiting(self) -> None:
        """Let go of an unfinished line; the next bytes come from `consumed` again."""
        if self._cutter:
            self._cutter.forget_waiting()

    def take(self, pieces: Sequence[Piece | Refusal]) -> Parsed:
        """Read rows that are already cut into cells.

        Raises:
            HeaderError: the file has not the columns the map names.
        """
        start = 0
        while start < len(pieces) and not self._rows.header:
            self._look_for_header(pieces[start])
            start += 1
        pieces = pieces[start:] if start else pieces
        lines = [piece[1] for piece in pieces if not isinstance(piece, Refusal)]
        sales = None
        if pieces and len(lines) == len(pieces):
            sales = self._rows.read_ordinary(lines)
        return self._take_singly(pieces) if sales is None else Parsed(sales)

    def _take_singly(self, pieces: Sequence[Piece | Refusal]) -> Parsed:
        parsed = Parsed()
        read = self._rows.read
        for piece in pieces:
            if isinstance(piece, Refusal):
                parsed.rejected.append(self._refused(piece))
                continue
            try:
                row = read(piece[1])
            except CellError as error:
                if not self._is_header(piece[1]):
                    parsed.rejected.append(self._rejected(piece, error))
                continue
            if row is not None:
                parsed.sales.append(row)
        return parsed

    def _look_for_header(self, piece: Piece | Refusal) -> None:
        number, cells = (piece.number, []) if isinstance(piece, Refusal) else piece[:2]
        if number < self._dialect.header_line and self._dialect.format is not FileFormat.DBF:
            return  # a title above the table
        if isinstance(piece, Refusal):
            raise HeaderError(f"line {number} should hold the column names; {piece.problem}")
        if any(cell.strip() for cell in cells):
            self._rows.take_header(cells)

    def _is_header(self, cells: list[str]) -> bool:
        """Tell whether an export was appended to another, names and all."""
        return tuple(cell.strip() for cell in cells) == self._rows.header

    def _rejected(self, piece: Piece, error: CellError) -> Rejected:
        number, _, raw = piece
        cutter = self._cutter
        if isinstance(raw, str):
            if isinstance(cutter, SeparatedCutter | JsonCutter):
                raw = cutter.lines.raw(raw)
            else:
                raw = raw.encode(errors="replace")
        return self._refused(Refusal(number, error.code, str(error), raw))

    def _refused(self, refusal: Refusal) -> Rejected:
        position = f"{self._source_name} {self._unit} {refusal.number}"
        return Rejected(
            position=position,
            code=refusal.code,
            detail=f"{position}, {refusal.problem}. {_REMEDIES.get(refusal.code, _REMEDY)}",
            raw=refusal.raw,
        )
