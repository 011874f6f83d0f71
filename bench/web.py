"""What the pages cost with 500 stores, 30 000 people and a million ledger entries.

    python -m bench.web [--stores 500] [--people 60] [--sessions 200] [--parts pages,live]

pages: every page of the route table, drawn anew each time: a commit comes before each request, so
nothing is remembered. The floor is a page of the same server with a single sentence on it.
live: so many sessions with real sockets look at the board and other pages; a punch is published to
the broker, and measured is when the last board shows it, first in what just happened, then,
judged, in the store's count. Beside it the memory of headquarters' process before and after.
The database is made once (`bench.company`) and used again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Any, Final
from urllib.parse import quote

import psutil
from aiohttp import ClientSession, ClientTimeout, CookieJar
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from socketio import AsyncClient
from starlette.routing import Mount, Route

from bench import company
from bench.rig import Rig, wait_until
from cloud_receiver.demo.stage import answers
from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.settings import load_settings
from cloud_receiver.store import accounts, feedback_doors
from cloud_receiver.store.engine import open_engine, sqlite_url, write
from cloud_receiver.web.app import create_app
from cloud_receiver.web.report_kinds import KINDS
from sync.clock import utc_text
from sync.identity import record_id
from sync.topics import Lane

WANTED_PAGE_S, WANTED_LIVE_S, WANTED_MEMORY_MB = 0.5, 1.0, 1024
ROUNDS: Final = 3
PUNCHES: Final = 8
SLOWEST_S: Final = 90
SEEN_WITHIN_S: Final = 1.2
"""How soon the web has noticed a commit, and forgotten what it had drawn."""
STORE, WHO, SELLER, KEEPER = "S007", "S007-03", "seller", "keeper"
FLOOR: Final = "/people/nobody"
PAGES: Final = {
    "/": ("/", f"/?store={STORE}", f"/?date={company.TODAY - timedelta(days=1)}&store={STORE}"),
    "/decide": ("/decide", "/decide?kind=odd"),
    "/people": ("/people", "/people?q=王"),
    "/people/{employee_id}": (FLOOR, f"/people/{WHO}"),
    "/schedule": ("/schedule", f"/schedule?store={STORE}"),
    "/rules": ("/rules",),
    "/rules/{rule_id}": ("/rules/late_standard",),
    "/campaigns": ("/campaigns", "/campaigns?id=autumn"),
    "/ledger": ("/ledger", f"/ledger?store={STORE}", f"/ledger?person={WHO}", "/ledger?account=subsidy"),
    "/payroll": ("/payroll", "/payroll?month=2026-10"),
    "/payroll/statement/{employee_id}/{period}.{form}": (f"/payroll/statement/{WHO}/2026-11.html",),
    "/reports": tuple(f"/reports?report={kind}" for kind in KINDS),
    "/why/{entry_id}": ("/why/{entry}",),
    "/fleet": ("/fleet", f"/fleet?box=box-{STORE}"),
    "/problems": ("/problems?tab=people", "/problems?tab=sellers", "/problems?tab=unreadable",
                  "/problems?tab=refused"),
    "/connections": ("/connections",),
    "/audit": ("/audit",),
    "/settings": ("/settings",),
    "/search": ("/search?q=王芳",),
    "/login": ("/login",),
    "/me": ("/me",),
    "/me/checkin": ("/me/checkin",),
    "/me/consent": ("/me/consent",),
    "/me/statement": ("/me/statement",),
    "/me/entry/{entry_id}": ("/me/entry/{own}",),
    "/store": ("/store",),
    "/store/photos": ("/store/photos",),
    "/store/feedback": ("/store/feedback",),
    "/store/codes": ("/store/codes",),
    "/f/{token}": ("/f/{token}",),
}  # fmt: skip
"""Addresses to measure by the path of their route; the phones' pages are their own people's."""
OTHERWISE: Final = (
    "/api/", "/static/", "/_nicegui", "/prefer/", "/healthz", "/me/worker.js", "/me/photo/", "/store/photo/",
    "/reports/{report}.xlsx", "/schedule/template.xlsx", "/openapi.json", "/payroll/export/", "/enrol", "/welcome/",
)  # fmt: skip
"""What is no page: files, the machines' doors, and what only leads elsewhere."""
HELD: Final = ("/", "/", "/", "/?store=S007", "/decide", "/people", "/ledger", "/reports",
               "/fleet", "/payroll")  # fmt: skip
"""What the open sessions look at, one after the other."""
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


@contextmanager
def headquarters(stores: int, people: int) -> Iterator[Rig]:
    """Run headquarters, all of it in one process, and a broker, on a copy of the database."""
    made = company.prepared(stores, people)
    folder = Path(mkdtemp(prefix="daka-web-"))
    clock = f'[clock]\nwall_start_utc = "{utc_text(company.NOW)}"\nreal_start_s = {time.time()}\nspeed = 1.0\n'
    rig = Rig(folder, "", hq_command="run", hq_tables=clock)
    try:
        rig.hq_database.parent.mkdir(parents=True)
        rig.hq_database.symlink_to(made)  # too large to copy; a run leaves a few punches in it
        _let_phones_in(rig)
        rig.start("broker")
        rig.start("hq")
        wait_until("the web", lambda: answers(rig.web_port), 120)
        yield rig
    finally:
        rig.close()
        shutil.rmtree(folder, ignore_errors=True)


def _let_phones_in(rig: Rig) -> None:
    engine = open_engine(sqlite_url(rig.hq_database))
    for login, reader in (
        (SELLER, Reader(Role.SALESPERSON, WHO)),
        (KEEPER, Reader(Role.SUPERVISOR, None, (STORE,))),
    ):
        accounts.ensure(engine, login, company.PASSWORD, utc_ms(company.NOW), reader=reader)
    with write(engine) as connection:
        feedback_doors.door_for(connection, STORE, WHO, utc_ms(company.NOW))
    engine.dispose()


def routes(rig: Rig) -> list[str]:
    """Return the path of every page there is, without what its parts may hold."""
    settings = load_settings(rig.hq_settings)
    app = create_app(settings, open_engine(settings.database_url), settings.clock)
    found = [*app.routes, *(one for mounted in app.routes if isinstance(mounted, Mount)
                            for one in mounted.routes or ())]  # fmt: skip
    paths = {
        one.path.replace(":path}", "}") for one in found
        if isinstance(one, Route) and "GET" in (one.methods or ())
    }  # fmt: skip
    return sorted(path for path in paths if not path.startswith(OTHERWISE))


async def log_in(url: str, login: str = company.LOGIN) -> ClientSession:
    """Return a browser of somebody logged in."""
    browser = ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout(120))
    form = {"login": login, "password": company.PASSWORD}
    async with browser.post(f"{url}/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
    return browser


def commit(rig: Rig) -> None:
    """Change something, so that every page is drawn anew."""
    with sqlite3.connect(rig.hq_database, timeout=30) as plain:
        plain.execute("INSERT OR REPLACE INTO meta VALUES ('bench', ?)", (str(time.time()),))
    plain.close()


async def measure(rig: Rig, url: str, address: str) -> tuple[float, bool]:
    """Return the seconds a page takes, what it fetches by its socket included; and whether it failed."""
    took_s, failed = [], False
    for _ in range(ROUNDS):
        commit(rig)
        await asyncio.sleep(SEEN_WITHIN_S)
        async with await log_in(url, _whose(address)) as browser:
            visitor = Visitor(browser, url)
            answered_s, page = await visitor.load(address)
            failed = failed or visitor.failed
            if "skeleton" not in page:
                took_s.append(answered_s)
                continue
            began_s = time.perf_counter()
            await visitor.open(page)
            finished_s = await visitor.sees(partial(contains, "show"), SLOWEST_S)
            took_s.append(answered_s + finished_s - began_s)
            await visitor.socket.disconnect()
    return median(took_s), failed


def _whose(address: str) -> str:
    if address.startswith("/me"):
        return SELLER
    return KEEPER if address.startswith("/store") else company.LOGIN


async def pages(rig: Rig, url: str, only: str) -> None:
    """Print what every page takes, beside the floor."""
    (entry,) = rig.query("SELECT entry_id FROM ledger ORDER BY entry_no DESC LIMIT 1")[0]
    (own,) = rig.query(
        f"SELECT entry_id FROM ledger WHERE employee_id = '{WHO}' AND kind = 'outcome'"
    )[0]
    (token,) = rig.query("SELECT token FROM feedback_door")[0]
    forgotten = [path for path in routes(rig) if path not in PAGES]
    assert not forgotten, f"pages without an address to measure: {forgotten}"
    addresses = [
        one.replace("{entry}", quote(str(entry))).replace("{own}", quote(str(own)))
        .replace("{token}", str(token))
        for many in PAGES.values() for one in many
    ]  # fmt: skip
    floor_s, _ = await measure(rig, url, FLOOR)
    print(f"{'page':44} {'ms':>7} {'x floor':>8} {'of 500 ms':>10}")
    for address in addresses:
        if only in address:
            spent_s, failed = await measure(rig, url, address)
            print(f"{address[:44]:44} {spent_s * 1000:7.0f} {spent_s / floor_s:8.1f} "
                  f"{spent_s / WANTED_PAGE_S:10.2f}{' FAILED' * failed}", flush=True)  # fmt: skip


async def live(rig: Rig, url: str, sessions: int) -> None:
    """Hold sessions open, have people punch, and print when the last board showed it."""
    process = psutil.Process(rig.pid("hq"))
    before_mb = process.memory_info().rss / 2**20
    browser, opening_s = await log_in(url), time.perf_counter()
    visitors = [Visitor(browser, url) for _ in range(sessions)]
    for number, visitor in enumerate(visitors):
        await visitor.follow(HELD[number % len(HELD)])
    boards = [one for number, one in enumerate(visitors) if HELD[number % len(HELD)] == "/"]
    held_mb = process.memory_info().rss / 2**20
    print(f"{sessions} sessions open after {time.perf_counter() - opening_s:.0f} s", flush=True)
    shown_s, counted_s = [], []
    for number, (store_id, who) in enumerate(_to_come(rig)[: PUNCHES + 1]):
        for visitor in visitors:
            visitor.heard.clear()
        began_s, record = await asyncio.to_thread(punch, rig, store_id, who)
        shown = [await one.sees(partial(contains, record), SLOWEST_S) for one in boards]
        row = f"people-{store_id}"
        counted = [await one.sees(partial(contains, row), SLOWEST_S) for one in boards]
        if number:  # the first finds headquarters still busy with its start
            shown_s.append(max(shown) - began_s)
            counted_s.append(max(counted) - began_s)
        await asyncio.sleep(random.uniform(1.0, 2.0))  # at any moment of the web's looking
    after_mb = process.memory_info().rss / 2**20
    for what, took_s in (("shown", shown_s), ("counted", counted_s)):
        print(f"punch {what} on the last of {len(boards)} boards: {median(took_s):.2f} s in the "
              f"middle, {max(took_s):.2f} s at most, {max(took_s) / WANTED_LIVE_S:.2f} x wanted")  # fmt: skip
    print(f"memory of headquarters: {before_mb:.0f} MB, {held_mb:.0f} MB with {sessions} sessions, "
          f"{after_mb:.0f} MB after the punches, {after_mb / WANTED_MEMORY_MB:.2f} x wanted")  # fmt: skip
    for visitor in visitors:
        await visitor.socket.disconnect()
    await browser.close()


def _to_come(rig: Rig) -> list[tuple[str, str]]:
    """Return (store, person) of people who are expected today and have not come."""
    rows = rig.query(
        "SELECT store_id, employee_id FROM day_fact WHERE status = 'Pending' AND NOT touched AND "
        f"work_date = '{company.TODAY}' AND NOT EXISTS (SELECT 1 FROM punch WHERE "
        "punch.employee_id = day_fact.employee_id AND effective_utc_ms > "
        f"{utc_ms(company.NOW) - 4 * 3_600_000})"
    )
    assert rows, "somebody is still to come"
    random.Random(1).shuffle(rows)
    return [(str(store_id), str(who)) for store_id, who in rows]


def punch(rig: Rig, store_id: str, who: str) -> tuple[float, str]:
    """Have somebody touch the terminal now; return when it was sent, and the record's id."""
    box, number = f"box-{store_id}", int(who.rpartition("-")[2])
    (through,) = rig.query(
        f"SELECT through FROM lane_mark WHERE box_id = '{box}' AND lane = 'punch'"
    )
    touched = company.touch(store_id, str(1000 + number), company.NOW + timedelta(seconds=1))
    topic, payload = company.batch(store_id, Lane.PUNCH, int(str(through[0])) + 1, [touched])[:2]
    line = Client(CallbackAPIVersion.VERSION2, client_id=box)
    line.connect("127.0.0.1", rig.broker_port)
    line.loop_start()
    began_s = time.perf_counter()
    line.publish(topic, payload, qos=1).wait_for_publish(10)
    line.disconnect()
    line.loop_stop()
    return began_s, record_id(touched)


async def run(rig: Rig, parts: list[str], sessions: int, only: str) -> None:
    """Measure the parts asked for."""
    url = f"http://127.0.0.1:{rig.web_port}"
    if "pages" in parts:
        await pages(rig, url, only)
    if "live" in parts:
        await live(rig, url, sessions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--stores", type=int, default=company.STORES)
    parser.add_argument("--people", type=int, default=company.PEOPLE, help="of each store")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--parts", default="pages,live")
    parser.add_argument("--only", default="", help="pages whose address contains this")
    given = parser.parse_args()
    with headquarters(given.stores, given.people) as rig:
        asyncio.run(run(rig, given.parts.split(","), given.sessions, given.only))


if __name__ == "__main__":
    main()
