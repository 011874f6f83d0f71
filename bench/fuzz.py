"""Damage well-formed input in every way there is and feed it to every parser.

    python -m bench.fuzz [--inputs 1000000] [--seed 1] [--only NAME]

Nothing may end in an exception that was not declared, take longer than `PATIENCE_S`, hold
more than `MAX_GROWTH_MB` of memory, or give a record that nobody sent. Each input follows
from the seed, the target and its number, so that every failure can be had again. Prints
inputs per second and how many gave something.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

from bench.fuzz_archives import archive_targets
from bench.fuzz_devices import device_targets
from bench.fuzz_target import Target
from bench.fuzz_texts import text_targets

PATIENCE_S = 5.0
"""A machine that does other things as well may stand still for a moment; a hang does not end."""
MAX_GROWTH_MB = 64.0
MAX_INPUT_BYTES = 8192
_EDGES = (b"\0", b"\xff", b"\0\0", b"\xff\xff", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0" * 16,
          b"\r\n", b"\t", b'"', b",", b"-", b"9" * 30, b"1e999", b"NaN", b"[" * 64, b"\xef\xbb\xbf",
          b"\xff\xfe", "\u0660\u00b2".encode(), b"\xef\x01", b"\x55\xaa", b"\xa5", b"PP\x82}")  # fmt: skip


def targets() -> list[Target]:
    """Return every parser of what comes from outside."""
    return [*device_targets(), *text_targets(), *archive_targets()]


class HangError(BaseException):
    """A parser did not come back; no parser may catch this."""


@dataclass(frozen=True, slots=True)
class Shelled:
    """What a target withstood.

    Attributes:
        fruitful: inputs that gave at least one record or frame in spite of the damage.
        refused: inputs that ended in a declared error.
        slowest_s: the longest any input took.
        growth_mb: how far memory grew beyond what it was before.
    """

    inputs: int
    fruitful: int
    refused: int
    elapsed_s: float
    slowest_s: float
    growth_mb: float


class FuzzError(Exception):
    """A parser failed; the message says how to have the failure again."""


def damaged(seeds: list[bytes], chance: Random) -> bytes:
    """Return one of the seeds with one to four kinds of damage."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        chance.choice(_DAMAGE)(data, seeds, chance)
    return bytes(data[:MAX_INPUT_BYTES])


def _flip(data: bytearray, _: list[bytes], chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(data: bytearray, _: list[bytes], chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, _: list[bytes], chance: Random) -> None:
    del data[chance.randint(0, len(data)) :]


def _lose(data: bytearray, _: list[bytes], chance: Random) -> None:
    at = chance.randint(0, len(data))
    del data[at : at + chance.randint(1, 24)]


def _repeat(data: bytearray, _: list[bytes], chance: Random) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = data[at : at + chance.randint(1, 200)] * chance.randint(1, 4)


def _insert_edge(data: bytearray, _: list[bytes], chance: Random) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = chance.choice(_EDGES)


def _overwrite_edge(data: bytearray, _: list[bytes], chance: Random) -> None:
    at, edge = chance.randint(0, len(data)), chance.choice(_EDGES)
    data[at : at + len(edge)] = edge


def _insert_noise(data: bytearray, _: list[bytes], chance: Random) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = chance.randbytes(chance.randint(1, 40))


def _splice(data: bytearray, seeds: list[bytes], chance: Random) -> None:
    other = chance.choice(seeds)
    data[chance.randint(0, len(data)) :] = other[chance.randint(0, len(other)) :]


_DAMAGE: tuple[Callable[[bytearray, list[bytes], Random], None], ...] = (
    _flip, _set, _cut, _lose, _repeat, _insert_edge, _overwrite_edge, _insert_noise, _splice,
)  # fmt: skip


def shell(target: Target, inputs: int, seed: int, patience_s: float = PATIENCE_S) -> Shelled:
    """Feed `inputs` damaged inputs to a target.

    Raises:
        FuzzError: it crashed, hung, made something up or took too much memory.
    """
    seeds = list(target.seeds)
    fruitful = refused = 0
    slowest_s, started_s = 0.0, time.perf_counter()
    _reset_peak()
    before_mb = _peak_mb()
    with _patience(patience_s):
        for number in range(inputs):
            data = damaged(seeds, Random(f"{seed} {target.name} {number}"))
            began_s = time.perf_counter()
            signal.setitimer(signal.ITIMER_REAL, patience_s)
            try:
                fruitful += target.read(data) > 0
            except target.declared:
                refused += 1
            except (Exception, HangError) as error:
                raise FuzzError(_story(target, seed, number, data, error)) from error
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            slowest_s = max(slowest_s, time.perf_counter() - began_s)
    growth_mb = _peak_mb() - before_mb
    if growth_mb > MAX_GROWTH_MB:
        raise FuzzError(f"{target.name} took {growth_mb:.0f} MB more (seed {seed})")
    elapsed_s = time.perf_counter() - started_s
    return Shelled(inputs, fruitful, refused, elapsed_s, slowest_s, growth_mb)


def _story(target: Target, seed: int, number: int, data: bytes, error: BaseException) -> str:
    return f"{target.name}, seed {seed}, input {number}: {error!r} upon {data.hex()}"


@contextmanager
def _patience(patience_s: float) -> Iterator[None]:
    """Let the alarm end a parser that does not come back."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"no end after {patience_s:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the kernel forgets the peak (Linux)


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="over all targets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one target")
    options = parser.parse_args()
    chosen = [one for one in targets() if options.only in (None, one.name)]
    shares = sum(target.share for target in chosen)
    total = 0
    print(
        f"{'parser':<16}{'inputs':>9}{'gave some':>11}{'refused':>9}{'inputs/s':>10}{'slowest':>11}{'memory':>9}"
    )
    failures = []
    for target in chosen:
        try:
            done = shell(target, round(options.inputs * target.share / shares) + 1, options.seed)
        except FuzzError as error:
            failures.append(str(error))
            print(f"{target.name:<16}FAILED", flush=True)
            continue
        total += done.inputs
        print(
            f"{target.name:<16}{done.inputs:>9}{done.fruitful:>11}{done.refused:>9}"
            f"{done.inputs / done.elapsed_s:>10.0f}{done.slowest_s * 1000:>8.1f} ms{done.growth_mb:>6.1f} MB",
            flush=True,
        )
    if failures:
        sys.exit("\n".join(failures))
    print(f"{total} inputs to {len(chosen)} parsers: no crash, no hang, nothing made up")


if __name__ == "__main__":
    main()
