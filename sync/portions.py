"""Many things in portions of bearable size; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")


def portions(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """Yield the items in order, at most `size` at a time; nothing for none.

    >>> list(portions([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
