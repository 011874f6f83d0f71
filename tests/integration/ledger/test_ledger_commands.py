"""daka-hq ledger: what its commands say and how they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from cloud_receiver.cli import NEEDS_A_LOOK, app
from cloud_receiver.domain.outcomes import Account
from cloud_receiver.domain.workday import Shift
from cloud_receiver.store.enrolment import RosterEntry, add_roster
from cloud_receiver.store.tables import ledger
from sync.errors import DakaError
from tests.integration.ledger.conftest import ZONE, Books, said

Daka = Callable[..., Result]
LAST_MONTH = (datetime.now(UTC).replace(day=1) - timedelta(days=2)).strftime("%Y-%m")


@pytest.fixture
def daka(books: Books, tmp_path: Path) -> Daka:
    """Run a ledger command on the books' database; errors of the world come through."""
    config = tmp_path / "hq.toml"
    url = books.engine.url.render_as_string(hide_password=False)
    config.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path}"\n'
        f'database_url = "{url}"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n',
        encoding="utf-8",
    )

    def call(*words: str, lang: str | None = "en") -> Result:
        options = ["--config", str(config), *(["--lang", lang] if lang else [])]
        result = CliRunner().invoke(app, ["ledger", *words, *options])
        if isinstance(result.exception, DakaError):
            raise result.exception
        return result

    return call


def test_a_month_by_commands(books: Books, daka: Daka) -> None:
    date = f"{LAST_MONTH}-10"
    shift = (Shift(shift_id="s", store_id="S1", zone=ZONE, start="09:00", end="18:00", end_day=0),)
    day = RosterEntry(
        employee_id="E1", work_date=date, store_id="S1", shifts=shift, subsidy_fen=10_000
    )
    books.write(lambda c: add_roster(c, [day], "test", books.now_utc_ms))
    books.say(
        said(-1000, date=date),
        said(5000, rule_id="full", account=Account.PENDING, date=date),
        said(4000, rule_id="now", account=Account.INSTANT, date=date),
    )
    assert daka("wage", "E1", f"{LAST_MONTH}-01", "5000.00", lang=None).exit_code == 0
    assert daka("law", "S1", "jiangsu", f"{LAST_MONTH}-01", lang=None).exit_code == 0
    assert "E1\t即时奖金\t40.00" in daka("balance", "--employee", "E1", lang="zh").output
    asked = daka("withdraw", "E1", "30.00", "--request", "w1")
    assert "E1 withdraws 30.00 yuan (w1): pending" in asked.output
    assert "paid" in daka("settle", "w1", "--paid").output
    closed = daka("close", LAST_MONTH)
    assert closed.exit_code == 0, closed.output
    assert "E1: bonus 50.00, subsidy -10.00; carried 0.00" in closed.output
    assert "settled for 1" in daka("paid", LAST_MONTH).output
    assert "the ledger holds:" in daka("verify").output
    assert "entries, end " in daka("anchor").output
    assert "Expenses:SubsidyExpense" in daka("export-beancount", lang=None).output
    for form in ("csv", "xlsx", "html"):
        assert daka("statement", "E1", LAST_MONTH, "--form", form).stdout_bytes
    with pytest.raises(DakaError, match="csv, xlsx or html"):
        daka("statement", "E1", LAST_MONTH, "--form", "pdf")


def test_a_close_that_needs_a_look_says_so(books: Books, daka: Daka) -> None:
    books.say(said(-1000, date=f"{LAST_MONTH}-10"))
    closed = daka("close", LAST_MONTH)
    assert closed.exit_code == NEEDS_A_LOOK
    assert "wages not entered: E1" in closed.output


def test_a_ledger_that_does_not_hold_ends_with_one(books: Books, daka: Daka) -> None:
    books.say(said(-1000))
    books.write(lambda c: c.execute(update(ledger).values(amount_fen=-1)))
    result = daka("verify", lang="zh")
    assert result.exit_code == 1
    assert "台账有问题" in result.output


def test_an_amount_that_is_none_is_refused(books: Books, daka: Daka) -> None:
    with pytest.raises(DakaError, match="no amount like"):
        daka("withdraw", "E1", "fifty", "--request", "w1")
