"""What a box costs while nothing happens: memory and processor, with five terminals polled.

    python -m bench.idle [--seconds 60] [--terminals 5] [--poll-s 15]

Five simulated terminals with a log each are read once. Then the agent is started again, nobody
touches anything, and it polls on beside a broker and headquarters. The floor is a Python process of the same
version that has loaded the agent and sleeps.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, sleep

import psutil

from bench.drain import waiting
from bench.rig import processor_s, rig, terminal, wait_until

TARGET_RSS_MB = 45
TARGET_CORE_PERCENT = 0.5
RECORDS = 2000
SETTLE_S = 20.0
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took over a while.

    Attributes:
        rss_mb: the largest that was seen.
        core_percent: of one core.
    """

    rss_mb: float
    core_percent: float


def watch(process: psutil.Process, for_s: float) -> Cost:
    """Look at a process once a second."""
    began_s, before_s = monotonic(), processor_s(process)
    rss = process.memory_info().rss
    while monotonic() < began_s + for_s:
        sleep(1.0)
        rss = max(rss, process.memory_info().rss)
    share = (processor_s(process) - before_s) / (monotonic() - began_s)
    return Cost(rss / _MB, share * 100)


def asleep() -> float:
    """Return the memory of a process that has loaded the agent and does nothing, in MB."""
    program = "import agent.runtime, sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        return float(psutil.Process(process.pid).memory_info().rss) / _MB


def measure(for_s: float, terminals: int, poll_s: int) -> tuple[Cost, float]:
    """Run the box until it has nothing to do, then watch it do nothing.

    Also returned: its memory in MB just after its first day's reading of whole logs.
    """
    with ExitStack() as stack:
        tables = ""
        for number in range(terminals):
            serial = f"IDLE{number}"
            held = ("--serial", serial, "--users", "50", "--records", str(RECORDS))
            door = stack.enter_context(terminal(*held))
            table = door.device.replace("poll_s = 2", f"poll_s = {poll_s}")
            tables += table.replace('"door"', f'"door {number}"')
        built = stack.enter_context(rig(lambda _: tables))
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until(
            "everything to be at headquarters",
            lambda: built.journaled() == terminals * RECORDS and waiting(built) == 0,
            120,
        )
        first_mb = psutil.Process(built.pid("agent")).memory_info().rss / _MB
        built.stop("agent")  # the making of its tables is behind it, as on any day but the first
        built.start("agent")
        wait_until("the box to be up again", lambda: waiting(built) == 0, 60)
        sleep(SETTLE_S)  # first looks at its terminals, first heartbeats, last checkpoint
        return watch(psutil.Process(built.pid("agent")), for_s), first_mb


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--terminals", type=int, default=5)
    parser.add_argument("--poll-s", type=int, default=15)
    options = parser.parse_args()
    floor_mb = asleep()
    cost, first_mb = measure(options.seconds, options.terminals, options.poll_s)
    print(
        f"{options.terminals} terminals polled every {options.poll_s} s for"
        f" {options.seconds:.0f} s: {cost.rss_mb:.1f} MB resident,"
        f" {cost.rss_mb / TARGET_RSS_MB:.2f} of the target of {TARGET_RSS_MB}; loaded and asleep"
        f" {floor_mb:.1f} MB, ratio to that {cost.rss_mb / floor_mb:.2f};"
        f" just after making its tables and reading all logs at once {first_mb:.1f} MB"
    )
    print(
        f"{cost.core_percent:.2f} % of a core, {cost.core_percent / TARGET_CORE_PERCENT:.2f} of the"
        f" target of {TARGET_CORE_PERCENT} %"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
