"""A statement as a file: CSV and XLSX for those who calculate, HTML for those who sign paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from cloud_receiver.domain.accounts import ACCOUNT_NAMES
from cloud_receiver.domain.because import because
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.exchange.cells import Cell, safe
from cloud_receiver.store.account_statement import AccountStatement, Line
from sync.money import yuan_text

_COLUMNS: Final = (
    Text("序号", "No."),
    Text("工作日", "Work date"),
    Text("所属月份", "About month"),
    Text("账户", "Account"),
    Text("对方账户", "Against"),
    Text("金额(元)", "Amount (yuan)"),
    Text("项目", "Item"),
    Text("说明", "Detail"),
    Text("依据", "Because"),
    Text("记账时间", "Booked"),
    Text("更正", "Corrects"),
)
_SUMS: Final = (
    Text("账户", "Account"),
    Text("期初", "Opening"),
    Text("增加", "In"),
    Text("减少", "Out"),
    Text("期末", "Closing"),
)


def _pick(text: Text, language: str) -> str:
    return text.en if language == "en" else text.zh


def _account(name: str, language: str) -> str:
    return _pick(ACCOUNT_NAMES[name], language) if name in ACCOUNT_NAMES else name


def line_cells(line: Line, zone: str, language: str) -> list[Cell]:
    """Return an entry as cells in the order of the headings; the amount is fen."""
    told = line.explanation
    booked = datetime.fromtimestamp(line.booked_utc_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    ids = [record for records in told.evidence.values() for record in records]
    reasons = [_pick(because(line.kind, line.rule_version, told), language)]
    reasons += [" ".join(ids)] if ids else []
    return [
        line.entry_no,
        line.work_date,
        line.for_period,
        _account(line.account, language),
        _account(line.contra, language),
        line.amount_fen,
        _pick(told.rule, language),
        _pick(told.row, language),
        "; ".join(reasons),
        booked.strftime("%Y-%m-%d %H:%M:%S"),
        line.adjusts or "",
    ]


def _rows(statement: AccountStatement, language: str) -> Iterator[list[Cell]]:
    for line in statement.lines:
        yield [safe(cell) for cell in line_cells(line, statement.zone, language)]


def to_csv(statement: AccountStatement, language: str) -> bytes:
    """Return the statement's entries and sums as CSV that Excel opens as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [statement.employee_id, safe(statement.name), statement.period, statement.content_sha256]
    )
    writer.writerow([_pick(one, language) for one in _COLUMNS])
    for row in _rows(statement, language):
        writer.writerow(
            [yuan_plain(int(cell)) if index == 5 else cell for index, cell in enumerate(row)]
        )
    writer.writerow([])
    writer.writerow([_pick(one, language) for one in _SUMS])
    for account in statement.accounts:
        fens = (account.opening_fen, account.in_fen, account.out_fen, account.closing_fen)
        writer.writerow([_account(account.account, language), *map(yuan_plain, fens)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def yuan_plain(fen: int) -> str:
    """Return fen as yuan that a spreadsheet reads as a number.

    >>> yuan_plain(-123456)
    '-1234.56'
    """
    return yuan_text(fen).replace(",", "")


def to_xlsx(statement: AccountStatement, language: str) -> bytes:
    """Return the statement as a workbook: entries on one sheet, sums on another."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = f"{statement.period}"
    sheet.append(
        [statement.employee_id, safe(statement.name), statement.period, statement.content_sha256]
    )
    sheet.append([_pick(one, language) for one in _COLUMNS])
    for row in _rows(statement, language):
        row[5] = int(row[5]) / 100  # type: ignore[call-overload]  # shown, never read back
        sheet.append(row)
        sheet.cell(sheet.max_row, 6).number_format = "#,##0.00"
    sums = book.create_sheet(_pick(Text("余额", "Balances"), language))
    sums.append([_pick(one, language) for one in _SUMS])
    for account in statement.accounts:
        fens = (account.opening_fen, account.in_fen, account.out_fen, account.closing_fen)
        sums.append([_account(account.account, language), *(fen / 100 for fen in fens)])
        for column in range(2, 6):
            sums.cell(sums.max_row, column).number_format = "#,##0.00"
    for cell in [*sheet[2], *sums[1]]:
        cell.font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_STYLE: Final = (
    "body{font:13px/1.5 'Noto Sans CJK SC',sans-serif;margin:24px;color:#111}"
    "table{border-collapse:collapse;width:100%;margin:12px 0}"
    "th,td{border:1px solid #bbb;padding:4px 6px;text-align:left;vertical-align:top}"
    ".n{text-align:right;white-space:nowrap}.s{font-size:11px;color:#555;word-break:break-all}"
    "@media print{body{margin:0}tr{break-inside:avoid}}"
)


def to_html(statement: AccountStatement, language: str) -> str:
    """Return the statement as one page to print and sign."""
    title = _pick(
        Text(f"{statement.period} 奖惩对账单", f"Statement of {statement.period}"), language
    )
    who = f"{statement.name} ({statement.employee_id}) · {statement.store_name}"
    shown = (0, 1, 3, 5, 6, 7, 8)
    entries = _table(
        [_pick(_COLUMNS[index], language) for index in shown],
        [[_shown(index, row[index]) for index in shown] for row in _rows(statement, language)],
    )
    sums = _table(
        [_pick(one, language) for one in _SUMS],
        [
            [_account(one.account, language), *(yuan_text(fen) for fen in (
                one.opening_fen, one.in_fen, one.out_fen, one.closing_fen))]
            for one in statement.accounts
        ],
    )  # fmt: skip
    signs = _pick(
        Text("本人已逐项核对。如有异议,可提出申诉。签名:________ 日期:________",
             "I have checked every item; I may appeal. Signed: ________ Date: ________"),
        language,
    )  # fmt: skip
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(who)}</p>{sums}{entries}"
        f'<p>{escape(signs)}</p><p class="s">SHA-256 {statement.content_sha256}</p></html>'
    )


def _shown(index: int, cell: Cell) -> str:
    return yuan_text(int(cell)) if index == 5 else str(cell)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
