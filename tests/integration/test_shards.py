"""Receivers side by side on one PostgreSQL, killed and added while boxes send."""

from __future__ import annotations

from typing import Any

import pytest

from bench.shards import MANNERS, run


@pytest.mark.parametrize("manner", MANNERS)
def test_receivers_that_come_and_go_lose_and_double_nothing(
    manner: str, postgres_server: Any
) -> None:
    name = f"daka_shards_{manner}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_server.template}")
    try:
        outcome = run(postgres_server.url(name), manner, boxes=20, records_each=400, within_s=240)
    finally:
        postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert outcome.kills == 3
    assert outcome.is_exact, outcome
