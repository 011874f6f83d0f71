"""A fleet, a broker, two receivers and an evaluator for an hour of random faults; laws counted.

    python -m bench.soak [--minutes 60] [--boxes 200] [--rate 0.5] [--seed 1] [--database URL]

Boxes are small senders in this process that keep what is not receipted to them. Meanwhile the
broker is killed and has forgotten everything, a receiver and the evaluator are killed, processes
are paused, lines drop, batches come twice, late and mangled. Every minute the laws are counted
in the database, and the memory of the processes is read. At the end all must have come, once,
and computing everything anew from the journal must book nothing. Receiver 0 is never killed:
by it one sees whether memory is flat.
"""

from __future__ import annotations

import argparse
import random
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from time import monotonic

import psutil
from sqlalchemy import Engine, func
from sqlalchemy import select as select_rows

from bench.rig import wait_until
from bench.shards import ORG
from bench.soak_fleet import BATCH, PEOPLE_A_BOX, TOUCHES_A_DAY, Box, enrol
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import answers, free_port
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store.engine import open_engine, read, sqlite_url, upgrade
from cloud_receiver.store.projection import cursor
from cloud_receiver.store.tables import dead_letter, dirty, journal, lane_mark, ledger, punch
from cloud_receiver.store.verification import verify_all
from sync import topics
from sync.topics import Lane

MEGABYTE = 1024 * 1024


@dataclass
class Processes:
    """The broker, the receivers and the evaluator, which come and go."""

    folder: Path
    url: str
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start ``broker``, ``evaluate-0`` or ``ingest-N``."""
        if name == "broker":
            command = broker_command(self.port, self.folder)[1]
        else:
            part, _, number = name.partition("-")
            config = self.folder / f"{name}.toml"
            config.write_text(
                f'[hq]\norg = "{ORG}"\nreceiver_id = "hq-{number}"\n'
                f'data_dir = "{self.folder}"\ndatabase_url = "{self.url}"\n\n'
                f'[mqtt]\nurl = "mqtt://127.0.0.1:{self.port}"\nshare = "hq"\n'
            )
            command = [sys.executable, "-m", "cloud_receiver", part, "-c", str(config)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if name == "broker":
            wait_until("the broker", lambda: answers(self.port), 60)

    def kill(self, name: str) -> None:
        """End one as a power cut does."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Pause one, or let it go on."""
        self.running[name].send_signal(number)

    def resident_mb(self) -> dict[str, float]:
        """Return the memory of each."""
        found = {name: psutil.Process(one.pid) for name, one in self.running.items()}
        return {name: one.memory_info().rss / MEGABYTE for name, one in found.items()}

    def close(self) -> None:
        """End all."""
        for name in list(self.running):
            self.kill(name)


NAMES = ("broker", "ingest-0", "ingest-1", "evaluate-0")


@dataclass
class Soak:
    """One run."""

    boxes: list[Box]
    processes: Processes
    engine: Engine
    chance: random.Random
    faults: dict[str, int] = field(default_factory=dict)
    mangled: set[bytes] = field(default_factory=set)
    paused: dict[str, float] = field(default_factory=dict)
    memory: list[dict[str, float]] = field(default_factory=list)

    def disturb(self, now_s: float) -> None:
        """Let one thing go wrong."""
        names = ("drop", "twice", "ahead", "mangle", "broker", "ingest-1", "evaluate-0", "pause")
        what = self.chance.choices(names, weights=(30, 30, 15, 15, 2, 4, 2, 4))[0]
        box = self.chance.choice(self.boxes)
        self.faults[what] = self.faults.get(what, 0) + 1
        if what == "drop":
            box.drop(now_s, self.chance.uniform(0.1, 10))
        elif what == "twice" and box.is_in and box.mark.through:
            first = self.chance.randint(1, box.mark.through)
            box.send(first, min(first + BATCH, box.mark.through))
        elif what == "ahead" and box.is_in and box.records > box.mark.through + 3:
            box.send(box.mark.through + 3, min(box.records, box.mark.through + BATCH))
        elif what == "mangle" and box.is_in:
            content = b"Z" + self.chance.randbytes(self.chance.randint(1, 200))
            self.mangled.add(content)
            box.client.publish(topics.up(ORG, box.box_id, Lane.PUNCH), content, qos=1)
        elif what == "pause" and "ingest-0" not in self.paused:
            self.processes.signal("ingest-0", signal.SIGSTOP)
            self.paused["ingest-0"] = now_s + self.chance.uniform(0.1, 3)
        elif what in NAMES:
            self.processes.kill(what)
            self.processes.start(what)

    def resume(self, now_s: float) -> None:
        """Let those go on that were paused long enough."""
        for name in [name for name, until_s in self.paused.items() if now_s >= until_s]:
            del self.paused[name]
            self.processes.signal(name, signal.SIGCONT)

    def run_network(self, now_s: float) -> None:
        """Move what is on the lines; bring lost ones back when their time has come."""
        for box in self.boxes:
            if box.client.socket() is None and now_s >= box.back_at_s:
                try:
                    box.client.reconnect()
                except OSError:
                    box.lost(now_s, 1.0)
        lines = {box.client.socket(): box for box in self.boxes if box.client.socket() is not None}
        wanting = [line for line, box in lines.items() if box.client.want_write()]
        readable, writable, _ = select.select(list(lines), wanting, [], 0.05)
        for line in writable:
            lines[line].client.loop_write()
        for line in readable:
            if lines[line].client.loop_read():
                lines[line].lost(now_s, self.chance.uniform(0.1, 2))
        for box in self.boxes:
            if box.client.socket() is not None:
                box.client.loop_misc()
            box.heard(now_s)
            box.pump(now_s)

    def broken_laws(self) -> list[str]:
        """Count the laws in the database; return those that do not hold."""
        receipted = {box.box_id: box.mark.through for box in self.boxes}
        own = journal.c
        counted = select_rows(
            own.box_id, func.count(), func.count(own.seq.distinct()), func.max(own.seq)
        ).group_by(own.box_id)
        marks = select_rows(lane_mark.c.box_id, lane_mark.c.through)
        with read(self.engine) as connection:
            found = {row[0]: row[1:] for row in connection.execute(counted)}
            through = {row[0]: row[1] for row in connection.execute(marks)}
            letters = connection.scalar(select_rows(func.count()).select_from(dead_letter)) or 0
            broken = [f"ledger: {trouble}" for trouble in verify_all(connection).troubles]
        for box in self.boxes:
            rows, seqs, last = found.get(box.box_id, (0, 0, 0))
            if rows < receipted[box.box_id]:
                broken.append(f"{box.box_id}: {receipted[box.box_id]} receipted, {rows} journaled")
            if rows != seqs:
                broken.append(f"{box.box_id}: {rows} rows of {seqs} numbers")
            if last > box.records or rows < through.get(box.box_id, 0):
                broken.append(f"{box.box_id}: {last} of {box.records}, {rows} rows, {through}")
        if letters > len(self.mangled):
            broken.append(f"{letters} dead letters of {len(self.mangled)} mangled messages")
        return broken

    def is_settled(self) -> bool:
        """Tell whether all that was captured is receipted and evaluated."""
        return all(box.is_done for box in self.boxes) and self.is_judged(self.newest_no())

    def newest_no(self) -> int:
        """Return the number of the journal's last row."""
        with read(self.engine) as connection:
            return connection.scalar(select_rows(func.max(journal.c.entry_no))) or 0

    def is_judged(self, entry_no: int, beside: str = "") -> bool:
        """Tell whether the journal is evaluated up to a row, whatever a store's people wait for."""
        others = ~dirty.c.employee_id.startswith(f"{beside}-")
        with read(self.engine) as connection:
            now_utc_ms = utc_ms(datetime.now(UTC))
            waiting = select_rows(dirty.c.work_date).where(dirty.c.due_utc_ms <= now_utc_ms, others)
            is_judged = connection.execute(waiting.limit(1)).first() is None
            return is_judged and cursor(connection) >= entry_no


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found."""

    captured: int
    journaled: int
    judged: int
    entries: int
    entries_anew: int
    faults: dict[str, int]
    broken: list[str]
    memory: list[dict[str, float]]

    @property
    def holds(self) -> bool:
        """Tell whether every law held at all times and everything came once."""
        whole = self.captured == self.journaled == self.judged
        return whole and self.entries == self.entries_anew and not self.broken

    def growth(self, name: str) -> float:
        """Return the memory of the last quarter to that of the second; 1 is flat."""
        values = [one[name] for one in self.memory if name in one]
        quarter = max(1, len(values) // 4)
        return median(values[-quarter:]) / median(values[quarter : 2 * quarter] or values)


def run(
    url: str, boxes: int, rate: float, seconds: float, seed: int, look_every_s: float = 60.0
) -> Found:
    """Run a soak on a fresh database; `rate` is records a second and box."""
    folder = Path(mkdtemp(prefix="daka-soak-"))
    engine = open_engine(url or sqlite_url(folder / "hq.db"))
    upgrade(engine)
    processes = Processes(folder, url or sqlite_url(folder / "hq.db"))
    names = [f"B{number:03}" for number in range(boxes)]
    try:
        enrol(engine, names, int(seconds * rate / PEOPLE_A_BOX / TOUCHES_A_DAY) + 2)
        for name in NAMES:
            processes.start(name)
        fleet = [Box(name, processes.port, 0) for name in names]
        soak = Soak(fleet, processes, engine, random.Random(seed))
        broken = list(_play(soak, rate, seconds, look_every_s))
        return _found(soak, broken)
    finally:
        processes.close()
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def _play(soak: Soak, rate: float, seconds: float, look_every_s: float) -> Iterator[str]:
    """Yield the laws that were found broken."""
    began_s = monotonic()
    look_s, disturb_s, settled_by_s = look_every_s, 1.0, seconds + 300
    while True:
        now_s = monotonic() - began_s
        if now_s < seconds:
            for box in soak.boxes:
                box.records = int(now_s * rate)
            if now_s >= disturb_s:
                soak.disturb(now_s)
                disturb_s = now_s + soak.chance.expovariate(1.0)
        soak.resume(now_s)
        soak.run_network(now_s)
        if now_s >= look_s:
            look_s += look_every_s
            soak.memory.append(soak.processes.resident_mb())
            broken = soak.broken_laws()
            yield from broken
            _say(soak, now_s, broken)
        if now_s >= seconds:
            if soak.is_settled():
                break
            if now_s > settled_by_s:
                yield "not settled five minutes after the last fault"
                break
    yield from soak.broken_laws()


def _say(soak: Soak, now_s: float, broken: list[str]) -> None:
    captured = sum(box.records for box in soak.boxes)
    receipted = sum(box.mark.through for box in soak.boxes)
    memory = ", ".join(f"{name} {mb:.0f}" for name, mb in soak.memory[-1].items())
    print(
        f"{now_s / 60:5.1f} min: {captured} captured, {receipted} receipted, "
        f"{sum(soak.faults.values())} faults, {len(broken)} laws broken; MB: {memory}",
        flush=True,
    )


def _found(soak: Soak, broken: list[str]) -> Found:
    count = select_rows(func.count())
    for name in [name for name in soak.processes.running if name != "broker"]:
        soak.processes.kill(name)
    with read(soak.engine) as connection:
        journaled, judged, entries = (
            connection.scalar(count.select_from(table)) or 0 for table in (journal, punch, ledger)
        )
    rebuild(soak.engine, utc_ms(datetime.now(UTC)))
    with read(soak.engine) as connection:
        anew = connection.scalar(count.select_from(ledger)) or 0
    return Found(
        captured=sum(box.records for box in soak.boxes),
        journaled=journaled,
        judged=judged,
        entries=entries,
        entries_anew=anew,
        faults=soak.faults,
        broken=broken,
        memory=soak.memory,
    )


def main() -> int:
    """Run; exit code 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--boxes", type=int, default=200)
    parser.add_argument("--rate", type=float, default=0.5, help="records a second and box")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="a fresh database; default: SQLite")
    chosen = parser.parse_args()
    found = run(chosen.database, chosen.boxes, chosen.rate, chosen.minutes * 60, chosen.seed)
    print(
        f"{found.captured} captured, {found.journaled} journaled, {found.judged} judged, "
        f"{found.entries} entries, {found.entries_anew} after computing all anew; faults: "
        + ", ".join(f"{count} {name}" for name, count in sorted(found.faults.items()))
    )
    for name in NAMES if len(found.memory) >= 4 else ():
        print(f"memory of {name}, last quarter to second: {found.growth(name):.2f}")
    for law in found.broken[:20]:
        print(law)
    print("every law held" if found.holds else "A LAW WAS BROKEN")
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
