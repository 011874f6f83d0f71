"""Play many histories of boxes, broker and headquarters in virtual time; the laws must hold.

    python -m bench.simulate [--seeds 100000] [--from 0] [--minutes 10] [--cores 2]
    python -m bench.simulate --seed 4711 --trace  # one history again, event by event

What is simulated and what is real: `tests/simulation/`. Prints the seeds that broke a law, and
every minute up to which seed all were played: `--from` goes on there another time.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from time import monotonic

from tests.simulation.headquarters import database
from tests.simulation.simulation import Simulation

PORTION = 50
PROGRESS_S = 60.0


def play(seeds: range) -> list[str]:
    """Return what went wrong, a line a seed."""
    broken = []
    for seed in seeds:
        try:
            Simulation(seed).run()
        except AssertionError as error:
            broken.append(str(error))
        except Exception as error:  # noqa: BLE001 - told with its seed; the others go on
            broken.append(f"seed {seed} ended in {type(error).__name__}: {error}")
    return broken


def _get_ready() -> None:
    """Make in a new process what stays, and let its garbage collector look past that."""
    logging.disable(logging.CRITICAL)
    database()
    gc.freeze()


def _portions(first: int, seeds: int, until_s: float) -> Iterator[range]:
    """Yield portions of seeds until time is up; a pool takes them as it comes to them."""
    for start in range(first, first + seeds, PORTION):
        if monotonic() > until_s:
            return
        yield range(start, min(start + PORTION, first + seeds))


def run(first: int, seeds: int, minutes: float, cores: int) -> tuple[int, list[str]]:
    """Play, portions in the order of their seeds; return how many were played, and the broken."""
    played, broken = 0, []
    began_s = told_s = monotonic()
    with ProcessPoolExecutor(cores, initializer=_get_ready) as pool:
        portions = _portions(first, seeds, began_s + minutes * 60)
        while some := list(islice(portions, cores * 4)):
            for portion, found in zip(some, pool.map(play, some), strict=True):
                played += len(portion)
                broken += found
                for line in found:
                    print(line, flush=True)
                if monotonic() > told_s + PROGRESS_S:
                    told_s = monotonic()
                    _tell(first, played, broken, told_s - began_s)
    return played, broken


def _tell(first: int, played: int, broken: list[str], seconds: float) -> None:
    last = first + played - 1
    print(
        f"seeds {first}..{last}: {played} histories, {len(broken)} broken,"
        f" {played / seconds:.1f} a second; go on with --from {last + 1}",
        flush=True,
    )


def again(seed: int, *, trace: bool) -> int:
    """Play one history; tell whether its laws hold and, if asked, every event."""
    simulation = Simulation(seed)
    told = _Told(simulation)
    logging.getLogger().addHandler(told)
    logging.getLogger().setLevel(logging.INFO)
    verdict = None
    try:
        simulation.run()
    except AssertionError as error:
        verdict = str(error)
    if trace or verdict:
        for number, event in enumerate(simulation.trace):
            print(event)
            print("".join(f"{line}\n" for line in told.after[number]), end="")
    print(verdict or f"seed {seed}: all laws hold; {simulation.digest}")
    return 1 if verdict else 0


class _Told(logging.Handler):
    """What the product itself says in a history, by the number of the event it follows."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation
        self.after: defaultdict[int, list[str]] = defaultdict(list)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line with the time and the machine of the simulation."""
        world = self._simulation.world
        line = f"{world.now_s:9.2f}   {world.turn_of}: {record.getMessage()}"
        self.after[len(self._simulation.trace) - 1].append(line)


def main() -> int:
    """Play; exit code 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="stop after so long")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="how many to use")
    parser.add_argument("--seed", type=int, help="play only this one")
    parser.add_argument("--trace", action="store_true", help="with --seed: tell every event")
    options = parser.parse_args()
    if options.seed is not None:
        return again(options.seed, trace=options.trace)
    began_s = monotonic()
    played, broken = run(options.first, options.seeds, options.minutes, options.cores)
    seconds = monotonic() - began_s
    print(f"{played} histories from seed {options.first} in {seconds:.0f} s: {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
