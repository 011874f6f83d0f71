"""However many ask at once, only so many pieces of dear work run at a time."""

from __future__ import annotations

import asyncio
import threading

from cloud_receiver.web.turns import Turns


def test_no_more_run_at_once_than_may() -> None:
    turns, counting = Turns(2), threading.Lock()
    both_are_in = threading.Barrier(2)
    running, most = 0, 0

    def work() -> int:
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        both_are_in.wait(30)  # breaks unless two run at the same time
        with counting:
            running -= 1
        return 1

    async def ask() -> list[int]:
        return await asyncio.gather(*(turns.run(work) for _ in range(12)))

    assert sum(asyncio.run(ask())) == 12
    assert most == 2
