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

from nicegui import Client, background_tasks, ui
from nicegui.element import Element
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud_receiver.store.changes import ChangeWatch
from cloud_receiver.web.gate import cookie_of
from cloud_receiver.web.markup import Markup
from cloud_receiver.web.sessions import COOKIE
from sync.clock import Clock

LOOK_EVERY_S: Final = 0.5
ADMIT_EVERY_S: Final = 5.0
"""How soon the open pages of a session that ended are closed."""
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
        cookie: of the session that opened the page.
    """

    hub: Hub
    element: LiveHtml
    key: Hashable
    draw: Draw
    cookie: str

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
        admits: tells whether a session cookie still lets anybody in; runs in a worker thread.
    """

    engine: Engine
    clock: Clock
    admits: Callable[[str], bool]
    followers: set[Follower] = field(default_factory=set)
    _drawings: dict[Hashable, asyncio.Future[Markup]] = field(default_factory=dict)

    async def follow(
        self, key: Hashable, draw: Draw, on_act: Callable[[str, str], Any] | None = None
    ) -> Follower:
        """Put a part into the page being built and keep it up to date while the page is open."""
        client = ui.context.client
        content = await self.drawn(key, draw)
        cookie = cookie_of(client.request.headers, COOKIE)
        follower = Follower(self, LiveHtml(content, on_act), key, draw, cookie)
        self.followers.add(follower)
        client.on_delete(lambda: self.followers.discard(follower))
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
        self._drawings.clear()

    async def run(self) -> None:
        """Watch until cancelled; a database that is away is said once and tried again."""
        watch = ChangeWatch(self.engine)
        away, admitted_s = False, self.clock.monotonic_s()
        minute = None
        try:
            while True:
                began_s = self.clock.monotonic_s()
                try:
                    was, minute = minute, self.clock.now_utc().replace(second=0, microsecond=0)
                    if await asyncio.to_thread(watch.has_changed) or was != minute:
                        self.changed()  # ages and dates move on though nothing was committed
                        await self._refresh_all()
                    if began_s - admitted_s >= ADMIT_EVERY_S:
                        admitted_s = began_s
                        await self._close_ended()
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

    async def _close_ended(self) -> None:
        """Send the pages of ended sessions to the log-in; their sockets serve nothing more."""
        cookies = {follower.cookie for follower in self.followers}
        ended = [one for one in cookies if not await asyncio.to_thread(self.admits, one)]
        for follower in [one for one in self.followers if one.cookie in ended]:
            client = follower.element.client
            self.followers.discard(follower)
            client.open("/login")
            background_tasks.create(_delete_soon(client), name="close a page")


async def _delete_soon(client: Client) -> None:
    await asyncio.sleep(LOOK_EVERY_S)  # for the message to go out
    if not client.is_deleted:
        client.delete()
