"""Pages that follow the data: one watcher a process, and the parts of pages it refreshes.

The watcher asks the database five times a second whether anything was committed; only then, and
once a minute for ages, are the parts of open pages drawn again, each distinct one once
however many people look at it: what is drawn quickly first, what takes long beside it, one part
after the other, so that a page of sums never keeps the board waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import sleep
from typing import Any, Final

from nicegui import Client, background_tasks, ui
from nicegui.element import Element
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud_receiver.store.changes import ChangeWatch
from cloud_receiver.web.gate import cookie_of
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.sessions import COOKIE
from sync.clock import Clock

LOOK_EVERY_S: Final = 0.2
ADMIT_EVERY_S: Final = 5.0
"""How soon the open pages of a session that ended are closed."""
MAX_DRAWING_SHARE: Final = 0.3
"""Drawing one part takes at most this share of the time, however fast the data changes."""
COSTLY_S: Final = 0.1
"""A part that takes longer is not drawn again at once, see `MAX_DRAWING_SHARE`."""
QUICK_S: Final = 0.25
"""A part that takes longer is drawn after the others, when these are on their way."""
ON_ITS_WAY_S: Final = 0.3
PATIENCE_S: Final = 0.3
"""How long a page waits for a part before it is sent without."""
WORKING: Final = el("div", el("i"), el("i"), class_="skeleton card-body", role="status",
                    aria_label="…")  # fmt: skip
_log = logging.getLogger(__name__)

Draw = Callable[[], Markup]


_KEYED: Final = ' data-key="'
Splice = tuple[int, int, list[str]]


@lru_cache(maxsize=64)  # the same for everybody who looks at the same
def splices(old: str, new: str) -> list[Splice]:
    """Return what to replace of a text's keyed pieces: (first, how many, by what), the last first.

    The pieces are those between the places where a key stands; the browser cuts in the same way.

    >>> splices('<p data-key="a">1<p data-key="b">2', '<p data-key="a">1<p data-key="b">3')
    [(2, 1, ['b">3'])]
    """
    before, after = old.split(_KEYED), new.split(_KEYED)
    if len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [(at, 1, [now]) for at, (was, now) in pairs if was != now][::-1]
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return [(start, len(before) - end - start, after[start : len(after) - end])]


class LiveHtml(Element, component="static/live.js", default_classes="live"):
    """Markup in a page; new content is merged in, focus and scrolling stay.

    Only what differs is sent: a board of hundreds of stores goes out as the few rows that changed.
    """

    def __init__(self, content: Markup, on_act: Callable[[str, str], object] | None = None) -> None:
        super().__init__()
        self._props["content"], self._props["version"] = content, 0
        if on_act is not None:
            self.on("act", lambda event: on_act(event.args["act"], event.args["value"]))

    @property
    def content(self) -> str:
        """Return the markup shown."""
        return str(self._props["content"])

    def show(self, content: Markup) -> None:
        """Replace the content; nothing is sent when it is the same."""
        if content != self.content:
            changed = splices(self.content, content)
            self._props["content"] = content
            self._props["version"] += 1  # who loads the page between has it already
            self.run_method("show", self._props["version"], changed)


class LiveFigures(LiveHtml, component="static/figures.js"):
    """A few figures that stand in several places of a page, as one JSON object of texts by name."""


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
    is_busy: bool = False
    _begun: int = 0
    _shown: int = 0

    async def refresh(self) -> None:
        """Draw the part as the data is now; a drawing that was overtaken by a later one is not shown."""
        self._begun += 1
        number, self.is_busy = self._begun, True
        try:
            content = await self.hub.drawn(self.key, self.draw)
        finally:
            self.is_busy = False
        if number > self._shown and not self.element.is_deleted:
            self._shown = number
            self.element.show(content)

    async def turn(self, key: Hashable, draw: Draw) -> None:
        """Show something else from now on."""
        self.key, self.draw = key, draw
        await self.refresh()


@dataclass(slots=True)
class _Drawing:
    """A part that is drawn, or being drawn; `keep_until_s` grows with what the drawing took."""

    generation: int
    keep_until_s: float
    spent_s: float = 0.0
    content: asyncio.Future[Markup] = field(init=False)

    def is_old_at(self, now_s: float) -> bool:
        """Tell whether it is made, and so long ago that it may be made again."""
        return self.content.done() and now_s >= self.keep_until_s

    def draw(self, draw: Draw, clock: Clock) -> Markup:
        """Draw, in a worker thread."""
        began_s = clock.monotonic_s()
        content = draw()
        self.spent_s = clock.monotonic_s() - began_s
        if self.spent_s >= COSTLY_S:
            self.keep_until_s = began_s + self.spent_s / MAX_DRAWING_SHARE
        return content


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
    _drawings: dict[Hashable, _Drawing] = field(default_factory=dict)
    _spent_s: dict[Hashable, float] = field(default_factory=dict)
    _quick: Executor = field(default_factory=partial(ThreadPoolExecutor, 1, "quick parts"))
    _slow: Executor = field(default_factory=partial(ThreadPoolExecutor, 1, "slow parts"))
    _generation: int = 0

    async def follow(
        self,
        key: Hashable,
        draw: Draw,
        on_act: Callable[[str, str], Any] | None = None,
        shown_as: type[LiveHtml] = LiveHtml,
    ) -> Follower:
        """Put a part into the page being built and keep it up to date while the page is open.

        What takes long to draw comes when it is drawn; the page does not wait for it.
        """
        client = ui.context.client
        drawing = self._drawing(key, draw)
        await asyncio.wait({drawing}, timeout=PATIENCE_S)
        content = drawing.result() if drawing.done() else WORKING
        cookie = cookie_of(client.request.headers, COOKIE)
        follower = Follower(self, shown_as(content, on_act), key, draw, cookie)
        self.followers.add(follower)
        client.on_delete(lambda: self.followers.discard(follower))
        if content is WORKING:
            background_tasks.create(follower.refresh(), name="draw a page")
        return follower

    async def drawn(self, key: Hashable, draw: Draw) -> Markup:
        """Return the drawing of `key`, made once a generation."""
        return await asyncio.shield(self._drawing(key, draw))  # who gives up takes nothing away

    def _drawing(
        self, key: Hashable, draw: Draw, lane: Executor | None = None
    ) -> asyncio.Future[Markup]:
        """Return the drawing, begun in `lane` if it is not yet; None: at once, beside all others."""
        known = self._drawings.get(key)
        if known is None or (known.content.done() and known.content.exception()):
            known = self._drawings[key] = _Drawing(self._generation, self.clock.monotonic_s())
            loop = asyncio.get_running_loop()
            known.content = loop.run_in_executor(lane, known.draw, draw, self.clock)
        return known.content

    def changed(self) -> None:
        """Forget all drawings; call it after a write of one's own, before refreshing."""
        self._drawings.clear()

    def _outdated(self) -> bool:
        """Forget drawings of what has changed since, but not yet those that took long or are made.

        Returns whether such are left, which are to be drawn again later.
        """
        now_s = self.clock.monotonic_s()
        old = {key for key, one in self._drawings.items() if one.generation < self._generation}
        done = {key for key in old if self._drawings[key].is_old_at(now_s)}
        for key in done:
            self._spent_s[key] = self._drawings.pop(key).spent_s
        return old != done

    async def run(self) -> None:
        """Watch until cancelled; a database that is away is said once and tried again."""
        watch = ChangeWatch(self.engine)
        away, admitted_s = False, self.clock.monotonic_s()
        minute, is_behind = None, False
        try:
            while True:
                began_s = self.clock.monotonic_s()
                try:
                    was, minute = minute, self.clock.now_utc().replace(second=0, microsecond=0)
                    # ages and dates move on though nothing was committed
                    if await asyncio.to_thread(watch.has_changed) or was != minute:
                        self._generation += 1
                        is_behind = True
                    if is_behind:
                        is_behind = self._outdated()
                        is_behind = self._refresh_all() or is_behind
                    if began_s - admitted_s >= ADMIT_EVERY_S:
                        admitted_s = began_s
                        await self._close_ended()
                    away = False
                except SQLAlchemyError as error:
                    if not away:
                        _log.warning("web_database_away error=%s", error)
                    away = True
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            watch.close()

    def _refresh_all(self) -> bool:
        """Begin to draw what is outdated; a part that is slow keeps no other waiting.

        Returns whether some parts were busy still and are to be looked at again.
        """
        wanted = {one.key: one.draw for one in self.followers if one.key not in self._drawings}
        self._spent_s = {key: self._spent_s.get(key, 0.0) for key in wanted}
        in_order = sorted(wanted, key=self._spent_s.__getitem__)
        is_any_quick = bool(in_order) and self._spent_s[in_order[0]] < QUICK_S
        if is_any_quick and self._spent_s[in_order[-1]] >= QUICK_S:
            self._slow.submit(sleep, ON_ITS_WAY_S)
        for key in in_order:
            lane = self._quick if self._spent_s[key] < QUICK_S else self._slow
            self._drawing(key, wanted[key], lane)
        free = [follower for follower in self.followers if not follower.is_busy]
        for follower in free:
            background_tasks.create(follower.refresh(), name="refresh a page")
        return len(free) < len(self.followers)

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
