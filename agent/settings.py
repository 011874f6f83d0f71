"""The box's settings: TOML into frozen dataclasses.

Every error names the file, the table, the key, the value and what is allowed. Nothing
below `cli` and `runtime` reads a file or an environment variable for its settings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent.room import Limits
from drivers import registry
from drivers.contract import Driver
from drivers.keys import Keys
from drivers.registry import Kind
from sync.broker import BROKER_FORMS, parse_broker
from sync.clock import Clock, ScaledClock, SystemClock
from sync.errors import DakaError, WireError
from sync.topics import check_name

MEGABYTE: Final = 1024 * 1024
_TABLES: Final = ("box", "mqtt", "identity", "limits", "clock", "device")

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
class MqttSettings:
    """The broker and how to be let in.

    Attributes:
        password: what `password_file` holds, without the line's end; None: no password.
    """

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None


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
    try:
        content = path.read_bytes()
        document = tomllib.loads(content.decode())
    except OSError as error:
        raise DakaError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DakaError(f"{path} is no TOML file: {error}") from error
    for table in document:
        if table not in _TABLES:
            raise DakaError(f"{path}: unknown table [{table}]; known: {', '.join(_TABLES)}")
    box = _box(_keys(document, "box", path))
    clock = _clock(document, path)
    return Settings(
        box=box,
        mqtt=_mqtt(_keys(document, "mqtt", path)),
        identity=_identity(_keys(document, "identity", path)),
        limits=_limits(_keys(document, "limits", path)),
        clock=clock,
        devices=_devices(document.get("device", []), path, box, clock, kind_of),
        config_hash=sha256(content).hexdigest()[:16],
        document=document,
    )


def _keys(document: Mapping[str, Any], table: str, path: Path) -> Keys:
    content = document.get(table, {})
    if not isinstance(content, Mapping):
        raise DakaError(f"{path}: [{table}] must be a table")
    return Keys(content, f"{path}, [{table}]")


def _box(keys: Keys) -> BoxSettings:
    data_dir = _folder(keys, "data_dir", None)
    box = BoxSettings(
        box_id=_name(keys, "id"),
        org=_name(keys, "org"),
        store_id=keys.text("store", "the store's id, a short text"),
        zone=_zone(keys),
        data_dir=data_dir,
        run_dir=_folder(keys, "run_dir", data_dir),
        heartbeat_s=keys.seconds("heartbeat_s", 1, 3600, 30),
        full_read_hour=keys.whole("full_read_hour", 0, 23, 3),
    )
    keys.finish()
    return box


def _name(keys: Keys, name: str) -> str:
    allowed = "1-64 letters, digits, '.', '_' or '-', beginning with a letter or digit"
    value = keys.text(name, allowed)
    try:
        return check_name(value, name)
    except WireError as error:
        raise keys.wrong(name, allowed) from error


def _zone(keys: Keys) -> ZoneInfo:
    allowed = "an IANA time zone, such as Asia/Shanghai"
    name = keys.text("zone", allowed)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise keys.wrong("zone", allowed) from error


def _folder(keys: Keys, name: str, default: Path | None) -> Path:
    allowed = "an absolute path"
    folder = Path(keys.text(name, allowed, None if default is None else str(default)))
    if not folder.is_absolute():
        raise keys.wrong(name, allowed)
    return folder


def _mqtt(keys: Keys) -> MqttSettings:
    url = keys.text("url", BROKER_FORMS)
    try:
        broker = parse_broker(url)
    except ValueError as error:
        raise keys.wrong("url", BROKER_FORMS) from error
    password_file = _file(keys, "password_file")
    mqtt = MqttSettings(
        host=broker.host,
        port=broker.port,
        tls=broker.tls,
        username=keys.text("username", "a text", "") or None,
        password=None if password_file is None else password_file.read_text().rstrip("\r\n"),
        ca_file=_file(keys, "ca_file"),
        cert_file=_file(keys, "cert_file"),
        key_file=_file(keys, "key_file"),
    )
    keys.finish()
    return mqtt


def _file(keys: Keys, name: str) -> Path | None:
    allowed = "the path of a file the agent may read"
    text = keys.text(name, allowed, "")
    if not text:
        return None
    try:
        with Path(text).open("rb"):
            return Path(text)
    except OSError as error:
        raise keys.wrong(name, f"{allowed} ({error.strerror})") from error


def _identity(keys: Keys) -> IdentitySettings:
    allowed = "an address that begins with https:// or http://"
    web = keys.text("web", allowed, "")
    if web and not web.startswith(("https://", "http://")):
        raise keys.wrong("web", allowed)
    keys.finish()
    return IdentitySettings(web=web.rstrip("/"))


def _limits(keys: Keys) -> Limits:
    limits = Limits(
        retention_days=keys.whole("retention_days", 1, 3650, 30),
        identity_days=keys.whole("identity_days", 30, 36500, 400),
        max_db_bytes=keys.whole("max_db_mb", 8, 1_000_000, 2048) * MEGABYTE,
        min_free_bytes=keys.whole("min_free_mb", 0, 1_000_000, 64) * MEGABYTE,
    )
    keys.finish()
    return limits


def _clock(document: Mapping[str, Any], path: Path) -> Clock:
    """Return the machine's clock, or a demonstration's if there is a [clock] table."""
    if "clock" not in document:
        return SystemClock.of_this_boot()
    table, where = document["clock"], f"{path}, [clock]"
    keys = Keys(table, where)
    allowed = "an instant in UTC, such as 2026-11-23T00:00:00Z"
    try:
        wall = datetime.fromisoformat(keys.text("wall_start_utc", allowed)).astimezone(UTC)
    except ValueError as error:
        raise keys.wrong("wall_start_utc", allowed) from error
    real_start_s = keys.seconds("real_start_s", 0, 2.0**40, 0)
    speed = keys.seconds("speed", 0.001, 100_000, 1)
    keys.finish()
    return ScaledClock(wall, real_start_s, speed)


def _devices(
    tables: Any, path: Path, box: BoxSettings, clock: Clock, kind_of: KindOf
) -> tuple[DeviceSettings, ...]:
    if not isinstance(tables, list):
        raise DakaError(f"{path}: devices are written as [[device]] tables")
    devices: dict[str, DeviceSettings] = {}
    for number, table in enumerate(tables, start=1):
        own = {key: table[key] for key in ("name", "driver", "poll_s", "store") if key in table}
        keys = Keys(own, f"{path}, [[device]] {number}")
        name = keys.text("name", "what people call the device, unique on this box")
        if name in devices:
            raise keys.wrong("name", "unique on this box")
        kind = keys.text("driver", "a kind of driver, such as zkteco")
        where = f"{path}, [[device]] {name!r}"
        made_by = kind_of(kind, where)
        rest = {key: value for key, value in table.items() if key != "store"}
        options = made_by.settings.from_table(rest, where)
        devices[name] = DeviceSettings(
            name=name,
            driver=kind,
            store_id=keys.text("store", "a store's id", box.store_id),
            poll_s=keys.seconds("poll_s", 0.05, 86_400, 60),
            make_driver=partial(made_by.factory, options, clock, box.zone.key),
        )
    return tuple(devices.values())
