"""Propose a map for an export nobody has described yet, and show what it would read; pure.

What is proposed is checked the only way that counts: the map is parsed and the sample is
read with it, so an installer sees rows and reasons before anything is switched on.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drivers.contract import Rejected, SaleRow
from drivers.files.lines import AUTO, TextLines
from drivers.posfile.cells import amount_reader, time_reader
from drivers.posfile.dbf import DbfCutter, DbfError
from drivers.posfile.dialects import REQUIRED, parse_map
from drivers.posfile.fields import HeaderError
from drivers.posfile.parse import Parser
from drivers.posfile.words import BRANCH_WORDS, EXACT_FIELDS, FIELD_WORDS, KIND_WORDS, TIME_FORMATS
from sync.errors import DakaError
from sync.records import SaleKind

SAMPLE_BYTES: Final = 256 * 1024
SHOWN_ROWS: Final = 10
_DELIMITERS: Final = (",", "\t", ";", "|")
_HEADER_WITHIN: Final = 10
_MIN_COLUMNS: Final = 3

_NAME_IT: Final = "name it under [columns]; nothing is read without it."
_CONSEQUENCES: Final = {
    "register_id": _NAME_IT,
    "receipt_id": _NAME_IT,
    "sold_at": _NAME_IT,
    "amount": _NAME_IT,
    "quantity": "every line counts as one piece.",
    "line_no": "lines of a receipt are numbered in the order of the file.",
    "seller_code": "nobody is credited with these sales.",
}

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A map to start from.

    Attributes:
        toml: the map, ready to be saved; empty when there is nothing to propose.
        rows: what it reads first in the sample.
        rejected: what it does not read.
        notes: what a person has to look at, one sentence each.
    """

    toml: str
    rows: tuple[SaleRow, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    """The beginning of a file taken apart."""

    form: str
    delimiter: str
    header_line: int
    header: list[str]
    rows: Rows

    def column(self, name: str) -> list[str]:
        at = self.header.index(name)
        return [row[at].strip() for row in self.rows if len(row) > at]


def propose(name: str, data: bytes) -> Proposal:
    """Propose a map for an export.

    Args:
        name: the file's name; its ending tells the form.
        data: the file, or its first `SAMPLE_BYTES`.
    """
    data = data[:SAMPLE_BYTES]
    sample = _take_apart(name, data)
    if sample is None or not sample.rows:
        note = "No table was found: a header line and rows of at least three columns are needed."
        if name.lower().endswith(".xlsx"):
            note = "A workbook: save the sheet as CSV, learn from that, then set format = 'xlsx'."
        return Proposal("", (), (), (note,))
    columns = _columns(sample.header)
    notes = [
        f"No column looks like {field}: {consequence}"
        for field, consequence in _CONSEQUENCES.items()
        if field not in columns
    ]
    lines = _file_table(name, sample) + _columns_table(sample, columns, notes)
    lines += _values_table(sample, columns, notes) + _kinds_table(sample, columns, notes)
    toml = "\n".join(lines) + "\n"
    if any(field not in columns and field != "quantity" for field in REQUIRED):
        return Proposal(toml, (), (), tuple(notes))
    return _try_out(toml, name, data, notes)


def _try_out(toml: str, name: str, data: bytes, notes: list[str]) -> Proposal:
    try:
        dialect = parse_map(toml, "the proposed map")
        parsed = Parser(dialect, name).feed(data)
    except (DakaError, HeaderError, DbfError) as error:
        return Proposal(toml, (), (), (*notes, str(error)))
    if _restarts(parsed.sales):
        notes.append(
            "Receipt numbers come again on another day: join the date to receipt_id, or sales are lost."
        )
    return Proposal(
        toml, tuple(parsed.sales[:SHOWN_ROWS]), tuple(parsed.rejected[:SHOWN_ROWS]), tuple(notes)
    )


def _restarts(sales: Sequence[SaleRow]) -> bool:
    days: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sale in sales:
        if sale.line_kind == SaleKind.SALE:
            days[sale.register_id, sale.receipt_id].add(sale.sold_at[:10])
    return any(len(on) > 1 for on in days.values())


def _take_apart(name: str, data: bytes) -> _Sample | None:
    if name.lower().endswith(".dbf"):
        return _dbf_sample(data)
    text = [line for line in TextLines(AUTO).feed(data, final=True) if isinstance(line, str)]
    lines = [line.rstrip("\r") for line in text]
    if lines and lines[0].lstrip().startswith("{"):
        return _json_sample(lines)
    best: _Sample | None = None
    for delimiter in _DELIMITERS:
        found = _separated_sample(lines, delimiter)
        if found and (best is None or len(found.header) > len(best.header)):
            best = found
    return best


def _dbf_sample(data: bytes) -> _Sample | None:
    minimal = parse_map(
        '[file]\nformat = "dbf"\n[columns]\n' + "\n".join(f'{field} = "-"' for field in REQUIRED),
        "sample",
    )
    try:
        cut = DbfCutter(minimal).feed(data)
    except DbfError:
        return None
    rows = [piece[1] for piece in cut if isinstance(piece, tuple)]
    return _Sample("dbf", ",", 1, rows[0], rows[1:]) if rows else None


def _json_sample(lines: list[str]) -> _Sample | None:
    items = []
    for line in lines:
        try:
            item = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            continue  # the trial shows it as rejected
        if isinstance(item, dict):
            items.append(item)
    header = list(dict.fromkeys(key for item in items for key in item))
    rows = [["" if item.get(key) is None else str(item[key]) for key in header] for item in items]
    return _Sample("jsonl", ",", 1, header, rows)


def _separated_sample(lines: list[str], delimiter: str) -> _Sample | None:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return None
    scored = [(len(_columns(row)), -at) for at, row in enumerate(rows[:_HEADER_WITHIN])]
    if not scored:
        return None
    at = -max(scored)[1]
    header = [cell.strip() for cell in rows[at]]
    if len(header) < _MIN_COLUMNS:
        return None
    body = [row for row in rows[at + 1 :] if len(row) == len(header)]
    return _Sample("tsv" if delimiter == "\t" else "csv", delimiter, at + 1, header, body)


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _columns(header: Sequence[str]) -> dict[str, list[str]]:
    """Return which columns look like which field; the exact word wins over the one contained."""
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for is_match in (str.__eq__, str.__contains__):
        for field, words in FIELD_WORDS.items():
            if field in found or (field in EXACT_FIELDS and is_match is not str.__eq__):
                continue
            for word in words:
                fits = [c for c in header if c not in taken and is_match(_plain(c), _plain(word))]
                if fits:
                    found[field] = fits[:1]
                    taken.add(fits[0])
                    break
    date, clock = found.pop("date", None), found.pop("clock", None)
    if "sold_at" not in found and date:
        found["sold_at"] = date + (clock or [])
    return found


def _quoted(value: str | Sequence[str]) -> str:
    """Return TOML for a text or a list of texts; JSON's strings are TOML's."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


def _file_table(name: str, sample: _Sample) -> list[str]:
    ending = name.rsplit(".", 1)[-1] if "." in name else sample.form
    lines = ["[file]", f"format = {_quoted(sample.form)}", f"names = {_quoted(['*.' + ending])}"]
    if sample.form == "csv" and sample.delimiter != ",":
        lines.append(f"delimiter = {_quoted(sample.delimiter)}")
    if sample.header_line > 1:
        lines.append(f"header_line = {sample.header_line}")
    return lines


def _columns_table(sample: _Sample, columns: dict[str, list[str]], notes: list[str]) -> list[str]:
    lines = ["", "[columns]"]
    for field, names in columns.items():
        lines.append(f"{field} = {_quoted(names if len(names) > 1 else names[0])}")
    if "quantity" not in columns:
        lines.append('quantity = { constant = "1" }')
    for name in sample.header:
        stores = sorted(set(sample.column(name))) if _plain(name) in BRANCH_WORDS else []
        if len(stores) > 1:
            notes.append(
                f"Column {name} holds several stores ({', '.join(stores[:5])}): give the device its "
                f'own with branch = "..." and add to the map: [only] column = {_quoted(name)}, '
                'setting = "branch".'
            )
    return lines


def _values_table(sample: _Sample, columns: dict[str, list[str]], notes: list[str]) -> list[str]:
    lines = ["", "[values]"]
    if "sold_at" in columns:
        parts = [sample.column(name) for name in columns["sold_at"]]
        times = [" ".join(pieces) for pieces in zip(*parts, strict=False)]
        fitting = _fitting_formats(times)
        if not fitting:
            notes.append(f"The form of the time is unknown: {times[0]!r}. Say it in time_formats.")
        if len(fitting) > 1:
            notes.append(f"Day and month may be exchanged ({times[0]!r}): check time_formats.")
        lines.append(f"time_formats = {_quoted(fitting[:1] or ['%Y-%m-%d %H:%M:%S'])}")
    amounts = sample.column(columns["amount"][0]) if "amount" in columns else []
    if _count_read(amounts, ",") > _count_read(amounts, "."):
        lines.append('decimal_mark = ","')
    return lines


def _fitting_formats(times: list[str]) -> list[str]:
    """Return the formats that read most of the times, at least four in five."""
    counts: dict[str, int] = {}
    for time_format in TIME_FORMATS:
        read = time_reader([time_format])
        for text in times:
            try:
                read(text)
            except ValueError:
                continue
            counts[time_format] = counts.get(time_format, 0) + 1
    best = max(counts.values(), default=0)
    return [form for form, count in counts.items() if count == best and count * 5 >= len(times) * 4]


def _count_read(amounts: list[str], decimal_mark: str) -> int:
    read = amount_reader(decimal_mark)
    count = 0
    for text in amounts:
        try:
            read(text)
        except ValueError:
            continue
        count += 1
    return count


def _kinds_table(sample: _Sample, columns: dict[str, list[str]], notes: list[str]) -> list[str]:
    if "kind" not in columns:
        return ["", "[kinds]", 'negative = "refund"']
    found: dict[str, list[str]] = {}
    for text in sorted(set(sample.column(columns["kind"][0]))):
        kind = next((k for k, words in KIND_WORDS.items() if text.lower() in words), None)
        if kind is None:
            notes.append(f"What does {text[:40]!r} in the kind column mean? Add it under [kinds].")
        else:
            found.setdefault(kind, []).append(text)
    if not found:
        found = {"sale": [""]}
    return ["", "[kinds]", *(f"{kind} = {_quoted(texts)}" for kind, texts in found.items())]
