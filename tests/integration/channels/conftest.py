"""A stand-in for the chat services, a clock moved by hand, and couriers between them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cloud_receiver.channels.notifier import Courier
from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.channels.wiring import notifiers
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.settings import NotifySettings, load_settings
from cloud_receiver.store import contacts, tables
from cloud_receiver.store.contacts import Contact
from cloud_receiver.store.engine import open_engine, read, sqlite_url, write
from cloud_receiver.store.notices import queue
from tests.integration.evaluate.conftest import StandingClock

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.contract import Notifier

SETTINGS = """
[hq]
org = "acme"
receiver_id = "hq-1"
data_dir = "/nowhere"
[mqtt]
url = "mqtt://localhost"
[notify]
console = false
[dingtalk]
endpoint = "{url}"
app_key = "app"
app_secret_file = "{folder}/secret"
agent_id = 1
[[dingtalk.groups]]
store = "S1"
token_file = "{folder}/token"
secret_file = "{folder}/secret"
keyword = "打卡"
[wecom]
endpoint = "{url}"
[[wecom.groups]]
store = "*"
token_file = "{folder}/key"
[feishu]
endpoint = "{url}"
[[feishu.groups]]
store = "*"
token_file = "{folder}/hook"
secret_file = "{folder}/secret"
"""


def settings_at(folder: Path, url: str, more: str = "") -> NotifySettings:
    """Return settings that point at a stand-in."""
    for name in ("secret", "token", "key", "hook"):
        (folder / name).write_text(f"{name}\n")
    path = folder / "hq.toml"
    path.write_text(SETTINGS.format(url=url, folder=folder) + more, encoding="utf-8")
    return load_settings(path).notify


@dataclass
class Line:
    """Headquarters' end and the services' end."""

    engine: Engine
    standin: StandIn
    clock: StandingClock
    notifiers: list[Notifier]
    couriers: dict[str, Courier] = field(init=False)

    def __post_init__(self) -> None:
        made, self.notifiers, self.couriers = self.notifiers, [], {}
        for one in made:
            self.use(one)

    def use(self, notifier: Notifier) -> None:
        """Let a channel be carried by this one from now on."""
        self.notifiers.append(notifier)
        self.couriers[notifier.channel] = Courier(self.engine, notifier, self.clock)

    def queue(self, *notices: Notice) -> None:
        with write(self.engine) as connection:
            queue(connection, notices, list(self.couriers), self._now_utc_ms())

    def _now_utc_ms(self) -> int:
        return int(self.clock.now.timestamp() * 1000)

    def carry(self, channel: str, rounds: int = 1, step_s: float = 61) -> None:
        """Let a courier look several times, time passing in between."""
        for _ in range(rounds):
            self.couriers[channel].deliver_due()
            self.clock.now += timedelta(seconds=step_s)

    def rows(self, channel: str) -> list[Any]:
        row = tables.notice
        query = select(row).where(row.c.channel == channel).order_by(row.c.notice_no)
        with read(self.engine) as connection:
            return list(connection.execute(query))


def person(number: int, who: str = "E1") -> Notice:
    return Notice(
        notice_id=f"late/{who}/{number}",
        target=Target(TargetKind.PERSON, who),
        text_zh=f"您今日迟到(09-00 第{number}条)",
        text_en=f"late, no. {number}",
        document="{}",
    )


def group(number: int, store_id: str = "S1") -> Notice:
    return Notice(
        notice_id=f"group/{store_id}/{number}",
        target=Target(TargetKind.GROUP, store_id),
        text_zh=f"打卡奖励播报\n· 第{number}条",
        text_en=f"awards, no. {number}",
        document="{}",
    )


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def standin(clock: StandingClock) -> Iterator[StandIn]:
    with StandIn(clock) as standin:
        standin.organisation.people |= {"ding-1", "ding-2"}
        standin.robots |= {
            "token": Robot(secret="secret", keyword="打卡"),
            "key": Robot(),
            "hook": Robot(secret="secret", limit=100, a_second=5),
        }
        yield standin


@contextmanager
def lines(engine: Engine, standin: StandIn, clock: StandingClock, folder: Path) -> Iterator[Line]:
    with write(engine) as connection:
        known = [
            Contact(service="dingtalk", address=f"ding-{n}", employee_id=f"E{n}") for n in (1, 2)
        ]
        contacts.put(connection, known)
    made = notifiers(settings_at(folder, standin.url), engine, clock)
    line = Line(engine, standin, clock, made)
    yield line
    for one in line.notifiers:
        one.close()


@pytest.fixture
def line_on_both(
    hq_engine: Engine, standin: StandIn, clock: StandingClock, tmp_path: Path
) -> Iterator[Line]:
    with lines(hq_engine, standin, clock, tmp_path) as line:
        yield line


@pytest.fixture
def line(
    sqlite_template: Path, standin: StandIn, clock: StandingClock, tmp_path: Path
) -> Iterator[Line]:
    """One database is enough for what is decided between courier and service."""
    path = tmp_path / "hq.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(sqlite_url(path))
    with lines(engine, standin, clock, tmp_path) as line:
        yield line
    engine.dispose()
