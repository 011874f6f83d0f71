"""A person's month as data and as files, signed; and beancount agreeing with every balance."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cloud_receiver.domain.outcomes import Account
from cloud_receiver.exchange import beancount, statement_files
from cloud_receiver.store.account_statement import account_statement, sign
from cloud_receiver.store.closing import close_period, payroll_paid
from cloud_receiver.store.withdrawals import settle_withdrawal, withdraw
from sync.errors import DakaError
from tests.integration.ledger.conftest import said


@pytest.fixture
def month(books):
    """A month with an award, a deduction, a correction, a withdrawal and a close."""
    books.say(
        said(-1000), said(5000, rule_id="full", account=Account.PENDING, campaign_id="双十一")
    )
    books.award(5000, date="2026-11-03")
    books.say(said(-2000, date="2026-11-04"))
    books.say(said(-1500, date="2026-11-04"))
    books.write(lambda c: withdraw(c, "E1", 3000, "w1", books.now_utc_ms))
    books.write(lambda c: settle_withdrawal(c, "w1", books.now_utc_ms, paid=True))
    books.at("2026-12-01T09:00")
    books.write(lambda c: close_period(c, "2026-11", "wang", books.now_utc_ms))
    books.write(lambda c: payroll_paid(c, "2026-11", "wang", books.now_utc_ms))
    return books


def _statement(books, period: str = "2026-11"):
    return books.read(lambda c: account_statement(c, "E1", period))


def test_openings_and_movements_add_up_to_what_stands(month) -> None:
    november, december = _statement(month), _statement(month, "2026-12")
    closing = {line.account: line.closing_fen for line in november.accounts}
    assert closing == {"instant": 2000, "pending": 0, "subsidy": 0, "carry_forward": 0,
                       "deferred": 0, "held": 0, "paid": 3000}  # fmt: skip
    assert {line.account: line.opening_fen for line in december.accounts} == closing
    stands = {line.account: line.closing_fen for line in december.accounts if line.closing_fen}
    assert stands == month.balance() == {"instant": 2000, "paid": 3000 + 5000 - 2500}
    assert (november.is_closed, december.is_closed) == (True, False)
    first = november.lines[0]
    assert (first.explanation.evidence, first.amount_fen) == ({"punches": ("r1",)}, 5000)


def test_a_signature_names_what_was_shown_and_a_later_change_shows(month) -> None:
    shown = _statement(month, "2026-12")
    signed = month.write(lambda c: sign(
        c, "E1", "2026-12", shown.content_sha256, "E1", "page", month.now_utc_ms))  # fmt: skip
    assert [(one.method, one.is_current) for one in signed.signatures] == [("page", True)]
    month.say(days=[("E1", "2026-11-04")])
    assert [one.is_current for one in _statement(month, "2026-12").signatures] == [False]
    with pytest.raises(DakaError, match="show it again"):
        month.write(lambda c: sign(
            c, "E1", "2026-12", shown.content_sha256, "E1", "page", month.now_utc_ms))  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_files_say_the_same_as_the_data(month, language: str) -> None:
    statement = _statement(month)
    text = statement_files.to_csv(statement, language).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    amounts = [int(row[5].replace(".", "")) for row in rows[2 : 2 + len(statement.lines)]]
    assert amounts == [line.amount_fen for line in statement.lines]
    book = load_workbook(io.BytesIO(statement_files.to_xlsx(statement, language)))
    entries, sums = book.worksheets
    in_fen = [round(float(str(row[5].value)) * 100) for row in entries.iter_rows(min_row=3)]
    assert in_fen == amounts
    closing = [round(float(str(row[4].value)) * 100) for row in sums.iter_rows(min_row=2)]
    assert closing == [line.closing_fen for line in statement.accounts]
    page = statement_files.to_html(statement, language)
    assert statement.content_sha256 in page
    assert ("申诉" if language == "zh" else "appeal") in page


def test_a_name_that_a_spreadsheet_would_run_is_text(month) -> None:
    from dataclasses import replace

    evil = replace(_statement(month), name='=HYPERLINK("http://x")')
    assert "'=HYPERLINK" in statement_files.to_csv(evil, "zh").decode()


def test_nobody_has_no_statement(books) -> None:
    with pytest.raises(DakaError, match="no employee"):
        books.read(lambda c: account_statement(c, "E9", "2026-11"))


def test_bean_check_finds_every_transaction_and_every_balance_right(month, tmp_path: Path) -> None:
    exported = "\n".join(month.read(lambda c: list(beancount.lines(c))))
    assert "Expenses:IncentiveExpense:X-53cc-5341-4e00" in exported, "a campaign bears its own"
    assert _bean_check(tmp_path, exported) == (0, "")
    wrong = exported.replace("-20.00 CNY", "-20.01 CNY", 1)
    assert wrong != exported
    code, told = _bean_check(tmp_path, wrong)
    assert code != 0
    assert "does not balance" in told or "Balance failed" in told


def _bean_check(folder: Path, text: str) -> tuple[int, str]:
    path = folder / "ledger.beancount"
    path.write_text(text + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "beancount.scripts.check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
