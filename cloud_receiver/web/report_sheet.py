"""A report as data: a picture, findings in words, a table; drawn on a page and written as Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Generic, TypeVar, overload

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from cloud_receiver.exchange.cells import safe
from cloud_receiver.web.charts import Options
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon
from sync.money import yuan_text

Value = str | int | float | None
Found = TypeVar("Found")
SHOWN_ROWS: Final = 200
_FORMATS: Final = {
    "rate": "0.0%",
    "yuan": "#,##0.00;[Red]-#,##0.00",
    "int": "#,##0",
    "hours": "0.0",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `kind` is ``text``, ``int``, ``rate`` (a share of 1), ``yuan`` (fen), ``hours`` (min)."""

    name: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table.

    Attributes:
        href: leads to what it is made of.
        tone: the colour of the value in column `marked`.
    """

    values: tuple[Value, ...]
    href: str = ""
    tone: str = ""
    marked: int = -1


class Lines(Sequence[Row], Generic[Found]):
    """Rows that are made when they are looked at: a page shows the first few, a file all."""

    def __init__(self, found: Sequence[Found], make: Callable[[Found], Row]) -> None:
        self._found = found
        self._make = make

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self._make(one) for one in self._found[place]]
        return self._make(self._found[place])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole report.

    Attributes:
        findings: what it comes to, in sentences.
        method: how the numbers came about and what they do not say.
        notice: what is not counted in it, and how to see that; empty: all is.
        links: where a click on a dot or bar leads, by its name.
    """

    title: str
    findings: tuple[str, ...]
    method: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    options: Options | None = None
    links: dict[str, str] = field(default_factory=dict)
    label: str = ""
    notice: str = ""


def draw_table(sheet: Sheet, more: str) -> Markup:
    """Draw the table; `more` says that the file holds the rows left out."""
    head = [
        el("th", column.name, scope="col", class_="num" if column.kind != "text" else None)
        for column in sheet.columns
    ]
    body = [_line(row, sheet.columns) for row in sheet.rows[:SHOWN_ROWS]]
    hidden = len(sheet.rows) - SHOWN_ROWS
    note = el("p", more.format(n=hidden), class_="card-body muted small") if hidden > 0 else None
    table = el("table", el("thead", el("tr", head)), el("tbody", body), class_="cards dense")
    return el("section", el("div", table, class_="scroll"), note, class_="card")


def _line(row: Row, columns: Sequence[Column]) -> Markup:
    cells = []
    for number, (column, value) in enumerate(zip(columns, row.values, strict=True)):
        text = shown(value, column.kind)
        if number == 0:
            cells.append(
                el("td", el("a", text, href=row.href) if row.href else text, class_="lead")
            )
        else:
            look = "line" if column.kind == "text" else "num"
            tone = f" {row.tone}" if row.tone and number == row.marked % len(columns) else ""
            cells.append(el("td", text, class_=look + tone, data_label=column.name))
    return el("tr", cells)


def shown(value: Value, kind: str) -> str:
    """Return a value as people read it.

    >>> shown(0.125, "rate"), shown(-1000, "yuan"), shown(90, "hours"), shown(None, "int")
    ('12.5%', '-10.00', '1.5', '—')
    """
    if value is None:
        return "—"
    if kind == "rate":
        return f"{value:.1%}"
    if kind == "yuan":
        return yuan_text(round(float(value)))
    if kind == "hours":
        return f"{float(value) / 60:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def draw_findings(sheet: Sheet) -> Markup:
    """Draw what the report comes to, how it was counted and what is left out."""
    said = [el("li", icon("insights", "wait"), el("span", one)) for one in sheet.findings]
    return el("div", draw_notice(sheet), el("ul", said, class_="findings"), el("p", sheet.method, class_="small muted"),
              class_="card-body stack tight")  # fmt: skip


def draw_notice(sheet: Sheet) -> Markup | None:
    """Draw what is not counted, None when all is."""
    return el("p", icon("inventory_2"), sheet.notice, class_="note") if sheet.notice else None


def to_xlsx(sheet: Sheet) -> bytes:
    """Return the report as an Excel file: its findings, then every row with real numbers."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.title[:31])
    page.append([_bold(page, sheet.title)])
    for said in filter(None, (sheet.notice, *sheet.findings, sheet.method)):
        page.append([safe(said)])
    page.append([])
    page.append([_bold(page, column.name) for column in sheet.columns])
    for row in sheet.rows:
        page.append(
            [
                _cell(page, value, column.kind)
                for value, column in zip(row.values, sheet.columns, strict=True)
            ]
        )
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _bold(page: object, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=text)
    cell.font = Font(bold=True)
    return cell


def _cell(page: object, value: Value, kind: str) -> WriteOnlyCell:
    if kind == "yuan" and value is not None:
        value = float(value) / 100
    if kind == "hours" and value is not None:
        value = float(value) / 60
    cell = WriteOnlyCell(page, value=safe(value))
    if kind in _FORMATS:
        cell.number_format = _FORMATS[kind]
    return cell
