"""What one machine does with PostgreSQL: two receivers and evaluators, a flood, and a live punch beside it.

    python -m bench.scale --database postgresql+psycopg://user@/daka?host=/run/postgresql
                          [--mix chain] [--boxes 40] [--records 5000] [--evaluators 1] [--wide]

Boxes have captured `records` each and send them as fast as they are receipted, one batch on the way
or, with ``--wide``, as many as a store's box has (`agent.window`). Of the mix
``chain`` (`bench.chain_fleet`) five in seven are lines of tills, which is what stores send; of the
mix ``touches`` (`bench.soak_fleet`) none is: four records are a day to judge. One more box has a
touch every fifth of a second and sends it at once, until the flood is judged. Measured: records a
second until the last is in the journal, and until the last is judged and booked; how long a live
touch waits for its receipt while the flood comes in, and while it is judged; the processor time of
every process, that of starting it left out. The messages are made beforehand, as boxes would. The
database must be fresh.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import TYPE_CHECKING, Final

import psutil
from sqlalchemy import func, select

from agent.window import WIDE_WINDOW, WINDOW, Window
from bench import chain_fleet
from bench.rig import processor_s
from bench.soak import Processes, Soak
from bench.soak_fleet import PEOPLE_A_BOX, TOUCHES_A_DAY, Box, enrol
from cloud_receiver.store.engine import open_engine, read, upgrade

if TYPE_CHECKING:
    from sqlalchemy import Engine

BATCH = 500
LIVE_EVERY_S = 0.2
WANTED_A_SECOND, WANTED_P99_S = 20_000, 1.0


@dataclass
class LiveBox(Box):
    """A box whose people come one by one; notes how long each touch waited for its receipt."""

    captured_s: list[float] = field(default_factory=list)
    waited_s: dict[int, float] = field(default_factory=dict)
    """By the number of the touch."""

    def capture(self, now_s: float) -> None:
        """Have one touch more, when it is time, and send it, whatever else is on its way."""
        if now_s >= self.records * LIVE_EVERY_S:
            self.captured_s.append(now_s)
            self.records += 1
            self.send(self.records, self.records)

    def pump(self, _now_s: float) -> None:
        """Send nothing again: the line is good, and each touch was sent when it was captured."""

    def note(self, now_s: float) -> None:
        """Note the touches that were receipted since the last look."""
        for seq, at_s in enumerate(self.captured_s, 1):
            if seq not in self.waited_s and self.mark.holds(seq):
                self.waited_s[seq] = now_s - at_s

    def waits_s(self, since_s: float, until_s: float) -> list[float]:
        """Return how long the touches of a span waited, the shortest first."""
        spans = enumerate(self.captured_s, 1)
        return sorted(self.waited_s[seq] for seq, at_s in spans if since_s <= at_s < until_s)


def _touches(engine: Engine, port: int, boxes: int, records: int) -> list[Box]:
    """Return boxes of which each has touches only."""
    names = [f"B{number:03}" for number in range(boxes)]
    enrol(engine, names, records // PEOPLE_A_BOX // TOUCHES_A_DAY + 2)
    return [Box(name, port, records, batch=BATCH) for name in names]


def _chain(engine: Engine, port: int, boxes: int, records: int) -> list[Box]:
    """Return stores that have a box at the terminal and one at the tills."""
    names = [f"C{number:03}" for number in range(boxes)]
    days = max(1, records // (chain_fleet.TOUCHES + chain_fleet.LINES))
    enrol(engine, names, days + 1, chain_fleet.PEOPLE, chain_fleet.TARGET_FEN)
    doors: list[Box] = [
        Box(name, port, days * chain_fleet.TOUCHES, batch=BATCH, people=chain_fleet.PEOPLE)
        for name in names
    ]
    tills = [
        chain_fleet.TillBox(name + chain_fleet.TILL, port, days * chain_fleet.LINES, batch=BATCH)
        for name in names
    ]
    return doors + tills


MIXES: Final = {"touches": _touches, "chain": _chain}


def run(url: str, mix: str, boxes: int, records: int, evaluators: int, wide: bool) -> None:
    """Fill, measure and print."""
    folder = Path(mkdtemp(prefix="daka-scale-"))
    engine = open_engine(url)
    upgrade(engine)
    processes = Processes(folder, url)
    try:
        enrol(engine, ["FIRST", "LIVE"], 30)
        parts = ["broker", "ingest-0", "ingest-1", *(f"evaluate-{n}" for n in range(evaluators))]
        for name in parts:
            processes.start(name)
        fleet = MIXES[mix](engine, processes.port, boxes, records)
        for box in fleet:
            box.window = Window(WINDOW, WIDE_WINDOW) if wide else None
            box.prepare()
        first = Box("FIRST", processes.port, 1)
        soak = Soak([first], processes, engine, random.Random(1))
        while not soak.is_settled():  # receivers and evaluators take a while to start
            soak.run_network(monotonic())
        live = LiveBox("LIVE", processes.port, 0)
        soak.boxes = [*fleet, live]
        before_s = _spent_s(processes, engine)
        settled_s, filed_s = _measure(soak, fleet, live)
        spent_s = _spent_s(processes, engine)
        sent = sum(box.records for box in fleet)
        _print(sent, filed_s, settled_s, live)
        cost_us = {name: (one - before_s[name]) / sent * 1e6 for name, one in spent_s.items()}
        for name, one in cost_us.items():
            print(f"  {name}: {one:.1f} us of processor time a record")
        print(f"  together: {sum(cost_us.values()):.1f} us; two cores at the rate wanted have 100")
    finally:
        processes.close()
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def _spent_s(processes: Processes, engine: Engine) -> dict[str, float]:
    """Return the processor time each process has used since it began."""
    used_s = {name: processor_s(psutil.Process(one.pid)) for name, one in processes.running.items()}
    with read(engine) as connection:
        own = connection.scalar(select(func.pg_backend_pid()))
    if own and psutil.pid_exists(own) and (server := psutil.Process(own).parent()):
        used_s["PostgreSQL"] = sum(map(processor_s, server.children()))
    return used_s


def _measure(soak: Soak, fleet: list[Box], live: LiveBox) -> tuple[float, float]:
    """Return after how many seconds all was judged and booked, and all was in the journal."""
    began_s, filed_s, settled_s, look_s, newest_no = monotonic(), 0.0, 0.0, 0.0, 0
    while not (settled_s and live.is_done):
        now_s = monotonic() - began_s
        if not settled_s:
            live.capture(now_s)
        soak.run_network(monotonic())
        live.note(monotonic() - began_s)
        if not filed_s and all(box.is_done for box in fleet):
            filed_s, newest_no = now_s, soak.newest_no()
        if filed_s and not settled_s and now_s > look_s:
            look_s = now_s + 0.5
            settled_s = now_s if soak.is_judged(newest_no, beside=live.box_id) else 0.0
    return settled_s, filed_s


def _print(records: int, filed_s: float, settled_s: float, live: LiveBox) -> None:
    for what, took_s in (("in the journal", filed_s), ("judged and booked", settled_s)):
        rate = records / took_s
        print(f"{records} records {what} in {took_s:.1f} s: {rate:,.0f}/s, "
              f"{rate / WANTED_A_SECOND:.2f} x wanted")  # fmt: skip
    spans = {"while it came in": (0, filed_s), "while it was judged": (filed_s, settled_s)}
    for what, span in {**spans, "in all": (0, settled_s)}.items():
        waited_s = live.waits_s(*span) or [0.0]
        p50, p99 = (waited_s[int(len(waited_s) * share)] for share in (0.5, 0.99))
        print(f"{len(waited_s)} live touches {what}: receipt after {p50:.3f} s in the middle, "
              f"p99 {p99:.3f} s, {p99 / WANTED_P99_S:.2f} x wanted")  # fmt: skip


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--database", dest="url", required=True, help="the URL of a fresh PostgreSQL database"
    )
    parser.add_argument("--mix", choices=list(MIXES), default="chain")
    parser.add_argument("--boxes", type=int, default=40)
    parser.add_argument("--records", type=int, default=5000, help="of each box")
    parser.add_argument("--evaluators", type=int, default=1)
    parser.add_argument("--wide", action="store_true", help="many batches of a box on the way")
    run(**vars(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
