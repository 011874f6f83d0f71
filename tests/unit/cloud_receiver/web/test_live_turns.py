"""Whoever turned to something else is not shown what was drawn before it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from cloud_receiver.store.engine import open_engine
from cloud_receiver.web.live import Follower, Hub
from cloud_receiver.web.markup import Markup, el
from sync.clock import SystemClock


@dataclass
class Screen:
    """What a browser shows; a part of a page without a browser."""

    shown: list[str] = field(default_factory=list)
    is_deleted: bool = False

    def show(self, content: Markup) -> None:
        self.shown.append(str(content))


def test_a_drawing_that_was_overtaken_is_not_shown() -> None:
    screen: Any = Screen()
    may_finish = Event()

    def week() -> Markup:
        assert may_finish.wait(30)
        return el("p", "week")

    async def turn() -> None:
        hub = Hub(open_engine("sqlite://"), SystemClock.of_this_boot(), lambda _: True)
        follower = Follower(hub, screen, "week", week, "")
        slow = asyncio.create_task(follower.refresh())  # the data changed
        await asyncio.sleep(0)
        await follower.turn("day", lambda: el("p", "day"))
        may_finish.set()
        await slow

    asyncio.run(turn())
    assert screen.shown == ["<p>day</p>"]
