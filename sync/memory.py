"""How often a long-running process looks for memory in cycles.

Records come in thousands of small tuples, none of which is part of a cycle. Python would
walk over them again and again in search of one: a tenth of the time of a bulk read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG_OBJECTS: Final = 20_000
"""A look at the young ones after so many, not 700; with their elders as rarely as before."""


def collect_rarely() -> None:
    """Leave what is loaded alone from now on, and look for cycles in the rest less often."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


@contextmanager
def not_looking() -> Iterator[None]:
    """Look for no cycles meanwhile: for a stretch of work that makes many objects and no cycles."""
    was_looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_looking:
            gc.enable()
