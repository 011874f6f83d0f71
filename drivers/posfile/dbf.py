"""dBASE and FoxPro tables (DBF) as they grow: fixed-length records behind a header; pure.

Memo fields stand in another file and are read as empty; records marked as deleted are
passed over. Source: dBASE III+ file structure, record layout of 32-byte field descriptors.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from drivers.files.lines import AUTO
from drivers.posfile.dialects import PosMap
from drivers.posfile.pieces import Cut, Piece, Refusal
from sync.errors import DakaError

HEAD_BYTES: Final = 32
CHANGING_HEAD_BYTES: Final = 8
"""Version, date of the last change and number of records: no sign of another file."""
_FIELD_BYTES: Final = 32
_END_OF_FIELDS: Final = 0x0D
_END_OF_FILE: Final = 0x1A
_DELETED: Final = 0x2A
_KEPT: Final = 0x20
_CODEC_OF_LANGUAGE: Final = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs"}
_JULIAN_OF_ORDINAL_0: Final = 1_721_425


class DbfError(DakaError):
    """The file says DBF by its name and something else by its bytes."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    start: int
    end: int
    decimals: int


def _header(data: bytes, length: int, record_bytes: int, codec: str) -> list[_Field]:
    fields: list[_Field] = []
    start = 1  # behind the deletion mark
    for at in range(HEAD_BYTES, length - _FIELD_BYTES + 1, _FIELD_BYTES):
        if data[at] == _END_OF_FIELDS:
            break
        name = data[at : at + 11].split(b"\0")[0].decode(codec, "replace").strip()
        kind, width, decimals = chr(data[at + 11]), data[at + 16], data[at + 17]
        fields.append(_Field(name, kind, start, start + width, decimals))
        start += width
    if not fields or start > record_bytes:
        raise DbfError(f"{len(fields)} fields of {start} bytes in records of {record_bytes} bytes")
    return fields


class DbfCutter:
    """Cut a stream of bytes into records; the first piece, number 0, holds the field names."""

    def __init__(self, dialect: PosMap) -> None:
        self.consumed = 0
        self._rest = b""
        self._declared = dialect.encoding
        self._codec = "gb18030"
        self._fields: list[_Field] = []
        self._record_bytes = 0
        self._number = 0

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes of a record that has begun; the mark of the end is none."""
        return 0 if self._rest[:1] == bytes([_END_OF_FILE]) else len(self._rest)

    def forget_waiting(self) -> None:
        """Let go of what is unfinished; the next bytes come from `consumed` again."""
        self._rest = b""

    def feed(self, data: bytes, *, final: bool = False) -> Cut:  # noqa: ARG002
        """Return the records that `data` completes; a cut one is never taken.

        Raises:
            DbfError: the header is none.
        """
        self._rest += data
        cut: Cut = []
        if not self._fields:
            self._take_header(cut)
        size = self._record_bytes
        at = 0
        while self._fields and at + size <= len(self._rest):
            record = self._rest[at : at + size]
            if record[0] == _END_OF_FILE:
                break  # the next record will be written over this mark
            self._number += 1
            if record[0] == _KEPT:
                cut.append(self._piece(record))
            elif record[0] != _DELETED:
                problem = "the record does not begin with a deletion mark"
                cut.append(Refusal(self._number, "dbf_record", problem, record))
            at += size
        self._rest = self._rest[at:]
        self.consumed += at
        return cut

    def _take_header(self, cut: Cut) -> None:
        if len(self._rest) < HEAD_BYTES:
            return
        length, record_bytes = struct.unpack_from("<HH", self._rest, 8)
        if length <= HEAD_BYTES or record_bytes < 2:
            raise DbfError(f"header of {length} bytes, records of {record_bytes} bytes")
        if len(self._rest) < length:
            return
        by_language = _CODEC_OF_LANGUAGE.get(self._rest[29], "gb18030")
        self._codec = by_language if self._declared == AUTO else self._declared
        self._fields = _header(self._rest, length, record_bytes, self._codec)
        self._record_bytes = record_bytes
        self._rest = self._rest[length:]
        self.consumed += length
        cut.append((0, [field.name for field in self._fields], b""))

    def _piece(self, record: bytes) -> Piece | Refusal:
        try:
            cells = [self._cell(field, record[field.start : field.end]) for field in self._fields]
        except (UnicodeDecodeError, ValueError, struct.error, OverflowError) as error:
            return Refusal(self._number, "dbf_record", str(error)[:200], record)
        return self._number, cells, record

    def _cell(self, field: _Field, raw: bytes) -> str:
        match field.kind:
            case "D":
                text = raw.decode("ascii").strip("\0 ")
                return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else ""
            case "T":
                return _moment(raw)
            case "I":
                return str(struct.unpack("<i", raw)[0])
            case "Y":
                return _currency(struct.unpack("<q", raw)[0])
            case "B" | "O":
                raise ValueError(f"field {field.name} holds binary floats; export it as numeric")
            case "M" | "G" | "P":
                return ""
            case _:
                return raw.decode(self._codec).strip("\0 ")


def _moment(raw: bytes) -> str:
    """Return a FoxPro datetime: Julian day and milliseconds."""
    day, milliseconds = struct.unpack("<ii", raw)
    if day == 0:
        return ""
    hours, rest = divmod(round(milliseconds / 1000), 3600)
    on = date(1, 1, 1) + timedelta(days=day - _JULIAN_OF_ORDINAL_0 - 1)
    return f"{on.isoformat()} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _currency(ten_thousandths: int) -> str:
    """Return a FoxPro currency, a whole number of 0.0001."""
    sign = "-" if ten_thousandths < 0 else ""
    whole, decimals = divmod(abs(ten_thousandths), 10_000)
    return f"{sign}{whole}.{decimals:04d}"
