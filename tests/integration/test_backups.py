"""Backups of headquarters on both databases: what they hold, what they refuse, what they leave."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from cloud_receiver.backups import back_up, restore
from cloud_receiver.settings import Settings, load_settings
from cloud_receiver.store.copies import Holding, holding_of
from cloud_receiver.store.engine import open_engine, read, write
from cloud_receiver.store.journal import Entry, append
from cloud_receiver.store.tables import journal, store
from cloud_receiver.web.sessions import load_secret
from sync.errors import DakaError

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def settings(hq_url: str, tmp_path: Path) -> Settings:
    config = tmp_path / "hq.toml"
    config.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path / "data"}"\n'
        f'database_url = "{hq_url}"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n'
    )
    (tmp_path / "data" / "authority").mkdir(parents=True)
    (tmp_path / "data" / "authority" / "authority.key").write_text("the key")
    return load_settings(config)


def _file(settings: Settings, *record_ids: str) -> None:
    rows = [
        Entry(one, "punch", "S1", "box", "e", "punch", 1, "{}", 0) for one in record_ids
    ]  # fmt: skip
    engine = open_engine(settings.database_url)
    with write(engine) as connection:
        append(connection, rows)
    engine.dispose()


def _held(settings: Settings) -> tuple[Holding, set[str]]:
    engine = open_engine(settings.database_url)
    with read(engine) as connection:
        found = holding_of(connection), set(connection.scalars(select(journal.c.record_id)))
    engine.dispose()
    return found


def test_a_restore_brings_back_what_was_backed_up(settings: Settings, tmp_path: Path) -> None:
    _file(settings, "a", "b")
    secret, folder = load_secret(settings.data_dir), tmp_path / "backup"
    made = back_up(settings, folder, NOW, authority=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    _file(settings, "c")
    (settings.authority_dir / "authority.key").write_text("another")
    done = restore(settings, folder, NOW, replace=True)
    held, record_ids = _held(settings)
    assert record_ids == {"a", "b"}
    assert held.hq_epoch != made.holding.hq_epoch, "boxes would not refill it"
    assert (done.has_authority, bool(done.aside)) == (True, True)
    assert (settings.authority_dir / "authority.key").read_text() == "the key"
    assert load_secret(settings.data_dir) != secret, "sessions that were ended are back"
    _file(settings, "d")  # numbers go on behind those that were restored
    assert _held(settings)[0].journal_last_no > made.holding.journal_last_no


def test_a_database_is_replaced_only_when_that_is_said(settings: Settings, tmp_path: Path) -> None:
    _file(settings, "a")
    back_up(settings, tmp_path / "backup", NOW, authority=False)
    _file(settings, "b")
    with pytest.raises(DakaError, match="--replace"):
        restore(settings, tmp_path / "backup", NOW, replace=False)
    assert _held(settings)[1] == {"a", "b"}


def test_a_database_in_use_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backup", NOW, authority=False)
    engine = open_engine(settings.database_url)
    with read(engine) as connection:
        connection.execute(select(func.count()).select_from(journal))
        with pytest.raises(DakaError, match="in use"):
            restore(settings, tmp_path / "backup", NOW, replace=True)
    engine.dispose()


def test_a_damaged_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    made = back_up(settings, tmp_path / "backup", NOW, authority=False)
    file = tmp_path / "backup" / made.database
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DakaError, match="damaged"):
        restore(settings, tmp_path / "backup", NOW, replace=True)


def test_what_a_failed_restore_set_aside_is_put_back(settings: Settings, tmp_path: Path) -> None:
    """The copy is whole, but not what its description says."""
    folder = tmp_path / "backup"
    back_up(settings, folder, NOW, authority=False)
    description = folder / "backup.json"
    said = description.read_text()
    assert '"journal_rows": 0' in said
    description.write_text(said.replace('"journal_rows": 0', '"journal_rows": 9'))
    _file(settings, "mine")
    with pytest.raises(DakaError, match="holds"):
        restore(settings, folder, NOW, replace=True)
    assert _held(settings)[1] == {"mine"}


def test_a_backup_is_one_moment(settings: Settings, tmp_path: Path) -> None:
    """What is being written and not committed is not in it."""
    engine = open_engine(settings.database_url)
    with write(engine) as connection:
        row = {"store_id": "S1", "name": "S1", "zone": "UTC", "scene": "s"}
        names = {column.name for column in store.columns if not column.nullable}
        connection.execute(insert(store).values({k: v for k, v in row.items() if k in names}))
        back_up(settings, tmp_path / "backup", NOW, authority=False)
    engine.dispose()
    restore(settings, tmp_path / "backup", NOW, replace=True)
    engine = open_engine(settings.database_url)
    with read(engine) as connection:
        assert connection.execute(select(store)).first() is None
    engine.dispose()
