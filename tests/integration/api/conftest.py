"""Headquarters behind its API: an organisation, a judged day, a booking, and keys to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from cloud_receiver.domain.scopes import ALL, Scope
from cloud_receiver.store import api_keys
from cloud_receiver.store.closing import close_period
from cloud_receiver.store.payroll import export
from cloud_receiver.web import missing
from cloud_receiver.web.api.service import PREFIX, create_api
from cloud_receiver.web.app import machine
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.gate import Gate
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.live import Hub
from cloud_receiver.web.sessions import Session
from tests.integration.evaluate.conftest import Headquarters

MONDAY = "2026-11-23"


class Client:
    """Asks an application as a machine does, one request after the other."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.headers: dict[str, str] = {}

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hq") as client:
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@dataclass
class Office(Headquarters):
    """Headquarters, the door before it, and a client that shows a key."""

    session: Session | None = None
    app: Any = field(init=False)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.serve()

    def serve(self, limit: RateLimit | None = None) -> None:
        """Open the door, with a limit of its own if one is given."""
        headers = self.client.headers if hasattr(self, "client") else {}
        desk = Desk(self.engine, self.clock, Hub(self.engine, self.clock, lambda _: False))
        self.api = create_api(desk, limit)
        inner = Starlette()
        inner.mount(PREFIX, self.api)
        self.app = Gate(
            inner,
            lambda _: self.session,
            partial(machine, self.engine),
            behind_tls=False,
            barred=missing.barred,
        )
        self.client = Client(self.app)
        self.client.headers = headers

    def key(self, *scopes: Scope, name: str = "") -> str:
        """Make a key and return it."""
        called = name or "+".join(sorted(scopes))
        return self.writing(
            lambda c: api_keys.new(c, called, frozenset(scopes), "test", self.now_utc_ms)
        )

    def use(self, key: str, language: str = "en") -> None:
        self.client.headers.update({"Authorization": f"Bearer {key}", "Accept-Language": language})

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        answer = self.client.get(PREFIX + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def send(self, method: str, path: str, body: Any, status: int = 200, **more: Any) -> Any:
        answer = self.client.request(method, PREFIX + path, json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def live_a_day(self) -> None:
        """Let a person be twenty minutes late and meet the target."""
        self.bind("1001", "E1")
        self.bind_seller("P01", "E1")
        self.roster("E1", MONDAY)
        self.journal(
            self.punch("1001", f"{MONDAY}T09:20:00"), self.punch("1001", f"{MONDAY}T18:02:00"),
            self.sale("P01", f"{MONDAY}T11:00:00", 10_000),
        )  # fmt: skip
        self.feed_complete(f"{MONDAY}T23:59")
        self.at(f"{MONDAY}T23:30")

    def close_november(self) -> None:
        self.at("2026-12-01T09:00")
        self.writing(lambda c: close_period(c, "2026-11", "wang", self.now_utc_ms))
        self.writing(lambda c: export(c, "2026-11", "wang", self.now_utc_ms))


@pytest.fixture
def office(hq_engine: Engine) -> Office:
    """A headquarters with a judged day, on both databases, and a key that opens everything."""
    one = Office(hq_engine)
    one.organise()
    one.publish_rules()
    one.live_a_day()
    one.use(one.key(*ALL, name="erp"))
    return one
