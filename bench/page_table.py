"""Every page of headquarters' web measured one after the other, the slowest first in the end."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Final
from urllib.parse import quote

import psutil
from aiohttp import ClientSession
from starlette.routing import Mount, Route

from bench import company
from bench.rig import Rig, processor_s
from bench.visitors import Visitor, contains, log_in
from cloud_receiver.settings import load_settings
from cloud_receiver.store.engine import open_engine
from cloud_receiver.web.app import create_app
from cloud_receiver.web.report_kinds import KINDS

WANTED_MS: Final = 500
SLOWEST_S: Final = 60
"""A page that takes longer is not waited for."""
IDLE_SHARE, IDLE_LOOK_S, IDLE_WITHIN_S = 0.1, 0.3, 15.0
"""Headquarters is left alone before the next page until it uses less of a core than this."""
STORE, WHO, SELLER, KEEPER = "S007", "S007-03", "seller", "keeper"
FLOOR: Final = "/people/nobody"
PAGES: Final = {
    "/": ("/", f"/?store={STORE}", f"/?date={company.TODAY - timedelta(days=1)}&store={STORE}"),
    "/decide": ("/decide", "/decide?kind=odd"),
    "/people": ("/people", "/people?q=王"),
    "/people/{employee_id}": (FLOOR, f"/people/{WHO}"),
    "/schedule": ("/schedule", f"/schedule?store={STORE}"),
    "/schedule/shifts": ("/schedule/shifts",),
    "/import": ("/import",),
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
    "/reports/{report}.xlsx", "/import/{kind}.xlsx", "/openapi.json", "/payroll/export/", "/enrol", "/welcome/",
)  # fmt: skip
"""What is no page: files, the machines' doors, and what only leads elsewhere."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one loading of a page took.

    Attributes:
        answer_ms: until the page had come, whatever it still fetches by its socket.
        whole_ms: until all of it was there.
        cpu_ms: what headquarters' process worked meanwhile; a busy machine does not change it much.
    """

    answer_ms: float
    whole_ms: float
    cpu_ms: float
    failed: bool = False


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


def commit(rig: Rig) -> None:
    """Change something, so that every page is drawn anew."""
    with sqlite3.connect(rig.hq_database, timeout=30) as plain:
        plain.execute("INSERT OR REPLACE INTO meta VALUES ('bench', ?)", (str(time.time()),))
    plain.close()


def _addresses(rig: Rig) -> list[str]:
    (entry,) = rig.query("SELECT entry_id FROM ledger ORDER BY entry_no DESC LIMIT 1")[0]
    (own,) = rig.query(
        f"SELECT entry_id FROM ledger WHERE employee_id = '{WHO}' AND kind = 'outcome'"
    )[0]
    (token,) = rig.query("SELECT token FROM feedback_door")[0]
    forgotten = [path for path in routes(rig) if path not in PAGES]
    assert not forgotten, f"pages without an address to measure: {forgotten}"
    return [
        one.replace("{entry}", quote(str(entry))).replace("{own}", quote(str(own)))
        .replace("{token}", str(token))
        for many in PAGES.values() for one in many
    ]  # fmt: skip


async def _wait_until_idle(process: psutil.Process) -> None:
    """Wait while headquarters draws the pages left open before, which would slow down the next."""
    deadline_s = time.perf_counter() + IDLE_WITHIN_S
    while time.perf_counter() < deadline_s:
        before_s = processor_s(process)
        await asyncio.sleep(IDLE_LOOK_S)
        if processor_s(process) - before_s < IDLE_SHARE * IDLE_LOOK_S:
            return


async def measure(process: psutil.Process, browser: ClientSession, url: str, address: str) -> Load:
    """Return what a page takes, with what it fetches by its socket."""
    await _wait_until_idle(process)
    visitor, worked_s = Visitor(browser, url), processor_s(process)
    answered_s, page = await visitor.load(address)
    whole_s, failed = answered_s, visitor.failed
    if "skeleton" in page:
        began_s = time.perf_counter()
        await visitor.open(page)
        try:
            whole_s += await visitor.sees(partial(contains, "show"), SLOWEST_S) - began_s
        except TimeoutError:
            whole_s, failed = answered_s + SLOWEST_S, True
        await visitor.socket.disconnect()
    return Load(
        answered_s * 1000, whole_s * 1000, (processor_s(process) - worked_s) * 1000, failed=failed
    )


def _whose(address: str) -> str:
    if address.startswith("/me"):
        return SELLER
    return KEEPER if address.startswith("/store") else company.LOGIN


async def pages(rig: Rig, url: str, only: str, rounds: int) -> dict[str, Load]:
    """Measure every page once a round, say so as it goes; return the middle of each, by address.

    A page is drawn anew each time: what is open of it from the round before is closed by then,
    and a commit comes before each round.
    """
    process = psutil.Process(rig.pid("hq"))
    addresses = [FLOOR, *(one for one in _addresses(rig) if only in one and one != FLOOR)]
    browsers = {who: await log_in(url, who) for who in sorted(set(map(_whose, addresses)))}
    loads: defaultdict[str, list[Load]] = defaultdict(list)
    await measure(process, browsers[company.LOGIN], url, FLOOR)  # what is done once at the start
    for number in range(1, rounds + 1):
        commit(rig)
        for place, address in enumerate(addresses, 1):
            load = await measure(process, browsers[_whose(address)], url, address)
            loads[address].append(load)
            print(f"round {number}/{rounds} page {place:2}/{len(addresses)} "
                  f"{load.whole_ms:7.0f} ms  {address[:60]}", flush=True)  # fmt: skip
    for browser in browsers.values():
        await browser.close()
    return {address: _middle(some) for address, some in loads.items()}


def _middle(loads: Sequence[Load]) -> Load:
    return Load(
        *[
            median(getattr(one, name) for one in loads)
            for name in ("answer_ms", "whole_ms", "cpu_ms")
        ],
        failed=any(one.failed for one in loads),
    )


def _slowest_first(loads: Mapping[str, Load]) -> list[tuple[str, Load]]:
    return sorted(loads.items(), key=lambda one: -one[1].cpu_ms)


def _over(loads: Mapping[str, Load], name: str) -> int:
    return sum(getattr(one, name) > WANTED_MS for one in loads.values())


def print_table(loads: Mapping[str, Load]) -> None:
    """Print what pages took, the most work first."""
    print(f"\n{'page':44} {'answer ms':>9} {'whole ms':>9} {'CPU ms':>7} {'of 500 ms':>10}")
    for address, one in _slowest_first(loads):
        print(f"{address[:44]:44} {one.answer_ms:9.0f} {one.whole_ms:9.0f} {one.cpu_ms:7.0f} "
              f"{one.whole_ms / WANTED_MS:10.2f}{' FAILED' * one.failed}")  # fmt: skip
    print(f"{len(loads)} pages; over {WANTED_MS} ms: {_over(loads, 'whole_ms')} until they are "
          f"whole, {_over(loads, 'cpu_ms')} in processor time")  # fmt: skip


def document(loads: Mapping[str, Load], *, size: str, rounds: int, load: str, command: str) -> str:
    """Return the page of the documentation about them.

    Args:
        size: of the company, in words.
        load: of the machine meanwhile, in words.
    """
    rows = [
        f"| `{address}` | {one.answer_ms:.0f} | {one.whole_ms:.0f} | {one.cpu_ms:.0f} |"
        + " did not come" * one.failed
        for address, one in _slowest_first(loads)
    ]
    return _DOCUMENT.format(
        command=command, size=size, rounds=rounds, load=load, pages=len(loads), wanted=WANTED_MS,
        slow=_over(loads, "whole_ms"), busy=_over(loads, "cpu_ms"), rows="\n".join(rows),
    )  # fmt: skip


_DOCUMENT: Final = """# The pages

What every page of headquarters' web takes with {size}. This page and every figure on it is written by

    {command}

Rounds: {rounds}, each page drawn anew in each, and the middle taken; {load}.

- **Answer**: until the page had come. **Whole**: until all of it was there; a report or a campaign is sent at once with a
  skeleton and filled by its socket. Both are on the clock, so whatever else the machine does is in them.
- **Processor**: what headquarters' process worked until the page was whole, all its threads together; other work on the machine
  changes it less. {wanted} ms are wanted.
- `/people/nobody` is the floor: a page with a sentence on it.

{pages} pages; over {wanted} ms: {slow} until they are whole, {busy} in processor time.

| page | answer, ms | whole, ms | processor, ms |
|---|---:|---:|---:|
{rows}
"""
