"""Headquarters' settings: TOML into frozen dataclasses.

Every error names the file, the table, the key, the value and what is allowed. Nothing
below `cli` and `main` reads a file or an environment variable for its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from cloud_receiver.channels.settings import (
    DingTalkSettings,
    MailSettings,
    RobotSettings,
    dingtalk_settings,
    mail_settings,
    robot_settings,
)
from cloud_receiver.domain.appeals import USUAL_TERMS
from cloud_receiver.domain.appeals import Terms as AppealTerms
from cloud_receiver.domain.notices import EVERY_GROUP_NEWS, GroupNews, Reach
from cloud_receiver.domain.roles import Role
from cloud_receiver.store.engine import DIALECTS, sqlite_url
from sync.clock import Clock
from sync.errors import ToldError
from sync.mqtt_settings import MqttSettings, read_mqtt
from sync.settings_faults import Faults, places_of
from sync.settings_table import Table, parse_toml, read_clock, read_content
from sync.topics import SHARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the web listens, and how its readers come.

    Attributes:
        behind_tls: a proxy on this machine speaks https with them and says who they are.
        idle_min: after so many minutes without doing anything somebody is logged out.
    """

    host: str
    port: int
    behind_tls: bool
    idle_min: int


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
    """How people are told; None: not that way."""

    console: bool
    webhook_url: str | None
    webhook_secret: bytes
    dingtalk: DingTalkSettings | None = None
    wecom: RobotSettings | None = None
    feishu: RobotSettings | None = None
    mail: MailSettings | None = None
    groups: frozenset[GroupNews] = EVERY_GROUP_NEWS

    @property
    def reach(self) -> Reach:
        """Return by which channels people are told, and what of it groups hear."""
        return Reach(channels=self.channels, groups=self.groups)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels notices go to; `domain.notices.carries` says which."""
        dingtalk = self.dingtalk
        there = {
            "console": self.console,
            "webhook": self.webhook_url is not None,
            "dingtalk": dingtalk is not None and dingtalk.tells_persons,
            "dingtalk-group": dingtalk is not None and bool(dingtalk.groups),
            "wecom": self.wecom is not None,
            "feishu": self.feishu is not None,
            "mail": self.mail is not None,
        }
        return tuple(channel for channel, is_there in there.items() if is_there)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """Where old months go, and how many before the running one stay in the database."""

    folder: Path
    online_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything headquarters is told.

    Attributes:
        shards: the shards this receiver takes; None: all.
        share: name of the group of receivers that share all boxes; empty: none.
        clock: the machine's, or a demonstration's.
    """

    org: str
    receiver_id: str
    data_dir: Path
    database_url: str
    shards: tuple[int, ...] | None
    mqtt: MqttSettings
    share: str
    web: WebSettings
    notify: NotifySettings
    boxes: BoxesSettings
    archive: ArchiveSettings
    appeals: AppealTerms
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
    content = read_content(path, _MISSING)
    document = parse_toml(content, path)
    tables = _sound(content, document, path)
    hq = tables["hq"]
    data_dir = hq.folder("data_dir")
    return Settings(
        org=hq.name("org"),
        receiver_id=hq.name("receiver_id"),
        data_dir=data_dir,
        database_url=_database_url(hq, sqlite_url(data_dir / "hq.db")),
        shards=_shards(hq),
        mqtt=read_mqtt(tables["mqtt"]),
        share=tables["mqtt"].name("share", ""),
        web=_web(tables["web"]),
        notify=_notify(tables),
        boxes=_boxes(tables["boxes"]),
        archive=_archive(tables["archive"], data_dir),
        appeals=_appeals(tables["appeals"]),
        clock=read_clock(tables["clock"]),
    )


def _sound(content: bytes, document: dict[str, Any], path: Path) -> dict[str, Table]:
    """Return the tables of a file in which nothing is wrong.

    Raises:
        ToldError: names all that is.
    """
    trial = deepcopy(document)
    faults = Faults(path, places_of(content.decode(), trial))
    faults.look_at_tables(trial, _READERS, partial(_unknown, path), needed=("hq", "mqtt"))
    faults.settle()
    return {name: Table(document.get(name), f"{path}, [{name}]") for name in _READERS}


def _unknown(path: Path, name: str) -> ToldError:
    known = ", ".join(_READERS)
    return ToldError(
        f"{path}:不认识表 [{name}];可用的有:{known}",
        f"{path}: unknown table {name!r}; known: {known}",
    )


_MISSING: Final = (
    "把 config/hq.example.toml 复制到那里再修改", "copy config/hq.example.toml there and edit it",
)  # fmt: skip


def _shards(table: Table) -> tuple[int, ...] | None:
    if not table.has("shards"):
        return None
    shards = table.numbers("shards", 0, SHARDS - 1, ())
    if not shards:
        raise table.wrong("shards", f"a list of shards, each 0 to {SHARDS - 1}; without it: all")
    return tuple(sorted(set(shards)))


def _database_url(table: Table, default: str) -> str:
    allowed = "a URL that begins with " + " or ".join(f"{name}:" for name in DIALECTS)
    url = table.address("database_url", allowed, default)
    if not url.startswith((*(f"{name}:" for name in DIALECTS), "postgresql+psycopg:")):
        raise table.wrong("database_url", allowed)
    return url


def _web(table: Table) -> WebSettings:
    return WebSettings(
        host=table.text("host", "an address to listen on", "127.0.0.1"),
        port=table.whole("port", 1, 65535, 8080),
        behind_tls=table.flag("behind_tls", default=False),
        idle_min=table.whole("idle_min", 5, 720, 120),
    )


def _notify(tables: Mapping[str, Table]) -> NotifySettings:
    return replace(
        _told(tables["notify"]),
        dingtalk=dingtalk_settings(tables["dingtalk"]),
        wecom=robot_settings(tables["wecom"]),
        feishu=robot_settings(tables["feishu"]),
        mail=mail_settings(tables["mail"]),
    )


def _told(table: Table) -> NotifySettings:
    secret = table.content("webhook_secret_file")
    url = table.web("webhook_url")
    if url and not secret:
        raise table.wrong("webhook_secret_file", "the path of a file with the shared secret")
    return NotifySettings(
        console=table.flag("console", default=True),
        webhook_url=url or None,
        webhook_secret=(secret or b"").strip(),
        groups=table.choices("groups", GroupNews, EVERY_GROUP_NEWS),
    )


def _boxes(table: Table) -> BoxesSettings:
    return BoxesSettings(broker=table.broker("broker", ""), web=table.web("web"))


def _archive(table: Table, data_dir: Path) -> ArchiveSettings:
    return ArchiveSettings(
        folder=table.folder("folder", data_dir / "archive"),
        online_months=table.whole("online_months", 2, 1200, 24),
    )


def _appeals(table: Table) -> AppealTerms:
    usual = USUAL_TERMS
    deciders = table.choices("deciders", Role, usual.deciders)
    if not deciders:
        raise table.wrong("deciders", "at least one role: an appeal ends with a person's decision")
    return AppealTerms(
        open_within_days=table.whole("open_within_days", 1, 3650, usual.open_within_days),
        decide_within_days=table.whole("decide_within_days", 1, 365, usual.decide_within_days),
        deciders=deciders,
    )


def _hq(table: Table) -> None:
    for name in ("org", "receiver_id"):
        table.name(name)
    _database_url(table, sqlite_url(table.folder("data_dir") / "hq.db"))
    _shards(table)


def _mqtt(table: Table) -> None:
    read_mqtt(table)
    table.name("share", "")


_READERS: Final[dict[str, Callable[[Table], object]]] = {
    "hq": _hq,
    "mqtt": _mqtt,
    "web": _web,
    "notify": _told,
    "dingtalk": dingtalk_settings,
    "wecom": robot_settings,
    "feishu": robot_settings,
    "mail": mail_settings,
    "boxes": _boxes,
    "archive": partial(_archive, data_dir=Path("/")),
    "appeals": _appeals,
    "clock": read_clock,
}
"""What looks a table through, by itself."""
