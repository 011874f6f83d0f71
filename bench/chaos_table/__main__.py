"""Daka, ThingsBoard Gateway and the Mosquitto bridge in the same misfortunes.

    python -m bench.peers.thingsboard --install       # once, into var/peers
    python -m bench.chaos_table [--records 5000] [--only daka,gateway,bridge] [--rows S1,S2]

As root, for the full disk; the clock needs a C compiler. What was measured is kept in
`docs/chaos-table.json` beside what was measured before, and `docs/chaos-table.md` is written from it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.chaos_table import bridge, daka, fleet, gateway, page, scenarios
from bench.chaos_table.quiet import s11
from bench.chaos_table.score import Score
from bench.chaos_table.witness import watching
from bench.peers import thingsboard

ROWS = {
    "S1": scenarios.s1, "S2": scenarios.s2, "S3": scenarios.s3, "S4": scenarios.s4,
    "S5": scenarios.s5, "S6": scenarios.s6, "S7": scenarios.s7, "S8": scenarios.s8,
    "S9": scenarios.s9, "S12": scenarios.s12,
}  # fmt: skip
SYSTEMS = {"daka": daka, "gateway": gateway, "bridge": bridge}
FLEETS: dict[str, tuple[Callable[[Path, int], Score], int]] = {
    "daka": (fleet.daka, 1000),
    "gateway": (fleet.gateways, 20),
    "bridge": (fleet.bridges, 1000),
}


def play(row: str, name: str, records: int, idle_s: float) -> Score:
    """Play one scenario with one system."""
    with TemporaryDirectory(prefix="daka-chaos-") as home:
        folder = Path(home) / row
        if row == "S10":
            begin, boxes = FLEETS[name]
            return begin(folder, boxes)
        scenario = partial(s11, span_s=idle_s) if row == "S11" else ROWS[row]
        with SYSTEMS[name].standing(folder) as system, watching(system.pid) as witness:
            system.line.up_bytes_s = None if row == "S11" else scenarios.SLOW_LINE_BYTES_S
            return scenario(scenarios.Play(system, witness, records))


def main() -> int:
    """Play what is asked for, one after the other, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--only", default=",".join(SYSTEMS))
    parser.add_argument("--rows", default=",".join(f"S{number}" for number in range(1, 13)))
    parser.add_argument("--idle-s", type=float, default=120.0)
    options = parser.parse_args()
    for row in [row for row in options.rows.split(",") if row]:
        for name in options.only.split(","):
            system = SYSTEMS[name]
            if system is gateway and not thingsboard._python(thingsboard.PEERS).exists():
                print(f"{system.NAME}: not installed here ({thingsboard.HOW})")
                continue
            try:
                score = play(row, name, options.records, options.idle_s)
            except TimeoutError as error:
                print(f"{row} {system.NAME}: not finished: {error}", flush=True)
                continue
            print(f"{row} {system.NAME}: {score}", flush=True)
            page.keep(row, name, score, datetime.now(UTC), os.getloadavg()[0])
    page.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
