"""Read one device once, without an outbox: what it is, what it holds, what would be sent.

Nothing is written: not to the device, whose clock is left alone whatever its settings
say, and not to this machine.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.ingest import Arrival, Origin, capture_of
from agent.settings import DeviceSettings, Settings, load_settings
from drivers import registry
from drivers.contract import Driver, Reading, Rejected
from drivers.errors import DriverError
from drivers.registry import Kind
from sync.clock import Clock, SystemClock
from sync.errors import DakaError
from sync.items import Item, read_item
from sync.records import Wire

ENDS: Final = 10
"""How many records are shown of either end."""
_GENTLE: Final = {"set_clock": False, "live": False, "settle_s": 0.0}
"""Settings a single look has of its own: no clock set, no session held, no file waited for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as it would travel.

    Attributes:
        record_id: its identity (law 4).
    """

    lane: str
    record_id: str
    wire: Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A device to be read, and by which clock.

    Attributes:
        data_dir: of the agent whose settings name it, which may hold it; None: nobody's.
    """

    device: DeviceSettings
    clock: Clock
    data_dir: Path | None


@dataclass(slots=True)
class Probed:
    """What one read gave; of the records only both ends are kept.

    Attributes:
        sent: how many records would travel, troubles included.
        complete: the driver vouches that this was everything up to now.
        unread: what could not be read, the first of it.
        trouble: what ended the read early; what came before it stands.
    """

    source_id: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    clock_offset_ms: int | None = None
    device_records: int | None = None
    sent: int = 0
    rejected: int = 0
    complete: bool = False
    first: list[Sent] = field(default_factory=list)
    last: deque[Sent] = field(default_factory=lambda: deque(maxlen=ENDS))
    unread: list[Rejected] = field(default_factory=list)
    trouble: DriverError | None = None


def subjects_of(config: Path, name: str | None) -> list[Subject]:
    """Return the devices of a settings file, or the one of that name.

    Raises:
        DakaError: the file does not hold, or names no such device.
    """
    settings: Settings = load_settings(config, gentle_kind)
    names = [device.name for device in settings.devices]
    if name is not None and name not in names:
        raise DakaError(f"{config} has no device {name!r}; it has {', '.join(names) or 'none'}")
    if not names:
        raise DakaError(f"{config} has no [[device]]")
    return [
        Subject(device=device, clock=settings.clock, data_dir=settings.box.data_dir)
        for device in settings.devices
        if name in (None, device.name)
    ]


def subject_at(
    place: str, driver: str, options: Mapping[str, Any], *, zone: str, store: str
) -> Subject:
    """Return a device that stands in no settings file.

    Args:
        place: its URL; of a POS export its folder.
        options: other keys of a ``[[device]]`` table.

    Raises:
        DakaError: the place or an option does not hold.
    """
    where = "the command line"
    kind = gentle_kind(driver, where)
    found = {"folder": str(Path(place).absolute())} if driver == "posfile" else {"url": place}
    table = {**found, **options}
    clock = SystemClock.of_this_boot()
    make = partial(kind.factory, kind.settings.from_table(table, where), clock, zone)
    device = DeviceSettings(name=place, driver=driver, store_id=store, poll_s=60, make_driver=make)
    return Subject(device=device, clock=clock, data_dir=None)


def gentle_kind(name: str, where: str) -> Kind:
    """Return a kind of driver that leaves the device as it is and looks once."""
    kind = registry.kind_of(name, where)

    def make(settings: Any, clock: Clock, zone: str) -> Driver:
        known = {one.name for one in fields(settings)}
        gentle = {key: value for key, value in _GENTLE.items() if key in known}
        return kind.factory(replace(settings, **gentle), clock, zone)

    return Kind(kind.settings, make)


def option_of(text: str) -> tuple[str, Any]:
    """Read ``key=value``; whole numbers, true and false are what TOML would make of them."""
    key, found, value = text.partition("=")
    if not (key and found):
        raise DakaError(f"{text!r} does not hold; write --set key=value")
    try:
        read = json.loads(value)
    except ValueError:
        read = value
    return key, read if isinstance(read, int | float) else value


def read_once(
    subject: Subject,
    listen_s: float,
    *,
    on_listen: Callable[[], None] = lambda: None,
    each: Callable[[Sent], None] = lambda _: None,
) -> Probed:
    """Read a device from its start; a `DriverError` becomes the result's `trouble`.

    Args:
        listen_s: how long to wait for a touch on a device that keeps none.
        on_listen: is called before that wait.
        each: is given every record, in the order it would be stored.
    """
    device, probed = subject.device, Probed()
    origin = Origin(device.name, device.driver, device.store_id)
    driver = device.make_driver()
    try:
        if not driver.capabilities.repair:
            on_listen()
            driver.wait(listen_s)
        for reading in driver.read(None):
            capture = capture_of(reading, origin, Arrival.now(subject.clock), None)
            _note(probed, reading, len(capture.pieces))
            for sent in _sent((row.lane, row.body) for row in capture.rows):
                _keep(probed, sent)
                each(sent)
    except DriverError as error:
        probed.trouble = error
    finally:
        driver.close()
    return probed


def _note(probed: Probed, reading: Reading, rejected: int) -> None:
    probed.source_id, probed.complete = reading.source_id, reading.complete
    probed.facts |= reading.facts
    probed.clock_offset_ms = reading.clock_offset_ms
    if reading.device_records is not None:
        probed.device_records = reading.device_records
    probed.rejected += rejected
    probed.unread += reading.rejected[: ENDS - len(probed.unread)]


def _keep(probed: Probed, sent: Sent) -> None:
    probed.sent += 1
    if len(probed.first) < ENDS:
        probed.first.append(sent)
    else:
        probed.last.append(sent)


def _sent(rows: Iterator[tuple[str, str]]) -> Iterator[Sent]:
    for lane, body in rows:
        item, _ = read_item(body, 0)
        assert isinstance(item, Item), "what was captured holds"
        yield Sent(str(lane), item.record_id, json.loads(body))
