"""Plays the demonstration: starts everything, lets people touch terminals, tells what happens."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from cloud_receiver.demo import setup, world
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.setup import DemoClock
from cloud_receiver.demo.stage import Stage, answers, free_port
from cloud_receiver.exchange.importing import import_file
from cloud_receiver.store import accounts
from cloud_receiver.store.counts import Counts, read_counts
from cloud_receiver.store.engine import open_engine, upgrade
from sync.clock import ScaledClock, parse_utc, utc_text
from sync.errors import DakaError

LOGIN: Final = "admin"
HEAD_START_S: Final = 6.0
"""Real seconds the processes have to start before the play begins."""
FIRST_MINUTE: Final = timedelta(hours=8, minutes=40)
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Play:
    """One run of the demonstration.

    Attributes:
        folder: where everything is kept between runs.
        password: the administrator's, made at the first run.
    """

    folder: Path
    clock: ScaledClock
    demo_clock: DemoClock
    broker_port: int
    web_port: int
    terminal_ports: dict[str, int]
    control_ports: dict[str, int]
    password: str

    @property
    def hq_settings(self) -> Path:
        """Return headquarters' settings file."""
        return self.folder / "hq.toml"


def run(folder: Path, speed: float, web_port: int, *, embedded_broker: bool = False) -> None:
    """Run the demonstration until Ctrl-C, or until it is told to end otherwise.

    Raises:
        DakaError: a process did not start, or ended by itself.
    """
    _end_well()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    play = _prepare(folder, speed, web_port)
    try:
        with Stage(folder) as stage:
            _raise_curtain(stage, play, embedded_broker=embedded_broker)
            _perform(stage, play)
    except KeyboardInterrupt:
        _say("\n停止 stopping …\n")
    finally:
        _bookmark(folder).write_text(json.dumps({"wall_utc": utc_text(play.clock.now_utc())}))
    _say(f"数据保留在 the data waits in {folder}\n")


def _end_well() -> None:
    """Take every way a process is told to end as Ctrl-C, so that nothing it started is left behind.

    A shell has what it starts in the background ignore Ctrl-C; who sends the signal means it.
    """

    def end(_number: int, _frame: object) -> None:
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)  # what runs is being stopped already
        raise KeyboardInterrupt

    for number in _ENDS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays
            signal.signal(number, end)


def _bookmark(folder: Path) -> Path:
    return folder / "bookmark.json"


def _start_of_play(folder: Path) -> datetime:
    """Return where the last run stopped, or this morning."""
    bookmark = _bookmark(folder)
    if bookmark.exists():
        return parse_utc(json.loads(bookmark.read_text())["wall_utc"])
    zone = ZoneInfo(world.ZONE)
    today = datetime.fromtimestamp(time.time(), zone).date()
    return datetime.combine(today, datetime.min.time(), zone).astimezone(UTC) + FIRST_MINUTE


def _prepare(folder: Path, speed: float, web_port: int) -> Play:
    wall_start = _start_of_play(folder)
    real_start_s = time.time() + HEAD_START_S
    demo_clock = DemoClock(wall_start, real_start_s, speed)
    play = Play(
        folder=folder,
        clock=ScaledClock(wall_start, real_start_s, speed),
        demo_clock=demo_clock,
        broker_port=free_port(),
        web_port=free_port(web_port),
        terminal_ports={item.serial: free_port() for item in world.TERMINALS},
        control_ports={item.serial: free_port() for item in world.TERMINALS},
        password=_password(folder),
    )
    for store in world.STORES:
        setup.pos_folder(folder, store).mkdir(parents=True, exist_ok=True)
        text = setup.agent_settings(
            store, folder, play.broker_port, play.terminal_ports, demo_clock
        )
        (folder / f"{store.box_id}.toml").write_text(text)
    play.hq_settings.write_text(
        setup.hq_settings(folder, play.broker_port, play.web_port, demo_clock)
    )
    _found_headquarters(play, wall_start)
    return play


def _password(folder: Path) -> str:
    kept = folder / "password.txt"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    return kept.read_text().strip()


def _found_headquarters(play: Play, wall_start: datetime) -> None:
    """Make the database, the administrator and the organisation; harmless when they stand."""
    hq_folder = play.folder / "hq"
    hq_folder.mkdir(exist_ok=True)
    engine = open_engine(f"sqlite:///{hq_folder / 'hq.db'}")
    try:
        _import_organisation(engine, play, wall_start)
    finally:
        engine.dispose()


def _import_organisation(engine: Engine, play: Play, wall_start: datetime) -> None:
    now_utc_ms = int(wall_start.timestamp() * 1000)
    upgrade(engine)
    accounts.ensure(engine, LOGIN, play.password, now_utc_ms)
    first_day = wall_start.astimezone(ZoneInfo(world.ZONE)).date()
    imports = play.folder / "import"
    imports.mkdir(exist_ok=True)
    for kind, text in setup.import_files(first_day).items():
        path = imports / f"{kind}.csv"
        path.write_text(text)
        report = import_file(engine, kind, path, "demo", now_utc_ms)
        if report.errors:
            raise DakaError(f"import of {path}: {report.errors[0]}")


def _raise_curtain(stage: Stage, play: Play, *, embedded_broker: bool) -> None:
    python = sys.executable
    name, command = broker_command(play.broker_port, play.folder, embedded=embedded_broker)
    stage.start("broker", command)
    stage.wait_until(name, lambda: answers(play.broker_port))
    stage.start("hq", [python, "-m", "cloud_receiver", "run", "--config", str(play.hq_settings)])
    for terminal in world.TERMINALS:
        stage.start(f"terminal-{terminal.serial}", _terminal_command(terminal, play))
    for store in world.STORES:
        stage.start(f"pos-{store.store_id}", _pos_command(store, play))
        settings = play.folder / f"{store.box_id}.toml"
        stage.start(store.box_id, [python, "-m", "agent", "run", "--config", str(settings)])
    for terminal in world.TERMINALS:
        port = play.control_ports[terminal.serial]
        stage.wait_until(f"terminal {terminal.serial}", partial(answers, port))
    stage.wait_until("headquarters' pages", lambda: answers(play.web_port))
    _say(
        f"\n  打开 open   http://127.0.0.1:{play.web_port}\n"
        f"  登录 login  {LOGIN} / {play.password}\n"
        f"  {name}; 一天 one day = {86400 / play.demo_clock.speed:.0f} s; Ctrl-C 结束 to stop\n\n"
    )


def _terminal_command(terminal: world.Terminal, play: Play) -> list[str]:
    serial = terminal.serial
    enrolled = [who.user_id for who in world.PEOPLE if who.store_id == terminal.store_id]
    return [
        sys.executable, "-m", "drivers.simulators.zk",
        "--port", str(play.terminal_ports[serial]),
        "--control-port", str(play.control_ports[serial]),
        "--serial", serial,
        "--layout", str(terminal.record_bytes),
        "--user-ids", ",".join([*enrolled, world.STRANGER]),
        "--state", str(play.folder / f"terminal-{serial}.json"),
        *play.demo_clock.flags(),
    ]  # fmt: skip


def _pos_command(store: world.Store, play: Play) -> list[str]:
    sellers = [who.seller_code for who in world.PEOPLE if who.store_id == store.store_id]
    export = _real_export()
    return [
        sys.executable, "-m", "drivers.simulators.posfeed",
        "--folder", str(setup.pos_folder(play.folder, store)),
        "--state", str(play.folder / f"pos-{store.store_id}.json"),
        "--branch", store.branch,
        "--sellers", ",".join(sellers),
        "--fault", "bad_line", "--fault", "refund",
        *(["--source", str(export)] if export else []),
        *play.demo_clock.flags(),
    ]  # fmt: skip


def _real_export() -> Path | None:
    """Return the public export beside the checkout, when it is there; else one is generated."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "supermarket_sales.csv"
    return beside if beside.exists() else None


def _perform(stage: Stage, play: Play) -> None:
    engine = open_engine(f"sqlite:///{play.folder / 'hq' / 'hq.db'}")
    acts = _acts_from(play.clock.now_utc())
    act = next(acts)
    told_s = 0.0
    try:
        while True:
            while act.at_utc <= play.clock.now_utc():
                _touch(play.control_ports[act.serial], act.user_id)
                act = next(acts)
            if time.monotonic() - told_s >= 1:
                told_s = time.monotonic()
                stage.check()
                _tell(play, read_counts(engine))
            time.sleep(_TICK_S)
    finally:
        engine.dispose()


def _acts_from(now_utc: datetime) -> Iterator[world.Act]:
    day = now_utc.astimezone(ZoneInfo(world.ZONE)).date() - timedelta(days=1)
    for act in _all_acts(day):
        if act.at_utc > now_utc:
            yield act


def _all_acts(day: date) -> Iterator[world.Act]:
    """Yield acts in order; a night shift ends after the next day's shifts began."""
    waiting: list[world.Act] = []
    while True:
        waiting = sorted(waiting + world.acts_of(day), key=lambda act: act.at_utc)
        day += timedelta(days=1)
        horizon = datetime.combine(day, datetime.min.time(), ZoneInfo(world.ZONE))
        while waiting and waiting[0].at_utc < horizon:
            yield waiting.pop(0)


def _touch(port: int, user_id: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as control:
        control.sendall(f"punch {user_id}\n".encode())
        control.recv(100)


def _tell(play: Play, counts: Counts) -> None:
    local = play.clock.now_utc().astimezone(ZoneInfo(world.ZONE))
    line = (
        f"{local:%m-%d %H:%M}  打卡 punches {counts.punches}  销售 sales {counts.sales}  "
        f"奖惩 entries {counts.entries}  通知 notices {counts.notices}  问题 problems {counts.problems}"
    )
    if sys.stdout.isatty():
        _say(f"\r\x1b[K  {line}")
    elif local.minute < play.demo_clock.speed / 60:  # a log gets a line about once an hour
        _say(f"{line}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
