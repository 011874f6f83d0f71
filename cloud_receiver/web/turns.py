"""Work that takes much memory goes one after the other, however many ask for it at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

What = ParamSpec("What")
Result = TypeVar("Result")

HASHES_AT_ONCE: Final = 4
"""Of passwords: each takes 64 MB, by the parameters of `store.accounts.HASHER`."""
PHOTOS_AT_ONCE: Final = 2
"""Each takes up to 400 MB, see `domain.photographs`; an honest one far less."""


class Turns:
    """Lets `count` pieces of work run at a time, in worker threads; the others wait, not in one."""

    def __init__(self, count: int) -> None:
        self._limiter = CapacityLimiter(count)

    async def run(
        self, work: Callable[What, Result], *args: What.args, **more: What.kwargs
    ) -> Result:
        """Return what `work` returns when its turn has come."""
        return await to_thread.run_sync(partial(work, *args, **more), limiter=self._limiter)
