"""Questions that are compiled once are the queries they were made of, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, MetaData, Table, Text, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from cloud_receiver.store.engine import insert_rows, read, write
from cloud_receiver.store.questions import Among, OfPeople, Question
from cloud_receiver.store.tables import dirty, meta

if TYPE_CHECKING:
    from sqlalchemy import Engine

_SNAPSHOT = {"sqlite": "SERIALIZABLE", "postgresql": "REPEATABLE READ"}
QUESTION = Question(
    select(meta.c.key, meta.c.value)
    .where(Among(meta.c.key, "keys"), meta.c.value >= bindparam("least"))
    .order_by(meta.c.key)
)


def test_a_question_takes_lists_of_any_length_and_names_its_columns(hq_engine: Engine) -> None:
    keys = [f"it's \"{number:05}" for number in range(40_000)]
    with write(hq_engine) as connection:
        insert_rows(connection, meta, ("key", "value"), [(key, key[-5:]) for key in keys])
        found = QUESTION.ask(connection, keys=keys, least="39998")
        assert [(row.key, row.value) for row in found] == [
            (keys[39_998], "39998"),
            (keys[39_999], "39999"),
        ]
        assert QUESTION.ask_one(connection, keys={keys[7]}, least="") == keys[7]


def test_a_question_about_nobody_has_no_answer(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        assert list(QUESTION.ask(connection, keys=[], least="")) == []
        assert QUESTION.ask_one(connection, keys=["nothing"], least="") is None


def test_a_parameter_that_was_forgotten_is_a_mistake(hq_engine: Engine) -> None:
    with write(hq_engine) as connection, pytest.raises(AssertionError, match="least"):
        QUESTION.ask(connection, keys=["a"])


def test_what_the_database_refuses_is_told_as_of_any_query(hq_engine: Engine) -> None:
    missing = Table("missing", MetaData(), Column("key", Text))
    with read(hq_engine) as connection, pytest.raises(DBAPIError, match="missing"):
        Question(select(missing.c.key)).ask(connection)
    assert not hq_engine.pool.checkedout()


def test_questions_of_one_look_see_the_same(hq_engine: Engine) -> None:
    counted = Question(select(func.count().label("rows")).select_from(meta))
    with read(hq_engine.execution_options(isolation_level=_SNAPSHOT[hq_engine.dialect.name])) as c:
        (before,) = counted.ask(c)
        with write(hq_engine) as other:
            insert_rows(other, meta, ("key", "value"), [("k", "v")])
        assert counted.ask_one(c) == before.rows
    with read(hq_engine) as connection:
        assert counted.ask_one(connection) == before.rows + 1


def test_who_stops_at_the_first_row_may_write_at_once(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        insert_rows(connection, meta, ("key", "value"), [(f"k{n}", "x") for n in range(9)])
        each = QUESTION.each(connection, keys=[f"k{n}" for n in range(9)], least="")
        assert next(each).key == "k0"
        each.close()
        insert_rows(connection, meta, ("key", "value"), [("later", "x")])
    with read(hq_engine) as connection:
        assert QUESTION.ask_one(connection, keys=["later"], least="") == "later"


def test_rows_of_people_come_by_person_and_in_order_whatever_is_in_them(hq_engine: Engine) -> None:
    names = ("employee_id", "work_date", "due_utc_ms", "awaits_store_id", "awaits_utc_ms")
    days = [("E1", "2", 2**60, 'a"b\\\n王', None), ("E2", "1", -1, None, 5), ("E1", "1", 1, "", 0)]
    asked = OfPeople([dirty.c[name] for name in names[1:]], dirty.c.due_utc_ms != 0, dirty.c.employee_id,
                     order=(0,))  # fmt: skip
    with write(hq_engine) as connection:
        insert_rows(
            connection, dirty, names, [*days, ("E3", "1", 7, None, None), ("E1", "0", 0, "", 0)]
        )
        for _ in range(2):
            found = asked.ask(connection, ["E1", "E2", "E9"])
            assert dict(found) == {"E1": [days[2][1:], days[0][1:]], "E2": [days[1][1:]]}
            if hq_engine.dialect.name == "sqlite":  # bytes, which JSON has not
                connection.exec_driver_sql(
                    "UPDATE dirty SET awaits_store_id = X'00' WHERE work_date = '2'"
                )
                days[0] = (*days[0][:3], b"\0", None)
        assert not asked.ask(connection, [])
