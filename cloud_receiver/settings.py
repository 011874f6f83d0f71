"""Headquarters' settings: TOML into frozen dataclasses.

Every error names the file, the table, the key, the value and what is allowed. Nothing
below `cli` and `main` reads a file or an environment variable for its settings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cloud_receiver.store.engine import DIALECTS, sqlite_url
from sync.broker import BROKER_FORMS, parse_broker
from sync.clock import Clock, ScaledClock, SystemClock
from sync.errors import DakaError, WireError
from sync.topics import SHARDS, check_name

DEFAULT_PATH: Final = Path("/etc/daka/hq.toml")
_NAME: Final = "1-64 letters, digits, '.', '_' or '-', beginning with a letter or digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The broker and how to be let in.

    Attributes:
        password: what `password_file` holds, without the line's end; None: no password.
        share: name of the group of receivers that share all boxes; empty: none.
    """

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the web listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxesSettings:
    """What new boxes are told when they are let in.

    Attributes:
        broker: address of the broker as stores reach it; empty: no box can be let in.
        web: address of the pages as stores reach them; goes into claim codes.
    """

    broker: str
    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """How people are told."""

    console: bool
    webhook_url: str | None
    webhook_secret: bytes

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels every notice goes to."""
        webhook = ("webhook",) if self.webhook_url is not None else ()
        return (*(("console",) if self.console else ()), *webhook)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything headquarters is told.

    Attributes:
        shards: the shards this receiver takes; None: all.
        clock: the machine's, or a demonstration's.
    """

    org: str
    receiver_id: str
    data_dir: Path
    database_url: str
    shards: tuple[int, ...] | None
    mqtt: MqttSettings
    web: WebSettings
    notify: NotifySettings
    boxes: BoxesSettings
    clock: Clock

    @property
    def authority_dir(self) -> Path:
        """Return where the certificate authority lives."""
        return self.data_dir / "authority"


def load_settings(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        DakaError: the file cannot be read or does not hold.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DakaError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DakaError(f"{path} is no TOML file: {error}") from error
    tables = {name: _Table(document.pop(name, None), f"{path}, [{name}]") for name in _TABLES}
    if document:
        raise DakaError(f"{path}: unknown table {min(document)!r}; known: {', '.join(_TABLES)}")
    hq = tables["hq"]
    data_dir = hq.folder("data_dir")
    settings = Settings(
        org=hq.name("org"),
        receiver_id=hq.name("receiver_id"),
        data_dir=data_dir,
        database_url=hq.database_url("database_url", sqlite_url(data_dir / "hq.db")),
        shards=hq.shards("shards"),
        mqtt=_mqtt(tables["mqtt"]),
        web=_web(tables["web"]),
        notify=_notify(tables["notify"]),
        boxes=_boxes(tables["boxes"]),
        clock=_clock(tables["clock"]),
    )
    for table in tables.values():
        table.finish()
    return settings


_TABLES: Final = ("hq", "mqtt", "web", "notify", "boxes", "clock")


def _mqtt(table: _Table) -> MqttSettings:
    url = table.text("url", BROKER_FORMS)
    try:
        broker = parse_broker(url)
    except ValueError as error:
        raise table.wrong("url", BROKER_FORMS) from error
    password = table.content("password_file")
    return MqttSettings(
        host=broker.host,
        port=broker.port,
        tls=broker.tls,
        username=table.text("username", "a text", "") or None,
        password=None if password is None else password.decode().rstrip("\r\n"),
        ca_file=table.file("ca_file"),
        cert_file=table.file("cert_file"),
        key_file=table.file("key_file"),
        share=table.name("share", ""),
    )


def _web(table: _Table) -> WebSettings:
    return WebSettings(
        host=table.text("host", "an address to listen on", "127.0.0.1"),
        port=table.whole("port", 1, 65535, 8080),
    )


def _notify(table: _Table) -> NotifySettings:
    secret = table.content("webhook_secret_file")
    url = table.text("webhook_url", "an address that begins with https:// or http://", "")
    if url and not secret:
        raise table.wrong("webhook_secret_file", "the path of a file with the shared secret")
    return NotifySettings(
        console=table.flag("console", default=True),
        webhook_url=url or None,
        webhook_secret=(secret or b"").strip(),
    )


def _boxes(table: _Table) -> BoxesSettings:
    broker = table.text("broker", BROKER_FORMS, "")
    try:
        if broker:
            parse_broker(broker)
    except ValueError as error:
        raise table.wrong("broker", BROKER_FORMS) from error
    web = table.text("web", "an address that begins with https:// or http://", "")
    return BoxesSettings(broker=broker, web=web.rstrip("/"))


def _clock(table: _Table) -> Clock:
    if not table.is_given:
        return SystemClock.of_this_boot()
    allowed = "an instant in UTC, such as 2026-11-23T00:00:00Z"
    try:
        wall = datetime.fromisoformat(table.text("wall_start_utc", allowed)).astimezone(UTC)
    except ValueError as error:
        raise table.wrong("wall_start_utc", allowed) from error
    return ScaledClock(
        wall, table.number("real_start_s", 0, 2.0**40), table.number("speed", 0.001, 100_000)
    )


class _Table:
    """A table being read key by key; `finish` refuses what nobody read."""

    def __init__(self, content: object, where: str) -> None:
        if content is not None and not isinstance(content, Mapping):
            raise DakaError(f"{where} must be a table")
        self.is_given = content is not None
        self._content: Mapping[str, Any] = content or {}
        self._where = where
        self._known: set[str] = set()

    def wrong(self, key: str, allowed: str) -> DakaError:
        """Return the error for a key; `allowed` completes "must be ..."."""
        found = f"{key} = {self._content[key]!r}" if key in self._content else f"{key} is missing"
        return DakaError(f"{self._where}: {found}; it must be {allowed}")

    def _value(self, key: str, kinds: tuple[type, ...], allowed: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self._content and default is not None:
            return default
        value = self._content.get(key)
        if type(value) not in kinds:
            raise self.wrong(key, allowed)
        return value

    def text(self, key: str, allowed: str, default: str | None = None) -> str:
        """Return a text; None as default: required."""
        return str(self._value(key, (str,), allowed, default))

    def name(self, key: str, default: str | None = None) -> str:
        """Return what may stand in a topic."""
        value = self.text(key, _NAME, default)
        if value == default:
            return value
        try:
            return check_name(value, key)
        except WireError as error:
            raise self.wrong(key, _NAME) from error

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self._value(key, (bool,), "true or false", default))

    def whole(self, key: str, low: int, high: int, default: int) -> int:
        """Return a whole number between two bounds, both included."""
        allowed = f"a whole number, {low} to {high}"
        value = int(self._value(key, (int,), allowed, default))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number between two bounds, both included; required."""
        allowed = f"a number, {low:g} to {high:g}"
        value = float(self._value(key, (int, float), allowed, None))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def shards(self, key: str) -> tuple[int, ...] | None:
        """Return a list of shards, None when it is not given."""
        allowed = f"a list of shards, each 0 to {SHARDS - 1}"
        if key not in self._content:
            self._known.add(key)
            return None
        value = self._value(key, (list,), allowed, None)
        if not value or not all(type(one) is int and 0 <= one < SHARDS for one in value):
            raise self.wrong(key, allowed)
        return tuple(sorted(set(value)))

    def folder(self, key: str) -> Path:
        """Return an absolute path."""
        path = Path(self.text(key, "an absolute path"))
        if not path.is_absolute():
            raise self.wrong(key, "an absolute path")
        return path

    def file(self, key: str) -> Path | None:
        """Return the path of a readable file, None when it is not given."""
        allowed = "the path of a file headquarters may read"
        path = self.text(key, allowed, "")
        if not path:
            return None
        try:
            with Path(path).open("rb"):
                return Path(path)
        except OSError as error:
            raise self.wrong(key, f"{allowed} ({error.strerror})") from error

    def content(self, key: str) -> bytes | None:
        """Return what a file holds, None when none is given."""
        path = self.file(key)
        return None if path is None else path.read_bytes()

    def database_url(self, key: str, default: str) -> str:
        """Return the URL of a database of a kind that can be used."""
        allowed = "a URL that begins with " + " or ".join(f"{name}:" for name in DIALECTS)
        url = self.text(key, allowed, default)
        if not url.startswith((*(f"{name}:" for name in DIALECTS), "postgresql+psycopg:")):
            raise self.wrong(key, allowed)
        return url

    def finish(self) -> None:
        """Refuse keys that nobody read: a misspelt key must not be ignored."""
        for key in self._content:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise DakaError(f"{self._where}: unknown key {key!r}; known: {known}")
