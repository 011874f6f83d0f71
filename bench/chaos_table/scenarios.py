"""S1 to S9 and S12: one misfortune each, played alike with all three."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from bench.chaos_table.bridge import Bridge
from bench.chaos_table.past import five_years_back
from bench.chaos_table.score import Score, judged
from bench.chaos_table.system import System
from bench.chaos_table.tear import tear
from bench.chaos_table.witness import Witness
from bench.rig import wait_until

SLOW_LINE_BYTES_S: Final = 64_000
"""Up, in all scenarios: 512 kbit/s, so that who is killed while draining is killed while draining."""
QUIET_S: Final = 25.0
PATIENCE_S: Final = 200.0
HALF_OPEN_S: Final = 420.0  # the peers' keepalives are of 60 and 120 s, noticed after twice that
LINGER_S: Final = 4.0  # what would still come twice has come by then
DISK_BYTES: Final = 16 * 1024 * 1024
LEFT_BYTES: Final = 512 * 1024


@dataclass(slots=True)
class Play:
    """A scenario under way.

    Attributes:
        fed: records handed over so far.
        since_s: when the misfortune ended.
    """

    system: System
    witness: Witness
    records: int
    fed: int = 0
    since_s: float = 0.0
    note: str = ""
    _said: str = ""

    def begin(self) -> None:
        """Start the sender on a sound line and let one record through: its first connection."""
        self.system.start()
        self.feed(1)
        wait_until("the first record", lambda: self.system.arrived() >= 1, PATIENCE_S)

    def feed(self, records: int) -> None:
        """Hand over."""
        self.system.feed(records)
        self.fed += records

    def load(self) -> None:
        """Let the sender take the records while the line is cut."""
        self.begin()
        sleep(2.0)  # what it has said of the first is settled
        self.system.line.cut()
        self.feed(self.records)

    def ask(self) -> None:
        """Ask now what the sender says of the misfortune."""
        sleep(3.0)  # it may need a moment to notice
        self._said = self.system.said()

    def recover(self) -> None:
        """The misfortune is over."""
        self.since_s = monotonic()
        self.system.line.mend()

    def score(self, quiet_s: float = QUIET_S) -> Score:
        """Wait until all have come, or nothing comes any more."""
        came, last_s = -1, monotonic()
        while monotonic() < last_s + quiet_s:
            now = self.system.arrived()
            if now != came:
                came, last_s = now, monotonic()
            if now >= self.fed:
                sleep(LINGER_S)
                if self.system.arrived() == now:
                    break
            sleep(0.1)
        self.witness.look()
        arrivals = judged(self.fed, self.system.arrivals())
        line = self.system.line
        return Score(
            records=self.fed,
            lost=arrivals.lost,
            doubled=arrivals.doubled,
            disordered=arrivals.disordered,
            recovery_s=max(0.0, last_s - self.since_s),
            cpu_s=self.witness.cpu_s,
            rss_mb=self.witness.rss_bytes / 1024 / 1024,
            wire_bytes=line.up_bytes + line.down_bytes,
            written_bytes=self.witness.written_bytes,
            said=self.system.said() if self.system.keeps_log else self._said,
            note=self.note,
        )


def s1(play: Play) -> Score:
    play.load()
    play.ask()
    play.recover()
    return play.score()


def s2(play: Play) -> Score:
    play.system.line.cut()
    play.system.start()
    sleep(5.0)
    play.feed(play.records)
    play.ask()
    sleep(5.0)
    play.system.kill()
    play.recover()
    play.system.start()
    return play.score()


def _while_draining(play: Play, misfortune: Callable[[], None]) -> Score:
    """Let a misfortune happen when a tenth, four tenths and seven tenths have come."""
    play.load()
    play.recover()
    for share in (0.1, 0.4, 0.7):
        with suppress(TimeoutError):
            wanted = share * play.records
            wait_until("progress", lambda wanted=wanted: play.system.arrived() >= wanted, 60)  # type: ignore[misc]
        misfortune()
    play.since_s = monotonic()
    return play.score()


def s3(play: Play) -> Score:
    def kill() -> None:
        play.system.kill()
        play.system.start()

    return _while_draining(play, kill)


def s4(play: Play) -> Score:
    def wipe() -> None:
        play.system.line.cut()
        play.system.kill_broker()
        if not play._said:
            play.ask()
        play.system.raise_hq()
        play.system.line.mend()

    return _while_draining(play, wipe)


def s5(play: Play) -> Score:
    """The receiver dies after the broker has acknowledged; it comes back 20 s later."""
    play.load()
    play.system.kill_receiver()
    play.recover()
    sleep(20.0)
    play.ask()
    play.system.raise_hq()
    play.recover()
    return play.score()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of 16 MB at `folder`; takes root."""
    folder.mkdir(exist_ok=True)
    size = f"size={DISK_BYTES}"
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)])
    try:
        yield
    finally:
        subprocess.check_call(["umount", "--lazy", str(folder)])


def s6(play: Play) -> Score:
    """Somebody else fills the disk but for 512 KB while the box is cut off; later it is freed."""
    with small_disk(play.system.store):
        play.begin()
        sleep(2.0)
        play.system.line.cut()
        hog = play.system.store / "somebody-elses.log"
        with hog.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(65536)) == 65536:
                pass
        hog.open("r+b").truncate(hog.stat().st_size - LEFT_BYTES)
        play.feed(2 * play.records)
        play.ask()
        hog.unlink()
        play.recover()
        return play.score()


def s7(play: Play) -> Score:
    """Among the records one that is no text."""
    play.begin()
    play.feed(play.records // 2)
    play.system.poison()
    play.since_s = monotonic()
    play.feed(play.records // 2)
    play.ask()
    return play.score()


def s8(play: Play) -> Score:
    """The connection leads nowhere any more and nobody says so; a new one would work."""
    play.begin()
    sleep(2.0)
    play.system.line.swallow()
    play.since_s = monotonic()
    play.feed(play.records)
    play.ask()
    return play.score(HALF_OPEN_S)


def s9(play: Play) -> Score:
    """The box comes up with a clock five years back, and takes and sends all the same."""
    play.begin()
    play.system.kill()
    play.system.start(five_years_back(play.system.store.parent))
    play.since_s = monotonic()
    play.feed(play.records)
    play.ask()
    return play.score()


def s12(play: Play) -> Score:
    """Power cut; the last 16 KB of what the store wrote last read as zeros."""
    play.load()
    if isinstance(play.system, Bridge):
        play.system.save()
        play.note = "; it was told to save its queue just before (signal USR1)"
    play.system.kill()
    play.note = f"{tear(play.system.store)}{play.note}"
    with suppress(TimeoutError):
        play.system.start()
    play.recover()
    play.ask()
    return play.score()
