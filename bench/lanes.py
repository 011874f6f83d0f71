"""How long a new punch takes to headquarters while a long-offline box sends its till lines.

    python -m bench.lanes [--lines 1000000] [--punches 20]

The outbox is filled with till lines as three days without a line would fill it; then broker and
headquarters come and the box drains. Meanwhile people touch the terminal: measured is the time from
the touch to headquarters' commit, and that lines were still waiting when it came.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic, sleep

from agent.ingest import Arrival, Origin, capture_of
from agent.recovery import open_outbox
from agent.room import Limits
from bench.rig import STORE, Rig, rig, terminal, wait_until
from drivers.contract import Reading, SaleRow
from sync.topics import Lane

PORTION = 2000
PAUSE_S = 0.3


def fill(built: Rig, lines: int) -> None:
    """Put till lines into the outbox of a box that does not run."""
    now = datetime.now(UTC)
    outbox = open_outbox(built.folder / "box" / "outbox.db", Limits(), now).outbox
    origin = Origin("tills", "posfile", STORE)
    for start in range(0, lines, PORTION):
        numbers = range(start, min(start + PORTION, lines))
        reading = Reading(
            source_id="tills",
            cursor={"line": numbers[-1]},
            sales=tuple(_sale(number, now) for number in numbers),
        )
        outbox.put(capture_of(reading, origin, Arrival(now, "bench", 1), None))
    outbox.close()


def _sale(number: int, now: datetime) -> SaleRow:
    at = now - timedelta(days=3) + timedelta(milliseconds=250 * number)
    sold_at = f"{at:%Y-%m-%dT%H:%M:%S}"
    return SaleRow(
        "1", f"R{number:07d}", 1, "sale", sold_at, "C1", "SKU1", 1000, 1250, "", "till.csv"
    )


def _mark(built: Rig, lane: Lane) -> int:
    found = built.query(f"SELECT max(through) FROM lane_mark WHERE lane = '{lane}'")
    return int(str(found[0][0] or 0))


def run(lines: int, punches: int) -> tuple[list[float], int]:
    """Return the seconds of each punch, and how many lines were there when the last one came."""
    with (
        terminal("--serial", "LANES1", "--users", "500") as door,
        rig(lambda _: door.device) as built,
    ):
        fill(built, lines)
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("the first lines", lambda: _mark(built, Lane.SALE) > 0, 120)
        taken_s = []
        for number in range(punches):
            before, began_s = _mark(built, Lane.PUNCH), monotonic()
            door.obey([f"punch {1001 + number % 500}"])
            wait_until("the punch", lambda before=before: _mark(built, Lane.PUNCH) > before, 60)  # type: ignore[misc]
            taken_s.append(monotonic() - began_s)
            sleep(PAUSE_S)
        return taken_s, _mark(built, Lane.SALE)


def main() -> int:
    """Run once; exit code 1 when a punch took 2 s or nothing was left waiting behind it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--punches", type=int, default=20)
    options = parser.parse_args()
    taken_s, arrived = run(options.lines, options.punches)
    print(
        f"{options.lines} till lines waiting; touch to headquarters' commit: first {taken_s[0]:.2f} s, "
        f"median {median(taken_s):.2f} s, longest {max(taken_s):.2f} s; "
        f"{options.lines - arrived} lines still waited after the last"
    )
    return 0 if max(taken_s) < 2 and arrived < options.lines else 1


if __name__ == "__main__":
    sys.exit(main())
