"""The migrations and `store.tables` say the same, on both databases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from cloud_receiver.store import engine as database
from cloud_receiver.store import organisation, tables
from cloud_receiver.store.tables import metadata
from sync.errors import DakaError

if TYPE_CHECKING:
    from pathlib import Path


def test_migrations_make_exactly_the_tables(hq_engine: Engine) -> None:
    with hq_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    assert difference == [], "store.tables changed: add a migration in store/migrations/versions"


def test_migrated_keys_and_constraints_are_those_of_the_tables(hq_engine: Engine) -> None:
    found = inspect(hq_engine)
    for table in metadata.tables.values():
        keys = found.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
        nullable = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert nullable == {column.name: column.nullable for column in table.columns}


def test_upgrading_again_changes_nothing(hq_engine: Engine) -> None:
    with database.read(hq_engine) as connection:
        before = database.hq_epoch(connection)
    database.upgrade(hq_engine)
    with database.read(hq_engine) as connection:
        assert database.hq_epoch(connection) == before


def test_processes_that_start_together_make_one_database(tmp_path: Path) -> None:
    engines = [database.open_engine(database.sqlite_url(tmp_path / "new.sqlite")) for _ in range(2)]
    upgraders = [threading.Thread(target=database.upgrade, args=(engine,)) for engine in engines]
    for upgrader in upgraders:
        upgrader.start()
    for upgrader in upgraders:
        upgrader.join()
    epochs = set()
    for engine in engines:
        with database.read(engine) as connection:
            epochs.add(database.hq_epoch(connection))
        engine.dispose()
    assert len(epochs) == 1


def test_badges_of_before_hold_always(tmp_path: Path) -> None:
    engine = database.open_engine(database.sqlite_url(tmp_path / "old.sqlite"))
    database.upgrade(engine, "0001")
    with database.write(engine) as connection:
        connection.execute(text("INSERT INTO badge VALUES ('S1', '*', '7', 'E1')"))
        connection.execute(text("INSERT INTO seller VALUES ('S1', 'P01', 'E1')"))
        connection.execute(text("INSERT INTO store VALUES ('S1', '一店', 'UTC', 'community')"))
    database.upgrade(engine)
    with database.read(engine) as connection:
        badge = connection.execute(select(tables.badge)).one()
        seller = connection.execute(select(tables.seller)).one()
        assert connection.execute(select(tables.store.c.arrivals_by)).scalar_one() == ""
    always = ("2000-01-01", 1, "2099-12-31", "E1", "", 0)
    assert tuple(badge) == ("S1", "*", "7", *always)
    assert tuple(seller) == ("S1", "P01", *always)
    engine.dispose()


def test_what_stood_before_it_was_kept_is_the_first_version_of_all_days(
    hq_engine: Engine,
) -> None:
    with database.read(hq_engine) as connection:
        assert organisation.history_began_utc_ms(connection) == 0, "a new one knows all"
    with database.write(hq_engine) as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.upgrade(hq_engine, "0030")
    with database.write(hq_engine) as connection:
        for said in (
            "INSERT INTO store VALUES ('S1', '一店', 'UTC', 'community', '', 31, 121, 200)",
            "INSERT INTO employee VALUES ('E1', '王芳', 'S1', 'zh', true)",
            "INSERT INTO team_member VALUES ('E1', '甲组')",
            (
                "INSERT INTO campaign (campaign_id, name, scene, stores, first_date, last_date, scoring,"
                " author, created_utc_ms) VALUES ('c', '卖', '', '[]', '2026-12-01', '2026-12-10', '{}',"
                " 'hr', 5)"
            ),
            (
                "INSERT INTO campaign_member (campaign_id, employee_id, joined_date, is_ranked, store_id)"
                " VALUES ('c', 'E1', '2026-12-01', true, 'S1')"
            ),
        ):
            connection.execute(text(said))
    database.upgrade(hq_engine)
    with database.read(hq_engine) as connection:
        shop = connection.execute(select(tables.store_version)).one()
        person = connection.execute(select(tables.employee_version)).one()
        said = connection.execute(select(tables.assignment).order_by(tables.assignment.c.kind))
        assert [tuple(row) for row in said] == [
            ("E1", kind, "2000-01-01", 1, value, "", 0)
            for kind, value in (("employed", "yes"), ("home", "S1"), ("team", "甲组"))
        ]
        one = connection.execute(select(tables.campaign_version)).one()
        member = connection.execute(select(tables.campaign_member_version)).one()
        assert organisation.history_began_utc_ms(connection) > 1_700_000_000_000
    assert tuple(shop) == ("S1", 1, "一店", "UTC", "community", "", 31, 121, 200, "", 0)
    assert tuple(person) == ("E1", 1, "王芳", "zh", "", 0)
    period = ("2026-12-01", "2026-12-10")
    assert tuple(one) == ("c", 1, "卖", "", "[]", *period, "{}", None, None, "", 0)
    assert tuple(member) == ("c", "E1", 1, "2026-12-01", None, None, "", 0)


def test_leaving_said_before_holds_from_the_next_day(hq_engine: Engine) -> None:
    with database.write(hq_engine) as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.upgrade(hq_engine, "0035")
    noon_utc_ms = 1_795_435_200_000  # 2026-11-23T12:00Z
    said = (("E1", 1, True, 0), ("E1", 2, False, noon_utc_ms), ("E2", 1, False, 0))
    with database.write(hq_engine) as connection:
        for who, version, active, at_utc_ms in said:
            insert = (
                "INSERT INTO employee_version VALUES (:who, :version, '', 'zh', :active, 'hr', :at)"
            )
            connection.execute(
                text(insert), {"who": who, "version": version, "active": active, "at": at_utc_ms}
            )
        for who in ("E1", "E2"):
            person = "INSERT INTO employee VALUES (:who, '', 'S1', 'zh', :active)"
            connection.execute(text(person), {"who": who, "active": False})
    database.upgrade(hq_engine)
    with database.read(hq_engine) as connection:
        own = tables.assignment.c
        query = select(own.employee_id, own.first_date, own.value, own.created_utc_ms)
        found = [
            tuple(row)
            for row in connection.execute(query.order_by(own.employee_id, own.first_date))
        ]
        left = dict(
            map(
                tuple,
                connection.execute(
                    select(tables.employee.c.employee_id, tables.employee.c.left_date)
                ),
            )
        )
    assert found == [
        ("E1", "2000-01-01", "yes", 0), ("E1", "2026-11-24", "", noon_utc_ms),
        ("E2", "2000-01-01", "", 0),
    ]  # fmt: skip
    assert left == {"E1": "2026-11-24", "E2": None}


@pytest.mark.parametrize("url", ["mysql://localhost/daka", "/var/lib/daka.sqlite", ""])
def test_another_database_is_refused_by_name(url: str) -> None:
    with pytest.raises(DakaError, match="database_url"):
        database.open_engine(url)


def test_till_lines_of_before_learn_their_receipt_from_the_journal(hq_engine: Engine) -> None:
    with database.write(hq_engine) as connection:  # a fresh one, at the head: begin at 0018
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.upgrade(hq_engine, "0018")
    body = (
        '{"receipt_id": "9", "register_id": "R2", "line_no": 2, "item_code": "tea",'
        ' "original_receipt_id": "%s"}'
    )
    with database.write(hq_engine) as connection:
        for number, (kind, original) in enumerate((("sale", ""), ("refund", "7"), ("void", ""))):
            connection.execute(
                text("INSERT INTO journal (record_id, kind, store_id, box_id, epoch, lane, seq, body,"
                     " received_utc_ms) VALUES (:id, 'sale', 'S1', 'b', 'e', 'sale', :n, :body, 1)"),
                {"id": kind, "n": number, "body": body % original},
            )  # fmt: skip
            connection.execute(
                text("INSERT INTO sale VALUES (:id, :n, 'S1', 'P1', NULL, :id, '2026-11-02', 1, 5, 1)"),
                {"id": kind, "n": number},
            )  # fmt: skip
    database.upgrade(hq_engine)
    own = tables.sale.c
    query = select(own.receipt_id, own.register_id, own.line_no, own.item_code, own.refers_to)
    with database.read(hq_engine) as connection:
        found = [tuple(row) for row in connection.execute(query.order_by(own.entry_no))]
    assert found == [("9", "R2", 2, "tea", refers_to) for refers_to in ("", "7", "9")]
