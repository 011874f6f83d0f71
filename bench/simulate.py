"""Play many histories of boxes, broker and headquarters in virtual time; the laws must hold.

    python -m bench.simulate [--seeds 100000] [--from 0] [--minutes 10]
    python -m bench.simulate --seed 4711          # one history again, event by event

What is simulated and what is real: `tests/simulation/`. Uses every core; prints the seeds that
broke a law, and how many held.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

from tests.simulation.simulation import Simulation

PORTION = 50


def play(seeds: range) -> list[str]:
    """Return what went wrong, a line a seed."""
    logging.disable(logging.CRITICAL)
    broken = []
    for seed in seeds:
        try:
            Simulation(seed).run()
        except AssertionError as error:
            broken.append(str(error))
    return broken


def _portions(first: int, seeds: int, until_s: float) -> Iterator[range]:
    """Yield portions of seeds until time is up; a pool takes them as it comes to them."""
    for start in range(first, first + seeds, PORTION):
        if monotonic() > until_s:
            return
        yield range(start, min(start + PORTION, first + seeds))


def run(first: int, seeds: int, minutes: float) -> tuple[int, list[str]]:
    """Play on all cores; return how many histories were played, and the broken ones."""
    played, broken = 0, []
    until_s = monotonic() + minutes * 60
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        portions = _portions(first, seeds, until_s)
        while some := [portion for portion, _ in zip(portions, range(cores * 4), strict=False)]:
            for portion, found in zip(some, pool.map(play, some), strict=True):
                played += len(portion)
                broken += found
                for line in found:
                    print(line, flush=True)
    return played, broken


def again(seed: int) -> int:
    """Play one history and tell every event."""
    simulation = Simulation(seed)
    try:
        simulation.run()
    except AssertionError as error:
        print("\n".join(simulation.trace))
        print(error)
        return 1
    print("\n".join(simulation.trace))
    print(f"seed {seed}: all laws hold; {simulation.digest}")
    return 0


def main() -> int:
    """Play; exit code 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="stop after so long")
    parser.add_argument("--seed", type=int, help="play this one and tell every event")
    options = parser.parse_args()
    if options.seed is not None:
        return again(options.seed)
    began_s = monotonic()
    played, broken = run(options.first, options.seeds, options.minutes)
    seconds = monotonic() - began_s
    print(f"{played} histories from seed {options.first} in {seconds:.0f} s: {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
