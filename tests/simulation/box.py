"""A store box: the real outbox, writer, publisher and uplink on a disk that outlives its power."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agent.capture import Capture
from agent.control import Hands
from agent.health import heartbeat_of
from agent.ingest import Arrival, Origin, capture_of
from agent.outbox import Outbox
from agent.outbox_view import OutboxView
from agent.parcel import Packing
from agent.recovery import _miscount
from agent.room import Limits
from agent.schema import migrate
from agent.settings import BoxSettings, Settings
from agent.tuning import META_KEY, Tuning
from agent.uplink import Uplink
from agent.writer import Writer
from drivers.contract import PunchRow, Reading, Rejected, SaleRow
from sync.heartbeat import DeviceHealth, DeviceStatus, encode_heartbeat
from sync.mqtt_settings import MqttSettings
from sync.topics import Lane
from tests.simulation.line import BoxLine, Broker
from tests.simulation.machines import Fuse, LawBrokenError, MachineClock, World, memory_database

ORG = "acme"
LIMITS = Limits(retention_days=3650, identity_days=36500, min_free_bytes=0)
BAD_EVERY = 37
NO_BROKER = MqttSettings(
    host="",
    port=0,
    tls=False,
    username=None,
    password=None,
    ca_file=None,
    cert_file=None,
    key_file=None,
)
_Result = TypeVar("_Result")


@cache
def empty_outbox() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    content = connection.serialize()
    connection.close()
    return content


@cache
def _place() -> Path:
    """A folder in which the room of a disk is measured; nothing is written to it but ballast."""
    folder = Path(mkdtemp(prefix="daka-simulation-"))
    (folder / "outbox.db").touch()
    return folder


class MemoryView(OutboxView):
    """The reader's view of an outbox in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection


class SteppedWriter(Writer):
    """The writer without its thread."""

    def call(self, work: Callable[[Outbox], _Result]) -> _Result:
        return work(self._outbox)

    def turn(self) -> None:
        now_s = self._clock.monotonic_s()
        self._flush_settles(now_s)
        self._keep_house(now_s)


@dataclass
class Source:
    """A terminal or till that keeps all it ever recorded; every `BAD_EVERY`th cannot be read."""

    name: str
    held: int = 0
    history: bool = False
    is_till: bool = False

    def reading(self, done: int, portion: int) -> Reading:
        upto = min(done + portion, self.held)
        good = [number for number in range(done, upto) if number % BAD_EVERY != BAD_EVERY - 1]
        bad = [number for number in range(done, upto) if number % BAD_EVERY == BAD_EVERY - 1]
        return Reading(
            source_id=self.name,
            cursor={"done": upto},
            punches=() if self.is_till else tuple(_punch(number) for number in good),
            sales=tuple(self._sale(number) for number in good) if self.is_till else (),
            rejected=tuple(Rejected(f"record {n}", "date", "no such date", b"%d" % n) for n in bad),
            history=self.history,
            complete=upto == self.held,
        )

    def _sale(self, number: int) -> SaleRow:
        at = f"2026-11-23T10:{number // 60 % 60:02d}:{number % 60:02d}"
        return SaleRow(
            self.name, f"R{number}", 1, "sale", at, "C1", "SKU", 1000, 100 + number, "", "till.csv"
        )


def _punch(number: int) -> PunchRow:
    hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
    return PunchRow(f"{number % 7}", f"2026-11-23T{hour:02d}:{minute:02d}:{second:02d}", 0, 1, 0)


@dataclass
class Box:
    """One box and its devices.

    Attributes:
        truth: for each number of each epoch and lane the record that got it, by the box's word.
    """

    box_id: str
    broker: Broker
    world: World
    chance: random.Random
    new_epoch: Callable[[], str]
    sources: list[Source]
    uplink_class: type[Uplink] = Uplink
    outbox_class: type[Outbox] = Outbox
    is_on: bool = False
    fuse: Fuse = field(default_factory=Fuse)
    _seen: tuple[object, ...] = ()
    _cursors: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = MachineClock(self.world)
        self.format_disk()
        self.settings = Settings(
            box=BoxSettings(
                box_id=self.box_id,
                org=ORG,
                store_id="s001",
                zone=ZoneInfo("Asia/Shanghai"),
                data_dir=_place(),
                run_dir=_place(),
                heartbeat_s=20.0,
                full_read_hour=3,
            ),
            mqtt=NO_BROKER,
            limits=LIMITS,
            clock=self.clock,
            devices=(),
            config_hash="c",
            document={},
        )

    def format_disk(self, content: bytes | None = None) -> None:
        """Begin with an empty outbox, or with a copy of one."""
        self.fuse.put_out()
        self.disk = memory_database(content or empty_outbox(), self.fuse)
        if content is None:
            self.disk.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (self.new_epoch(),))

    # ---- power ----------------------------------------------------------------------------

    def boot(self) -> None:
        self.fuse.put_out()
        damage = _miscount(self.disk)
        if damage is not None:
            raise LawBrokenError(f"law 1 or 2, {self.box_id} after a power cut: {damage}")
        self.clock.boots += 1
        outbox = self.outbox_class(_place() / "outbox.db", self.disk, LIMITS)
        self.view = MemoryView(self.disk)
        self.writer = SteppedWriter(outbox, self.clock, lambda: None)
        tuned = Tuning(self.settings, outbox.kept(META_KEY))
        hands = Hands(lambda *_: None, dict)
        self.uplink = self.uplink_class(
            self.settings, "0", self.writer, self._beat, tuned, hands, lambda: None
        )
        self.uplink._random = random.Random(self.chance.random())
        self.line = BoxLine(self.broker, self.box_id)
        self.uplink._begin(self.view, self.line)  # type: ignore[arg-type]
        self.uplink._packing = Packing(self.box_id, (2, 1000, 5)[self.clock.boots % 3])
        self.is_on = True

    def lose_power(self) -> None:
        """Stop; what was not committed is gone, what was is on the disk."""
        if not self.is_on:
            return
        self.is_on = False
        self.fuse.put_out()
        if self.disk.in_transaction:
            self.disk.execute("ROLLBACK")
        self.line.drop()
        self.uplink._wake_here.close()
        self.uplink._wake_there.close()

    def _beat(self, _report: object) -> bytes:
        completes = {
            device: (complete_utc, json.loads(heads))
            for device, complete_utc, heads in self.disk.execute(
                "SELECT device, complete_utc, complete_heads FROM source"
            )
        }
        devices = tuple(
            _health(source, *completes.get(source.name, (None, {}))) for source in self.sources
        )
        counts = self.writer.counts
        return encode_heartbeat(heartbeat_of(self.settings, "0", counts, self.view, devices))

    # ---- work -----------------------------------------------------------------------------

    def read(self, source: Source, portion: int, *, from_start: bool = False) -> None:
        """Read a part of a source, as a device loop does: records and cursor in one go."""
        outbox = self.writer._outbox
        state = outbox.source(source.name, "zkteco")
        done = 0 if state is None or from_start else int(state.cursor["done"])
        reading = source.reading(done, max(portion, source.held if from_start else 0))
        arrival = Arrival.now(self.clock)
        complete_utc = "2026-11-23T00:00:00.000Z" if reading.complete else None
        origin = Origin(source.name, "zkteco", "s001")
        self.store(outbox, capture_of(reading, origin, arrival, complete_utc))

    def store(self, outbox: Outbox, capture: Capture) -> None:
        outbox.put(capture)

    def turn(self) -> None:
        self.uplink._turn()
        self.writer.turn()

    # ---- what is true ---------------------------------------------------------------------

    def done(self) -> int:
        """Return how many records it has read, by the cursors on its disk."""
        return sum(self._done().values())

    def unread(self) -> list[Source]:
        """Return the sources that hold more than was read of them."""
        done = self._done()
        return [source for source in self.sources if done.get(source.name, 0) < source.held]

    @property
    def state(self) -> tuple[object, ...]:
        """What differs when anything on its disk may differ."""
        return self.disk, self.disk.total_changes, self.disk.in_transaction

    def _done(self) -> dict[str, int]:
        if self._seen != self.state:
            self._seen = self.state
            names = {source.name for source in self.sources}
            found = self.rows("SELECT device, cursor FROM source")
            self._cursors = {
                name: json.loads(cursor)["done"] for name, cursor in found if name in names
            }
        return self._cursors

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Look at the disk as no machine can: past the fuse."""
        return sqlite3.Connection.execute(self.disk, sql, values).fetchall()


def _health(source: Source, complete_utc: str | None, heads: dict[Lane, int]) -> DeviceHealth:
    return DeviceHealth(
        name=source.name,
        driver="zkteco",
        source_id=source.name,
        store_id="s001",
        status=DeviceStatus.OK,
        detail="",
        last_read_utc=None,
        complete_utc=complete_utc,
        complete_lane_heads=heads,
        clock_offset_ms=None,
        device_records=source.held,
        facts={},
    )
