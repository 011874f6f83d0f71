"""The laws hold in every history, and a planted mistake is found.

A failure names its seed: `python -m bench.simulate --seed N` plays it again, event by event.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bench import simulate
from tests.simulation.machines import LawBrokenError
from tests.simulation.planted import PLANTED
from tests.simulation.simulation import Product, Simulation

SEEDS = 300
PARTS = 10
ENOUGH_SEEDS = 300


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of lines about lost connections tell nobody anything."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_laws_hold_in_every_history(part: int) -> None:
    for seed in range(part, SEEDS, PARTS):
        Simulation(seed).run()


def test_a_seed_is_one_history() -> None:
    first, second, other = Simulation(7), Simulation(7), Simulation(8)
    for one in (first, second, other):
        one.run()
    assert first.trace == second.trace
    assert first.digest == second.digest != other.digest


def test_the_bench_leaves_no_seed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "PORTION", 1)
    assert simulate.run(first=0, seeds=6, minutes=30, cores=1) == (6, [])


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found(name: str) -> None:
    product, found = PLANTED[name]
    with pytest.raises(LawBrokenError, match=rf"seed \d+, \d+ events: {found}"):
        _play(product)


def _play(product: Product) -> None:
    for seed in range(ENOUGH_SEEDS):
        Simulation(seed, product).run()
