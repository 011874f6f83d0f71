"""How fast a box that was cut off empties into headquarters, down to the database commit.

    python -m bench.drain [--records 100000] [--runs 3]

A simulated terminal holds the records; the box reads them while there is no broker; then the
broker comes. Measured: records a second from the first journal row to the last receipt-worthy
commit on SQLite (WAL, synchronous=FULL), and the agent's largest resident memory. The floor
in the same run is SQLite alone taking the same rows. A peer is run beside it when it is
installed: see `bench/peers/README.md`.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from time import monotonic

import psutil

from bench import sqlite_floor
from bench.peers import thingsboard
from bench.rig import Rig, processor_s, rig, terminal, wait_until

MEGABYTE = 1024 * 1024
PARTS = ("agent", "broker", "hq")
NEWEST = "SELECT coalesce(max(entry_no), 0) FROM journal"


@dataclass(frozen=True, slots=True)
class Drain:
    """One run.

    Attributes:
        drain_s: from the first row in the journal to the last.
        total_s: from the broker's start, reconnecting included, to the last row.
        processor_us: what a record cost each process while draining, in microseconds.
    """

    records: int
    drain_s: float
    total_s: float
    agent_rss_mb: float
    processor_us: dict[str, float]

    @property
    def rate(self) -> float:
        """Return records a second while draining."""
        return self.records / self.drain_s


def run(records: int) -> Drain:
    """Buffer `records` on the box without a broker, then let them drain."""
    with (
        terminal("--serial", "DRAIN1", "--users", "500", "--records", str(records)) as door,
        rig(lambda _: door.device) as built,
    ):
        built.start("hq")
        built.start("agent")
        wait_until("the box to have read everything", lambda: waiting(built) >= records, 120)
        process = psutil.Process(built.pid("agent"))
        began_s = monotonic()
        built.start("broker")
        wait_until("the first row", lambda: newest(built) > 0, 60)
        first_s, spent_s = monotonic(), _spent_s(built)
        rss = 0
        with closing(sqlite3.connect(f"file:{built.hq_database}?mode=ro", uri=True)) as looking:
            # one connection, for opening one costs what is measured: two cores, one disk
            def is_drained() -> bool:
                nonlocal rss
                rss = max(rss, process.memory_info().rss)
                return bool(looking.execute(NEWEST).fetchone()[0] >= records)

            wait_until("the last row", is_drained, 120)
        ended_s, at_end_s = monotonic(), _spent_s(built)
        costs_us = {part: (at_end_s[part] - spent_s[part]) / records * 1e6 for part in PARTS}
        assert built.journaled() == records, "the journal holds other than what was captured"
        return Drain(records, ended_s - first_s, ended_s - began_s, rss / MEGABYTE, costs_us)


def _spent_s(built: Rig) -> dict[str, float]:
    """Return the processor seconds that each part has taken so far."""
    return {part: processor_s(psutil.Process(built.pid(part))) for part in PARTS}


def waiting(built: Rig) -> int:
    """Return how many records the box has that headquarters does not."""
    command = [sys.executable, "-m", "agent", "status", "--json"]
    asked = subprocess.run(
        [*command, "--config", str(built.agent_settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    return int(json.loads(asked.stdout)["waiting"]) if asked.stdout.startswith("{") else 0


def newest(built: Rig) -> int:
    """Return the number of the journal's last row."""
    return int(str(built.query(NEWEST)[0][0]))


def main() -> int:
    """Run several times and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    drains, peers = [], []
    for _ in range(options.runs):  # in turn, so that what disturbs one disturbs the other
        drains.append(one := run(options.records))
        print(
            f"{one.records} records: {one.rate:,.0f}/s, {one.drain_s:.2f} s draining, "
            f"{one.total_s:.2f} s since the broker's start, agent {one.agent_rss_mb:.1f} MB;"
            f" processor time a record: "
            + ", ".join(f"{part} {cost_us:.1f} us" for part, cost_us in one.processor_us.items()),
            flush=True,
        )
        peer = thingsboard.drain(options.records, thingsboard.PEERS)
        if peer is not None:
            peers.append(peer)
            print(
                f"  ThingsBoard Gateway {peer.version}: {peer.rate:,.0f}/s, {peer.rss_mb:.0f} MB;"
                f" processor time a record: gateway {peer.processor_us:.1f} us",
                flush=True,
            )
    rate = median(one.rate for one in drains)
    floor = sqlite_floor.rate(options.records)
    print(
        f"median {rate:,.0f} records/s; SQLite alone {floor:,.0f} rows/s, ratio {rate / floor:.2f}"
    )
    if not peers:
        print(f"ThingsBoard Gateway is not installed here ({thingsboard.HOW})")
        return 0
    slowest_us = median(max(one.processor_us.values()) for one in drains)
    print(
        f"ThingsBoard Gateway, median: {median(one.rate for one in peers):,.0f} records/s,"
        f" ratio {rate / median(one.rate for one in peers):.1f}; ratio of the processor time of"
        f" the dearest process {median(one.processor_us for one in peers) / slowest_us:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
