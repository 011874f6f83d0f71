"""How one kind of till writes its export: a declared map, read from ``config/pos/<name>.toml``.

Every error names the file, the table, the key and what is allowed there, because the
reader of the message is an installer with a text editor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from drivers.files.lines import AUTO
from drivers.keys import Keys
from drivers.posfile.cells import time_pattern
from sync.errors import ToldError
from sync.places import config_dir
from sync.records import SaleKind, is_clean_text
from sync.settings_table import parse_toml

ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf-16": "utf-16-le",  # a byte order mark in the file decides
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "cp1252": "cp1252",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
"""What may be declared, and the codec that reads it: the superset tills really write.

In each of them a line feed and a double quote are never part of another character.
"""
DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", ":", " ")
MAX_COLUMNS: Final = 500
REQUIRED: Final = ("register_id", "receipt_id", "sold_at", "quantity", "amount")
OPTIONAL: Final = ("line_no", "seller_code", "item_code", "original_receipt_id", "kind")
_ISO_FORMATS: Final = ("%Y-%m-%d %H:%M:%S",)
_ORIGIN_FORMS: Final = (
    "a column's name, a list of names to join, { first_of = [names] }, "
    '{ constant = "text" } or { setting = "branch" }'
)


class FileFormat(StrEnum):
    """The forms of file an export may have."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    DBF = "dbf"


class Sign(StrEnum):
    """Which sign an amount gets."""

    AS_PRINTED = "as_printed"
    BY_KIND = "by_kind"  # refunds and voids become negative, however the till prints them


@dataclass(frozen=True, slots=True)
class Column:
    """A field that stands in columns; several are joined with `joint`."""

    names: tuple[str, ...]
    joint: str = "-"


@dataclass(frozen=True, slots=True)
class FirstOf:
    """A field that stands in the first of these columns that holds something."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A field that no column holds."""

    value: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A field that the box's own `branch` setting holds."""


Origin = Column | FirstOf | Constant | Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class PosMap:
    """A declared map; `origin` has an entry for every required field.

    Attributes:
        name: how errors call it.
        names: patterns of the file names it applies to.
        encoding: a codec's name, or `AUTO`: byte order mark, else UTF-8, else GB18030.
        header_line: line of the column names, 1-based; 0: none, columns are numbered.
        width: columns of a file without header.
        skip: beginnings of lines that are no sales: totals, remarks.
        sheet: name of the worksheet; empty: the first.
        origin: where each field of a sale comes from.
        kinds: text of the kind column, lower case, to kind.
        negative: kind of a line with a negative amount in an export without kind column.
        only_column, only_values: rows of other branches are passed over; empty: none are.
        only_branch: the value is the box's `branch` setting.
    """

    name: str
    format: FileFormat
    names: tuple[str, ...]
    encoding: str
    delimiter: str
    header_line: int
    width: int
    skip: tuple[str, ...]
    sheet: str
    origin: Mapping[str, Origin]
    time_formats: tuple[str, ...]
    decimal_mark: str
    kinds: Mapping[str, SaleKind]
    negative: SaleKind
    sign: Sign
    only_column: str
    only_values: tuple[str, ...]
    only_branch: bool

    @property
    def is_numbered(self) -> bool:
        """Tell whether the export itself numbers the lines of a receipt."""
        return "line_no" in self.origin

    @property
    def digest(self) -> str:
        """Return a short hash of what the map says; another map means reading anew."""
        return sha256(repr(replace(self, name="")).encode()).hexdigest()[:16]

    def at_branch(self, branch: str) -> PosMap:
        """Return the map with every mention of the box's branch filled in.

        Raises:
            DakaError: the map needs a branch and there is none.
        """
        needed = self.only_branch or any(isinstance(o, Branch) for o in self.origin.values())
        if needed and not branch:
            raise ToldError(
                f'对照表 {self.name} 需要知道是哪个门店:请在设备下加 branch = "...",'
                "填导出文件里代表本店的值",
                f'map {self.name} needs to know the branch: add branch = "..." to the device, '
                "with the value that stands for this store in the export",
            )
        filled = {
            k: Constant(branch) if isinstance(o, Branch) else o for k, o in self.origin.items()
        }
        values = (branch,) if self.only_branch else self.only_values
        return replace(self, origin=filled, only_values=values, only_branch=False)


def _origin(columns: Keys, key: str, value: Any) -> Origin:
    numbered = [value] if type(value) in (int, str) else value
    if isinstance(numbered, list):  # a column of a file without header has a number
        value = [str(name) if type(name) is int else name for name in numbered]
    match value:
        case [*names] if names and all(isinstance(name, str) and name for name in names):
            return Column(tuple(names), " " if key == "sold_at" else "-")
        case {"constant": str(constant), **rest} if not rest and is_clean_text(constant):
            return Constant(constant)
        case {"setting": "branch", **rest} if not rest:
            return Branch()
        case {"first_of": [*names], **rest} if not rest and all(isinstance(n, str) for n in names):
            return FirstOf(tuple(names))
    raise columns.wrong(key, _ORIGIN_FORMS)


def _origins(document: Keys, where: str) -> dict[str, Origin]:
    columns, table = document.table("columns"), document.mapping("columns", "a table")
    for key in REQUIRED:
        if key not in table:
            raise columns.wrong(key, _ORIGIN_FORMS)
    for key in table:
        if key not in (*REQUIRED, *OPTIONAL):
            fields = ", ".join((*REQUIRED, *OPTIONAL))
            raise ToldError(
                f"{where}, columns:不认识 {key};可用的有:{fields}",
                f"{where}, columns: unknown key {key!r}; known keys: {fields}",
            )
    return {key: _origin(columns, key, value) for key, value in table.items()}


def _kinds(keys: Keys) -> dict[str, SaleKind]:
    kinds: dict[str, SaleKind] = {}
    for kind in SaleKind:
        for text in keys.texts(kind, "a list of texts of the kind column"):
            if kinds.setdefault(text.strip().lower(), kind) is not kind:
                raise keys.wrong(kind, f"free of {text!r}, which stands for another kind too")
    return kinds


def _time_formats(values: Keys) -> tuple[str, ...]:
    formats = values.texts("time_formats", "a list of time formats") or _ISO_FORMATS
    for time_format in formats:
        try:
            time_pattern(time_format)
        except ValueError as error:
            raise values.wrong("time_formats", f"formats; in {time_format!r} {error}") from error
    return formats


def _only(keys: Keys) -> tuple[str, tuple[str, ...], bool]:
    column = keys.text("column", "a column name", "")
    values = keys.texts("values", "a list of texts of that column")
    is_branch = keys.choice("setting", ("branch", ""), "") == "branch"
    if column and bool(values) is is_branch:
        raise keys.wrong("values", 'a list of texts, or give setting = "branch" instead')
    if not column and (values or is_branch):
        raise keys.wrong("column", "the name of the column to look at")
    keys.finish()
    return column, values, is_branch


def read_map(document: Mapping[str, Any], where: str) -> PosMap:
    """Build a map from a parsed TOML document.

    Args:
        where: the file, for errors.

    Raises:
        DakaError: naming file, table, key and what is allowed.
    """
    keys = Keys(document, where)
    file, values, kinds = keys.table("file"), keys.table("values"), keys.table("kinds")
    form = FileFormat(file.choice("format", tuple(FileFormat), FileFormat.CSV))
    header_line, width = (
        file.whole("header_line", 0, 1000, 1),
        file.whole("width", 0, MAX_COLUMNS, 0),
    )
    if header_line == 0 and width == 0:
        raise file.wrong("width", "the number of columns of a file without header line")
    origin, kind_texts = _origins(keys, where), _kinds(kinds)
    if "kind" in origin and not kind_texts:
        raise kinds.wrong("sale", "the texts of columns.kind that mean a sale; likewise refund ...")
    only_column, only_values, only_branch = _only(keys.table("only"))
    names = {AUTO: AUTO, **ENCODINGS}
    posmap = PosMap(
        name=where,
        format=form,
        names=file.texts("names", "a list of patterns such as '*.csv'") or (f"*.{form}",),
        encoding=names[file.choice("encoding", names, AUTO)],
        delimiter=file.choice("delimiter", DELIMITERS, "\t" if form is FileFormat.TSV else ","),
        header_line=header_line,
        width=width,
        skip=file.texts("skip", "a list of beginnings of lines to pass over"),
        sheet=file.text("sheet", "the name of a worksheet", ""),
        origin=origin,
        time_formats=_time_formats(values),
        decimal_mark=values.choice("decimal_mark", (".", ","), "."),
        kinds=kind_texts,
        negative=SaleKind(kinds.choice("negative", tuple(SaleKind), SaleKind.REFUND)),
        sign=Sign(values.choice("sign", tuple(Sign), Sign.BY_KIND)),
        only_column=only_column,
        only_values=only_values,
        only_branch=only_branch,
    )
    keys.text("title", "a sentence", "")
    for table in (file, values, kinds, keys):
        table.finish()
    return posmap


def parse_map(text: str, where: str) -> PosMap:
    """Build a map from TOML text.

    Raises:
        DakaError: it is no TOML, or no map.
    """
    return read_map(parse_toml(text.encode(), where), where)


def shipped_maps() -> tuple[str, ...]:
    """Return the names of the shipped maps."""
    return tuple(sorted(path.stem for path in (config_dir() / "pos").glob("*.toml")))


def load_map(name: str) -> PosMap:
    """Read a shipped map by name, or any map by its absolute path.

    Raises:
        DakaError: there is none, or it does not hold.
    """
    path = Path(name) if Path(name).is_absolute() else config_dir() / "pos" / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        shipped = ", ".join(shipped_maps())
        raise ToldError(
            f"读不到对照表 {name!r}({path});随系统提供的有:{shipped};自己的对照表请写绝对路径",
            f"map {name!r} cannot be read from {path} ({error}); shipped maps: "
            f"{shipped}; a map of your own is named by its absolute path",
        ) from error
    return parse_map(text, str(path))
