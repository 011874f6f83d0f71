"""daka-hq appeal: opened, shown as overdue, decided by who may, under the settings' terms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from cloud_receiver.cli import NEEDS_A_LOOK, app
from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import accounts
from cloud_receiver.store.tables import appeal
from sync.clock import SystemClock
from sync.errors import DakaError
from tests.integration.ledger.conftest import Books, said

Daka = Callable[..., Result]
ENTRY = "late/E1/2026-11-02#1"
TERMS = '[appeals]\nopen_within_days = 3\ndecide_within_days = 2\ndeciders = ["finance"]\n'


@pytest.fixture
def daka(books: Books, tmp_path: Path) -> Daka:
    """Run an appeal command on the books' database; errors of the world come through."""
    books.now_utc_ms = utc_ms(SystemClock.of_this_boot().now_utc())
    for login, role in (("wang", Role.HR), ("zhao", Role.FINANCE)):
        reader = Reader(role)
        accounts.add(books.engine, login, "correct horse", books.now_utc_ms, reader=reader)
    config = tmp_path / "hq.toml"
    url = books.engine.url.render_as_string(hide_password=False)
    config.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path}"\n'
        f'database_url = "{url}"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n{TERMS}',
        encoding="utf-8",
    )

    def call(*words: str, lang: str = "en") -> Result:
        options = ["--config", str(config), "--lang", lang]
        result = CliRunner().invoke(app, ["appeal", *words, *options])
        if isinstance(result.exception, DakaError):
            raise result.exception
        return result

    return call


def _open(daka: Daka) -> str:
    return daka("open", ENTRY, "--text", "地铁故障", "--author", "E1").output.split()[0]


def test_an_appeal_goes_from_the_entry_to_a_decision_by_who_may(books: Books, daka: Daka) -> None:
    books.say(said(-1000))
    number = _open(daka)
    assert books.balance() == {"held": -1000}
    daka("add", number, "--text", "公告截图", "--author", "E1", "--attachment", "a" * 64)
    assert "处理中" in daka("list", lang="zh").output
    decide = ("decide", number, "partial", "--text", "迟到一半", "--yuan", "-5.00")
    with pytest.raises(DakaError, match=r"hr does not decide appeals; finance may"):
        daka(*decide, "--decider", "wang")
    with pytest.raises(DakaError, match="who has no account"):
        daka(*decide, "--decider", "nobody")
    assert "partly changed" in daka(*decide, "--decider", "zhao").output
    assert books.balance() == {"subsidy": -500}
    assert daka("list").output == ""
    assert "partly changed" in daka("list", "--all", "--employee", "E1").output


def test_what_is_beyond_its_time_is_overdue_and_ends_with_three(books: Books, daka: Daka) -> None:
    books.say(said(-1000))
    number = _open(daka)
    late = update(appeal).values(due_utc_ms=books.now_utc_ms - 1)
    books.write(lambda c: c.execute(late))
    listed = daka("list")
    assert (listed.exit_code, "overdue since" in listed.output) == (NEEDS_A_LOOK, True)
    assert "withdrawn" in daka("withdraw", number, "--text", "看错了", "--author", "E1").output
    assert books.balance() == {"subsidy": -1000}


def test_the_settings_say_how_long_one_may_appeal(books: Books, daka: Daka) -> None:
    books.now_utc_ms -= 4 * 86_400_000
    books.say(said(-1000))
    with pytest.raises(DakaError, match="more than 3 days ago"):
        _open(daka)
