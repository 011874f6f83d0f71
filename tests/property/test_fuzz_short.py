"""A short bombardment of every parser; `python -m bench.fuzz` is the long one."""

import pytest

from bench.fuzz import FuzzError, shell, targets
from bench.fuzz_target import Target

INPUTS = 1500
SEED = 20261123


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_no_damaged_input_crashes_hangs_or_makes_anything_up(target: Target) -> None:
    done = shell(target, round(INPUTS * target.share), SEED)
    assert done.fruitful + done.refused > 0, "the damage leaves nothing to be read at all"


def test_an_undeclared_error_is_a_find_that_can_be_had_again() -> None:
    def read(data: bytes) -> int:
        return data[100]

    crashing = Target("crashing", [bytes(100)], read)
    with pytest.raises(FuzzError, match=r"crashing, seed 1, input \d+: IndexError") as first:
        shell(crashing, 100, 1)
    with pytest.raises(FuzzError) as second:
        shell(crashing, 100, 1)
    assert str(first.value) == str(second.value)
    shell(Target("crashing", [bytes(100)], read, (IndexError,)), 100, 1)


def test_what_does_not_come_back_is_a_find() -> None:
    def read(_: bytes) -> int:
        while True:
            pass

    with pytest.raises(FuzzError, match="no end after"):
        shell(Target("hanging", [b"x"], read), 1, 1, patience_s=0.1)


def test_what_is_made_up_is_a_find() -> None:
    def read(data: bytes) -> int:
        assert data == b"x", "made up"
        return 1

    with pytest.raises(FuzzError, match="made up"):
        shell(Target("inventing", [b"x"], read), 100, 1)


def test_what_eats_memory_is_a_find() -> None:
    with pytest.raises(FuzzError, match=r"greedy took \d+ MB more"):
        shell(Target("greedy", [b"x"], lambda _: len(b"x" * (96 * 2**20))), 1, 1)
