"""Laws of the database's door: all or nothing, durable, and the same on both kinds."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, func, insert, select

from cloud_receiver.store.engine import (
    hq_epoch,
    insert_ignore,
    insert_rows,
    read,
    rotate_hq_epoch,
    upsert,
    write,
)
from cloud_receiver.store.tables import meta


def _count(engine: Engine) -> int:
    with read(engine) as connection:
        return connection.execute(select(func.count()).select_from(meta)).scalar_one()


def test_a_write_that_fails_leaves_nothing(hq_engine: Engine) -> None:
    before = _count(hq_engine)
    with pytest.raises(ValueError, match="half-way"), write(hq_engine) as connection:  # noqa: PT012
        connection.execute(insert(meta).values(key="a", value="1"))
        raise ValueError("half-way")
    assert _count(hq_engine) == before


def test_a_look_changes_nothing(hq_engine: Engine) -> None:
    before = _count(hq_engine)
    with read(hq_engine) as connection:
        connection.execute(insert(meta).values(key="a", value="1"))
    assert _count(hq_engine) == before


def test_inserting_counts_what_was_new(hq_engine: Engine) -> None:
    rows = [(f"key{number % 700}", str(number)) for number in range(1000)]
    with write(hq_engine) as connection:
        assert insert_rows(connection, meta, ("key", "value"), rows) == 700
        assert insert_ignore(connection, meta, [{"key": "key1", "value": "x"}]) == 0
        assert insert_ignore(connection, meta, []) == 0
    with read(hq_engine) as connection:
        kept = connection.scalar(select(meta.c.value).where(meta.c.key == "key1"))
    assert kept == "1", "the first stays"


def test_an_upsert_keeps_what_it_is_told_to(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        upsert(connection, meta, [{"key": "a", "value": "1"}])
        upsert(connection, meta, [{"key": "a", "value": "2"}, {"key": "b", "value": "3"}])
    with read(hq_engine) as connection:
        found = dict(connection.execute(select(meta.c.key, meta.c.value)).all())
    assert (found["a"], found["b"]) == ("2", "3")


def test_a_new_identity_stays(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        before = hq_epoch(connection)
        rotated = rotate_hq_epoch(connection)
    with read(hq_engine) as connection:
        assert hq_epoch(connection) == rotated != before


def test_writers_take_turns(hq_engine: Engine) -> None:
    def add_up() -> None:
        for _ in range(20):
            with write(hq_engine) as connection:
                query = select(meta.c.value).where(meta.c.key == "sum").with_for_update()
                value = int(connection.execute(query).scalar_one())
                upsert(connection, meta, [{"key": "sum", "value": str(value + 1)}])

    with write(hq_engine) as connection:
        upsert(connection, meta, [{"key": "sum", "value": "0"}])
    writers = [threading.Thread(target=add_up) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with read(hq_engine) as connection:
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "sum")) == "60"


def test_sqlite_survives_a_power_cut_by_its_settings(hq_engine: Engine) -> None:
    if hq_engine.dialect.name != "sqlite":
        return  # PostgreSQL's own settings are the server's
    with read(hq_engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
