"""The commands of headquarters: what they say, in two languages, and how they end."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud_receiver.cli import NEEDS_A_LOOK, app
from cloud_receiver.ingest import take_in
from cloud_receiver.mail import Message, letter_of
from cloud_receiver.store import accounts
from cloud_receiver.store.engine import open_engine, sqlite_url, write
from cloud_receiver.store.problems import bury
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.errors import DakaError
from sync.records import Trouble, to_wire
from sync.topics import Lane

Daka = Callable[..., Result]
NOW_UTC_MS = 1_763_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hq.toml").write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path}"\n'
        '[mqtt]\nurl = "mqtt://127.0.0.1:1"\n',
        encoding="utf-8",
    )
    (tmp_path / "password").write_text("correct horse\n")
    return tmp_path


@pytest.fixture
def founded(folder: Path, sqlite_template: Path) -> None:
    """Have the database there, as another `init` would find it."""
    shutil.copy(sqlite_template, folder / "hq.db")


@pytest.fixture
def daka(folder: Path) -> Daka:
    """Run a command on this test's headquarters; errors of the world come through."""

    def call(*words: str, lang: str = "en") -> Result:
        options = ["--config", str(folder / "hq.toml"), "--lang", lang]
        result = CliRunner().invoke(app, [*words, *options])
        if isinstance(result.exception, DakaError):
            raise result.exception
        return result

    return call


def test_init_makes_an_administrator_who_can_log_in(folder: Path, daka: Daka) -> None:
    made = daka("init", "--password-file", str(folder / "password"))
    assert made.exit_code == 0
    assert "administrator admin made" in made.output
    assert "correct horse" not in made.output
    engine = open_engine(sqlite_url(folder / "hq.db"))
    assert accounts.verify(engine, "admin", "correct horse", NOW_UTC_MS).is_ok
    engine.dispose()


@pytest.mark.usefixtures("founded")
def test_init_again_changes_nothing(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    again = daka("init")
    assert (again.exit_code, "left as it is" in again.output) == (0, True)


@pytest.mark.usefixtures("founded")
def test_a_password_made_up_is_printed_once_and_works(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    output = daka("user", "add", "li").output
    password = output.rsplit(": ", 1)[1].strip()
    engine = open_engine(sqlite_url(folder / "hq.db"))
    assert accounts.verify(engine, "li", password, NOW_UTC_MS).is_ok
    engine.dispose()


@pytest.mark.usefixtures("founded")
def test_a_login_that_is_taken_is_refused(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    with pytest.raises(DakaError, match="taken"):
        daka("user", "add", "admin", "--password-file", str(folder / "password"))


@pytest.mark.usefixtures("founded")
def test_a_changed_password_replaces_the_old_one(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    (folder / "password").write_text("battery staple")
    assert daka("user", "password", "admin", "--password-file", str(folder / "password")).output
    engine = open_engine(sqlite_url(folder / "hq.db"))
    assert not accounts.verify(engine, "admin", "correct horse", NOW_UTC_MS).is_ok
    assert accounts.verify(engine, "admin", "battery staple", NOW_UTC_MS).is_ok
    engine.dispose()


@pytest.mark.usefixtures("founded")
def test_an_import_reports_what_changed(folder: Path, daka: Daka) -> None:
    stores = folder / "stores.csv"
    stores.write_text("store_id,name,zone,scene\ns001,East,Asia/Shanghai,supermarket\n")
    first = daka("import", "stores", str(stores))
    assert (first.exit_code, "1 lines, 1 changed, 0 left out" in first.output) == (0, True)
    assert "0 项有变化" in daka("import", "stores", str(stores), lang="zh").output


@pytest.mark.usefixtures("founded")
def test_an_import_with_a_bad_line_needs_a_look(folder: Path, daka: Daka) -> None:
    stores = folder / "stores.csv"
    stores.write_text(
        "store_id,name,zone,scene\n,East,Asia/Shanghai,supermarket\n"
        "s002,West,Asia/Shanghai,supermarket\n"
    )
    result = daka("import", "stores", str(stores))
    assert result.exit_code == NEEDS_A_LOOK
    assert "line 2" in result.output


def test_status_before_init_says_what_to_do_and_makes_nothing(folder: Path, daka: Daka) -> None:
    with pytest.raises(DakaError, match="daka-hq init"):
        daka("status")
    assert not (folder / "hq.db").exists()


@pytest.mark.usefixtures("founded")
def test_status_tells_how_things_stand(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    assert "no box has reported yet" in daka("status").output
    assert "还没有门店盒子报到" in daka("status", lang="zh").output


@pytest.mark.usefixtures("founded")
def test_a_dead_letter_is_listed_and_shown_as_it_came(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    assert "no dead letters" in daka("deadletter", "list").output
    engine = open_engine(sqlite_url(folder / "hq.db"))
    take_in(engine, "acme", [Message("daka/v1/acme/box-1/up/3/punch", b"\xff\x00rubbish")], 0)
    engine.dispose()
    assert "box-1  header  9 B" in daka("deadletter", "list").output
    assert daka("deadletter", "show", "1").stdout_bytes == b"\xff\x00rubbish"
    with pytest.raises(DakaError, match="no dead letter 2"):
        daka("deadletter", "show", "2")


@pytest.mark.usefixtures("founded")
def test_a_dead_letter_is_read_again_once_it_can_be(folder: Path, daka: Daka) -> None:
    daka("init", "--password-file", str(folder / "password"))
    trouble = Trouble(
        source="till.csv",
        position="line 2",
        code="date",
        detail="no such date",
        raw_b64="",
        raw_sha256="0" * 64,
        raw_bytes=4,
        store_id="s001",
        driver="posfile",
        received_at_utc="2026-11-23T02:00:02.120Z",
        boot_id="b",
        boottime_ms=5,
    )
    batch = encode_batch("box-1", "e1", Lane.BULK, 1, [encode_body(to_wire(trouble))])
    topic = topics.up("acme", "box-1", Lane.BULK)
    letters = [
        letter_of(Message(topic, payload), "crash", "an older release did")
        for payload in (b"rubbish", batch)
    ]
    engine = open_engine(sqlite_url(folder / "hq.db"))
    with write(engine) as connection:
        bury(connection, letters, 0)
    engine.dispose()
    assert "header" in daka("deadletter", "retry", "1").output
    both = daka("deadletter", "retry", "--code", "crash")
    assert both.exit_code == NEEDS_A_LOOK  # the rubbish is rubbish still, and kept
    assert daka("deadletter", "show", "1").stdout_bytes == b"rubbish"
    with pytest.raises(DakaError, match="2"):
        daka("deadletter", "retry", "2")
    with pytest.raises(DakaError, match="--code"):
        daka("deadletter", "retry")
    with closing(sqlite3.connect(folder / "hq.db")) as database:
        assert database.execute("SELECT kind, seq FROM journal").fetchall() == [("trouble", 1)]


@pytest.mark.usefixtures("founded")
def test_a_language_nobody_speaks_is_refused(daka: Daka) -> None:
    with pytest.raises(DakaError, match="--lang"):
        daka("status", lang="tlh")


@pytest.mark.usefixtures("founded")
def test_asof_and_rebuild_tell_how_a_day_stands(folder: Path, daka: Daka) -> None:
    files = {
        "stores": "store_id,name,scene\nS1,One,community\n",
        "employees": "employee_id,name,store_id\nE1,Wang,S1\n",
        "roster": "employee_id,work_date,start,end\nE1,2026-11-23,09:00,18:00\n",
    }
    for kind, text in files.items():
        (folder / f"{kind}.csv").write_text(text)
        assert daka("import", kind, str(folder / f"{kind}.csv")).exit_code == 0
    later = ("asof", "E1", "2026-11-23", "--at", "2099-01-01T00:00")
    assert "E1 2026-11-23, as known at 2099-01-01T00:00: awaiting data (not final)" in (
        daka(*later).output
    )
    assert "等待数据(未定)" in daka(*later, lang="zh").output
    assert "as known then: store S1 (scene community), team –, campaign –" in daka(*later).output
    assert "history of stores" not in daka(*later).output, (
        "this headquarters kept it from the first"
    )
    assert "data of store S1 was awaited then, and still is" in daka(*later).output
    with closing(sqlite3.connect(folder / "hq.db")) as database, database:
        database.execute("INSERT INTO feed_stand VALUES ('S1', 4070908900000, NULL)")
        database.execute(
            "INSERT INTO source (box_id, source_id, name, store_id, driver, status, detail,"
            " complete_utc_ms) VALUES ('b', 's', 't', 'S1', 'zkteco', 'ok', '', 4070908800000)"
        )
    assert "门店 S1 的数据;2099-01-01 08:01:40 起齐全" in daka(*later, lang="zh").output
    assert "rest day" in daka("asof", "E1", "2026-11-23", "--at", "2020-01-01T00:00").output
    with pytest.raises(DakaError, match="no employee E9"):
        daka("asof", "E9", "2026-11-23", "--at", "2026-11-23T09:05")
    with pytest.raises(DakaError, match="write 2026-11-23"):
        daka("asof", "E1", "2026-11-23", "--at", "yesterday")
    assert "computed anew" in daka("rebuild").output
