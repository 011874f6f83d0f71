"""What the pages cost with 500 stores, 30 000 people and a million ledger entries.

    python -m bench.web [--stores 500] [--people 60] [--sessions 200] [--parts pages,live]
                        [--data FOLDER] [--only ADDRESS] [--rounds 3] [--write docs/pages.md]

pages: every page of the route table, drawn anew each time (`bench.page_table`). The floor is a page
of the same server with a single sentence on it. Progress is told page by page; with --only some.
With --write the table is written as a page of the documentation, with the load of the machine.
live: so many sessions with real sockets look at the board and other pages; a punch is published to
the broker, and measured is when the last board shows it, first in what just happened, then,
judged, in the store's count. Beside it the memory of headquarters' process before and after.
The database is made once (`bench.company`), kept in the folder and used again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import gettempdir, mkdtemp
from typing import Final

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bench import company
from bench.page_table import KEEPER, SELLER, STORE, WHO, Load, document, pages, print_table
from bench.rig import Rig, processor_s, wait_until
from bench.visitors import Visitor, contains, log_in
from cloud_receiver.demo.stage import answers
from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import accounts, feedback_doors
from cloud_receiver.store.engine import open_engine, sqlite_url, write
from sync.clock import utc_text
from sync.identity import record_id
from sync.topics import Lane

WANTED_LIVE_S, WANTED_MEMORY_MB = 1.0, 1024
PUNCHES: Final = 8
SLOWEST_S: Final = 90
HELD: Final = ("/", "/", "/", "/?store=S007", "/decide", "/people", "/ledger", "/reports",
               "/fleet", "/payroll")  # fmt: skip
"""What the open sessions look at, one after the other."""


@contextmanager
def headquarters(stores: int, people: int, data: Path) -> Iterator[Rig]:
    """Run headquarters, all of it in one process, and a broker, on the database of that size."""
    made = company.prepared(stores, people, data).resolve()
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
    shown_s, counted_s, worked_s = [], [], []
    for number, (store_id, who) in enumerate(_to_come(rig)[: PUNCHES + 1]):
        for visitor in visitors:
            visitor.heard.clear()
        before_s = processor_s(process)
        began_s, record = await asyncio.to_thread(punch, rig, store_id, who)
        shown = [await one.sees(partial(contains, record), SLOWEST_S) for one in boards]
        row = f"people-{store_id}"
        counted = [await one.sees(partial(contains, row), SLOWEST_S) for one in boards]
        if number:  # the first finds headquarters still busy with its start
            shown_s.append(max(shown) - began_s)
            counted_s.append(max(counted) - began_s)
        await asyncio.sleep(random.uniform(1.0, 2.0))  # at any moment of the web's looking
        worked_s.append(processor_s(process) - before_s)
    after_mb = process.memory_info().rss / 2**20
    for what, took_s in (("shown", shown_s), ("counted", counted_s)):
        print(f"punch {what} on the last of {len(boards)} boards: {median(took_s):.2f} s in the "
              f"middle, {max(took_s):.2f} s at most, {max(took_s) / WANTED_LIVE_S:.2f} x wanted")  # fmt: skip
    print(
        f"headquarters worked {median(worked_s):.2f} s for a punch, everything drawn anew and sent"
    )
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


async def run(rig: Rig, given: argparse.Namespace) -> None:
    """Measure the parts asked for."""
    url, parts = f"http://127.0.0.1:{rig.web_port}", given.parts.split(",")
    if "pages" in parts:
        before = os.getloadavg()[0]
        loads = await pages(rig, url, given.only, given.rounds)
        print_table(loads)
        if given.write:
            _write(rig, loads, given, before)
    if "live" in parts:
        await live(rig, url, given.sessions)


def _write(
    rig: Rig, loads: Mapping[str, Load], given: argparse.Namespace, load_before: float
) -> None:
    """Write the table of the pages as a page of the documentation."""
    (entries,) = rig.query("SELECT count(*) FROM ledger")[0]
    size = (
        f"{given.stores} stores, {given.stores * given.people:,} people and a month of "
        f"{int(str(entries)):,} ledger entries"
    )
    load = (
        f"load average of the machine ({os.cpu_count()} cores, the clients beside) "
        f"{load_before:.1f} before, {os.getloadavg()[0]:.1f} after"
    )
    command = f"python -m bench.web --parts pages --rounds {given.rounds} --write docs/pages.md"
    told = document(loads, size=size, rounds=given.rounds, load=load, command=command)
    given.write.write_text(told, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--stores", type=int, default=company.STORES)
    parser.add_argument("--people", type=int, default=company.PEOPLE, help="of each store")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--parts", default="pages,live")
    parser.add_argument("--only", default="", help="pages whose address contains this")
    parser.add_argument("--rounds", type=int, default=3, help="how often each page is measured")
    parser.add_argument("--data", type=Path, default=Path(gettempdir()), help="keeps the database")
    parser.add_argument("--write", type=Path, help="the page of the documentation to write")
    given = parser.parse_args()
    with headquarters(given.stores, given.people, given.data) as rig:
        asyncio.run(run(rig, given))


if __name__ == "__main__":
    main()
