"""The box's settings: TOML into frozen dataclasses.

Every error names the file, the table, the key, the value and what is allowed. Nothing
below `cli` and `runtime` reads a file or an environment variable for its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from agent.room import Limits
from drivers import registry
from drivers.contract import Driver
from drivers.registry import Kind
from sync.clock import Clock
from sync.errors import ToldError
from sync.mqtt_settings import MqttSettings, read_mqtt
from sync.settings_faults import Faults, places_of
from sync.settings_table import Table, parse_toml, read_clock, read_content

MEGABYTE: Final = 1024 * 1024

KindOf = Callable[[str, str], Kind]
"""(name, where) -> a kind of driver; raises DakaError when there is none of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSettings:
    """The box itself.

    Attributes:
        data_dir: the outbox is here.
        run_dir: the status file is here; memory (``/run``) spares the SD card.
        heartbeat_s: real seconds between two heartbeats.
        full_read_hour: the local hour after which each device is read from its start once.
    """

    box_id: str
    org: str
    store_id: str
    zone: ZoneInfo
    data_dir: Path
    run_dir: Path
    heartbeat_s: float
    full_read_hour: int

    @property
    def outbox(self) -> Path:
        """Return where the outbox is."""
        return self.data_dir / "outbox.db"

    @property
    def status_file(self) -> Path:
        """Return where the running agent leaves its last heartbeat."""
        return self.run_dir / "status.json"

    @property
    def log_file(self) -> Path:
        """Return where the running agent leaves the last of its log."""
        return self.run_dir / "agent.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """How the box keeps its certificate fresh.

    Attributes:
        web: address of headquarters' pages; empty: nothing is renewed by itself.
    """

    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """One device; its other keys are its driver's business.

    Attributes:
        poll_s: real seconds between two reads without a hint.
        make_driver: builds the driver; no I/O yet.
    """

    name: str
    driver: str
    store_id: str
    poll_s: float
    make_driver: Callable[[], Driver]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the agent is told.

    Attributes:
        config_hash: tells headquarters whether the box runs with the file it should.
        document: the file as TOML gave it, for a diagnosis.
    """

    box: BoxSettings
    mqtt: MqttSettings
    limits: Limits
    clock: Clock
    devices: tuple[DeviceSettings, ...]
    config_hash: str
    document: Mapping[str, Any]
    identity: IdentitySettings = IdentitySettings(web="")


def load_settings(path: Path, kind_of: KindOf = registry.kind_of) -> Settings:
    """Read the settings file.

    Raises:
        DakaError: the file cannot be read or does not hold.
    """
    content = read_content(path, ("daka-agent init 会写好它", "daka-agent init writes it"))
    document = parse_toml(content, path)
    _refuse_faults(content, path, kind_of)
    tables = {name: Table(document.get(name), f"{path}, [{name}]") for name in _READERS}
    box, clock = _box(tables["box"]), read_clock(tables["clock"])
    devices = _devices(document.get("device", []), path)
    return Settings(
        box=box,
        mqtt=read_mqtt(tables["mqtt"]),
        identity=_identity(tables["identity"]),
        limits=_limits(tables["limits"]),
        clock=clock,
        devices=tuple(_device(one, kind_of, box, clock) for one in devices),
        config_hash=sha256(content).hexdigest()[:16],
        document=document,
    )


def _refuse_faults(content: bytes, path: Path, kind_of: KindOf) -> None:
    """Look a file through, table by table.

    Raises:
        ToldError: names all that is wrong with it.
    """
    document = parse_toml(content, path)
    faults = Faults(path, places_of(content.decode(), document))
    faults.look_at_tables(
        document, _READERS, partial(_unknown, path), needed=("box", "mqtt"), others=("device",)
    )
    devices = document.get("device", [])
    if not isinstance(devices, list) or not all(isinstance(one, dict) for one in devices):
        zh, en = "设备要写成 [[device]] 表", "devices are written as [[device]] tables"
        faults.note(ToldError(f"{path}:{zh}", f"{path}: {en}"))
        devices = []
    names: set[str] = set()
    for one in _devices(devices, path):
        faults.places.share(one.table, one.own)
        faults.places.share(one.table, one.rest)
        faults.look(partial(_options, one, kind_of))
        if one.called in names:
            faults.note(one.keys.wrong("name", "unique on this box"))
        names.add(one.called)
    faults.settle()


def _unknown(path: Path, name: str) -> ToldError:
    known = ", ".join((*_READERS, "device"))
    return ToldError(
        f"{path}:不认识表 [{name}];可用的有:{known}",
        f"{path}: unknown table [{name}]; known: {known}",
    )


def _box(table: Table) -> BoxSettings:
    data_dir = table.folder("data_dir")
    return BoxSettings(
        box_id=table.name("id"),
        org=table.name("org"),
        store_id=table.text("store", "the store's id, a short text"),
        zone=_zone(table),
        data_dir=data_dir,
        run_dir=table.folder("run_dir", data_dir),
        heartbeat_s=table.seconds("heartbeat_s", 1, 3600, 30),
        full_read_hour=table.whole("full_read_hour", 0, 23, 3),
    )


def _zone(table: Table) -> ZoneInfo:
    allowed = "an IANA time zone, such as Asia/Shanghai"
    name = table.text("zone", allowed)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise table.wrong("zone", allowed) from error


def _limits(table: Table) -> Limits:
    return Limits(
        retention_days=table.whole("retention_days", 1, 3650, 30),
        identity_days=table.whole("identity_days", 30, 36500, 400),
        max_db_bytes=table.whole("max_db_mb", 8, 1_000_000, 2048) * MEGABYTE,
        min_free_bytes=table.whole("min_free_mb", 0, 1_000_000, 64) * MEGABYTE,
    )


class _Device(NamedTuple):
    """A ``[[device]]`` table, in the agent's keys and in those its driver reads."""

    table: Mapping[str, Any]
    own: dict[str, Any]
    rest: dict[str, Any]
    path: Path
    number: int

    @property
    def called(self) -> str:
        """Return the device's name in quotes, its number where it has none."""
        return repr(self.table["name"]) if "name" in self.table else str(self.number)

    @property
    def keys(self) -> Table:
        """Return the agent's keys, to be read."""
        return Table(self.own, f"{self.path}, [[device]] {self.number}")


def _devices(tables: Sequence[Mapping[str, Any]], path: Path) -> list[_Device]:
    return [
        _Device(
            table,
            {key: table[key] for key in ("name", "driver", "poll_s", "store") if key in table},
            {key: value for key, value in table.items() if key != "store"},
            path,
            number,
        )
        for number, table in enumerate(tables, start=1)
    ]


def _options(one: _Device, kind_of: KindOf) -> tuple[Kind, Any]:
    """Return what drives a device and what its driver is told; looks the other keys through."""
    keys = one.keys
    keys.text("name", "what people call the device, unique on this box")
    kind = keys.text("driver", "a kind of driver, such as zkteco")
    keys.text("store", "a store's id", "-")
    keys.seconds("poll_s", 0.05, 86_400, 60)
    where = f"{one.path}, [[device]] {one.called}"
    made_by = kind_of(kind, where)
    return made_by, made_by.settings.from_table(one.rest, where)


def _device(one: _Device, kind_of: KindOf, box: BoxSettings, clock: Clock) -> DeviceSettings:
    made_by, options = _options(one, kind_of)
    keys = one.keys
    return DeviceSettings(
        name=keys.text("name", "what people call the device, unique on this box"),
        driver=keys.text("driver", "a kind of driver, such as zkteco"),
        store_id=keys.text("store", "a store's id", box.store_id),
        poll_s=keys.seconds("poll_s", 0.05, 86_400, 60),
        make_driver=partial(made_by.factory, options, clock, box.zone.key),
    )


def _identity(table: Table) -> IdentitySettings:
    return IdentitySettings(web=table.web("web"))


_READERS: Final[dict[str, Callable[[Table], object]]] = {
    "box": _box,
    "mqtt": read_mqtt,
    "identity": _identity,
    "limits": _limits,
    "clock": read_clock,
}
"""What looks a table through, by itself."""
