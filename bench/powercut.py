"""Cut the power of a box that is writing, some hundreds of times, and count what is lost.

    python -m bench.powercut [--cuts 3000] [--seed 1] [--synchronous FULL]

How it is done, and what it proves. A child runs the box's own outbox (`powercut_writer`)
under strace, which records every write, truncation, creation, deletion and fsync of its
files with all bytes, and every "stored N" the child said. A cut is a point between two of
these calls. What a disk holds then is made by `Disk`: of each file what was fsynced, and of
what was written since any part: each 512-byte sector of each write may be there, not be
there, or be garbage, in any combination, and the same for truncations. A directory entry is
sure once its directory or the file was fsynced; before, it may be there or not. The shared
index (``-shm``) is always garbage. The box's own recovery opens the result, and it must hold
every punch the child called stored, whole and in order, with the cursor of exactly those.

What it does not prove: that a disk which lies about fsync keeps anything, and how long any
of it takes. No real power was cut. With ``--synchronous NORMAL`` or ``OFF`` the same
emulation loses records, which shows that it would see a loss.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from agent.outbox_view import OutboxView
from agent.recovery import open_outbox
from agent.storage import StorageError
from bench.powercut_writer import BATCH_PUNCHES, LIMITS, NOW
from sync.topics import Lane

SECTOR_BYTES: Final = 512
CALLS: Final = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink"
BATCHES: Final = 60
_STEP: Final = re.compile(
    r'\d+ +(?P<call>\w+)\((?:AT_FDCWD<[^>]*>, )?(?:(?P<fd>\d+)<(?P<path>[^>]*)>|"(?P<name>[^"]*)")'
    r"(?:, (?P<rest>.*))?\) = (?P<result>-?\d+)"
)
_DATA: Final = re.compile(r'"(?P<hex>(?:\\x[0-9a-f]{2})*)"(?:, (?P<size>\d+))?(?:, (?P<at>\d+))?')


class Step(NamedTuple):
    """One call the child made: on which file, at which byte, with what."""

    call: str
    name: str
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class File:
    """A file on the disk: what is safe, and what was done since in order."""

    safe: bytearray = field(default_factory=bytearray)
    pending: list[Step] = field(default_factory=list)
    is_entry_safe: bool = False
    is_unlinked: bool = False

    def sync(self) -> None:
        """Make everything safe."""
        for step in self.pending:
            _apply(self.safe, step)
        self.pending.clear()
        self.is_entry_safe = True

    def after_cut(self, random: Random) -> bytes:
        """Return what the disk may hold: any sectors of what was not safe, or garbage."""
        content = bytearray(self.safe)
        for step in self.pending:
            if step.call == "ftruncate":
                if random.random() < 0.5:
                    _apply(content, step)
                continue
            for start in range(0, len(step.data), SECTOR_BYTES):
                sector = step.data[start : start + SECTOR_BYTES]
                chance = random.random()
                if chance < 0.4:
                    continue
                if chance > 0.9:
                    sector = random.randbytes(len(sector))
                _apply(content, Step("pwrite64", step.name, step.at + start, sector))
        return bytes(content)


def _apply(content: bytearray, step: Step) -> None:
    if step.call == "ftruncate":
        del content[step.at :]
    if len(content) < step.at:
        content.extend(bytes(step.at - len(content)))
    content[step.at : step.at + len(step.data)] = step.data


class Disk:
    """What a folder's disk holds while the child works, and after a cut."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def do(self, step: Step) -> None:
        """Do what the child did."""
        if step.call == "sync_folder":
            self._sync_folder()
        elif step.call == "create":
            file = self._files.setdefault(step.name, File())
            if file.is_unlinked:
                self._files[step.name] = File()
        elif step.call == "unlink":
            self._files[step.name].is_unlinked = True
        elif step.call in ("fsync", "fdatasync"):
            self._files[step.name].sync()
        else:
            self._files[step.name].pending.append(step)

    def _sync_folder(self) -> None:
        self._files = {name: one for name, one in self._files.items() if not one.is_unlinked}
        for file in self._files.values():
            file.is_entry_safe = True

    def cut(self, folder: Path, random: Random) -> None:
        """Write what is left into an empty folder."""
        for name, file in self._files.items():
            is_unsure = file.is_unlinked or not file.is_entry_safe
            if is_unsure and random.random() < 0.5:
                continue
            is_index = name.endswith("-shm")
            content = random.randbytes(32768) if is_index else file.after_cut(random)
            (folder / name).write_bytes(content)


def record(batches: int, synchronous: str) -> list[Step]:
    """Run the child and return what it did, its words included.

    Raises:
        RuntimeError: strace is missing or may not trace.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise RuntimeError("strace is needed: apt-get install strace")
    with TemporaryDirectory(prefix="daka-powercut-") as home:
        folder, trace = Path(home) / "disk", Path(home) / "trace"
        folder.mkdir()
        child = [sys.executable, "-m", "bench.powercut_writer", str(folder), str(batches)]
        watch = [strace, "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}"]
        done = subprocess.run(
            [*watch, "-o", str(trace), *child, synchronous],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the traced outbox failed: {done.stderr[-2000:]}")
        return list(_steps(trace, folder))


def _steps(trace: Path, folder: Path) -> Iterator[Step]:
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            found = _STEP.match(line)
            if found is None or int(found["result"]) < 0:
                continue
            call = found["call"]
            path = Path(_text(found["path"] if found["path"] is not None else found["name"]))
            if call == "write" and found["fd"] == "1":
                yield Step("say", "", data=_bytes(found["rest"]))
            elif path == folder and call in ("fsync", "fdatasync"):
                yield Step("sync_folder", "")
            elif path.parent == folder:
                yield from _on_file(call, path.name, found["rest"] or "")


def _on_file(call: str, name: str, rest: str) -> Iterator[Step]:
    if call == "openat":
        if "O_CREAT" in rest:
            yield Step("create", name)
    elif call == "ftruncate":
        yield Step(call, name, int(rest))
    elif call == "pwrite64":
        found = _DATA.match(rest)
        assert found is not None, rest[:200]
        yield Step(call, name, int(found["at"]), _bytes(rest))
    else:
        assert call != "write", f"{name} is written in a way this emulation does not know"
        yield Step(call, name)


def _text(path: str) -> str:
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


def _bytes(rest: str) -> bytes:
    found = _DATA.match(rest)
    assert found is not None, rest[:200]
    return bytes.fromhex(found["hex"].replace("\\x", ""))


class Fate(NamedTuple):
    """What a cut did: punches said to be stored, those found, and what is wrong."""

    stored: int
    found: int
    wrong: str


def cut_at(steps: Sequence[Step], last: int, random: Random) -> Fate:
    """Cut the power after step `last` and let the box recover."""
    disk, stored = Disk(), 0
    for step in steps[: last + 1]:
        if step.call == "say":
            stored = int(step.data.split()[1])
        else:
            disk.do(step)
    with TemporaryDirectory(prefix="daka-powercut-") as home:
        folder = Path(home)
        disk.cut(folder, random)
        return _recovered(folder, stored)


def _recovered(folder: Path, stored: int) -> Fate:
    try:
        opened = open_outbox(folder / "outbox.db", LIMITS, NOW)
    except StorageError as error:
        return Fate(stored, 0, str(error))
    outbox = opened.outbox
    try:
        lane = outbox.counts.lanes[Lane.PUNCH]
        view = OutboxView(folder / "outbox.db")
        bodies = view.claim(Lane.PUNCH, lane.floor + 1, lane.head, 2**40)
        view.close()
        source = outbox.source("door", "scripted")
    finally:
        outbox._db.close()
    found = lane.head
    wrong = ""
    if opened.set_aside is not None:
        wrong = f"corrupt: {opened.damage}"
    elif any(f'"user_id":"{lane.floor + i}"' not in body for i, body in enumerate(bodies)):
        wrong = "the records are not those that were stored"
    elif len(bodies) != lane.head - lane.floor:
        wrong = f"{len(bodies)} records where {lane} says otherwise"
    elif (0 if source is None else source.cursor["done"]) != lane.head:
        wrong = f"law 2: the cursor {source} does not fit {lane.head} records"
    elif found < stored:
        wrong = f"{stored - found} stored records are lost"
    elif found > stored + BATCH_PUNCHES:
        wrong = f"{found} records where {stored} were stored"
    return Fate(stored, found, wrong)


def fates(cuts: int, seed: int, synchronous: str = "FULL") -> list[Fate]:
    """Record one run and cut its power at so many points, spread evenly and at random."""
    random = Random(seed)
    steps = record(BATCHES, synchronous)
    points = [random.randrange(len(steps)) for _ in range(cuts)]
    return [cut_at(steps, point, random) for point in points]


def main() -> int:
    """Cut, count and print; 0 if nothing was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--synchronous", choices=("FULL", "NORMAL", "OFF"), default="FULL")
    asked = parser.parse_args()
    found = fates(asked.cuts, asked.seed, asked.synchronous)
    wrong = [fate for fate in found if fate.wrong]
    lost = sum(fate.found < fate.stored for fate in found)
    corrupt = sum(fate.wrong.startswith("corrupt") for fate in found)
    print(
        f"cuts {len(found)}, seed {asked.seed}, synchronous {asked.synchronous}:"
        f" {lost} lost committed records, {corrupt} corrupt, {len(wrong)} wrong in all"
    )
    for fate in wrong[:10]:
        print(f"  stored {fate.stored}, found {fate.found}: {fate.wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
