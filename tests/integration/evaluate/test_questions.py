"""Questions that are compiled once are the queries they were made of, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, MetaData, Table, Text, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from cloud_receiver.store.engine import insert_rows, read, write
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import meta

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
