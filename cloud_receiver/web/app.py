"""The web of headquarters put together: pages, log-in, door, and the server that runs them.

NiceGUI keeps its pages in one global application, so a process serves one headquarters.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from nicegui import app as nicegui_app
from nicegui import ui
from nicegui.middlewares import RedirectWithPrefixMiddleware, SetCacheControlMiddleware
from sqlalchemy import Engine
from starlette.staticfiles import StaticFiles

from cloud_receiver.provisioning.admission import Doorkeeper
from cloud_receiver.store import api_keys
from cloud_receiver.store.engine import read
from cloud_receiver.web import (
    campaigns,
    connections,
    customer,
    decide,
    enrol,
    fleet,
    import_file,
    imports,
    ledger,
    login,
    me,
    missing,
    my_checkin,
    my_consent,
    my_entry,
    my_statement,
    payroll,
    people,
    person_form,
    preferences,
    problems,
    reports,
    rule_desk,
    rule_publish,
    rules,
    schedule,
    search,
    settings,
    shifts,
    start,
    store_feedback,
    store_phone,
    store_photos,
    today,
    trail,
    welcome,
    why,
)
from cloud_receiver.web.api import service
from cloud_receiver.web.api.caller import Caller, caller_of_key
from cloud_receiver.web.frame import STATIC, Desk, Outside
from cloud_receiver.web.gate import Gate
from cloud_receiver.web.live import Hub
from cloud_receiver.web.sessions import load_secret
from sync.clock import Clock

PAGES: Final = (
    today,
    decide,
    people,
    person_form,
    schedule,
    shifts,
    imports,
    rules,
    campaigns,
    ledger,
    payroll,
    reports,
    why,
    fleet,
    problems,
    connections,
    trail,
    settings,
)
PHONE_PAGES: Final = (
    me, my_checkin, my_consent, my_statement, my_entry,
    store_phone, store_photos, store_feedback, customer,
)  # fmt: skip
_NOT_WANTED: Final[tuple[object, ...]] = (RedirectWithPrefixMiddleware, SetCacheControlMiddleware)
"""They turn a reader who leaves early into a logged error; web.gate sets the cache header."""
STOP_WITHIN_S: Final = 3
_LOOK_FOR_STOP_S: Final = 0.2


class WebSettings(Protocol):
    """Where the web listens."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def behind_tls(self) -> bool: ...  # noqa: D102
    @property
    def idle_min(self) -> int: ...  # noqa: D102


class Settings(Protocol):
    """What the web needs of headquarters' settings."""

    @property
    def data_dir(self) -> Path: ...  # noqa: D102
    @property
    def web(self) -> WebSettings: ...  # noqa: D102


def create_app(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    doorkeeper: Doorkeeper | None = None,
    outside: Outside = Outside(),  # noqa: B008 - frozen
) -> FastAPI:
    """Return the whole application, closed to everybody who is not logged in.

    Args:
        settings: whose data folder keeps the secret that signs sessions.
        clock: of the stores; sessions and lock-outs go by the machine's own.
        doorkeeper: lets new boxes in; None: this headquarters lets none in.
        outside: how people are told, and what new boxes are.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    door = login.Door(engine, load_secret(settings.data_dir), settings.web.idle_min * 60)
    desk = Desk(engine, clock, Hub(engine, clock, door.still_admits), outside)

    @app.get("/healthz")
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    api = service.create_api(desk)
    app.mount(service.PREFIX, api)
    app.mount("/static", StaticFiles(directory=STATIC))
    login.register(app, door)
    welcome.register(app, door)
    preferences.register(app)
    search.register(app, desk)
    enrol.register(app, doorkeeper)
    rule_desk.register(app, desk)
    rule_publish.register(app, desk)
    reports.register_files(app, desk)
    payroll.register_files(app, desk)
    import_file.register(app, desk)
    for phone_page in PHONE_PAGES:
        phone_page.register(app, desk)
    for page in PAGES:
        page.register(desk)
    _answer_in_words(app)
    nicegui_app.on_startup(desk.hub.run)
    ui.run_with(
        app,
        favicon=STATIC / "favicon.svg",
        tailwind=False,
        dark=False,  # the style sheet colours the pages, see frame.head_html
        show_welcome_message=False,
        reconnect_timeout=20.0,
    )
    _tame_nicegui()
    app.add_middleware(
        Gate,
        admit=door.admit,
        admit_key=partial(machine, engine),
        behind_tls=settings.web.behind_tls,
        barred=missing.barred,
    )
    return app


def _answer_in_words(app: FastAPI) -> None:
    """Have what is not there, and what failed, answered by pages of ours."""
    nicegui_app.add_exception_handler(404, missing.not_found)
    for one in (app, nicegui_app):
        one.add_exception_handler(Exception, missing.failed)


def _tame_nicegui() -> None:
    """Leave out what NiceGUI does beside pages, and have it name its scripts."""
    nicegui_app.user_middleware[:] = [
        one for one in nicegui_app.user_middleware if one.cls not in _NOT_WANTED
    ]
    start.make_ours()


def machine(engine: Engine, key: str) -> Caller | None:
    """Return the machine a key belongs to, None when it is none; reads."""
    with read(engine) as connection:
        found = api_keys.find(connection, key)
    return caller_of_key(found) if found is not None else None


def serve(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    stop: threading.Event,
    listening: threading.Event | None = None,
    doorkeeper: Doorkeeper | None = None,
    outside: Outside = Outside(),  # noqa: B008 - frozen
) -> None:
    """Serve the web until `stop` is set; returns when the last answer is out.

    May run in any thread. Raises SystemExit when the address is taken, as uvicorn does.

    Args:
        listening: set once the address answers.
    """
    app = create_app(settings, engine, clock, doorkeeper, outside)
    config = uvicorn.Config(
        app,
        host=settings.web.host,
        port=settings.web.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=settings.web.behind_tls,  # else anybody on this machine could name an address
        ws_ping_interval=None,  # NiceGUI's socket has its own
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    asyncio.run(_until(stop, _Server(config), listening or threading.Event()))


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: `stop` ends the server."""
        yield


async def _until(stop: threading.Event, server: uvicorn.Server, listening: threading.Event) -> None:
    serving = asyncio.ensure_future(server.serve())
    while not serving.done():
        if server.started:
            listening.set()
        if stop.is_set():
            server.should_exit = True
        await asyncio.wait({serving}, timeout=_LOOK_FOR_STOP_S)
    await serving
