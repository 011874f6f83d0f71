"""People at their browsers, as far as a server notices: pages loaded, sockets kept open, messages heard."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout, CookieJar
from socketio import AsyncClient

from bench import company

_CLIENT: Final = re.compile(r"""client_id["']: *["']([^"']+)""")


@dataclass
class Visitor:
    """A browser's part in it: a page loaded, and its socket listening."""

    browser: ClientSession
    url: str
    failed: bool = False
    heard: list[tuple[float, str]] = field(default_factory=list)
    socket: AsyncClient = field(default_factory=lambda: AsyncClient(reconnection=False))

    async def load(self, address: str) -> tuple[float, str]:
        """Return how many seconds a page took, and the page."""
        began_s = time.perf_counter()
        async with self.browser.get(f"{self.url}{address}") as answer:
            text = await answer.text()
            self.failed = self.failed or answer.status != 200
        return time.perf_counter() - began_s, text

    async def follow(self, address: str) -> None:
        """Load a page and keep its socket open, as a browser does."""
        await self.open((await self.load(address))[1])

    async def open(self, page: str) -> None:
        """Open the socket of a loaded page."""
        found = _CLIENT.search(page)
        assert found, "the page says who it is"
        query = {
            "client_id": found[1], "next_message_id": 0, "implicit_handshake": "true",
            "tab_id": f"t{id(self)}", "document_id": f"d{id(self)}", "old_tab_id": "",
        }  # fmt: skip
        self.socket.on("*", self._hear)
        cookies = self.browser.cookie_jar.filter_cookies(self.url)  # type: ignore[arg-type]
        given = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        await self.socket.connect(
            f"{self.url}?{given}", transports=["websocket"], wait_timeout=30,
            socketio_path="/_nicegui_ws/socket.io",
            headers={"Cookie": "; ".join(f"{one.key}={one.value}" for one in cookies.values())},
        )  # fmt: skip

    async def _hear(self, _event: str, data: Any = None) -> None:
        self.heard.append((time.perf_counter(), json.dumps(data, ensure_ascii=False)))

    async def sees(self, what: Callable[[str], bool], within_s: float = 30) -> float:
        """Return when something was first told that `what` recognises."""
        deadline_s, looked = time.perf_counter() + within_s, 0
        while time.perf_counter() < deadline_s:
            while looked < len(self.heard):
                at_s, text = self.heard[looked]
                looked += 1
                if what(text):
                    return at_s
            await asyncio.sleep(0.01)
        raise TimeoutError("a session was not told")


def contains(sought: str, text: str) -> bool:
    """Tell whether a message holds a text."""
    return sought in text


async def log_in(url: str, login: str = company.LOGIN) -> ClientSession:
    """Return a browser of somebody logged in."""
    browser = ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout(120))
    form = {"login": login, "password": company.PASSWORD}
    async with browser.post(f"{url}/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
    return browser
