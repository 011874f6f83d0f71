"""A payroll export as a file: CSV for a payroll system to read, XLSX for people who calculate.

Every row of the CSV says in its first column what it is: ``item``, ``total`` (of a person
and part), ``sum`` (of everything) or ``change`` (against the export before); the last,
``sha256``, is the content's hash. Amounts stand there twice: whole fen, and yuan.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.payroll import Item, Part
from cloud_receiver.exchange.cells import Cell, safe
from cloud_receiver.exchange.statement_files import yuan_plain
from cloud_receiver.store.payroll import Export

_COLUMNS: Final = (
    Text("行类", "row"),
    Text("工资月份", "period"),
    Text("工号", "employee_id"),
    Text("姓名", "name"),
    Text("部分", "part"),
    Text("金额(分)", "amount_fen"),
    Text("金额(元)", "amount_yuan"),
    Text("项目", "item"),
    Text("规则", "rule"),
    Text("工作日", "work_date"),
    Text("所属月份", "for_period"),
    Text("原因", "why"),
    Text("分录", "entry_ids"),
)
_PARTS: Final = {
    Part.BONUS: Text("奖金", "bonus"),
    Part.SUBSIDY: Text("补贴扣减", "subsidy"),
}
_SHEETS: Final = {
    "item": Text("明细", "Items"),
    "total": Text("合计", "Totals"),
    "change": Text("与上次导出的差异", "Changes"),
}
_FEN: Final = 5
_YUAN: Final = 6


def _pick(text: Text, language: str) -> str:
    return text.en if language == "en" else text.zh


def rows(export: Export, language: str) -> Iterator[list[Cell]]:
    """Yield the rows of a file in the order of the columns."""
    content = export.content

    def row(kind: str, who: str, part: Part | None, fen: int) -> list[Cell]:
        name = content.names.get(who, who)
        told = _pick(_PARTS[part], language) if part else ""
        return [kind, content.period, who, name, told, fen, yuan_plain(fen)]

    def about(one: Item) -> list[Cell]:
        title, why = _pick(one.title, language), _pick(one.why, language)
        rule = f"{one.rule_id}@{one.rule_version}"
        return [title, rule, one.work_date, one.for_period, why, " ".join(one.entry_ids)]

    for one in content.items:
        yield row("item", one.employee_id, one.part, one.amount_fen) + about(one)
    for who, sums in content.totals_fen.items():
        for part, fen in sums.items():
            yield row("total", who, part, fen) + [""] * 6
    everything_fen = sum(one.amount_fen for one in content.items)
    yield row("sum", "", None, everything_fen) + [""] * 6
    for change in export.changes:
        one = change.item
        fen = change.after_fen - change.before_fen
        yield row("change", one.employee_id, one.part, fen) + about(one)


def to_csv(export: Export, language: str) -> bytes:
    """Return the file as CSV that Excel opens as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_pick(one, language) for one in _COLUMNS])
    for row in rows(export, language):
        writer.writerow([
            cell if index in (_FEN, _YUAN) else safe(cell) for index, cell in enumerate(row)
        ])  # fmt: skip
    writer.writerow(["sha256", export.content.period, *[""] * 9, export.content_sha256, ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def to_xlsx(export: Export, language: str) -> bytes:
    """Return the file as a workbook: items, totals, and what changed."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    sheets = {kind: book.create_sheet(_pick(name, language)) for kind, name in _SHEETS.items()}
    for sheet in sheets.values():
        sheet.append([_pick(one, language) for one in _COLUMNS[1:]])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    for row in rows(export, language):
        cells = [safe(cell) for cell in row]
        cells[_YUAN] = int(row[_FEN]) / 100  # type: ignore[call-overload]  # shown, never read back
        sheet = sheets["total" if row[0] == "sum" else str(row[0])]
        sheet.append(cells[1:])
        sheet.cell(sheet.max_row, _YUAN).number_format = "#,##0.00"
    sheets["total"].append(["SHA-256", export.content_sha256])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
