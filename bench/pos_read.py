"""How fast a box reads a POS export: lines a second and memory, beside the least any reader does.

    python bench/pos_read.py [--lines 1000000]

Three readings of the same file, each in a process of its own: the floor (`csv.reader` alone,
which knows neither fields nor money nor people), the driver, and the driver into the outbox.
Prints ratios; a machine is only compared with itself. Ratios are of processor time, which
another program on the machine disturbs less than the time on the wall.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from agent.ingest import Arrival, Origin, capture_of
from agent.recovery import open_outbox
from agent.room import Limits
from drivers.posfile.driver import PosFileDriver
from drivers.posfile.settings import PosFileSettings
from drivers.simulators.posfeed import Play, make_up_source
from sync.clock import ScaledClock
from sync.memory import collect_rarely

ZONE = "Asia/Shanghai"
LINES_A_DAY = 10_000
FIRST_DAY = date(2026, 1, 1)
SELLERS = tuple(f"P{number:02}" for number in range(40))


def write_export(path: Path, lines: int) -> None:
    """Write one large file of receipts with numbers of their own."""
    play = Play(
        source=make_up_source("A"), zone=ZoneInfo(ZONE), sellers=SELLERS, per_day=LINES_A_DAY
    )
    with path.open("w", encoding="utf-8") as file:
        file.write(play.header)
        for day in range(lines // LINES_A_DAY):
            file.writelines(line.text for line in play.lines_of(FIRST_DAY + timedelta(days=day)))


def clock() -> ScaledClock:
    """Return a clock that stands in the middle of the export: half of it is history."""
    return ScaledClock(datetime(2026, 2, 20, tzinfo=UTC), 0.0, 1e-9)


def driver(folder: Path) -> PosFileDriver:
    table = {"folder": str(folder), "map": "supermarket_sales", "branch": "A", "settle_s": 0}
    return PosFileDriver(PosFileSettings.from_table(table, "bench"), clock(), ZONE)


def floor(folder: Path) -> int:
    """Take the file apart and do nothing with it."""
    with (folder / "sales.csv").open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def read(folder: Path) -> int:
    """Read the file with the driver."""
    count = 0
    for reading in driver(folder).read(None):
        assert not reading.rejected, reading.rejected[0]
        count += len(reading.sales)
    return count


def store(folder: Path) -> int:
    """Read the file with the driver and store it as the agent does."""
    collect_rarely()
    outbox = open_outbox(folder / "box" / "outbox.db", Limits(), clock().now_utc()).outbox
    origin = Origin("tills", "posfile", "s001")
    stored = 0
    for reading in driver(folder).read(None):
        stored += outbox.put(capture_of(reading, origin, Arrival.now(clock()), None)).rows
    outbox.close()
    return stored


READINGS: dict[str, Callable[[Path], int]] = {"floor": floor, "read": read, "store": store}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one reading took."""

    lines: int
    wall_s: float
    processor_s: float
    peak_mb: float

    def told(self, words: str, floor: Figures) -> str:
        """Return a line of the report."""
        ratio = self.processor_s / floor.processor_s
        return (
            f"{words:<24} {self.lines / self.wall_s:>9,.0f} lines/s"
            f" {self.lines / self.processor_s:>11,.0f} a processor second"
            f" {self.peak_mb:>5.0f} MB {ratio:>6.1f} x the floor's time"
        )


def measure(name: str, folder: Path, lines: int) -> Figures:
    """Make one reading in a process of its own."""
    command = [sys.executable, __file__, "--reading", name, str(folder)]
    told = subprocess.run(command, check=True, capture_output=True).stdout
    figures = Figures(**json.loads(told))
    assert figures.lines == lines, figures
    return figures


def tell(name: str, folder: Path) -> None:
    """Make one reading and print its figures for the process that compares them."""
    began_s, began_processor_s = perf_counter(), process_time()
    lines = READINGS[name](folder)
    figures = Figures(
        lines=lines,
        wall_s=perf_counter() - began_s,
        processor_s=process_time() - began_processor_s,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    print(json.dumps(asdict(figures)))


def compare(lines: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_export(folder / "sales.csv", lines)
        size_mb = (folder / "sales.csv").stat().st_size / 1024**2
        print(f"{lines:,} lines, {size_mb:.0f} MB", flush=True)
        least = measure("floor", folder, lines)
        print(least.told("floor, csv.reader alone", least), flush=True)
        for reading, words in (("read", "driver"), ("store", "driver into the outbox")):
            print(measure(reading, folder, lines).told(words, least), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help=f"a multiple of {LINES_A_DAY}")
    parser.add_argument("--reading", choices=READINGS, help=argparse.SUPPRESS)
    parser.add_argument("folder", type=Path, nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reading:
        tell(options.reading, options.folder)
    else:
        compare(options.lines)


if __name__ == "__main__":
    main()
