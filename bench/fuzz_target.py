"""What it takes to bombard a parser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under fire.

    Attributes:
        seeds: well-formed inputs.
        read: reads an input, asserts that nothing was made up, returns how much it gave.
        declared: what it may raise.
        share: of the inputs, compared with the others; small for what is slow and rare.
    """

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes], int]
    declared: tuple[type[Exception], ...] = ()
    share: float = 1.0
