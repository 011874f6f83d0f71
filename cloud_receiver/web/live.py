"""Pages that follow the data: one watcher a process, and the parts of pages it refreshes.

The watcher asks the database twice a second whether anything was committed; only then, and
once a minute for ages, are the parts of open pages drawn again, each distinct one once
however many people look at it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from nicegui import background_tasks, ui
from nicegui.element import Element
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud_receiver.store.changes import ChangeWatch
from cloud_receiver.web.markup import Markup
from sync.clock import Clock

LOOK_EVERY_S: Final = 0.5
MAX_DRAWING_SHARE: Final = 0.2
"""Drawing takes at most this share of the time, however fast the data changes."""
_log = logging.getLogger(__name__)

Draw = Callable[[], Markup]


class LiveHtml(Element, component="static/live.js", default_classes="live"):
    """Markup in a page; new content is merged in, focus and scrolling stay."""

    def __init__(self, content: Markup, on_act: Callable[[str, str], object] | None = None) -> None:
        super().__init__()
        self._props["content"] = content
        if on_act is not None:
            self.on("act", lambda event: on_act(event.args["act"], event.args["value"]))

    @property
    def content(self) -> str:
        """Return the markup shown."""
        return str(self._props["content"])

    def show(self, content: Markup) -> None:
        """Replace the content; nothing is sent when it is the same."""
        if content != self.content:
            self._props["content"] = content
            self.update()


@dataclass(slots=True, eq=False)
class Follower:
    """One part of one open page.

    Attributes:
        key: says what it shows; parts with equal keys show the same.
        draw: reads and draws it; runs in a worker thread.
    """

    hub: Hub
    element: LiveHtml
    key: Hashable
    draw: Draw

    async def refresh(self) -> None:
        """Draw the part as the data is now."""
        content = await self.hub.drawn(self.key, self.draw)
        if not self.element.is_deleted:
            self.element.show(content)

    async def turn(self, key: Hashable, draw: Draw) -> None:
        """Show something else from now on."""
        self.key, self.draw = key, draw
        await self.refresh()


@dataclass(slots=True)
class Hub:
    """The watcher of one process and the open pages that follow it.

    Attributes:
        generation: counts the changes seen; drawings are shared within one.
    """

    engine: Engine
    clock: Clock
    generation: int = 0
    followers: set[Follower] = field(default_factory=set)
    _drawings: dict[Hashable, asyncio.Future[Markup]] = field(default_factory=dict)

    async def follow(
        self, key: Hashable, draw: Draw, on_act: Callable[[str, str], Any] | None = None
    ) -> Follower:
        """Put a part into the page being built and keep it up to date while the page is open."""
        follower = Follower(self, LiveHtml(await self.drawn(key, draw), on_act), key, draw)
        self.followers.add(follower)
        ui.context.client.on_delete(lambda: self.followers.discard(follower))
        return follower

    async def drawn(self, key: Hashable, draw: Draw) -> Markup:
        """Return the drawing of `key`, made once a generation."""
        drawing = self._drawings.get(key)
        if drawing is None or (drawing.done() and drawing.exception()):
            drawing = asyncio.ensure_future(asyncio.to_thread(draw))
            self._drawings[key] = drawing
        return await asyncio.shield(drawing)  # who gives up waiting takes nothing from the others

    def changed(self) -> None:
        """Forget all drawings; call it after a write of one's own, before refreshing."""
        self.generation += 1
        self._drawings.clear()

    async def run(self) -> None:
        """Watch until cancelled; a database that is away is said once and tried again."""
        watch = ChangeWatch(self.engine)
        away, seen_minute = False, None
        try:
            while True:
                began_s = self.clock.monotonic_s()
                try:
                    minute = self.clock.now_utc().replace(second=0, microsecond=0)
                    if await asyncio.to_thread(watch.has_changed) or minute != seen_minute:
                        self.changed()  # ages and dates move on though nothing was committed
                        await self._refresh_all()
                    seen_minute = minute
                    away = False
                except SQLAlchemyError as error:
                    if not away:
                        _log.warning("web_database_away error=%s", error)
                    away = True
                spent_s = self.clock.monotonic_s() - began_s
                await asyncio.sleep(max(LOOK_EVERY_S, spent_s * (1 / MAX_DRAWING_SHARE - 1)))
        finally:
            watch.close()

    async def _refresh_all(self) -> None:
        tasks = [
            background_tasks.create(follower.refresh(), name="refresh a page")
            for follower in list(self.followers)
        ]
        if tasks:
            await asyncio.wait(tasks)
