"""Questions that are compiled once are the queries they were made of, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, select

from cloud_receiver.store.engine import insert_rows, write
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import meta

if TYPE_CHECKING:
    from sqlalchemy import Engine

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
