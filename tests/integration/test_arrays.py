"""Columns of rows go to PostgreSQL as they are: every letter, every null, every sign."""

from __future__ import annotations

from sqlalchemy import BigInteger as Big
from sqlalchemy import Boolean, Column, Connection, Engine, Integer, MetaData, Table, Text, select

from cloud_receiver.store.engine import insert_rows, read, upsert_rows, write

KINDS = Table(
    "kinds", MetaData(), Column("name", Text, primary_key=True), Column("told", Text),
    Column("big", Big), Column("small", Integer), Column("is_so", Boolean),
)  # fmt: skip
ROWS = [
    ("打卡", 'a "quote", a \\ and {braces}', 2**62, -(2**31), True),
    ("", "", -(2**63), 0, False),
    ("nothing", None, None, None, None),
    ("NULL", "NULL", 0, 2**31 - 1, True),
]


def _insert(connection: Connection, rows: list[tuple[object, ...]]) -> int:
    return insert_rows(connection, KINDS, KINDS.columns.keys(), rows)


def test_what_is_inserted_in_columns_comes_back(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        KINDS.create(connection)
        assert _insert(connection, ROWS[:2]) == 2
        assert _insert(connection, ROWS) == 2, "what is there already is left out"
        upsert_rows(connection, KINDS, ("name", "told"), [("", "𝄞")])
    with read(hq_engine) as connection:
        found = {tuple(row) for row in connection.execute(select(KINDS))}
    assert found == {*ROWS, ("", "𝄞", *ROWS[1][2:])} - {ROWS[1]}
