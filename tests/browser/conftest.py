"""A seeded headquarters served by a real process, and Debian's chromium in front of it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine

from cloud_receiver.store.engine import open_engine, sqlite_url
from tests.browser.seeding import LOGIN, PASSWORD, Box, seed

START_DEADLINE_S = 60.0
SERVING = Path(__file__).with_name("serving.py")
SHOTS = Path(__file__).resolve().parents[2] / "var" / "shots"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True)
class Headquarters:
    """A running web server, its database, and boxes that can send to it."""

    url: str
    engine: Engine
    boxes: dict[str, Box]
    routes: list[tuple[str, list[str]]]


@dataclass
class Witness:
    """What a browser did that it should not."""

    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note errors and every request that leaves this machine."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda channel: self._request(channel.url))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, url: str) -> None:
        if urlsplit(url).hostname != "127.0.0.1" and not url.startswith(("data:", "blob:")):
            self.strangers.append(url)


@pytest.fixture(scope="session")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Path, dict[str, Box]]:
    """A database with a week in it, made once."""
    path = tmp_path_factory.mktemp("seeded") / "hq.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(sqlite_url(path))
    boxes = seed(engine)
    engine.dispose()
    return path, boxes


@pytest.fixture(scope="module")
def headquarters(
    tmp_path_factory: pytest.TempPathFactory, seeded: tuple[Path, dict[str, Box]]
) -> Iterator[Headquarters]:
    """A server of its own for each test module, on a copy of the seeded database."""
    folder = tmp_path_factory.mktemp("hq")
    database = Path(shutil.copy(seeded[0], folder / "hq.sqlite"))
    port = _free_port()
    log = (folder / "log").open("wb")
    command = [sys.executable, str(SERVING), sqlite_url(database), str(folder), str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    engine = open_engine(sqlite_url(database))
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, process, folder / "log")
        boxes = {
            store_id: Box(engine, box.box_id, store_id, dict(box.heads))
            for store_id, box in seeded[1].items()
        }
        yield Headquarters(url, engine, boxes, json.loads((folder / "routes.json").read_text()))
    finally:
        process.terminate()
        process.wait(60)
        engine.dispose()
        log.close()
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            urlopen(f"{url}/healthz", timeout=5).close()
        except URLError:
            assert process.poll() is None, f"the server ended at once:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the server did not come up:\n{log.read_text()}"
            time.sleep(0.05)
        else:
            return


def shot(page: Page, name: str) -> None:
    """Keep a picture of a page, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def log_in(page: Page, url: str, login: str = LOGIN, password: str = PASSWORD) -> None:
    """Fill in the log-in form and send it."""
    page.goto(f"{url}/login")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("button[type=submit]")


def open_context(browser: Browser, url: str, language: str, size: dict[str, int]) -> BrowserContext:
    """Return a logged-in browser of a size, reading a language."""
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(  # type: ignore[arg-type]
        viewport=size, locale=locale, has_touch=size is PHONE
    )
    context.set_default_timeout(10_000)
    context.add_cookies([{"name": "daka_language", "value": language, "url": url}])
    page = context.new_page()
    log_in(page, url)
    page.wait_for_selector("main#content")
    page.close()
    return context


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Whoever it watched made no error and spoke to nobody but this machine."""
    watching = Witness()
    yield watching
    assert watching.errors == []
    assert watching.strangers == []


@contextmanager
def looking(
    browser: Browser,
    url: str,
    witness: Witness,
    language: str = "zh",
    size: dict[str, int] = DESKTOP,
    theme: str = "",
) -> Iterator[Page]:
    """Open a watched page of somebody logged in."""
    context = open_context(browser, url, language, size)
    if theme:
        context.add_cookies([{"name": "daka_theme", "value": theme, "url": url}])
    page = context.new_page()
    witness.watch(page)
    try:
        yield page
    finally:
        context.close()


@pytest.fixture
def reader(browser: Browser, headquarters: Headquarters, witness: Witness) -> Iterator[Page]:
    """A watched page of somebody logged in, Chinese, at a desk."""
    with looking(browser, headquarters.url, witness) as page:
        yield page
