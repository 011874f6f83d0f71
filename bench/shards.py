"""Receivers side by side on one PostgreSQL, killed and added while a fleet sends: nothing lost or double.

    python -m bench.shards --database postgresql+psycopg://user@/daka?host=/run/postgresql
                           [--boxes 200] [--records 2000]

Once with `$share` (any receiver files any box) and once with static shards. The database is
emptied of nothing: give it a fresh one. Real Mosquitto, real receivers, SIGKILL; boxes are small
senders in this process that keep sending what is not receipted to them.
"""

from __future__ import annotations

import argparse
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func
from sqlalchemy import select as select_rows

from bench.rig import wait_until
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import answers, free_port
from cloud_receiver.store.engine import open_engine, read, upgrade
from cloud_receiver.store.tables import dead_letter, journal, lane_mark
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.receipt import Mark, decode_receipt, merge
from sync.records import Punch, to_wire
from sync.topics import Lane

ORG = "bench"
BATCH = 25
WINDOW = 4
AGAIN_S = 5.0
RECEIVERS = 3
MANNERS = ("share", "shards")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the database held after one run."""

    boxes: int
    records: int
    journaled: int
    marks_complete: int
    dead_letters: int
    kills: int
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Tell whether every record is there once and every lane complete."""
        whole = self.journaled == self.records and self.marks_complete == self.boxes
        return whole and self.dead_letters == 0


@dataclass
class Sender:
    """A small box: sends punches until each is receipted to it."""

    box_id: str
    port: int
    records: int
    mark: Mark = field(default_factory=Mark)
    sent_s: dict[int, float] = field(default_factory=dict)
    is_in: bool = False

    def __post_init__(self) -> None:
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=self.box_id)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", self.port)

    @property
    def is_done(self) -> bool:
        """Tell whether everything is receipted."""
        return self.mark.through >= self.records

    def pump(self, now_s: float) -> None:
        """Send what is neither receipted nor on its way."""
        if not self.is_in or self.is_done:
            return
        flying = [first for first, at_s in self.sent_s.items() if now_s < at_s + AGAIN_S]
        for first in range(1 + self.mark.through // BATCH * BATCH, self.records + 1, BATCH):
            if len(flying) >= WINDOW:
                break
            if not self.mark.holds(first) and first not in flying:
                self._send(first, min(first + BATCH - 1, self.records))
                self.sent_s[first] = now_s
                flying.append(first)

    def _send(self, first: int, last: int) -> None:
        bodies = [encode_body(to_wire(_punch(self.box_id, seq))) for seq in range(first, last + 1)]
        payload = encode_batch(self.box_id, "e", Lane.PUNCH, first, bodies, "life")
        self.client.publish(topics.up(ORG, self.box_id, Lane.PUNCH), payload, qos=1)

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe(topics.receipt(ORG, self.box_id), 1)
        self.is_in = True

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        receipt = decode_receipt(message.payload)
        self.mark = merge(self.mark.through, [*self.mark.beyond, *receipt.settled])
        for first, _ in receipt.settled:
            self.sent_s.pop(first, None)


def _punch(box_id: str, seq: int) -> Punch:
    minute, second = divmod(seq, 60)
    return Punch(
        device_serial=box_id,
        user_id=str(1000 + seq % 40),
        device_time=f"2026-03-02T{8 + minute // 60 % 12:02d}:{minute % 60:02d}:{second:02d}",
        state_code=0,
        verify_code=1,
        occurrence=seq // 43_200,
        workcode="",
        store_id="S001",
        driver="zkteco",
        received_at_utc="2026-03-02T00:00:00.000Z",
        boot_id="b",
        boottime_ms=seq,
        clock_offset_ms=None,
    )


class Receivers:
    """The receiver processes, which come and go."""

    def __init__(self, folder: Path, port: int, database_url: str, manner: str) -> None:
        self.folder, self.port, self.url, self.manner = folder, port, database_url, manner
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.kills = 0

    def start(self, number: int) -> None:
        """Start one; with shards, one beyond the first few takes all of them as well."""
        own = [n for n in range(topics.SHARDS) if n % RECEIVERS == number]
        shards = f"shards = {own}\n" if self.manner == "shards" and own else ""
        share = 'share = "hq"\n' if self.manner == "share" else ""
        config = self.folder / f"hq-{number}.toml"
        config.write_text(
            f'[hq]\norg = "{ORG}"\nreceiver_id = "hq-{number}"\ndata_dir = "{self.folder}"\n'
            f'database_url = "{self.url}"\n{shards}\n[mqtt]\nurl = "mqtt://127.0.0.1:{self.port}"\n{share}'
        )
        command = [sys.executable, "-m", "cloud_receiver", "ingest", "-c", str(config)]
        with (self.folder / f"hq-{number}.log").open("ab") as log:
            self.running[number] = subprocess.Popen(command, stderr=log, stdout=log)

    def kill(self, number: int) -> None:
        """End one as a power cut does."""
        process = self.running.pop(number)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        self.kills += 1

    def close(self) -> None:
        """End all."""
        for process in self.running.values():
            process.kill()
            process.wait(30)


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(broker_command(port, folder)[1], stdin=subprocess.DEVNULL)
    try:
        wait_until("the broker", lambda: answers(port), 30)
        yield port
    finally:
        process.kill()
        process.wait(30)


def run(url: str, manner: str, boxes: int, records_each: int, within_s: float) -> Outcome:
    """Let a fleet send while receivers are killed and added; the database must be fresh."""
    folder = Path(mkdtemp(prefix="daka-shards-"))
    engine = open_engine(url)
    upgrade(engine)
    began_s = monotonic()
    try:
        with _broker(folder) as port:
            receivers = Receivers(folder, port, url, manner)
            try:
                for number in range(RECEIVERS):
                    receivers.start(number)
                fleet = [Sender(f"box-{n:03d}", port, records_each) for n in range(boxes)]
                _send_all(fleet, receivers, within_s)
            finally:
                receivers.close()
        with read(engine) as connection:
            count = select_rows(func.count())
            complete = count.select_from(lane_mark).where(lane_mark.c.through == records_each)
            return Outcome(
                boxes=boxes,
                records=boxes * records_each,
                journaled=connection.execute(count.select_from(journal)).scalar_one(),
                marks_complete=connection.execute(complete).scalar_one(),
                dead_letters=connection.execute(count.select_from(dead_letter)).scalar_one(),
                kills=receivers.kills,
                seconds=monotonic() - began_s,
            )
    finally:
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def _send_all(fleet: list[Sender], receivers: Receivers, within_s: float) -> None:
    total = sum(sender.records for sender in fleet)
    acts = [  # (share of all records receipted, what happens then)
        (0.1, lambda: receivers.kill(0)),
        (0.2, lambda: receivers.start(RECEIVERS)),
        (0.4, lambda: receivers.kill(1)),
        (0.4, lambda: receivers.start(0)),
        (0.6, lambda: receivers.kill(2)),
        (0.6, lambda: receivers.start(1)),
        (0.7, lambda: receivers.start(2)),
    ]
    deadline_s = monotonic() + within_s
    while not all(sender.is_done for sender in fleet) or acts:
        now_s = monotonic()
        assert now_s < deadline_s, f"not within {within_s:.0f} s"
        done = sum(sender.mark.through for sender in fleet)
        while acts and done >= acts[0][0] * total:
            acts.pop(0)[1]()
        for sender in fleet:
            sender.pump(now_s)
        _run_network(fleet)
    for sender in fleet:
        sender.client.disconnect()


def _run_network(fleet: list[Sender]) -> None:
    by_socket = {sender.client.socket(): sender.client for sender in fleet}
    assert None not in by_socket, "the broker hung up"
    wanting = [sock for sock, client in by_socket.items() if client.want_write()]
    readable, writable, _ = select.select(list(by_socket), wanting, [], 0.05)
    for sock in writable:
        by_socket[sock].loop_write()
    for sock in readable:
        by_socket[sock].loop_read()
    for client in by_socket.values():
        client.loop_misc()


def main() -> int:
    """Run both manners; exit code 1 when a record is missing or double."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", required=True, help="the URL of a fresh PostgreSQL database")
    parser.add_argument("--manner", choices=MANNERS, default="share")
    parser.add_argument("--boxes", type=int, default=200)
    parser.add_argument("--records", type=int, default=2000, help="of each box")
    parser.add_argument("--within", type=float, default=1800.0, help="seconds")
    options = parser.parse_args()
    outcome = run(options.database, options.manner, options.boxes, options.records, options.within)
    print(
        f"{options.manner}: {outcome.journaled} of {outcome.records} records of {outcome.boxes} boxes, "
        f"{outcome.marks_complete} lanes complete, {outcome.dead_letters} dead letters, "
        f"{outcome.kills} receivers killed, {outcome.seconds:.0f} s: "
        f"{'every record once' if outcome.is_exact else 'NOT EXACT'}"
    )
    return 0 if outcome.is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
